import type { ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { hint, missingOperand } from "../operands.ts";

export const baseOf = (path: string) => path.replace(/\/+$/, "").split("/").at(-1) ?? path;

/** Where `cp`, `mv` and `ln` put each of their sources, or the exit status after a complaint. */
export async function destination(
  context: ProgramContext,
  rest: readonly string[],
  target: string | undefined,
): Promise<{ sources: readonly string[]; place: (name: string) => string } | number> {
  const first = rest[0];
  if (first === undefined) return missingOperand(context, "file operand");
  if (target === undefined && rest.length < 2)
    return context.fail(
      `${context.argv0}: missing destination file operand after ${quoteName(first)}${hint(context)}`,
    );
  const last = target ?? rest.at(-1) ?? "";
  const sources = target === undefined ? rest.slice(0, -1) : rest;
  const directory = context.stat(last)?.kind === "directory";
  if (sources.length > 1 && !directory)
    return context.fail(
      `${context.argv0}: target ${quoteName(last)}: ${context.stat(last) === undefined ? "No such file or directory" : "Not a directory"}`,
    );
  return { sources, place: (name) => (directory ? `${last.replace(/\/$/, "")}/${baseOf(name)}` : last) };
}
