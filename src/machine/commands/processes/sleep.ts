import type { Program, ProgramContext } from "../command.ts";
import { badOption, curly, missingOperand } from "../operands.ts";

const units: ReadonlyMap<string, number> = new Map([
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** Seconds of `1.5`, `2m`, `1h`, `1d`, `inf`. */
export function duration(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return match ? Number(match[1]) * (units.get(match[2] ?? "") ?? 1) : undefined;
}

async function sleep(context: ProgramContext): Promise<number> {
  const bad = context.args.find((arg) => arg.startsWith("-") && !/^-\d/.test(arg));
  if (bad !== undefined) return badOption(context, bad);
  if (context.args.length === 0) return missingOperand(context);
  let total = 0;
  let failed = false;
  for (const arg of context.args) {
    const seconds = duration(arg);
    if (seconds === undefined) {
      failed = true;
      await context.err(`${context.argv0}: invalid time interval ${curly(arg)}\n`);
    } else total += seconds;
  }
  if (failed) return context.fail(`Try '${context.argv0} --help' for more information.`);
  await context.sleep(total * 1000);
  return 0;
}

export const sleepPrograms: readonly Program[] = [{ names: ["sleep"], run: sleep }];
