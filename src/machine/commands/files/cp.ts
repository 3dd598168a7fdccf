import type { FileFacts } from "../../contract.ts";
import { byName } from "../../shell/glob.ts";
import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand } from "../operands.ts";
import { options } from "../options.ts";
import { destination } from "./destination.ts";

interface Copy {
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly noDereference: boolean;
}

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly facts: FileFacts;
}

/** Copies a file or, as `how` allows, a folder. @returns the exit status; complaints are written */
export async function copyTree(
  context: ProgramContext,
  from: string,
  to: string,
  how: Copy,
): Promise<number> {
  await context.tick();
  const source = context.path(from);
  const { value: facts, error } = context.attempt(() =>
    how.noDereference ? context.fs.lstat(source) : context.fs.stat(source),
  );
  if (error !== undefined) return context.fail(`${context.argv0}: cannot stat ${quoteName(from)}: ${error}`);
  const copy = facts.kind === "directory" ? copyFolder : copyFile;
  return copy(context, { from, to, facts }, how);
}

async function copyFolder(context: ProgramContext, { from, to, facts }: Pair, how: Copy): Promise<number> {
  const source = context.path(from);
  const target = context.path(to);
  if (!how.recursive)
    return context.fail(`${context.argv0}: -r not specified; omitting directory ${quoteName(from)}`);
  if (`${normalPath(target)}/`.startsWith(`${normalPath(source)}/`))
    return context.fail(
      `${context.argv0}: cannot copy a directory, ${quoteName(from)}, into itself, ${quoteName(to)}`,
    );
  const made = context.attempt(() => {
    if (context.stat(to) === undefined) context.fs.mkdir(target, facts.mode & 0o777);
  });
  if (made.error !== undefined)
    return context.fail(`${context.argv0}: cannot create directory ${quoteName(to)}: ${made.error}`);
  return eachOperand([...context.fs.readdir(source)].sort(byName), (name) =>
    copyTree(context, `${from}/${name}`, `${to}/${name}`, { ...how, noDereference: true }),
  );
}

async function copyFile(context: ProgramContext, pair: Pair, how: Copy): Promise<number> {
  const { from, to, facts } = pair;
  const source = context.path(from);
  if (normalPath(source) === normalPath(context.path(to)))
    return context.fail(`${context.argv0}: ${quoteName(from)} and ${quoteName(to)} are the same file`);
  const { error } = context.attempt(() => {
    if (facts.kind === "symlink") copyLink(context, pair);
    else copyBytes(context, pair, how.preserve);
  });
  if (error === undefined) return 0;
  return context.fail(
    context.fs.access(source, "read")
      ? `${context.argv0}: cannot create regular file ${quoteName(to)}: ${error}`
      : `${context.argv0}: cannot open ${quoteName(from)} for reading: ${error}`,
  );
}

function copyLink(context: ProgramContext, { from, to }: Pair): void {
  if (context.lstat(to) !== undefined) context.fs.unlink(context.path(to));
  context.fs.symlink(context.fs.readlink(context.path(from)), context.path(to));
}

function copyBytes(context: ProgramContext, { from, to, facts }: Pair, preserve: boolean): void {
  const target = context.path(to);
  const bytes = facts.kind === "character" ? new Uint8Array(0) : context.fs.read(context.path(from));
  context.fs.write(target, bytes, { mode: facts.mode & 0o777 });
  if (preserve) {
    context.fs.chmod(target, facts.mode);
    if (context.uid === 0) context.fs.chown(target, facts.uid, facts.gid);
    context.fs.utimes(target, facts.mtime, facts.mtime);
  }
  context.fs.closed(target);
}

async function cp(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "abdfHilLnpPrRst:TuvxZ",
    long: {
      archive: "a",
      force: "f",
      interactive: "i",
      recursive: "r",
      "no-clobber": "n",
      update: "u",
      verbose: "v",
      "preserve?": "p",
      "no-dereference": "P",
      dereference: "L",
      "target-directory=": "t",
      "no-target-directory": "T",
      parents: "parents",
      "attributes-only": "ao",
      "backup?": "b",
      "remove-destination": "rd",
      "sparse=": "sp",
      "symbolic-link": "s",
      link: "l",
    },
  });
  if (typeof parsed === "number") return parsed;
  const where = await destination(context, parsed.rest, parsed.value("t"));
  if (typeof where === "number") return where;
  const archive = parsed.has("a");
  const how = {
    recursive: archive || parsed.has("r") || parsed.has("R"),
    preserve: archive || parsed.has("p"),
    noDereference: archive || parsed.has("d") || parsed.has("P"),
  };
  return eachOperand(where.sources, async (source) => {
    const to = where.place(source);
    if (parsed.has("n") && context.lstat(to) !== undefined) return 0;
    if (parsed.has("v")) await context.out(`${quoteName(source)} -> ${quoteName(to)}\n`);
    return copyTree(context, source, to, how);
  });
}

export const cpPrograms: readonly Program[] = [{ names: ["cp"], run: cp }];
