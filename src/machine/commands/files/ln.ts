import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand, missingOperand } from "../operands.ts";
import { options } from "../options.ts";
import { destination } from "./destination.ts";

async function ln(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "bdfFiLnPrst:Tv",
    long: {
      force: "f",
      symbolic: "s",
      verbose: "v",
      "no-dereference": "n",
      relative: "r",
      "target-directory=": "t",
    },
  });
  if (typeof parsed === "number") return parsed;
  const [first, second] = parsed.rest;
  if (first === undefined) return missingOperand(context, "file operand");
  const rest = second === undefined && !parsed.has("t") ? [first, "."] : parsed.rest;
  const where = await destination(context, rest, parsed.value("t"));
  if (typeof where === "number") return where;
  const symbolic = parsed.has("s");
  return eachOperand(where.sources, async (source) => {
    const to = where.place(source);
    const { error } = context.attempt(() => {
      if (parsed.has("f") && context.lstat(to) !== undefined) context.fs.unlink(context.path(to));
      if (symbolic) context.fs.symlink(source, context.path(to));
      else context.fs.link(context.path(source), context.path(to));
    });
    if (error === undefined) return 0;
    return context.fail(
      !symbolic && context.lstat(source) === undefined
        ? `${context.argv0}: failed to access ${quoteName(source)}: ${error}`
        : `${context.argv0}: failed to create ${symbolic ? "symbolic" : "hard"} link ${quoteName(to)}: ${error}`,
    );
  });
}

export const lnPrograms: readonly Program[] = [{ names: ["ln"], run: ln }];
