import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand, missingOperand } from "../operands.ts";
import { options } from "../options.ts";
import { baseOf } from "./destination.ts";

async function rm(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "dfiIrRv",
    long: {
      force: "f",
      recursive: "r",
      interactive: "i",
      verbose: "v",
      dir: "d",
      "one-file-system": "x",
      "no-preserve-root": "npr",
      "preserve-root?": "pr",
    },
  });
  if (typeof parsed === "number") return parsed;
  const how = {
    force: parsed.has("f"),
    recursive: parsed.has("r") || parsed.has("R"),
    directory: parsed.has("d"),
    verbose: parsed.has("v"),
  };
  if (parsed.rest.length === 0) return how.force ? 0 : missingOperand(context);
  return eachOperand(parsed.rest, (name) => {
    const refused = refusal(context, name, how.recursive && !parsed.has("npr"));
    return refused === undefined ? removeTree(context, name, how) : context.fail(refused);
  });
}

/** Why rm does not even try; `guarded` is the failsafe of a recursive call. */
function refusal(context: ProgramContext, name: string, guarded: boolean): string | undefined {
  const base = baseOf(name);
  if (base === "." || base === "..")
    return `${context.argv0}: refusing to remove '.' or '..' directory: skipping ${quoteName(name)}`;
  if (guarded && normalPath(context.path(name)) === "/")
    return `${context.argv0}: it is dangerous to operate recursively on '/'\n${context.argv0}: use --no-preserve-root to override this failsafe`;
  return undefined;
}

interface Removal {
  readonly force: boolean;
  readonly recursive: boolean;
  readonly directory: boolean;
  readonly verbose: boolean;
}

const cannotRemove = (context: ProgramContext, name: string, error: string) =>
  context.fail(`${context.argv0}: cannot remove ${quoteName(name)}: ${error}`);

/** Removes a file or, as `how` allows, a folder. @returns the exit status; complaints are written */
export async function removeTree(context: ProgramContext, name: string, how: Removal): Promise<number> {
  await context.tick();
  const { value: facts, error } = context.attempt(() => context.fs.lstat(context.path(name)));
  if (error !== undefined)
    return how.force && /No such file|Not a directory/.test(error) ? 0 : cannotRemove(context, name, error);
  return facts.kind === "directory" ? removeFolder(context, name, how) : removeFile(context, name, how);
}

async function removeFile(context: ProgramContext, name: string, how: Removal): Promise<number> {
  const { error } = context.attempt(() => {
    context.fs.unlink(context.path(name));
  });
  if (error !== undefined) return cannotRemove(context, name, error);
  if (how.verbose) await context.out(`removed ${quoteName(name)}\n`);
  return 0;
}

async function removeFolder(context: ProgramContext, name: string, how: Removal): Promise<number> {
  if (!how.recursive && !how.directory) return cannotRemove(context, name, "Is a directory");
  const path = context.path(name);
  const names = how.recursive ? (context.attempt(() => context.fs.readdir(path)).value ?? []) : [];
  const status = await eachOperand(names, (child) =>
    removeTree(context, `${name.replace(/\/$/, "")}/${child}`, how),
  );
  if (status !== 0) return status;
  const { error } = context.attempt(() => {
    context.fs.rmdir(path);
  });
  if (error !== undefined) return cannotRemove(context, name, error);
  if (how.verbose) await context.out(`removed directory ${quoteName(name)}\n`);
  return 0;
}

export const rmPrograms: readonly Program[] = [{ names: ["rm"], run: rm }];
