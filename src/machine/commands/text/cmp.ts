import type { ProgramContext } from "../command.ts";
import { type Options, parseOptions } from "../options.ts";

export async function cmp(context: ProgramContext): Promise<number> {
  const parsed = parseOptions(context.args, {
    short: "bi:ln:s",
    long: {
      "print-bytes": "b",
      verbose: "l",
      silent: "s",
      quiet: "s",
      "bytes=": "n",
      "ignore-initial=": "i",
    },
  });
  const problem = "error" in parsed ? parsed.error : undefined;
  if ("error" in parsed || parsed.ok.rest.length === 0)
    return context.fail(
      `${context.argv0}: ${problem ?? "missing operand after 'cmp'"}\n${context.argv0}: Try '${context.argv0} --help' for more information.`,
      2,
    );
  const [left = "-", right = "-"] = parsed.ok.rest;
  const contents: Uint8Array[] = [];
  for (const path of [left, right]) {
    const opened = context.attempt(() => context.open(path));
    if (opened.error !== undefined) return context.fail(`${context.argv0}: ${path}: ${opened.error}`, 2);
    contents.push(await bytesOf(opened.value, parsed.ok));
  }
  const [one = new Uint8Array(0), two = new Uint8Array(0)] = contents;
  return compare(context, parsed.ok, { name: left, bytes: one }, { name: right, bytes: two });
}

interface Side {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function compare(context: ProgramContext, set: Options, one: Side, two: Side): Promise<number> {
  const verbose = set.has("l");
  const differences = differencesOf(one.bytes, two.bytes, verbose);
  const [first] = differences;
  const sameLength = one.bytes.length === two.bytes.length;
  if (first === undefined && sameLength) return 0;
  if (set.has("s")) return 1;
  if (verbose) await list(context, one.bytes, two.bytes, differences);
  else if (first !== undefined) {
    const line = linesBefore(one.bytes, first) + 1;
    await context.out(`${one.name} ${two.name} differ: byte ${first + 1}, line ${line}\n`);
    return 1;
  }
  if (sameLength) return 1;
  const shorter = one.bytes.length < two.bytes.length ? one : two;
  return context.fail(`${context.argv0}: EOF on ${shorter.name} ${endText(shorter.bytes, verbose)}`);
}

async function bytesOf(input: ReturnType<ProgramContext["open"]>, set: Options): Promise<Uint8Array> {
  const skipped = (await input.bytes()).subarray(Number(set.value("i")) || 0);
  return set.has("n") ? skipped.subarray(0, Number(set.value("n")) || 0) : skipped;
}

function differencesOf(one: Uint8Array, two: Uint8Array, all: boolean): number[] {
  const found: number[] = [];
  for (let at = 0; at < Math.min(one.length, two.length); at++) {
    if (one[at] === two[at]) continue;
    found.push(at);
    if (!all) break;
  }
  return found;
}

function linesBefore(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}

function endText(bytes: Uint8Array, verbose: boolean): string {
  if (bytes.length === 0) return "which is empty";
  if (verbose) return `after byte ${bytes.length}`;
  const lines = linesBefore(bytes, bytes.length);
  return bytes.at(-1) === 10
    ? `after byte ${bytes.length}, line ${lines}`
    : `after byte ${bytes.length}, in line ${lines + 1}`;
}

async function list(
  context: ProgramContext,
  one: Uint8Array,
  two: Uint8Array,
  differences: readonly number[],
): Promise<void> {
  const width = String(Math.min(one.length, two.length)).length;
  const octal = (byte: number | undefined) => (byte ?? 0).toString(8).padStart(3);
  for (const at of differences)
    await context.out(`${String(at + 1).padStart(width)} ${octal(one[at])} ${octal(two[at])}\n`);
}
