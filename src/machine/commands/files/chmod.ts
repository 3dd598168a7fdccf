import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { badOption, curly, eachOperand, hint, missingOperand } from "../operands.ts";
import { applyMode } from "./mode-text.ts";
import { walkTree } from "./tree.ts";

const optionPattern =
  /^-[cfvR]+$|^--(recursive|verbose|silent|quiet|changes|reference=.*|preserve-root|no-preserve-root)$/;

interface Change {
  readonly mode: string;
  readonly recursive: boolean;
  readonly quiet: boolean;
}

async function chmod(context: ProgramContext): Promise<number> {
  const flags = context.args.filter((arg) => optionPattern.test(arg));
  const [mode, ...files] = context.args.filter((arg) => arg !== "--" && !optionPattern.test(arg));
  if (mode === undefined) return missingOperand(context);
  if (mode.startsWith("-") && !/^-[rwxXst]+/.test(mode)) return badOption(context, mode);
  if (files.length === 0)
    return context.fail(`${context.argv0}: missing operand after ${curly(mode)}${hint(context)}`);
  if (applyMode(mode, 0, false) === undefined)
    return context.fail(`${context.argv0}: invalid mode: ${curly(mode)}${hint(context)}`);
  const change = {
    mode,
    recursive: flags.some((flag) => /^-\w*R|--recursive/.test(flag)),
    quiet: flags.some((flag) => /^-\w*f|silent|quiet/.test(flag)),
  };
  return eachOperand(files, (file) =>
    walkTree(context, file, change.recursive, (_path, name) => chmodOne(context, name, change)),
  );
}

async function chmodOne(context: ProgramContext, name: string, change: Change): Promise<number> {
  const path = context.path(name);
  const complain = (problem: string, error: string) =>
    change.quiet ? 1 : context.fail(`${context.argv0}: ${problem} ${quoteName(name)}: ${error}`);
  const { value: facts, error } = context.attempt(() =>
    change.recursive ? context.fs.lstat(path) : context.fs.stat(path),
  );
  if (error !== undefined) return complain("cannot access", error);
  if (facts.kind === "symlink") return 0;
  const wanted = applyMode(change.mode, facts.mode, facts.kind === "directory", context.umask) ?? 0;
  const changed = context.attempt(() => {
    context.fs.chmod(path, wanted);
  });
  return changed.error === undefined ? 0 : complain("changing permissions of", changed.error);
}

export const chmodPrograms: readonly Program[] = [{ names: ["chmod"], run: chmod }];
