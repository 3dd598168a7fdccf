import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand } from "../operands.ts";
import { options } from "../options.ts";
import { copyTree } from "./cp.ts";
import { destination } from "./destination.ts";
import { removeTree } from "./rm.ts";

async function mv(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "bfint:TuvZ",
    long: {
      force: "f",
      interactive: "i",
      "no-clobber": "n",
      verbose: "v",
      "target-directory=": "t",
      "no-target-directory": "T",
      update: "u",
      "backup?": "b",
    },
  });
  if (typeof parsed === "number") return parsed;
  const where = await destination(context, parsed.rest, parsed.value("t"));
  if (typeof where === "number") return where;
  return eachOperand(where.sources, async (source) => {
    const to = where.place(source);
    const { error } = context.attempt(() => context.fs.lstat(context.path(source)));
    if (error !== undefined)
      return context.fail(`${context.argv0}: cannot stat ${quoteName(source)}: ${error}`);
    if (parsed.has("n") && context.lstat(to) !== undefined) return 0;
    if (normalPath(context.path(source)) === normalPath(context.path(to)))
      return context.fail(`${context.argv0}: ${quoteName(source)} and ${quoteName(to)} are the same file`);
    return move(context, source, to, parsed.has("v"));
  });
}

async function move(context: ProgramContext, source: string, to: string, verbose: boolean): Promise<number> {
  const { error } = context.attempt(() => {
    context.fs.rename(context.path(source), context.path(to));
  });
  if (error === "Invalid cross-device link") return moveAcross(context, source, to);
  if (error !== undefined)
    return context.fail(`${context.argv0}: cannot move ${quoteName(source)} to ${quoteName(to)}: ${error}`);
  if (verbose) await context.out(`renamed ${quoteName(source)} -> ${quoteName(to)}\n`);
  return 0;
}

/** To another file system: copied, then removed. */
async function moveAcross(context: ProgramContext, source: string, to: string): Promise<number> {
  const copied = await copyTree(context, source, to, {
    recursive: true,
    preserve: true,
    noDereference: true,
  });
  if (copied !== 0) return copied;
  return removeTree(context, source, { force: true, recursive: true, directory: true, verbose: false });
}

export const mvPrograms: readonly Program[] = [{ names: ["mv"], run: mv }];
