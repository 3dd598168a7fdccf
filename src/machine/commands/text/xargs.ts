import { unescapeEcho } from "../../shell/escapes.ts";
import type { ProgramContext } from "../command.ts";
import { type OptionSpec, type Options, options } from "../options.ts";

interface XargsCall {
  /** Words, or lines with `-L`, of one command. */
  readonly count: number;
  /** What stands for the line in the command (`-I`). */
  readonly replace: string | undefined;
  readonly delimiter: string | undefined;
  readonly byLine: boolean;
  readonly trace: boolean;
  readonly skipEmpty: boolean;
  readonly command: readonly string[];
}

const xargsOptions: OptionSpec = {
  short: "+0n:I:i::L:P:d:s:E:a:trx",
  long: {
    null: "0",
    "max-args=": "n",
    "replace?": "i",
    "max-lines=": "L",
    "max-procs=": "P",
    "delimiter=": "d",
    "max-chars=": "s",
    verbose: "t",
    "no-run-if-empty": "r",
    "arg-file=": "a",
    exit: "x",
  },
};

function xargsCall(parsed: Options): XargsCall {
  const delimiter = parsed.value("d");
  return {
    count: Number(parsed.value("L") ?? parsed.value("n")) || (parsed.has("L") ? 1 : 5000),
    replace: parsed.value("I") ?? (parsed.has("i") ? parsed.value("i") || "{}" : undefined),
    delimiter: parsed.has("0") ? "\0" : delimiter && unescapeEcho(delimiter, { hex: true }).text,
    byLine: parsed.has("L"),
    trace: parsed.has("t"),
    skipEmpty: parsed.has("r"),
    command: parsed.rest.length === 0 ? ["echo"] : parsed.rest,
  };
}

function wordsOf(text: string, call: XargsCall): string[] {
  if (call.delimiter !== undefined) return text.split(call.delimiter).filter((word) => word !== "");
  if (call.replace === undefined && !call.byLine) return splitWords(text);
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function commandsOf(words: readonly string[], call: XargsCall): string[][] {
  const { command, count, replace } = call;
  if (replace !== undefined)
    return words.map((word) => command.map((part) => part.replaceAll(replace, () => word)));
  if (words.length === 0) return call.skipEmpty ? [] : [[...command]];
  const batches: string[][] = [];
  for (let start = 0; start < words.length; start += count) {
    const batch = words.slice(start, start + count);
    batches.push([...command, ...(call.byLine ? batch.flatMap(splitWords) : batch)]);
  }
  return batches;
}

const cannotRun: Readonly<Record<number, string>> = {
  127: "No such file or directory",
  126: "Permission denied",
};

export async function xargs(context: ProgramContext): Promise<number> {
  const parsed = await options(context, xargsOptions);
  if (typeof parsed === "number") return parsed;
  const call = xargsCall(parsed);
  const source = context.attempt(() => context.open(parsed.value("a") ?? "-"));
  if (source.error !== undefined)
    return context.fail(
      `${context.argv0}: Cannot open input file '${parsed.value("a") ?? ""}': ${source.error}`,
    );
  const words = wordsOf(await source.value.text(), call);
  let status = 0;
  for (const argv of commandsOf(words, call)) {
    if (call.trace) await context.err(`${argv.join(" ")}\n`);
    const result = await context.spawn(argv, { files: {} });
    const problem = cannotRun[result];
    if (problem !== undefined) return context.fail(`${context.argv0}: ${argv[0] ?? ""}: ${problem}`, result);
    if (result !== 0) status = result === 255 ? 124 : 123;
  }
  return status;
}

function splitWords(text: string): string[] {
  return (text.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? []).map((word) =>
    word.replace(
      /"([^"]*)"|'([^']*)'|\\(.)/gs,
      (_whole, a: string | undefined, b: string | undefined, c: string | undefined) => a ?? b ?? c ?? "",
    ),
  );
}
