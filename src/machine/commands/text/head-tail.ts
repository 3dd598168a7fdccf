import { decode } from "../../shell/text.ts";
import type { Input, ProgramContext } from "../command.ts";
import { options } from "../options.ts";

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

export async function head(context: ProgramContext): Promise<number> {
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

async function headOf(context: ProgramContext, input: Input, count: Count): Promise<void> {
  if (count.signed === "-") await context.out(allButLast(await input.bytes(), count));
  else if (count.bytes) await firstBytes(context, input, count.number);
  else await firstLines(context, input, count.number);
}

function allButLast(bytes: Uint8Array, count: Count): Uint8Array | string {
  if (count.bytes) return bytes.subarray(0, Math.max(0, bytes.length - count.number));
  const lines = decode(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.slice(0, -count.number || undefined).join("");
}

async function firstBytes(context: ProgramContext, input: Input, number: number): Promise<void> {
  let left = number;
  while (left > 0) {
    const chunk = await input.read(Math.min(left, 65_536));
    if (chunk === undefined) return;
    left -= chunk.length;
    await context.out(chunk);
    if (input.file?.kind === "pipe") await context.flush();
  }
}

async function firstLines(context: ProgramContext, input: Input, number: number): Promise<void> {
  let left = number;
  while (left > 0) {
    const chunk = await input.read();
    if (chunk === undefined) return;
    let end = 0;
    for (; left > 0 && end < chunk.length; left -= 1) {
      const next = chunk.indexOf(10, end);
      end = next < 0 ? chunk.length : next + 1;
      if (next < 0) break;
    }
    await context.out(chunk.subarray(0, end));
    if (input.file?.kind === "pipe") await context.flush();
    if (end < chunk.length) input.unread(chunk.subarray(end));
  }
}

export async function tail(context: ProgramContext): Promise<number> {
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
