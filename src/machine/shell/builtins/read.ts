import { ShellError } from "../control.ts";
import { abortable } from "../open-file.ts";
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

export async function read(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const options = parse(sh, args);
  if (sh.state.dialect === "dash" && options.names.length === 0) throw new ShellError("read: arg count", 2);
  const file = sh.process.fds.get(options.fd)?.file;
  if (file === undefined)
    throw new ShellError(`read: ${options.fd}: invalid file descriptor: Bad file descriptor`);
  const terminal = file.kind === "terminal" ? sh.context.tty : undefined;
  if (terminal !== undefined && options.prompt !== "") await sh.err(options.prompt);
  const echo = terminal?.modes.echo ?? true;
  if (terminal !== undefined && options.silent) terminal.modes.echo = false;
  if (terminal !== undefined && options.count !== undefined) terminal.modes.canonical = false;
  let line: { text: string; complete: boolean };
  try {
    line = await timed(options.timeoutMs, sh.process.signal, (signal) => readLine(sh, options, signal));
  } finally {
    if (terminal !== undefined) {
      terminal.modes.echo = echo;
      terminal.modes.canonical = true;
    }
  }
  if (terminal !== undefined) {
    sh.context.observer.shellInput({
      reader: "read",
      prompt: options.prompt,
      text: line.text.slice(0, 4096),
      secret: options.silent,
    });
  }
  assign(sh, options, line.text);
  return line.complete ? 0 : 1;
}

async function timed<T>(
  timeoutMs: number | undefined,
  outer: AbortSignal,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T | { text: string; complete: boolean }> {
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
  options: ReadOptions,
  signal: AbortSignal,
): Promise<{ text: string; complete: boolean }> {
  const file = sh.process.fds.get(options.fd)?.file;
  const bytes: number[] = [];
  let complete = false;
  let escaped = false;
  while (file !== undefined && bytes.length < MAX_LINE) {
    if (options.count !== undefined && bytes.length >= options.count) {
      complete = true;
      break;
    }
    await sh.tick();
    const chunk = await file.read(
      file.unread === undefined || options.count !== undefined ? 1 : 4096,
      signal,
    );
    if (chunk === undefined) break;
    let used = 0;
    for (const byte of chunk) {
      used += 1;
      if (!options.raw && !escaped && byte === 92) {
        escaped = true;
        bytes.push(byte);
        continue;
      }
      if (byte === options.delimiter && !options.exact && !escaped) {
        complete = true;
        break;
      }
      if (escaped && byte === 10) bytes.pop();
      else if (byte !== 0) bytes.push(byte);
      escaped = false;
    }
    if (used < chunk.length) file.unread?.(chunk.slice(used));
    if (complete) break;
  }
  return { text: decode(Uint8Array.from(bytes)), complete };
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

export async function mapfile(sh: ShellProcess, args: readonly string[]): Promise<number> {
  let strip = false;
  let limit = 0;
  let fd = 0;
  let name = "MAPFILE";
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "-t") strip = true;
    else if (arg === "-n") limit = Number(args[++at]) || 0;
    else if (arg === "-u") fd = Number(args[++at]) || 0;
    else if (/^-[dOsCc]$/.test(arg)) at += 1;
    else name = arg;
  }
  const file = sh.process.fds.get(fd)?.file;
  if (file === undefined)
    throw new ShellError(`mapfile: ${fd}: invalid file descriptor: Bad file descriptor`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    await sh.tick();
    const chunk = await file.read(65_536, sh.process.signal);
    if (chunk === undefined || size > 8 * MAX_LINE) break;
    size += chunk.length;
    chunks.push(chunk);
  }
  const lines = decode(Buffer.concat(chunks)).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const wanted = limit > 0 ? lines.slice(0, limit) : lines;
  sh.vars.setList(
    name,
    wanted.map((line) => [undefined, strip ? line.replace(/\n$/, "") : line] as const),
    false,
  );
  return 0;
}
