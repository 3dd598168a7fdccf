import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand, missingOperand } from "../operands.ts";
import { options } from "../options.ts";

async function readlink(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "femnqsvz",
    long: { canonicalize: "f", "canonicalize-existing": "e", "canonicalize-missing": "m", "no-newline": "n" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  const full = ["f", "e", "m"].some((key) => parsed.has(key));
  return eachOperand(parsed.rest, async (name) => {
    const { value, error } = context.attempt(() =>
      full ? canonical(context, name, parsed.has("e")) : context.fs.readlink(context.path(name)),
    );
    if (error !== undefined) return 1;
    await context.out(`${value}${parsed.has("n") ? "" : "\n"}`);
    return 0;
  });
}

function canonical(context: ProgramContext, name: string, strict: boolean): string {
  const path = context.path(name);
  if (strict || context.stat(name) !== undefined) return context.fs.realpath(path);
  const clean = normalPath(path);
  const parent = clean.slice(0, clean.lastIndexOf("/")) || "/";
  return `${context.fs.realpath(parent).replace(/\/$/, "")}/${clean.slice(clean.lastIndexOf("/") + 1)}`;
}

async function realpath(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "eLmPqsz",
    long: { "canonicalize-existing": "e", "no-symlinks": "s", strip: "s" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  return eachOperand(parsed.rest, async (name) => {
    const { value, error } = context.attempt(() =>
      parsed.has("s") ? normalPath(context.path(name)) : canonical(context, name, parsed.has("e")),
    );
    if (error !== undefined)
      return context.fail(`${context.argv0}: ${quoteName(name).replace(/^'([\w./-]+)'$/, "$1")}: ${error}`);
    await context.out(`${value}\n`);
    return 0;
  });
}

export const linkPrograms: readonly Program[] = [
  { names: ["readlink"], run: readlink },
  { names: ["realpath"], run: realpath },
];
