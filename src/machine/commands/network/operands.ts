import type { ProgramContext } from "../command.ts";
import { fallbackProgram, recordedUsage } from "../fallback.ts";

export async function showUsage(context: ProgramContext): Promise<number> {
  return (await recordedUsage(context)) ?? fallbackProgram(context.name).run(context);
}

/** A call with its options apart. */
export interface Operands {
  readonly operands: readonly string[];
  readonly value: (letter: string) => string | undefined;
  readonly has: (letter: string) => boolean;
}

/** Operands with the options that take a value removed. */
export function operandsOf(args: readonly string[], valued: string): Operands {
  const operands: string[] = [];
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!/^-./.test(arg)) {
      operands.push(arg);
      continue;
    }
    for (let letter = 1; letter < arg.length; letter++) {
      const key = arg[letter] ?? "";
      if (!valued.includes(key)) {
        values.set(key, "");
        continue;
      }
      values.set(key, arg.slice(letter + 1) || (args[++at] ?? ""));
      break;
    }
  }
  return { operands, value: (letter) => values.get(letter), has: (letter) => values.has(letter) };
}
