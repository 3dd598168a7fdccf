import { decode, encode } from "../../shell/text.ts";
import { type Input, type Program, type ProgramContext } from "../command.ts";
import { options } from "../options.ts";

/** Opens each operand, standard input without any; complaints go to standard error. */
export async function* inputs(
  context: ProgramContext,
  names: readonly string[],
  failed: () => void,
  quote = (name: string) => name,
): AsyncGenerator<{ readonly name: string; readonly input: Input }> {
  for (const name of names.length === 0 ? ["-"] : names) {
    const opened = context.attempt(() => {
      const directory = name !== "-" && context.stat(name)?.kind === "directory";
      return { input: context.open(name), directory };
    });
    if (opened.error !== undefined) {
      failed();
      await context.err(`${context.argv0}: ${quote(name)}: ${opened.error}\n`);
    } else if (opened.value.directory) {
      failed();
      await context.err(`${context.argv0}: ${quote(name)}: Is a directory\n`);
    } else yield { name, input: opened.value.input };
  }
}

async function cat(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "AbeEnstTuv",
    long: {
      number: "n",
      "number-nonblank": "b",
      "show-all": "A",
      "show-ends": "E",
      "show-tabs": "T",
      "squeeze-blank": "s",
      "show-nonprinting": "v",
    },
  });
  if (typeof parsed === "number") return parsed;
  const plain = parsed.list.every(([key]) => key === "u");
  const state = { line: 0, blank: 0, start: true };
  let status = 0;
  for await (const { name, input } of inputs(context, parsed.rest, () => (status = 1))) {
    void name;
    if (plain) {
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
        await context.out(chunk);
        if (context.isTerminal(0) || input.file?.kind === "pipe") await context.flush();
      }
    } else for await (const line of input.lines()) await context.out(shown(line, parsed.set, state));
  }
  return status;
}

function shown(
  line: string,
  set: ReadonlyMap<string, string>,
  state: { line: number; blank: number },
): string {
  const body = line.replace(/\n$/, "");
  state.blank = body === "" ? state.blank + 1 : 0;
  if (set.has("s") && state.blank > 1) return "";
  const all = set.has("A");
  let text = body;
  if (all || set.has("v") || set.has("e") || set.has("t")) text = visible(text);
  if (all || set.has("T") || set.has("t")) text = text.replaceAll("\t", "^I");
  const number = set.has("b") ? body !== "" : set.has("n");
  const prefix = number ? `${String(++state.line).padStart(6)}\t` : "";
  const ends = all || set.has("E") || set.has("e");
  return `${prefix}${text}${line.endsWith("\n") ? `${ends ? "$" : ""}\n` : ""}`;
}

function visible(text: string): string {
  let out = "";
  for (const byte of encode(text)) {
    const low = byte & 0x7f;
    const body =
      low === 9 && byte < 128
        ? "\t"
        : low < 32
          ? `^${String.fromCharCode(low + 64)}`
          : low === 127
            ? "^?"
            : String.fromCharCode(low);
    out += byte < 128 ? body : `M-${body}`;
  }
  return out;
}

async function tac(context: ProgramContext): Promise<number> {
  let status = 0;
  for await (const { input } of inputs(context, context.args, () => (status = 1))) {
    const lines = (await input.text()).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    for (const line of lines.reverse()) await context.out(line);
  }
  return status;
}

interface Count {
  readonly bytes: boolean;
  readonly number: number;
  /** `+N` of tail, `-N` of head. */
  readonly signed: "" | "+" | "-";
}

function countOf(text: string, bytes: boolean): Count | undefined {
  const match = /^([+-]?)(\d+)([bkKmMgG]?)B?$/.exec(text);
  if (!match) return undefined;
  const unit =
    { b: 512, k: 1024, K: 1024, m: 1_048_576, M: 1_048_576, g: 1_073_741_824, G: 1_073_741_824 }[
      match[3] ?? ""
    ] ?? 1;
  return { bytes, number: Number(match[2]) * unit, signed: (match[1] ?? "") as Count["signed"] };
}

async function counted(context: ProgramContext, what: "head" | "tail") {
  const parsed = await options(context, {
    short: what === "head" ? "c:n:qvz" : "c:n:qvzfFs:",
    long: {
      "bytes=": "c",
      "lines=": "n",
      quiet: "q",
      silent: "q",
      verbose: "v",
      "follow?": "f",
      retry: "F",
      "pid=": "p",
      "sleep-interval=": "s",
    },
    digits: "n",
  });
  if (typeof parsed === "number") return parsed;
  let rest = parsed.rest;
  let text = parsed.value("c") ?? parsed.value("n") ?? "10";
  if (what === "tail" && /^\+\d+$/.test(rest[0] ?? "") && !parsed.has("n") && !parsed.has("c")) {
    text = rest[0] ?? "";
    rest = rest.slice(1);
  }
  const count = countOf(text, parsed.has("c"));
  if (count === undefined)
    return context.fail(
      `${context.argv0}: invalid number of ${parsed.has("c") ? "bytes" : "lines"}: ‘${text}’`,
    );
  return { parsed, rest, count };
}

async function head(context: ProgramContext): Promise<number> {
  const call = await counted(context, "head");
  if (typeof call === "number") return call;
  const { count, rest, parsed } = call;
  const titles = (rest.length > 1 && !parsed.has("q")) || parsed.has("v");
  let status = 0;
  let first = true;
  const opened = openNamed(context, rest, () => (status = 1));
  for await (const { name, input } of opened) {
    if (titles) await context.out(`${first ? "" : "\n"}==> ${name === "-" ? "standard input" : name} <==\n`);
    first = false;
    await headOf(context, input, count);
  }
  return status;
}

async function* openNamed(
  context: ProgramContext,
  names: readonly string[],
  failed: () => void,
): AsyncGenerator<{ readonly name: string; readonly input: Input }> {
  for (const name of names.length === 0 ? ["-"] : names) {
    const opened = context.attempt(() => context.open(name));
    if (opened.error !== undefined) {
      failed();
      await context.err(`${context.argv0}: cannot open '${name}' for reading: ${opened.error}\n`);
    } else if (name !== "-" && context.stat(name)?.kind === "directory") {
      failed();
      await context.err(`${context.argv0}: error reading '${name}': Is a directory\n`);
    } else yield { name, input: opened.value };
  }
}

async function headOf(context: ProgramContext, input: Input, count: Count): Promise<void> {
  if (count.signed === "-") {
    const all = await input.bytes();
    if (count.bytes) await context.out(all.subarray(0, Math.max(0, all.length - count.number)));
    else
      await context.out(
        (decode(all).match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(0, -count.number || undefined).join(""),
      );
    return;
  }
  let left = count.number;
  while (left > 0) {
    const chunk = await input.read(count.bytes ? Math.min(left, 65_536) : 65_536);
    if (chunk === undefined) return;
    let end = count.bytes ? chunk.length : 0;
    if (count.bytes) left -= chunk.length;
    while (!count.bytes && left > 0 && end < chunk.length) {
      const next = chunk.indexOf(10, end);
      if (next < 0) end = chunk.length;
      else {
        end = next + 1;
        left -= 1;
      }
    }
    await context.out(chunk.subarray(0, end));
    if (input.file?.kind === "pipe") await context.flush();
    if (end < chunk.length) input.unread(chunk.subarray(end));
  }
}

async function tail(context: ProgramContext): Promise<number> {
  const call = await counted(context, "tail");
  if (typeof call === "number") return call;
  const { count, rest, parsed } = call;
  const titles = (rest.length > 1 && !parsed.has("q")) || parsed.has("v");
  let status = 0;
  let first = true;
  const followed: { path: string; offset: number }[] = [];
  for await (const { name, input } of openNamed(context, rest, () => (status = 1))) {
    if (titles) await context.out(`${first ? "" : "\n"}==> ${name === "-" ? "standard input" : name} <==\n`);
    first = false;
    const bytes = await input.bytes();
    await context.out(tailOf(bytes, count));
    if (name !== "-") followed.push({ path: context.path(name), offset: bytes.length });
  }
  if ((parsed.has("f") || parsed.has("F")) && followed.length > 0) await follow(context, followed);
  return status;
}

function tailOf(bytes: Uint8Array, count: Count): Uint8Array {
  if (count.bytes)
    return count.signed === "+"
      ? bytes.subarray(Math.max(0, count.number - 1))
      : bytes.subarray(Math.max(0, bytes.length - count.number));
  if (count.signed === "+") {
    let at = 0;
    for (let line = 1; line < count.number && at < bytes.length; line++) {
      const next = bytes.indexOf(10, at);
      at = next < 0 ? bytes.length : next + 1;
    }
    return bytes.subarray(at);
  }
  if (count.number === 0) return new Uint8Array(0);
  let at = bytes.at(-1) === 10 ? bytes.length - 1 : bytes.length;
  for (let line = 0; line < count.number && at > 0; line++) {
    const before = bytes.lastIndexOf(10, at - 1);
    if (before < 0) return bytes;
    at = before;
    if (line === count.number - 1) return bytes.subarray(at + 1);
  }
  return bytes;
}

async function follow(context: ProgramContext, files: { path: string; offset: number }[]): Promise<void> {
  for (;;) {
    await context.sleep(1000);
    for (const file of files) {
      const part = context.attempt(() => context.fs.readAt(file.path, file.offset, 65_536));
      if (part.error !== undefined || part.value.length === 0) continue;
      file.offset += part.value.length;
      await context.out(part.value);
    }
  }
}

async function wc(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "clLmw",
    long: { bytes: "c", chars: "m", lines: "l", words: "w", "max-line-length": "L" },
  });
  if (typeof parsed === "number") return parsed;
  const keys = ["l", "w", "m", "c", "L"].filter((key) => parsed.has(key));
  const wanted = keys.length > 0 ? keys : ["l", "w", "c"];
  const rows: { name: string; values: number[] }[] = [];
  let status = 0;
  for await (const { name, input } of inputs(context, parsed.rest, () => (status = 1))) {
    const values: Record<string, number> = { l: 0, w: 0, m: 0, c: 0, L: 0 };
    await measure(context, input, values);
    rows.push({ name: parsed.rest.length === 0 ? "" : name, values: wanted.map((key) => values[key] ?? 0) });
  }
  if (parsed.rest.length > 1)
    rows.push({
      name: "total",
      values: wanted.map((_key, index) => rows.reduce((sum, row) => sum + (row.values[index] ?? 0), 0)),
    });
  const stdinOnly = parsed.rest.length === 0 || parsed.rest.includes("-");
  const widest = String(Math.max(0, ...rows.flatMap((row) => row.values))).length;
  const sizes = parsed.rest.reduce((sum, name) => sum + (context.stat(name)?.size ?? 0), 0);
  const width =
    wanted.length === 1 && parsed.rest.length <= 1
      ? 1
      : stdinOnly
        ? 7
        : Math.max(widest, String(sizes).length);
  for (const row of rows)
    await context.out(
      `${row.values.map((value) => String(value).padStart(width)).join(" ")}${row.name === "" ? "" : ` ${row.name}`}\n`,
    );
  return status;
}

async function measure(context: ProgramContext, input: Input, values: Record<string, number>): Promise<void> {
  let inWord = false;
  let column = 0;
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    values["c"] = (values["c"] ?? 0) + chunk.length;
    for (const byte of chunk) {
      if ((byte & 0xc0) !== 0x80) values["m"] = (values["m"] ?? 0) + 1;
      if (byte === 10) {
        values["l"] = (values["l"] ?? 0) + 1;
        values["L"] = Math.max(values["L"] ?? 0, column);
        column = 0;
      } else column += 1;
      const space = byte === 32 || (byte >= 9 && byte <= 13);
      if (!space && !inWord) values["w"] = (values["w"] ?? 0) + 1;
      inWord = !space;
    }
    values["L"] = Math.max(values["L"] ?? 0, column);
    await context.tick();
  }
}

async function tee(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "aip", long: { append: "a", "ignore-interrupts": "i" } });
  if (typeof parsed === "number") return parsed;
  let status = 0;
  const targets: string[] = [];
  for (const name of parsed.rest) {
    const opened = context.attempt(() => {
      if (parsed.has("a")) context.fs.append(context.path(name), new Uint8Array(0));
      else context.fs.write(context.path(name), new Uint8Array(0));
    });
    if (opened.error === undefined) targets.push(context.path(name));
    else {
      status = 1;
      await context.err(`${context.argv0}: ${name}: ${opened.error}\n`);
    }
  }
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    await context.out(chunk);
    await context.flush();
    for (const target of targets) context.attempt(() => context.fs.append(target, chunk));
  }
  for (const target of targets) context.attempt(() => context.fs.closed(target));
  return status;
}

async function yes(context: ProgramContext): Promise<number> {
  const line = `${context.args.length === 0 ? "y" : context.args.join(" ")}\n`;
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)));
  for (;;) {
    await context.out(block);
    await context.tick();
  }
}

export const streams: readonly Program[] = [
  { names: ["cat"], run: cat },
  { names: ["tac"], run: tac },
  { names: ["head"], run: head },
  { names: ["tail"], run: tail },
  { names: ["wc"], run: wc },
  { names: ["tee"], run: tee },
  { names: ["yes"], run: yes },
];
