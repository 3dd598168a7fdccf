import { byName } from "../../shell/glob.ts";
import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { options } from "../options.ts";

/** A mode after `text` (octal or symbolic); undefined when the text is none. */
export function applyMode(text: string, mode: number, directory: boolean, umask = 0): number | undefined {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777;
  let result = mode;
  for (const clause of text.split(",")) {
    const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
    if (!match) return undefined;
    const who = match[1] === "" ? "a" : (match[1] ?? "a");
    const mask = match[1] === "" ? ~umask : ~0;
    for (const action of match[2]?.match(/[-+=][rwxXstugo]*/g) ?? [])
      result = step(result, { who, action, directory, mask });
  }
  return result & 0o7777;
}

function step(
  mode: number,
  change: {
    readonly who: string;
    readonly action: string;
    readonly directory: boolean;
    readonly mask: number;
  },
): number {
  const places = change.who.includes("a") ? "ugo" : change.who;
  let bits = 0;
  let clear = 0;
  for (const place of places) {
    const shift = { u: 6, g: 3, o: 0 }[place] ?? 0;
    clear |= 7 << shift;
    for (const letter of change.action.slice(1)) {
      if (letter === "r") bits |= 4 << shift;
      else if (letter === "w") bits |= 2 << shift;
      else if (letter === "x") bits |= 1 << shift;
      else if (letter === "X" && (change.directory || (mode & 0o111) !== 0)) bits |= 1 << shift;
      else if (letter === "s" && place !== "o") bits |= place === "u" ? 0o4000 : 0o2000;
      else if (letter === "t") bits |= 0o1000;
      else if ("ugo".includes(letter)) bits |= ((mode >> ({ u: 6, g: 3, o: 0 }[letter] ?? 0)) & 7) << shift;
    }
  }
  bits &= change.mask | 0o7000;
  const sign = change.action[0];
  if (sign === "+") return mode | bits;
  return sign === "-" ? mode & ~bits : (mode & ~clear) | bits;
}

async function tree(
  context: ProgramContext,
  name: string,
  recursive: boolean,
  act: (path: string, name: string) => Promise<number>,
): Promise<number> {
  await context.tick();
  const path = context.path(name);
  const status = await act(path, name);
  if (!recursive || context.lstat(name)?.kind !== "directory") return status;
  let worst = status;
  const names = context.attempt(() => context.fs.readdir(path));
  for (const child of [...(names.value ?? [])].sort(byName))
    worst = (await tree(context, `${name.replace(/\/$/, "")}/${child}`, recursive, act)) || worst;
  return worst;
}

async function chmod(context: ProgramContext): Promise<number> {
  const flags: string[] = [];
  const rest: string[] = [];
  for (const arg of context.args) {
    if (
      /^-[cfvR]+$|^--(recursive|verbose|silent|quiet|changes|reference=.*|preserve-root|no-preserve-root)$/.test(
        arg,
      ) &&
      rest.length <= context.args.length
    )
      flags.push(arg);
    else if (arg !== "--") rest.push(arg);
  }
  const hint = `\nTry '${context.argv0} --help' for more information.`;
  const bad = rest[0]?.startsWith("-") === true && !/^-[rwxXst]+/.test(rest[0] ?? "");
  if (bad)
    return context.fail(
      `${context.argv0}: ${rest[0]?.startsWith("--") === true ? `unrecognized option '${rest[0]}'` : `invalid option -- '${rest[0]?.[1] ?? ""}'`}${hint}`,
    );
  const [mode, ...files] = rest;
  if (mode === undefined) return context.fail(`${context.argv0}: missing operand${hint}`);
  if (files.length === 0)
    return context.fail(`${context.argv0}: missing operand after ${quoteCurly(mode)}${hint}`);
  if (applyMode(mode, 0, false) === undefined)
    return context.fail(`${context.argv0}: invalid mode: ${quoteCurly(mode)}${hint}`);
  const recursive = flags.some((flag) => /^-\w*R|--recursive/.test(flag));
  const quiet = flags.some((flag) => /^-\w*f|silent|quiet/.test(flag));
  let status = 0;
  for (const name of files) {
    status =
      (await tree(context, name, recursive, async (path, shown) => {
        const facts = context.attempt(() => (recursive ? context.fs.lstat(path) : context.fs.stat(path)));
        if (facts.error !== undefined)
          return quiet
            ? 1
            : context.fail(`${context.argv0}: cannot access ${quoteName(shown)}: ${facts.error}`);
        if (facts.value.kind === "symlink") return 0;
        const wanted =
          applyMode(mode, facts.value.mode, facts.value.kind === "directory", context.umask) ?? 0;
        const { error } = context.attempt(() => {
          context.fs.chmod(path, wanted);
        });
        return error === undefined || quiet
          ? error === undefined
            ? 0
            : 1
          : context.fail(`${context.argv0}: changing permissions of ${quoteName(shown)}: ${error}`);
      })) || status;
  }
  return status;
}

const quoteCurly = (text: string) => `‘${text}’`;

async function chown(context: ProgramContext): Promise<number> {
  const group = context.name === "chgrp";
  const parsed = await options(context, {
    short: "cfhvRHLP",
    long: {
      recursive: "R",
      "no-dereference": "h",
      verbose: "v",
      "reference=": "ref",
      silent: "f",
      quiet: "f",
      changes: "c",
    },
  });
  if (typeof parsed === "number") return parsed;
  const [spec, ...files] = parsed.rest;
  const hint = `\nTry '${context.argv0} --help' for more information.`;
  if (spec === undefined) return context.fail(`${context.argv0}: missing operand${hint}`);
  if (files.length === 0)
    return context.fail(`${context.argv0}: missing operand after ${quoteCurly(spec)}${hint}`);
  const [userText = "", groupText] = group ? ["", spec] : spec.split(/[:.]/, 2);
  const { users } = context.world;
  const uid = userText === "" ? undefined : (users.byName(userText)?.uid ?? number(userText));
  const gid =
    groupText === undefined || groupText === ""
      ? undefined
      : (users.groupByName(groupText)?.gid ?? number(groupText));
  if (userText !== "" && uid === undefined)
    return context.fail(`${context.argv0}: invalid user: ${quoteCurly(spec)}`);
  if (groupText !== undefined && groupText !== "" && gid === undefined)
    return context.fail(`${context.argv0}: invalid group: ${quoteCurly(spec)}`);
  let status = 0;
  for (const name of files) {
    status =
      (await tree(context, name, parsed.has("R"), async (path, shown) => {
        const facts = context.attempt(() => context.fs.lstat(path));
        if (facts.error !== undefined)
          return context.fail(`${context.argv0}: cannot access ${quoteName(shown)}: ${facts.error}`);
        const { error } = context.attempt(() => {
          context.fs.chown(path, uid ?? facts.value.uid, gid ?? facts.value.gid, {
            follow: !parsed.has("h"),
          });
        });
        return error === undefined
          ? 0
          : context.fail(
              `${context.argv0}: changing ${group ? "group" : "ownership"} of ${quoteName(shown)}: ${error}`,
            );
      })) || status;
  }
  return status;
}

const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);

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
  let status = 0;
  for (const name of files) {
    const found = context.attempt(() => context.fs.lstat(context.path(name)));
    if (found.error !== undefined) {
      status = 1;
      if (!quiet) await context.err(`chattr: ${found.error} while trying to stat ${name}\n`);
      continue;
    }
    status =
      (await tree(context, name, recursive, async (path, shown) => {
        const { error } = context.attempt(() => {
          const next = { ...context.fs.attributes(path) };
          for (const change of changes) {
            const on = change[0] !== "-";
            if (change.includes("i")) next.immutable = on;
            if (change.includes("a")) next.append = on;
          }
          context.fs.setAttributes(path, next);
        });
        return error === undefined ? 0 : context.fail(`chattr: ${error} while setting flags on ${shown}`);
      })) || status;
  }
  return status;
}

async function lsattr(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  let status = 0;
  const line = async (name: string) => {
    const found = context.attempt(() => context.fs.attributes(context.path(name)));
    if (found.error !== undefined) {
      status = 1;
      await context.err(`lsattr: ${found.error} while trying to stat ${name}\n`);
    } else
      await context.out(
        `----${found.value.immutable ? "i" : "-"}${found.value.append ? "a" : "-"}--------e------- ${name}\n`,
      );
  };
  for (const name of names.length === 0 ? ["."] : names) {
    if (context.stat(name)?.kind === "directory" && !context.args.includes("-d")) {
      for (const child of [...context.fs.readdir(context.path(name))]
        .filter((each) => !each.startsWith("."))
        .sort(byName))
        await line(`${name}/${child}`);
    } else await line(name);
  }
  return status;
}

export const modes: readonly Program[] = [
  { names: ["chmod"], run: chmod },
  { names: ["chown", "chgrp"], run: chown },
  { names: ["chattr"], run: chattr },
  { names: ["lsattr"], run: lsattr },
];
