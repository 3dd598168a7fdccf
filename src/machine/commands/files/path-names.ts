import type { Program, ProgramContext } from "../command.ts";
import { curlyName, hint, missingOperand } from "../operands.ts";
import { options } from "../options.ts";

function lastPart(path: string): string {
  const base = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return path !== "" && base === "" ? "/" : base;
}

const without = (suffix: string, name: string) =>
  suffix !== "" && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;

async function basename(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "+as:z", long: { multiple: "a", "suffix=": "s" } });
  if (typeof parsed === "number") return parsed;
  const [name, suffix = "", extra] = parsed.rest;
  if (name === undefined) return missingOperand(context);
  const many = parsed.has("a") || parsed.has("s");
  if (extra !== undefined && !many)
    return context.fail(`${context.argv0}: extra operand ${curlyName(extra)}${hint(context)}`);
  const cut = many ? (parsed.value("s") ?? "") : suffix;
  for (const each of many ? parsed.rest : [name]) await context.out(`${without(cut, lastPart(each))}\n`);
  return 0;
}

function folderPart(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "" && path !== "") return "/";
  const at = trimmed.lastIndexOf("/");
  return at < 0 ? "." : trimmed.slice(0, at).replace(/\/+$/, "") || "/";
}

async function dirname(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "+z", long: { zero: "z" } });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  for (const name of parsed.rest) await context.out(`${folderPart(name)}\n`);
  return 0;
}

export const pathNamePrograms: readonly Program[] = [
  { names: ["basename"], run: basename },
  { names: ["dirname"], run: dirname },
];
