import { formatPrintf } from "../../shell/printf.ts";
import type { ProgramContext } from "../command.ts";

interface SeqCall {
  separator: string;
  equalWidth: boolean;
  format: string | undefined;
  readonly numbers: string[];
}

/** Negative numbers look like options, so this is no getopt. */
function seqCall(args: readonly string[]): SeqCall {
  const call: SeqCall = { separator: "\n", equalWidth: false, format: undefined, numbers: [] };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const value = () => (arg.length > 2 ? arg.slice(2) : args[++at]);
    if (arg.startsWith("-s")) call.separator = value() ?? "";
    else if (arg.startsWith("-f")) call.format = value();
    else if (arg === "-w" || arg === "--equal-width") call.equalWidth = true;
    else call.numbers.push(arg);
  }
  return call;
}

function problemOf(numbers: readonly string[]): string | undefined {
  if (numbers.length === 0) return "missing operand";
  if (numbers.length > 3) return `extra operand ‘${numbers[3] ?? ""}’`;
  const bad = numbers.find((text) => text.trim() === "" || Number.isNaN(Number(text)));
  if (bad !== undefined) return `invalid floating point argument: ‘${bad}’`;
  return numbers.length === 3 && Number(numbers[1]) === 0
    ? `invalid Zero increment value: ‘${numbers[1] ?? ""}’`
    : undefined;
}

/** `LAST`, `FIRST LAST` or `FIRST STEP LAST`. */
function seriesOf(numbers: readonly string[]): { first: number; step: number; count: number; last: number } {
  const first = numbers.length > 1 ? Number(numbers[0]) : 1;
  const step = numbers.length > 2 ? Number(numbers[1]) : 1;
  const last = Number(numbers.at(-1));
  return { first, step, last, count: Math.floor((last - first) / step + 1e-10) + 1 };
}

export async function seq(context: ProgramContext): Promise<number> {
  const call = seqCall(context.args);
  const problem = problemOf(call.numbers);
  if (problem !== undefined)
    return context.fail(`${context.argv0}: ${problem}\nTry '${context.argv0} --help' for more information.`);
  const { first, step, last, count } = seriesOf(call.numbers);
  const places = Math.max(0, ...call.numbers.map((text) => /\.(\d+)/.exec(text)?.[1]?.length ?? 0));
  const width = call.equalWidth ? Math.max(first.toFixed(places).length, last.toFixed(places).length) : 0;
  for (let index = 0; index < count; index++) {
    const value = (first + index * step).toFixed(places);
    const text =
      call.format === undefined
        ? value.padStart(width, "0")
        : formatPrintf(call.format, [value], { problems: [], now: 0 });
    await context.out(index === 0 ? text : call.separator + text);
    await context.tick();
  }
  if (count > 0) await context.out("\n");
  return 0;
}
