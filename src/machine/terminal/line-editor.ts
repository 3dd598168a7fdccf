import type { Pty } from "./pty.ts";
import { displayWidth } from "./width.ts";

export interface Completion {
  /** Start of the word in the text before the cursor. */
  readonly start: number;
  /** Replacements, each with what follows it (`/`, a space, nothing). */
  readonly candidates: readonly { readonly text: string; readonly suffix: string; readonly shown: string }[];
}

export interface EditorOptions {
  readonly history: readonly string[];
  readonly complete: (before: string) => Completion;
  readonly bracketedPaste: boolean;
}

/** How a line was ended. */
export type Edited =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "interrupt" }
  | { readonly kind: "end" };

const MAX_LINE = 65_536;

/** A line of input with emacs keys, as readline edits it. */
export class LineEditor {
  readonly #pty: Pty;
  readonly #options: EditorOptions;
  #prompt = "";
  #text: string[] = [];
  #cursor = 0;
  #historyAt = 0;
  #draft = "";
  #killed = "";
  #shownCursor = 0;
  #lastTab = false;
  #pasting = false;

  constructor(pty: Pty, options: EditorOptions) {
    this.#pty = pty;
    this.#options = options;
  }

  async read(prompt: string, signal: AbortSignal): Promise<Edited> {
    const lines = prompt.split("\n");
    this.#prompt = lines.at(-1) ?? "";
    this.#text = [];
    this.#cursor = 0;
    this.#historyAt = this.#options.history.length;
    this.#pty.startEditing();
    try {
      await this.#pty.show(
        `${this.#options.bracketedPaste ? "\x1b[?2004h" : ""}${prompt.replaceAll("\n", "\r\n")}`,
      );
      this.#shownCursor = displayWidth(this.#prompt);
      for (;;) {
        const key = await this.#character(signal);
        const done = key === undefined ? ({ kind: "end" } as const) : await this.#press(key, signal);
        if (done !== undefined) {
          await this.#finish(done);
          return done;
        }
      }
    } finally {
      this.#pty.stopEditing();
    }
  }

  async #finish(done: Edited): Promise<void> {
    const off = this.#options.bracketedPaste ? "\x1b[?2004l\r" : "";
    if (done.kind === "line") await this.#pty.show(`\r\n${off}`);
    else if (done.kind === "interrupt") await this.#pty.show(`^C${off}\r\n`);
    else await this.#pty.show(off === "" ? "" : `${off}\r\n`);
  }

  /** One character; bytes of a UTF-8 sequence are gathered. */
  async #character(signal: AbortSignal): Promise<string | undefined> {
    const first = await this.#pty.nextByte(signal);
    if (first === undefined) return undefined;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    const bytes = [first];
    for (let each = 0; each < more; each++) {
      const next = await this.#pty.nextByte(signal);
      if (next === undefined) break;
      bytes.push(next);
    }
    return first < 0x80 ? String.fromCharCode(first) : Buffer.from(bytes).toString("utf8");
  }

  async #press(key: string, signal: AbortSignal): Promise<Edited | undefined> {
    if (key !== "\t") this.#lastTab = false;
    if (this.#pasting && key !== "\x1b") {
      await this.#insert(key === "\r" ? "\n" : key);
      return undefined;
    }
    if (key === "\r" || key === "\n") return this.#accept();
    if (key === "\x03") return { kind: "interrupt" };
    if (key === "\x04" && this.#text.length === 0) return { kind: "end" };
    if (key === "\x1b") {
      await this.#escape(signal);
      return undefined;
    }
    if (key === "\x12") return this.#search(signal);
    const action = this.#control[key];
    if (action !== undefined) await action();
    else if (key >= " " && key !== "\x7f") await this.#insert(key);
    return undefined;
  }

  async #accept(): Promise<Edited> {
    this.#cursor = this.#text.length;
    await this.#moveShown();
    return { kind: "line", text: this.#text.join("") };
  }

  readonly #control: Readonly<Record<string, () => Promise<void>>> = {
    "\x01": () => this.#move(0),
    "\x02": () => this.#move(this.#cursor - 1),
    "\x04": () => this.#delete(this.#cursor, this.#cursor + 1),
    "\x05": () => this.#move(this.#text.length),
    "\x06": () => this.#move(this.#cursor + 1),
    "\x08": () => this.#backspace(),
    "\x7f": () => this.#backspace(),
    "\t": () => this.#complete(),
    "\x0b": () => this.#kill(this.#cursor, this.#text.length),
    "\x0c": () => this.#clear(),
    "\x0e": () => this.#history(1),
    "\x10": () => this.#history(-1),
    "\x14": () => this.#transpose(),
    "\x15": () => this.#kill(0, this.#cursor),
    "\x16": () => Promise.resolve(),
    "\x17": () => this.#kill(this.#wordStart(/\s/), this.#cursor),
    "\x19": () => this.#insert(this.#killed),
  };

  async #escape(signal: AbortSignal): Promise<void> {
    const next = await this.#character(signal);
    if (next === "[" || next === "O") {
      let sequence = "";
      for (let each = 0; each < 16; each++) {
        const part = await this.#character(signal);
        if (part === undefined) return;
        sequence += part;
        if (/[A-Za-z~]/.test(part)) break;
      }
      await this.#sequence(sequence);
      return;
    }
    if (this.#pasting) return;
    const meta: Readonly<Record<string, () => Promise<void>>> = {
      b: () => this.#move(this.#wordStart(/\W/)),
      f: () => this.#move(this.#wordEnd()),
      d: () => this.#kill(this.#cursor, this.#wordEnd()),
      "\x7f": () => this.#kill(this.#wordStart(/\W/), this.#cursor),
      ".": () => this.#insert(this.#options.history.at(-1)?.split(/\s+/).at(-1) ?? ""),
    };
    await meta[next ?? ""]?.();
  }

  async #sequence(sequence: string): Promise<void> {
    const keys: Readonly<Record<string, () => Promise<void>>> = {
      A: () => this.#history(-1),
      B: () => this.#history(1),
      C: () => this.#move(this.#cursor + 1),
      D: () => this.#move(this.#cursor - 1),
      H: () => this.#move(0),
      F: () => this.#move(this.#text.length),
      "1~": () => this.#move(0),
      "4~": () => this.#move(this.#text.length),
      "7~": () => this.#move(0),
      "8~": () => this.#move(this.#text.length),
      "3~": () => this.#delete(this.#cursor, this.#cursor + 1),
      "1;5C": () => this.#move(this.#wordEnd()),
      "1;5D": () => this.#move(this.#wordStart(/\W/)),
    };
    if (sequence === "200~") this.#pasting = true;
    else if (sequence === "201~") this.#pasting = false;
    else if (!this.#pasting) await keys[sequence]?.();
  }

  async #insert(text: string): Promise<void> {
    if (this.#text.length + text.length > MAX_LINE || text === "") return;
    const added = Array.from(text);
    const atEnd = this.#cursor === this.#text.length;
    this.#text.splice(this.#cursor, 0, ...added);
    this.#cursor += added.length;
    if (!atEnd || text.includes("\n")) {
      await this.#redraw();
      return;
    }
    this.#shownCursor += displayWidth(text);
    const { columns } = this.#pty.size();
    // At the right edge the cursor waits in the last column: a space and a return take it down.
    await this.#pty.show(columns > 0 && this.#shownCursor % columns === 0 ? `${text} \r` : text);
  }

  async #backspace(): Promise<void> {
    if (this.#cursor === 0) {
      await this.#bell();
      return;
    }
    await this.#delete(this.#cursor - 1, this.#cursor);
  }

  async #delete(from: number, to: number): Promise<void> {
    if (from >= this.#text.length || from < 0) return;
    const end = Math.min(to, this.#text.length);
    const removed = this.#text.splice(from, end - from).join("");
    const atEnd = from === this.#text.length && this.#cursor === end;
    this.#cursor = from;
    const { columns } = this.#pty.size();
    const width = displayWidth(removed);
    if (atEnd && this.#shownCursor % columns >= width) {
      this.#shownCursor -= width;
      await this.#pty.show(`${"\b".repeat(width)}\x1b[K`);
    } else await this.#redraw();
  }

  async #kill(from: number, to: number): Promise<void> {
    if (from === to) return;
    this.#killed = this.#text.slice(from, to).join("");
    await this.#delete(from, to);
  }

  async #move(to: number): Promise<void> {
    if (to < 0 || to > this.#text.length) {
      await this.#bell();
      return;
    }
    this.#cursor = to;
    await this.#moveShown();
  }

  async #transpose(): Promise<void> {
    const at = this.#cursor === this.#text.length ? this.#cursor - 1 : this.#cursor;
    const left = this.#text[at - 1];
    const right = this.#text[at];
    if (left === undefined || right === undefined) return;
    this.#text[at - 1] = right;
    this.#text[at] = left;
    this.#cursor = at + 1;
    await this.#redraw();
  }

  async #clear(): Promise<void> {
    await this.#pty.show("\x1b[H\x1b[2J");
    this.#shownCursor = 0;
    await this.#redraw();
  }

  async #bell(): Promise<void> {
    await this.#pty.show("\x07");
  }

  #wordStart(boundary: RegExp): number {
    let at = this.#cursor;
    while (at > 0 && boundary.test(this.#text[at - 1] ?? "")) at -= 1;
    while (at > 0 && !boundary.test(this.#text[at - 1] ?? "")) at -= 1;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#text.length && /\W/.test(this.#text[at] ?? "")) at += 1;
    while (at < this.#text.length && /\w/.test(this.#text[at] ?? "")) at += 1;
    return at;
  }

  async #history(step: number): Promise<void> {
    const { history } = this.#options;
    const next = this.#historyAt + step;
    if (next < 0 || next > history.length) {
      await this.#bell();
      return;
    }
    if (this.#historyAt === history.length) this.#draft = this.#text.join("");
    this.#historyAt = next;
    await this.#replace(next === history.length ? this.#draft : (history[next] ?? ""));
  }

  async #replace(text: string): Promise<void> {
    this.#text = Array.from(text);
    this.#cursor = this.#text.length;
    await this.#redraw();
  }

  /** Columns from the start of the prompt to a place in the text. */
  #offset(to: number): number {
    return displayWidth(this.#prompt) + displayWidth(this.#text.slice(0, to).join(""));
  }

  async #moveShown(): Promise<void> {
    const wanted = this.#offset(this.#cursor);
    await this.#pty.show(this.#motion(this.#shownCursor, wanted));
    this.#shownCursor = wanted;
  }

  #motion(from: number, to: number): string {
    const { columns } = this.#pty.size();
    if (columns <= 0 || from === to) return "";
    const rows = Math.floor(to / columns) - Math.floor(from / columns);
    if (rows === 0 && to < from && from - to < 8) return "\b".repeat(from - to);
    const vertical = rows < 0 ? `\x1b[${-rows}A` : rows > 0 ? `\x1b[${rows}B` : "";
    const column = to % columns;
    return `${vertical}\r${column > 0 ? `\x1b[${column}C` : ""}`;
  }

  async #redraw(): Promise<void> {
    const { columns } = this.#pty.size();
    const up = columns > 0 ? Math.floor(this.#shownCursor / columns) : 0;
    const end = this.#offset(this.#text.length);
    const edge = columns > 0 && end > 0 && end % columns === 0 ? " \r" : "";
    const shown = this.#text.join("").replaceAll("\n", "\r\n");
    this.#shownCursor = end;
    await this.#pty.show(`${up > 0 ? `\x1b[${up}A` : ""}\r${this.#prompt}${shown}\x1b[K${edge}`);
    await this.#moveShown();
  }

  async #complete(): Promise<void> {
    const before = this.#text.slice(0, this.#cursor).join("");
    const { start, candidates } = this.#options.complete(before);
    const word = before.slice(start);
    if (candidates.length === 0) {
      await this.#bell();
      return;
    }
    const only = candidates.length === 1 ? candidates[0] : undefined;
    const common =
      only === undefined ? commonPrefix(candidates.map((each) => each.text)) : only.text + only.suffix;
    if (common.length > word.length) {
      const kept = this.#text.slice(0, before.slice(0, start).length);
      const after = this.#text.slice(this.#cursor);
      if (common.startsWith(word)) await this.#insert(common.slice(word.length));
      else {
        const completed = Array.from(common);
        this.#text = [...kept, ...completed, ...after];
        this.#cursor = kept.length + completed.length;
        await this.#redraw();
      }
      this.#lastTab = false;
      return;
    }
    if (!this.#lastTab) {
      this.#lastTab = true;
      await this.#bell();
      return;
    }
    await this.#list(candidates.map((each) => each.shown));
  }

  async #list(names: readonly string[]): Promise<void> {
    const shown = names.slice(0, 1000);
    const { columns } = this.#pty.size();
    const width = Math.max(...shown.map(displayWidth)) + 2;
    const perRow = Math.max(1, Math.floor(columns / width));
    const rows = Math.ceil(shown.length / perRow);
    let out = "\r\n";
    for (let row = 0; row < rows; row++) {
      const cells: string[] = [];
      for (let at = row; at < shown.length; at += rows) cells.push(shown[at] ?? "");
      out += `${cells.map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(width))).join("")}\r\n`;
    }
    await this.#pty.show(out);
    this.#shownCursor = 0;
    await this.#redraw();
  }

  /** ^R: each key narrows the search; ^R again goes further back. */
  async #search(signal: AbortSignal): Promise<Edited | undefined> {
    const { history } = this.#options;
    const original = this.#text.join("");
    let wanted = "";
    let at = history.length;
    const find = (from: number) =>
      history.findLastIndex((line, index) => index <= from && wanted !== "" && line.includes(wanted));
    for (;;) {
      const match = history[at] ?? "";
      await this.#pty.show(`\r(reverse-i-search)\`${wanted}': ${match}\x1b[K`);
      const key = await this.#character(signal);
      if (key === undefined || key === "\x07" || key === "\x03") {
        this.#shownCursor = 0;
        await this.#replace(original);
        return key === "\x03" ? { kind: "interrupt" } : undefined;
      }
      if (key === "\x12") at = keep(find(at - 1), at);
      else if (key === "\x7f" || key === "\x08") wanted = wanted.slice(0, -1);
      else if (key >= " ") {
        wanted += key;
        at = keep(find(Math.min(at, history.length - 1)), at);
      } else {
        this.#shownCursor = 0;
        await this.#replace(match === "" ? original : match);
        return this.#press(key, signal);
      }
    }
  }
}

const keep = (found: number, before: number): number => (found < 0 ? before : found);

function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? "";
  for (const text of texts) {
    while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  }
  return prefix;
}
