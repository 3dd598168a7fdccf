import { createHash } from "node:crypto";
import { byName } from "../../shell/glob.ts";
import { normalPath } from "../../shell/host.ts";
import { matches } from "../../shell/pattern.ts";
import type { Program, ProgramContext } from "../command.ts";
import { blocksOf, humanSize, localTime, modeText, quoteName, strftime } from "../format.ts";
import { options } from "../options.ts";
import { inputs } from "../text/streams.ts";

const hint = (context: ProgramContext) => `\nTry '${context.argv0} --help' for more information.`;

async function stat(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "c:fLt",
    long: { "format=": "c", "printf=": "p", "file-system": "f", dereference: "L", terse: "t" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  let status = 0;
  for (const name of parsed.rest) {
    const found = context.attempt(() =>
      parsed.has("L") ? context.fs.stat(context.path(name)) : context.fs.lstat(context.path(name)),
    );
    if (found.error !== undefined) {
      status = await context.fail(`${context.argv0}: cannot statx ${quoteName(name)}: ${found.error}`);
      continue;
    }
    const format = parsed.value("c") ?? parsed.value("p");
    if (format !== undefined)
      await context.out(`${statFormat(context, name, found.value, format)}${parsed.has("p") ? "" : "\n"}`);
    else await context.out(statText(context, name, found.value));
  }
  return status;
}

type Facts = ReturnType<ProgramContext["fs"]["stat"]>;
const kinds = {
  file: "regular file",
  directory: "directory",
  symlink: "symbolic link",
  character: "character special file",
  block: "block special file",
  fifo: "fifo",
  socket: "socket",
};

function kindText(facts: Facts): string {
  return facts.kind === "file" && facts.size === 0 ? "regular empty file" : kinds[facts.kind];
}

function statFormat(context: ProgramContext, name: string, facts: Facts, format: string): string {
  const { users } = context.world;
  const time = (seconds: number) => strftime("%Y-%m-%d %H:%M:%S.%N %z", localTime(context.world, seconds));
  const values: Readonly<Record<string, () => string>> = {
    a: () => (facts.mode & 0o7777).toString(8),
    A: () => modeText(facts),
    b: () => String(blocksOf(facts) * 2),
    B: () => "512",
    d: () => "2049",
    f: () =>
      (
        (facts.mode & 0o7777) |
        ({ file: 0o100000, directory: 0o040000, symlink: 0o120000 }[facts.kind as string] ?? 0o020000)
      ).toString(16),
    F: () => kindText(facts),
    g: () => String(facts.gid),
    G: () => users.groupByGid(facts.gid)?.name ?? "UNKNOWN",
    h: () => String(facts.nlink),
    i: () => String(facts.inode),
    n: () => name,
    N: () => (facts.kind === "symlink" ? `'${name}' -> '${facts.target ?? ""}'` : `'${name}'`),
    o: () => "4096",
    s: () => String(facts.size),
    u: () => String(facts.uid),
    U: () => users.byUid(facts.uid)?.name ?? "UNKNOWN",
    x: () => time(facts.atime),
    X: () => String(Math.floor(facts.atime)),
    y: () => time(facts.mtime),
    Y: () => String(Math.floor(facts.mtime)),
    z: () => time(facts.ctime),
    Z: () => String(Math.floor(facts.ctime)),
    "%": () => "%",
  };
  return format
    .replace(/%([a-zA-Z%])/g, (whole: string, letter: string) => values[letter]?.() ?? whole)
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t");
}

function statText(context: ProgramContext, name: string, facts: Facts): string {
  const { users } = context.world;
  const time = (seconds: number) => strftime("%Y-%m-%d %H:%M:%S.%N %z", localTime(context.world, seconds));
  const shown = facts.kind === "symlink" ? `${name} -> ${facts.target ?? ""}` : name;
  const device = facts.rdev === undefined ? "" : `Device type: ${facts.rdev.major},${facts.rdev.minor}`;
  const owner = (id: number, text: string) => `(${String(id).padStart(5)}/${text.padStart(8)})`;
  return `  File: ${shown}\n  Size: ${String(facts.size).padEnd(10)}\tBlocks: ${String(blocksOf(facts) * 2).padEnd(10)} IO Block: 4096   ${kindText(facts)}\nDevice: 8,1\tInode: ${String(facts.inode).padEnd(11)} Links: ${String(facts.nlink).padEnd(device === "" ? 0 : 5)}${device}\nAccess: (${(facts.mode & 0o7777).toString(8).padStart(4, "0")}/${modeText(facts)})  Uid: ${owner(facts.uid, users.byUid(facts.uid)?.name ?? "UNKNOWN")}   Gid: ${owner(facts.gid, users.groupByGid(facts.gid)?.name ?? "UNKNOWN")}\nAccess: ${time(facts.atime)}\nModify: ${time(facts.mtime)}\nChange: ${time(facts.ctime)}\n Birth: ${time(facts.ctime)}\n`;
}

async function readlink(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "femnqsvz",
    long: { canonicalize: "f", "canonicalize-existing": "e", "canonicalize-missing": "m", "no-newline": "n" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  let status = 0;
  for (const name of parsed.rest) {
    const full = parsed.has("f") || parsed.has("e") || parsed.has("m");
    const found = context.attempt(() =>
      full ? canonical(context, name, parsed.has("e")) : context.fs.readlink(context.path(name)),
    );
    if (found.error !== undefined) status = 1;
    else await context.out(`${found.value}${parsed.has("n") ? "" : "\n"}`);
  }
  return status;
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
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  let status = 0;
  for (const name of parsed.rest) {
    const found = context.attempt(() =>
      parsed.has("s") ? normalPath(context.path(name)) : canonical(context, name, parsed.has("e")),
    );
    if (found.error === undefined) await context.out(`${found.value}\n`);
    else
      status = await context.fail(
        `${context.argv0}: ${quoteName(name).replace(/^'([\w./-]+)'$/, "$1")}: ${found.error}`,
      );
  }
  return status;
}

async function basename(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "+as:z", long: { multiple: "a", "suffix=": "s" } });
  if (typeof parsed === "number") return parsed;
  const [name, suffix, extra] = parsed.rest;
  if (name === undefined) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  if (extra !== undefined && !parsed.has("a") && !parsed.has("s"))
    return context.fail(
      `${context.argv0}: extra operand ${quoteName(extra)
        .replaceAll("'", "")
        .replace(/^(.*)$/, "‘$1’")}${hint(context)}`,
    );
  const many = parsed.has("a") || parsed.has("s");
  const cut = parsed.value("s") ?? (many ? "" : (suffix ?? ""));
  for (const each of many ? parsed.rest : [name]) {
    const base = each.replace(/\/+$/, "").split("/").at(-1) ?? "";
    const shown = each !== "" && base === "" ? "/" : base;
    await context.out(
      `${cut !== "" && shown.endsWith(cut) && shown !== cut ? shown.slice(0, -cut.length) : shown}\n`,
    );
  }
  return 0;
}

async function dirname(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "+z", long: { zero: "z" } });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  for (const name of parsed.rest) {
    const trimmed = name.replace(/\/+$/, "");
    const at = trimmed.lastIndexOf("/");
    await context.out(
      `${trimmed === "" && name !== "" ? "/" : at < 0 ? "." : trimmed.slice(0, at).replace(/\/+$/, "") || "/"}\n`,
    );
  }
  return 0;
}

async function which(context: ProgramContext): Promise<number> {
  let status = 0;
  const all = context.args.includes("-a");
  const names = context.args.filter((arg) => !/^-[as]+$/.test(arg));
  const bad = names.find((name) => name.startsWith("-"));
  if (bad !== undefined)
    return context.fail(`Illegal option ${bad.slice(0, 2)}\nUsage: ${context.argv0} [-as] args`, 2);
  if (names.length === 0) return 1;
  for (const name of names) {
    const candidates = name.includes("/")
      ? [name]
      : (context.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/${name}`);
    const found = candidates.filter(
      (path) => context.stat(path)?.kind === "file" && context.fs.access(context.path(path), "execute"),
    );
    if (found.length === 0) status = 1;
    for (const path of all ? found : found.slice(0, 1)) await context.out(`${path}\n`);
  }
  return status;
}

async function du(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "abBcd:hHklLmsSxX:0",
    long: {
      all: "a",
      bytes: "b",
      total: "c",
      "max-depth=": "d",
      "human-readable": "h",
      summarize: "s",
      "one-file-system": "x",
      "apparent-size": "app",
      "exclude=": "X",
    },
  });
  if (typeof parsed === "number") return parsed;
  let status = 0;
  const depthLimit = parsed.has("s") ? 0 : Number(parsed.value("d") ?? Number.POSITIVE_INFINITY);
  const show = (kib: number, bytes: number) =>
    parsed.has("b")
      ? String(bytes)
      : parsed.has("h")
        ? kib === 0
          ? "0"
          : humanSize(kib * 1024)
        : parsed.has("m")
          ? String(Math.ceil(kib / 1024))
          : String(kib);
  let grand = 0;
  const visit = async (name: string, depth: number): Promise<readonly [number, number]> => {
    await context.tick();
    const facts = context.attempt(() => context.fs.lstat(context.path(name)));
    if (facts.error !== undefined) {
      status = await context.fail(`${context.argv0}: cannot access ${quoteName(name)}: ${facts.error}`);
      return [0, 0];
    }
    let kib = blocksOf(facts.value);
    let bytes = facts.value.size;
    const directory = facts.value.kind === "directory";
    if (directory) {
      const names = context.attempt(() => context.fs.readdir(context.path(name)));
      if (names.error !== undefined)
        status = await context.fail(
          `${context.argv0}: cannot read directory ${quoteName(name)}: ${names.error}`,
        );
      for (const child of names.value ?? []) {
        const [k, b] = await visit(`${name === "/" ? "" : name}/${child}`, depth + 1);
        kib += k;
        bytes += b;
      }
    }
    if (depth <= depthLimit && (directory || parsed.has("a") || depth === 0))
      await context.out(`${show(kib, bytes)}\t${name}\n`);
    return [kib, bytes];
  };
  for (const name of parsed.rest.length === 0 ? ["."] : parsed.rest) grand += (await visit(name, 0))[0];
  if (parsed.has("c")) await context.out(`${show(grand, grand * 1024)}\ttotal\n`);
  return status;
}

interface FindState {
  readonly context: ProgramContext;
  readonly tests: readonly FindTest[];
  readonly maxDepth: number;
  readonly minDepth: number;
  readonly explicit: boolean;
  status: number;
}

type FindTest = (path: string, facts: Facts) => boolean | Promise<boolean>;

async function find(context: ProgramContext): Promise<number> {
  const split = context.args.findIndex((arg) => /^[-(!]/.test(arg) && !/^-[HLP]$/.test(arg));
  const roots = context.args.slice(0, split < 0 ? undefined : split).filter((arg) => !/^-[HLP]$/.test(arg));
  const expression = split < 0 ? [] : context.args.slice(split);
  const state: FindState & { maxDepth: number; minDepth: number; explicit: boolean } = {
    context,
    tests: [],
    maxDepth: 200,
    minDepth: 0,
    explicit: false,
    status: 0,
  };
  const tests = parseFind(state, expression);
  if (typeof tests === "string") return context.fail(`${context.argv0}: ${tests}`);
  const ready: FindState = { ...state, tests };
  for (const root of roots.length === 0 ? ["."] : roots) {
    const facts = context.attempt(() => context.fs.lstat(context.path(root)));
    if (facts.error !== undefined)
      ready.status = await context.fail(
        `${context.argv0}: ${quoteName(root)
          .replaceAll("'", "")
          .replace(/^(.*)$/, "‘$1’")}: ${facts.error}`,
      );
    else await findIn(ready, root, facts.value, 0);
  }
  return ready.status;
}

async function findIn(state: FindState, path: string, facts: Facts, depth: number): Promise<void> {
  const { context } = state;
  await context.tick();
  if (depth >= state.minDepth) {
    let hit = true;
    for (const test of state.tests) {
      hit = await test(path, facts);
      if (!hit) break;
    }
    if (hit && !state.explicit) await context.out(`${path}\n`);
  }
  if (facts.kind !== "directory" || depth >= state.maxDepth) return;
  const names = context.attempt(() => context.fs.readdir(context.path(path)));
  if (names.error !== undefined) {
    state.status = await context.fail(`${context.argv0}: ‘${path}’: ${names.error}`);
    return;
  }
  for (const name of names.value) {
    const child = `${path.replace(/\/$/, "")}/${name}`;
    const found = context.attempt(() => context.fs.lstat(context.path(child)));
    if (found.error === undefined) await findIn(state, child, found.value, depth + 1);
  }
}

function parseFind(
  state: FindState & { maxDepth: number; minDepth: number; explicit: boolean },
  args: readonly string[],
): FindTest[] | string {
  let alternatives: FindTest[][] = [[]];
  let negate = false;
  const add = (test: FindTest) => {
    const negated = negate;
    negate = false;
    alternatives.at(-1)?.push(negated ? async (path, facts) => !(await test(path, facts)) : test);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "!" || arg === "-not") negate = !negate;
    else if (arg === "-o" || arg === "-or") alternatives.push([]);
    else if (
      arg === "(" ||
      arg === ")" ||
      arg === "-a" ||
      arg === "-and" ||
      arg === "-depth" ||
      arg === "-xdev" ||
      arg === "-mount"
    )
      continue;
    else if (arg === "-print") {
      state.explicit = true;
      add(async (path) => {
        await state.context.out(`${path}\n`);
        return true;
      });
    } else if (
      arg === "-print0" ||
      arg === "-ls" ||
      arg === "-delete" ||
      arg === "-quit" ||
      arg === "-prune"
    ) {
      if (arg !== "-prune") state.explicit = true;
      add((path, facts) => findAction(state, arg, path, facts));
    } else if (arg === "-exec" || arg === "-execdir" || arg === "-ok") {
      const end = args.findIndex((each, index) => index > at && (each === ";" || each === "+"));
      if (end < 0) return `missing argument to \`${arg}'`;
      const words = args.slice(at + 1, end);
      at = end;
      state.explicit = true;
      add(
        async (path) => (await state.context.spawn(words.map((word) => word.replaceAll("{}", path)))) === 0,
      );
    } else if (/^-(true|empty|readable|writable|executable|nouser|nogroup)$/.test(arg))
      add((path, facts) => findFlag(state.context, arg, path, facts));
    else {
      const value = args[++at];
      if (
        !/^-(name|iname|path|ipath|wholename|type|size|perm|user|group|uid|gid|mtime|mmin|ctime|cmin|atime|amin|newer|maxdepth|mindepth|inum|links|printf|regex)$/.test(
          arg,
        )
      )
        return `unknown predicate \`${arg}'`;
      if (value === undefined) return `missing argument to \`${arg}'`;
      if (arg === "-maxdepth") state.maxDepth = Number(value) || 0;
      else if (arg === "-mindepth") state.minDepth = Number(value) || 0;
      else {
        if (arg === "-printf") state.explicit = true;
        add((path, facts) => findTest(state.context, arg, value, { path, facts }));
      }
    }
  }
  alternatives = alternatives.filter((each) => each.length > 0);
  if (alternatives.length <= 1) return alternatives[0] ?? [];
  return [
    async (path, facts) => {
      for (const tests of alternatives) {
        let hit = true;
        for (const test of tests) hit &&= await test(path, facts);
        if (hit) return true;
      }
      return false;
    },
  ];
}

async function findAction(state: FindState, action: string, path: string, facts: Facts): Promise<boolean> {
  const { context } = state;
  if (action === "-print0") await context.out(`${path}\0`);
  else if (action === "-ls") await context.spawn(["ls", "-dils", path]);
  else if (action === "-delete")
    context.attempt(() =>
      facts.kind === "directory"
        ? context.fs.rmdir(context.path(path))
        : context.fs.unlink(context.path(path)),
    );
  return true;
}

function findFlag(context: ProgramContext, flag: string, path: string, facts: Facts): boolean {
  const full = context.path(path);
  if (flag === "-readable") return context.fs.access(full, "read");
  if (flag === "-writable") return context.fs.access(full, "write");
  if (flag === "-executable") return context.fs.access(full, "execute");
  if (flag === "-nouser") return context.world.users.byUid(facts.uid) === undefined;
  if (flag === "-nogroup") return context.world.users.groupByGid(facts.gid) === undefined;
  if (flag === "-empty")
    return facts.kind === "directory"
      ? context.attempt(() => context.fs.readdir(full)).value?.length === 0
      : facts.kind === "file" && facts.size === 0;
  return true;
}

function amountTest(value: number, text: string): boolean {
  const wanted = Number(text.replace(/^[+-]/, ""));
  if (text.startsWith("+")) return value > wanted;
  return text.startsWith("-") ? value < wanted : value === wanted;
}

function findTest(
  context: ProgramContext,
  test: string,
  value: string,
  at: { readonly path: string; readonly facts: Facts },
): boolean {
  const { path, facts } = at;
  const base = path.split("/").at(-1) ?? path;
  const age = (seconds: number, unit: number) => Math.floor((context.world.now() - seconds) / unit);
  switch (test) {
    case "-name":
      return matches(value, base === "" ? "/" : base);
    case "-iname":
      return matches(value, base, true);
    case "-path":
    case "-wholename":
      return matches(value, path);
    case "-ipath":
      return matches(value, path, true);
    case "-type":
      return value
        .split(",")
        .includes(
          { file: "f", directory: "d", symlink: "l", character: "c", block: "b", fifo: "p", socket: "s" }[
            facts.kind
          ],
        );
    case "-user":
    case "-uid":
      return facts.uid === (context.world.users.byName(value)?.uid ?? Number(value));
    case "-group":
    case "-gid":
      return facts.gid === (context.world.users.groupByName(value)?.gid ?? Number(value));
    case "-perm":
      return permTest(facts.mode, value);
    case "-size": {
      const unit = { c: 1, w: 2, b: 512, k: 1024, M: 1_048_576, G: 1_073_741_824 }[value.at(-1) ?? ""] ?? 512;
      return amountTest(Math.ceil(facts.size / unit), value.replace(/[a-zA-Z]$/, ""));
    }
    case "-mtime":
      return amountTest(age(facts.mtime, 86_400), value);
    case "-mmin":
      return amountTest(age(facts.mtime, 60), value);
    case "-newer":
      return facts.mtime > (context.stat(value)?.mtime ?? 0);
    case "-printf":
      void context.out(
        statFormat(
          context,
          path,
          facts,
          value.replaceAll("%p", "%n").replaceAll("%f", base).replaceAll("%m", "%a"),
        ),
      );
      return true;
    default:
      return true;
  }
}

function permTest(mode: number, text: string): boolean {
  const wanted = Number.parseInt(text.replace(/^[-/]/, ""), 8);
  if (Number.isNaN(wanted))
    return text.includes("s") ? (mode & (text.includes("g") ? 0o2000 : 0o4000)) !== 0 : false;
  if (text.startsWith("-")) return (mode & wanted) === wanted;
  return text.startsWith("/") ? (mode & wanted) !== 0 : (mode & 0o7777) === wanted;
}

function hashing(algorithm: string): Program["run"] {
  return async (context) => {
    const names = context.args.filter((arg) => !/^-[bt]$|^--(binary|text)$/.test(arg));
    const bad = names.find((name) => /^--?\w/.test(name) && name !== "-" && !/^(-c|--check)$/.test(name));
    if (bad !== undefined)
      return context.fail(
        `${context.argv0}: ${bad.startsWith("--") ? `unrecognized option '${bad}'` : `invalid option -- '${bad[1] ?? ""}'`}${hint(context)}`,
      );
    let status = 0;
    for await (const { name, input } of inputs(
      context,
      names.filter((each) => !/^(-c|--check)$/.test(each)),
      () => (status = 1),
    )) {
      const hash = createHash(algorithm);
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read())
        hash.update(chunk);
      await context.out(`${hash.digest("hex")}  ${name}\n`);
    }
    return status;
  };
}

async function mktemp(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "dp:qtuV",
    long: { directory: "d", "dry-run": "u", "tmpdir?": "p", "suffix=": "s" },
  });
  if (typeof parsed === "number") return parsed;
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const template = parsed.rest[0] ?? "tmp.XXXXXXXXXX";
  const xs = /X{3,}(?=[^X]*$)/.exec(template);
  if (!xs) return context.fail(`${context.argv0}: too few X's in template ‘${template}’`);
  const random = xs[0].replace(/X/g, () => letters[Math.floor(Math.random() * letters.length)] ?? "a");
  const named = template.slice(0, xs.index) + random + template.slice(xs.index + xs[0].length);
  const path =
    parsed.rest[0] === undefined || parsed.has("p") || parsed.has("t")
      ? `${parsed.value("p") || context.env.get("TMPDIR") || "/tmp"}/${named}`
      : named;
  const made = parsed.has("u")
    ? { error: undefined }
    : context.attempt(() => {
        if (parsed.has("d")) context.fs.mkdir(context.path(path), 0o700);
        else context.fs.write(context.path(path), new Uint8Array(0), { mode: 0o600, exclusive: true });
      });
  if (made.error !== undefined)
    return context.fail(
      `${context.argv0}: failed to create ${parsed.has("d") ? "directory" : "file"} via template ‘${path.replace(random, xs[0])}’: ${made.error}`,
    );
  await context.out(`${path}\n`);
  return 0;
}

export const inspect: readonly Program[] = [
  { names: ["stat"], run: stat },
  { names: ["readlink"], run: readlink },
  { names: ["realpath"], run: realpath },
  { names: ["basename"], run: basename },
  { names: ["dirname"], run: dirname },
  { names: ["which", "which.debianutils"], run: which },
  { names: ["du"], run: du },
  { names: ["find"], run: find },
  { names: ["md5sum"], run: hashing("md5") },
  { names: ["sha1sum"], run: hashing("sha1") },
  { names: ["sha224sum"], run: hashing("sha224") },
  { names: ["sha256sum"], run: hashing("sha256") },
  { names: ["sha384sum"], run: hashing("sha384") },
  { names: ["sha512sum"], run: hashing("sha512") },
  { names: ["mktemp"], run: mktemp },
];
export { byName };
