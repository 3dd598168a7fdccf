import { byName } from "../../shell/glob.ts";
import { normalPath } from "../../shell/host.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { options } from "../options.ts";
import { applyMode } from "./modes.ts";

const hint = (context: ProgramContext) => `\nTry '${context.argv0} --help' for more information.`;
const baseOf = (path: string) => path.replace(/\/+$/, "").split("/").at(-1) ?? path;

/** Runs `act` for each operand; complaints are `NAME: PREFIX 'operand': ERROR`. */
async function each(
  context: ProgramContext,
  names: readonly string[],
  prefix: string,
  act: (name: string) => void,
): Promise<number> {
  let status = 0;
  for (const name of names) {
    await context.tick();
    const { error } = context.attempt(() => {
      act(name);
    });
    if (error === undefined) continue;
    status = 1;
    await context.err(
      `${context.argv0}: ${prefix} ${prefix === "cannot create directory" ? `‘${name}’` : quoteName(name)}: ${error}\n`,
    );
  }
  return status;
}

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
  const force = parsed.has("f");
  if (parsed.rest.length === 0)
    return force ? 0 : context.fail(`${context.argv0}: missing operand${hint(context)}`);
  const recursive = parsed.has("r") || parsed.has("R");
  let status = 0;
  for (const name of parsed.rest) {
    const base = baseOf(name);
    if (base === "." || base === "..") {
      status = await context.fail(
        `${context.argv0}: refusing to remove '.' or '..' directory: skipping ${quoteName(name)}`,
      );
    } else if (recursive && normalPath(context.path(name)) === "/" && !parsed.has("npr")) {
      status = await context.fail(
        `${context.argv0}: it is dangerous to operate recursively on '/'\n${context.argv0}: use --no-preserve-root to override this failsafe`,
      );
    } else if (
      (await removeOne(context, name, {
        force,
        recursive,
        directory: parsed.has("d"),
        verbose: parsed.has("v"),
      })) !== 0
    )
      status = 1;
  }
  return status;
}

interface Removal {
  readonly force: boolean;
  readonly recursive: boolean;
  readonly directory: boolean;
  readonly verbose: boolean;
}

async function removeOne(context: ProgramContext, name: string, how: Removal): Promise<number> {
  await context.tick();
  const path = context.path(name);
  const facts = context.attempt(() => context.fs.lstat(path));
  const cannot = (error: string) =>
    context.fail(`${context.argv0}: cannot remove ${quoteName(name)}: ${error}`);
  if (facts.error !== undefined)
    return how.force && /No such file|Not a directory/.test(facts.error) ? 0 : cannot(facts.error);
  if (facts.value.kind !== "directory") {
    const { error } = context.attempt(() => {
      context.fs.unlink(path);
    });
    if (error !== undefined) return cannot(error);
    if (how.verbose) await context.out(`removed ${quoteName(name)}\n`);
    return 0;
  }
  if (!how.recursive && !how.directory) return cannot("Is a directory");
  let status = 0;
  const names = context.attempt(() => context.fs.readdir(path));
  for (const child of how.recursive ? (names.value ?? []) : []) {
    if ((await removeOne(context, `${name.replace(/\/$/, "")}/${child}`, how)) !== 0) status = 1;
  }
  if (status !== 0) return status;
  const { error } = context.attempt(() => {
    context.fs.rmdir(path);
  });
  if (error !== undefined) return cannot(error);
  if (how.verbose) await context.out(`removed directory ${quoteName(name)}\n`);
  return 0;
}

async function mkdir(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "m:pvZ",
    long: { "mode=": "m", parents: "p", verbose: "v" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  const mode = parsed.has("m") ? applyMode(parsed.value("m") ?? "", 0o777, true, context.umask) : undefined;
  return each(context, parsed.rest, "cannot create directory", (name) => {
    const path = context.path(name);
    if (parsed.has("p")) makeParents(context, path);
    else context.fs.mkdir(path);
    if (mode !== undefined) context.fs.chmod(path, mode);
  }).then((status) => status);
}

export function makeParents(context: ProgramContext, path: string): void {
  let at = "";
  for (const part of normalPath(path)
    .split("/")
    .filter((each_) => each_ !== "")) {
    at += `/${part}`;
    if (context.stat(at)?.kind !== "directory") context.fs.mkdir(at);
  }
}

async function rmdir(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "pv",
    long: { parents: "p", verbose: "v", "ignore-fail-on-non-empty": "i" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  return each(context, parsed.rest, "failed to remove", (name) => {
    context.fs.rmdir(context.path(name));
  });
}

async function touch(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "acd:fhmr:t:",
    long: { "no-create": "c", "date=": "d", "reference=": "r", "time=": "time", "no-dereference": "h" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing file operand${hint(context)}`);
  const when = touchTime(context, parsed.value("d"), parsed.value("t"), parsed.value("r"));
  if (when === undefined)
    return context.fail(
      `${context.argv0}: invalid date format ${quoteName(parsed.value("d") ?? parsed.value("t") ?? "")}`,
    );
  let status = 0;
  for (const name of parsed.rest) {
    const path = context.path(name);
    const exists = context.stat(name) !== undefined;
    if (!exists && parsed.has("c")) continue;
    const made = exists
      ? { error: undefined }
      : context.attempt(() => {
          context.fs.append(path, new Uint8Array(0));
        });
    if (made.error !== undefined) {
      status = await context.fail(`${context.argv0}: cannot touch ${quoteName(name)}: ${made.error}`);
      continue;
    }
    const set = context.attempt(() => {
      if (exists || parsed.set.size > 0) context.fs.utimes(path, when, when);
    });
    if (set.error !== undefined)
      status = await context.fail(`${context.argv0}: setting times of ${quoteName(name)}: ${set.error}`);
  }
  return status;
}

function touchTime(
  context: ProgramContext,
  date: string | undefined,
  stamp: string | undefined,
  reference: string | undefined,
): number | undefined {
  if (reference !== undefined) return context.stat(reference)?.mtime;
  const { world } = context;
  if (date !== undefined) {
    if (/^@\d+$/.test(date)) return Number(date.slice(1));
    const parsed = Date.parse(`${date.includes(":") ? date : `${date} 00:00:00`} UTC`);
    return Number.isNaN(parsed) ? undefined : parsed / 1000 - world.model.zone(parsed / 1000).offset;
  }
  if (stamp === undefined) return world.now();
  const match = /^(?:(\d\d)?(\d\d))?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(stamp);
  if (!match) return undefined;
  const year =
    match[2] === undefined
      ? new Date(world.now() * 1000).getUTCFullYear()
      : Number(match[1] ?? (Number(match[2]) < 69 ? 20 : 19)) * 100 + Number(match[2]);
  const seconds =
    Date.UTC(
      year,
      Number(match[3]) - 1,
      Number(match[4]),
      Number(match[5]),
      Number(match[6]),
      Number(match[7] ?? 0),
    ) / 1000;
  return seconds - world.model.zone(seconds).offset;
}

interface Copy {
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly force: boolean;
  readonly noDereference: boolean;
}

async function copyTree(context: ProgramContext, from: string, to: string, how: Copy): Promise<number> {
  await context.tick();
  const source = context.path(from);
  const target = context.path(to);
  const facts = context.attempt(() =>
    how.noDereference ? context.fs.lstat(source) : context.fs.stat(source),
  );
  if (facts.error !== undefined)
    return context.fail(`${context.argv0}: cannot stat ${quoteName(from)}: ${facts.error}`);
  const { kind, mode, uid, gid, mtime } = facts.value;
  if (kind === "directory") {
    if (!how.recursive)
      return context.fail(`${context.argv0}: -r not specified; omitting directory ${quoteName(from)}`);
    if (`${normalPath(target)}/`.startsWith(`${normalPath(source)}/`))
      return context.fail(
        `${context.argv0}: cannot copy a directory, ${quoteName(from)}, into itself, ${quoteName(to)}`,
      );
    const made = context.attempt(() => {
      if (context.stat(to) === undefined) context.fs.mkdir(target, mode & 0o777);
    });
    if (made.error !== undefined)
      return context.fail(`${context.argv0}: cannot create directory ${quoteName(to)}: ${made.error}`);
    let status = 0;
    for (const name of [...context.fs.readdir(source)].sort(byName))
      status =
        (await copyTree(context, `${from}/${name}`, `${to}/${name}`, { ...how, noDereference: true })) ||
        status;
    return status;
  }
  if (normalPath(source) === normalPath(target))
    return context.fail(`${context.argv0}: ${quoteName(from)} and ${quoteName(to)} are the same file`);
  const copied = context.attempt(() => {
    if (kind === "symlink") {
      if (context.lstat(to) !== undefined) context.fs.unlink(target);
      context.fs.symlink(context.fs.readlink(source), target);
      return;
    }
    const bytes = kind === "character" ? new Uint8Array(0) : context.fs.read(source);
    context.fs.write(target, bytes, { mode: mode & 0o777 });
    if (how.preserve) {
      context.fs.chmod(target, mode);
      if (context.uid === 0) context.fs.chown(target, uid, gid);
      context.fs.utimes(target, mtime, mtime);
    }
    context.fs.closed(target);
  });
  if (copied.error === undefined) return 0;
  const reading = !context.fs.access(source, "read");
  return context.fail(
    reading
      ? `${context.argv0}: cannot open ${quoteName(from)} for reading: ${copied.error}`
      : `${context.argv0}: cannot create regular file ${quoteName(to)}: ${copied.error}`,
  );
}

async function destination(
  context: ProgramContext,
  rest: readonly string[],
  target: string | undefined,
): Promise<{ sources: readonly string[]; place: (name: string) => string } | number> {
  const first = rest[0];
  if (first === undefined) return context.fail(`${context.argv0}: missing file operand${hint(context)}`);
  if (target === undefined && rest.length < 2)
    return context.fail(
      `${context.argv0}: missing destination file operand after ${quoteName(first)}${hint(context)}`,
    );
  const last = target ?? rest.at(-1) ?? "";
  const sources = target === undefined ? rest.slice(0, -1) : rest;
  const directory = context.stat(last)?.kind === "directory";
  if (sources.length > 1 && !directory)
    return context.fail(
      `${context.argv0}: target ${quoteName(last)}${context.stat(last) === undefined ? ": No such file or directory" : " is not a directory"}`.replace(
        " is not a directory",
        ": Not a directory",
      ),
    );
  return { sources, place: (name) => (directory ? `${last.replace(/\/$/, "")}/${baseOf(name)}` : last) };
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
    force: parsed.has("f"),
    noDereference: archive || parsed.has("d") || parsed.has("P"),
  };
  let status = 0;
  for (const source of where.sources) {
    const to = where.place(source);
    if (parsed.has("n") && context.lstat(to) !== undefined) continue;
    if (parsed.has("v")) await context.out(`${quoteName(source)} -> ${quoteName(to)}\n`);
    status = (await copyTree(context, source, to, how)) || status;
  }
  return status;
}

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
  let status = 0;
  for (const source of where.sources) {
    const to = where.place(source);
    const found = context.attempt(() => context.fs.lstat(context.path(source)));
    if (found.error !== undefined) {
      status = await context.fail(`${context.argv0}: cannot stat ${quoteName(source)}: ${found.error}`);
      continue;
    }
    if (parsed.has("n") && context.lstat(to) !== undefined) continue;
    if (normalPath(context.path(source)) === normalPath(context.path(to))) {
      status = await context.fail(
        `${context.argv0}: ${quoteName(source)} and ${quoteName(to)} are the same file`,
      );
      continue;
    }
    const moved = context.attempt(() => {
      context.fs.rename(context.path(source), context.path(to));
    });
    if (moved.error === "Invalid cross-device link") {
      status =
        (await copyTree(context, source, to, {
          recursive: true,
          preserve: true,
          force: true,
          noDereference: true,
        })) ||
        (await removeOne(context, source, {
          force: true,
          recursive: true,
          directory: true,
          verbose: false,
        })) ||
        status;
    } else if (moved.error !== undefined)
      status = await context.fail(
        `${context.argv0}: cannot move ${quoteName(source)} to ${quoteName(to)}: ${moved.error}`,
      );
    else if (parsed.has("v")) await context.out(`renamed ${quoteName(source)} -> ${quoteName(to)}\n`);
  }
  return status;
}

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
  if (first === undefined) return context.fail(`${context.argv0}: missing file operand${hint(context)}`);
  const rest = second === undefined && !parsed.has("t") ? [first, "."] : parsed.rest;
  const where = await destination(context, rest, parsed.value("t"));
  if (typeof where === "number") return where;
  const symbolic = parsed.has("s");
  let status = 0;
  for (const source of where.sources) {
    const to = where.place(source);
    const made = context.attempt(() => {
      if (parsed.has("f") && context.lstat(to) !== undefined) context.fs.unlink(context.path(to));
      if (symbolic) context.fs.symlink(source, context.path(to));
      else context.fs.link(context.path(source), context.path(to));
    });
    if (made.error === undefined) continue;
    const missing = !symbolic && context.lstat(source) === undefined;
    status = await context.fail(
      missing
        ? `${context.argv0}: failed to access ${quoteName(source)}: ${made.error}`
        : `${context.argv0}: failed to create ${symbolic ? "symbolic" : "hard"} link ${quoteName(to)}: ${made.error}`,
    );
  }
  return status;
}

export const change: readonly Program[] = [
  { names: ["rm"], run: rm },
  { names: ["mkdir"], run: mkdir },
  { names: ["rmdir"], run: rmdir },
  { names: ["touch"], run: touch },
  { names: ["cp"], run: cp },
  { names: ["mv"], run: mv },
  { names: ["ln"], run: ln },
];
