import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { allLines } from "./streams.ts";

/** Two sorted lists side by side: a line with 1 (left only), 2 (right only) or 3 (both). */
function* merged(left: readonly string[], right: readonly string[]): Generator<readonly [number, string]> {
  let a = 0;
  let b = 0;
  for (;;) {
    const one = left[a];
    const two = right[b];
    if (one !== undefined && one === two) {
      yield [3, one];
      a += 1;
      b += 1;
    } else if (one !== undefined && (two === undefined || one < two)) {
      yield [1, one];
      a += 1;
    } else if (two !== undefined) {
      yield [2, two];
      b += 1;
    } else return;
  }
}

export async function comm(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "123z", long: {} });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length < 2)
    return context.fail(
      `${context.argv0}: missing operand${parsed.rest[0] === undefined ? "" : ` after ‘${parsed.rest[0]}’`}\nTry '${context.argv0} --help' for more information.`,
    );
  const left = await allLines(context, parsed.rest.slice(0, 1));
  const right = await allLines(context, parsed.rest.slice(1, 2));
  for (const [column, line] of merged(left.lines, right.lines)) {
    if (parsed.has(String(column))) continue;
    const indent = [1, 2].filter((each) => each < column && !parsed.has(String(each))).length;
    await context.out(`${"\t".repeat(indent)}${line}\n`);
  }
  return left.status || right.status;
}
