import { ShellError } from "../control.ts";
import { abortable, type OpenFile } from "../open-file.ts";
import type { ShellProcess } from "../shell-process.ts";
import { decode } from "../text.ts";

interface ReadOptions {
  raw: boolean;
  silent: boolean;
  array: string | undefined;
  prompt: string;
  delimiter: number;
  count: number | undefined;
  exact: boolean;
  timeoutMs: number | undefined;
  fd: number;
  names: readonly string[];
}

const MAX_LINE = 1024 * 1024;
const BACKSLASH = 92;
const NEWLINE = 10;

function parse(sh: ShellProcess, args: readonly string[]): ReadOptions {
  const options: ReadOptions = {
    raw: false,
    silent: false,
    array: undefined,
    prompt: "",
    delimiter: 10,
    count: undefined,
    exact: false,
    timeoutMs: undefined,
    fd: 0,
    names: [],
  };
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      at += 1;
      break;
    }
    if (!/^-./.test(arg)) break;
    let letters = arg.slice(1);
    while (letters !== "") {
      const letter = letters[0] ?? "";
      letters = letters.slice(1);
      if ("adinNptu".includes(letter)) {
        const value = letters === "" ? args[++at] : letters;
        letters = "";
        if (value === undefined) throw new ShellError(`read: -${letter}: option requires an argument`, 2);
        valued(options, letter, value);
      } else if (letter === "r") options.raw = true;
      else if (letter === "s") options.silent = true;
      else if (letter !== "e")
        throw new ShellError(
          sh.state.dialect === "bash"
            ? `read: -${letter}: invalid option`
            : `read: Illegal option -${letter}`,
          2,
        );
    }
  }
  options.names = args.slice(at);
  return options;
}

function valued(options: ReadOptions, letter: string, value: string): void {
  if (letter === "a") options.array = value;
  else if (letter === "d") options.delimiter = value === "" ? 0 : value.charCodeAt(0) & 0xff;
  else if (letter === "p") options.prompt = value;
  else if (letter === "t") options.timeoutMs = Math.max(0, Number(value) * 1000 || 0);
  else if (letter === "u") options.fd = Number(value) || 0;
  else if (letter === "n" || letter === "N") {
    options.count = Math.max(0, Number(value) || 0);
    options.exact = letter === "N";
  }
}

interface Line {
  readonly text: string;
  readonly complete: boolean;
}

export async function read(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const options = parse(sh, args);
  if (sh.state.dialect === "dash" && options.names.length === 0) throw new ShellError("read: arg count", 2);
  const file = sh.process.fds.get(options.fd)?.file;
  if (file === undefined)
    throw new ShellError(`read: ${options.fd}: invalid file descriptor: Bad file descriptor`);
  const readTimed = () =>
    timed(options.timeoutMs, sh.process.signal, (signal) => readLine(sh, { file, options, signal }));
  const terminal = file.kind === "terminal" ? sh.context.tty : undefined;
  const line = await (terminal === undefined ? readTimed() : readTyped(sh, { terminal, options }, readTimed));
  assign(sh, options, line.text);
  return line.complete ? 0 : 1;
}

/** Asks at the terminal, whose modes are changed for the time, and reports what was typed. */
async function readTyped(
  sh: ShellProcess,
  at: { readonly terminal: NonNullable<ShellProcess["context"]["tty"]>; readonly options: ReadOptions },
  body: () => Promise<Line>,
): Promise<Line> {
  const { prompt, silent, count } = at.options;
  const { modes } = at.terminal;
  if (prompt !== "") await sh.err(prompt);
  const { echo } = modes;
  if (silent) modes.echo = false;
  if (count !== undefined) modes.canonical = false;
  let line: Line;
  try {
    line = await body();
  } finally {
    modes.echo = echo;
    modes.canonical = true;
  }
  sh.context.observer.shellInput({ reader: "read", prompt, text: line.text.slice(0, 4096), secret: silent });
  return line;
}

async function timed(
  timeoutMs: number | undefined,
  outer: AbortSignal,
  body: (signal: AbortSignal) => Promise<Line>,
): Promise<Line> {
  if (timeoutMs === undefined) return body(outer);
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new ShellError("", 142));
  }, timeoutMs);
  try {
    return await abortable(body(AbortSignal.any([outer, controller.signal])), outer);
  } finally {
    clearTimeout(timer);
  }
}

async function readLine(
  sh: ShellProcess,
  from: { readonly file: OpenFile; readonly options: ReadOptions; readonly signal: AbortSignal },
): Promise<Line> {
  const { file, options, signal } = from;
  const size = file.unread === undefined || options.count !== undefined ? 1 : 4096;
  const taker = new LineTaker(options);
  while (!taker.complete && taker.length < MAX_LINE) {
    await sh.tick();
    const chunk = await file.read(size, signal);
    if (chunk === undefined) break;
    const used = taker.take(chunk);
    if (used < chunk.length) file.unread?.(chunk.slice(used));
  }
  return { text: taker.text, complete: taker.complete };
}

/** Takes bytes up to the delimiter or the count; a backslash keeps the byte after it from ending the line. */
class LineTaker {
  readonly #options: ReadOptions;
  readonly #bytes: number[] = [];
  #escaped = false;
  #ended = false;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#bytes.length;
  }
  get text(): string {
    return decode(Uint8Array.from(this.#bytes));
  }
  get complete(): boolean {
    const { count } = this.#options;
    return this.#ended || (count !== undefined && this.length >= count && this.length < MAX_LINE);
  }

  /** @returns how many bytes belong to the line */
  take(chunk: Uint8Array): number {
    for (const [at, byte] of chunk.entries()) {
      if (this.#one(byte)) {
        this.#ended = true;
        return at + 1;
      }
    }
    return chunk.length;
  }

  /** @returns true when the byte ends the line */
  #one(byte: number): boolean {
    const { raw, delimiter, exact } = this.#options;
    if (!raw && !this.#escaped && byte === BACKSLASH) {
      this.#escaped = true;
      this.#bytes.push(byte);
      return false;
    }
    if (byte === delimiter && !exact && !this.#escaped) return true;
    if (this.#escaped && byte === NEWLINE) this.#bytes.pop();
    else if (byte !== 0) this.#bytes.push(byte);
    this.#escaped = false;
    return false;
  }
}

interface Character {
  readonly text: string;
  readonly literal: boolean;
}

function characters(text: string, raw: boolean): Character[] {
  const out: Character[] = [];
  for (let at = 0; at < text.length; at++) {
    const escaped = !raw && text[at] === "\\" && at + 1 < text.length;
    if (escaped) at += 1;
    out.push({ text: text[at] ?? "", literal: escaped });
  }
  return out;
}

function assign(sh: ShellProcess, options: ReadOptions, text: string): void {
  const ifs = sh.vars.get("IFS") ?? " \t\n";
  const all = characters(text, options.raw);
  if (options.names.length === 0 && options.array === undefined) {
    sh.vars.set("REPLY", all.map((each) => each.text).join(""));
    return;
  }
  if (options.exact) {
    sh.vars.set(options.names[0] ?? "REPLY", text);
    return;
  }
  if (options.array !== undefined) {
    const fields = splitFields(all, ifs, Number.POSITIVE_INFINITY);
    sh.vars.setList(
      options.array,
      fields.map((field) => [undefined, field] as const),
      false,
    );
    return;
  }
  const fields = splitFields(all, ifs, options.names.length);
  for (const [index, name] of options.names.entries()) sh.vars.set(name, fields[index] ?? "");
}

/** At most `limit` fields; the last takes the rest without white space around it. */
function splitFields(all: readonly Character[], ifs: string, limit: number): string[] {
  const isWhite = (each: Character | undefined) =>
    each !== undefined && !each.literal && ifs.includes(each.text) && /[ \t\n]/.test(each.text);
  const isSeparator = (each: Character | undefined) =>
    each !== undefined && !each.literal && ifs.includes(each.text) && each.text !== "";
  const fields: string[] = [];
  let at = 0;
  while (isWhite(all[at])) at += 1;
  while (at < all.length) {
    if (fields.length === limit - 1) {
      let end = all.length;
      while (end > at && isWhite(all[end - 1])) end -= 1;
      fields.push(
        all
          .slice(at, end)
          .map((each) => each.text)
          .join(""),
      );
      return fields;
    }
    const start = at;
    while (at < all.length && !isSeparator(all[at])) at += 1;
    fields.push(
      all
        .slice(start, at)
        .map((each) => each.text)
        .join(""),
    );
    while (isWhite(all[at])) at += 1;
    if (isSeparator(all[at])) {
      at += 1;
      while (isWhite(all[at])) at += 1;
    }
  }
  return fields;
}
