import type { ProgramContext } from "./command.ts";
import { quoteName } from "./format.ts";

/** What GNU programs end a complaint about their call with. */
export const hint = (context: ProgramContext): string =>
  `\nTry '${context.argv0} --help' for more information.`;

export const curly = (text: string): string => `‘${text}’`;

/** A name in curly quotes, as gnulib's `quote` shows it in a UTF-8 locale. */
export const curlyName = (name: string): string =>
  quoteName(name)
    .replaceAll("'", "")
    .replace(/^(.*)$/, "‘$1’");

export const missingOperand = (context: ProgramContext, what = "operand"): Promise<number> =>
  context.fail(`${context.argv0}: missing ${what}${hint(context)}`);

/** getopt's words about an option that does not exist. */
export const optionComplaint = (arg: string): string =>
  arg.startsWith("--") ? `unrecognized option '${arg}'` : `invalid option -- '${arg[1] ?? ""}'`;

export const badOption = (context: ProgramContext, arg: string, status = 1): Promise<number> =>
  context.fail(`${context.argv0}: ${optionComplaint(arg)}${hint(context)}`, status);

/** Acts on each operand in turn. @returns the last status that was not 0 */
export async function eachOperand(
  names: readonly string[],
  act: (name: string) => Promise<number>,
): Promise<number> {
  let status = 0;
  for (const name of names) status = (await act(name)) || status;
  return status;
}
