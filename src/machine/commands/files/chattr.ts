import { byName } from "../../shell/glob.ts";
import type { Program, ProgramContext } from "../command.ts";
import { eachOperand } from "../operands.ts";
import { walkTree } from "./tree.ts";

const chattrUsage = "Usage: chattr [-pRVf] [-+=aAcCdDeijPsStTuFx] [-v version] files...\n";

async function chattr(context: ProgramContext): Promise<number> {
  const changes = context.args.filter((arg) => /^[-+=][a-zA-Z]+$/.test(arg) && !/^-[pRVf]+$/.test(arg));
  const files = context.args.filter((arg) => !/^[-+=]/.test(arg));
  if (changes.length === 0 || files.length === 0)
    return context.fail(
      changes.length > 0 || context.args.length === 0 ? chattrUsage : "Must use '-v', =, - or +",
      1,
    );
  const quiet = context.args.some((arg) => /^-\w*f/.test(arg));
  const recursive = context.args.some((arg) => /^-\w*R/.test(arg));
  return eachOperand(files, async (file) => {
    const found = context.attempt(() => context.fs.lstat(context.path(file)));
    if (found.error === undefined)
      return walkTree(context, file, recursive, (path, name) => chattrOne(context, path, name, changes));
    if (!quiet) await context.err(`chattr: ${found.error} while trying to stat ${file}\n`);
    return 1;
  });
}

async function chattrOne(
  context: ProgramContext,
  path: string,
  name: string,
  changes: readonly string[],
): Promise<number> {
  const { error } = context.attempt(() => {
    const next = { ...context.fs.attributes(path) };
    for (const change of changes) {
      const on = change[0] !== "-";
      if (change.includes("i")) next.immutable = on;
      if (change.includes("a")) next.append = on;
    }
    context.fs.setAttributes(path, next);
  });
  return error === undefined ? 0 : context.fail(`chattr: ${error} while setting flags on ${name}`);
}

async function lsattr(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const itself = context.args.includes("-d");
  return eachOperand(names.length === 0 ? ["."] : names, (name) => {
    if (itself || context.stat(name)?.kind !== "directory") return lsattrOne(context, name);
    const children = context.fs.readdir(context.path(name)).filter((each) => !each.startsWith("."));
    return eachOperand(children.sort(byName), (child) => lsattrOne(context, `${name}/${child}`));
  });
}

async function lsattrOne(context: ProgramContext, name: string): Promise<number> {
  const { value: set, error } = context.attempt(() => context.fs.attributes(context.path(name)));
  if (error !== undefined) return context.fail(`lsattr: ${error} while trying to stat ${name}`);
  await context.out(`----${set.immutable ? "i" : "-"}${set.append ? "a" : "-"}--------e------- ${name}\n`);
  return 0;
}

export const chattrPrograms: readonly Program[] = [
  { names: ["chattr"], run: chattr },
  { names: ["lsattr"], run: lsattr },
];
