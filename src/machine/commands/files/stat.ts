import type { FileFacts } from "../../contract.ts";
import type { Program, ProgramContext } from "../command.ts";
import { blocksOf, localTime, modeText, quoteName, strftime } from "../format.ts";
import { eachOperand, missingOperand } from "../operands.ts";
import { options } from "../options.ts";

async function stat(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "c:fLt",
    long: { "format=": "c", "printf=": "p", "file-system": "f", dereference: "L", terse: "t" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context);
  const format = parsed.value("c") ?? parsed.value("p");
  const end = parsed.has("p") ? "" : "\n";
  return eachOperand(parsed.rest, async (name) => {
    const { value, error } = context.attempt(() =>
      parsed.has("L") ? context.fs.stat(context.path(name)) : context.fs.lstat(context.path(name)),
    );
    if (error !== undefined)
      return context.fail(`${context.argv0}: cannot statx ${quoteName(name)}: ${error}`);
    await context.out(
      format === undefined
        ? statText(context, name, value)
        : `${statFormat(context, name, value, format)}${end}`,
    );
    return 0;
  });
}

const kinds = {
  file: "regular file",
  directory: "directory",
  symlink: "symbolic link",
  character: "character special file",
  block: "block special file",
  fifo: "fifo",
  socket: "socket",
};

/** S_IFMT of a mode; devices and the like count as character devices. */
const kindBits: ReadonlyMap<string, number> = new Map([
  ["file", 0o100000],
  ["directory", 0o040000],
  ["symlink", 0o120000],
]);

function kindText(facts: FileFacts): string {
  return facts.kind === "file" && facts.size === 0 ? "regular empty file" : kinds[facts.kind];
}

const momentText = (context: ProgramContext, seconds: number) =>
  strftime("%Y-%m-%d %H:%M:%S.%N %z", localTime(context.world, seconds));

export function statFormat(context: ProgramContext, name: string, facts: FileFacts, format: string): string {
  const { users } = context.world;
  const time = (seconds: number) => momentText(context, seconds);
  const values: Readonly<Record<string, () => string>> = {
    a: () => (facts.mode & 0o7777).toString(8),
    A: () => modeText(facts),
    b: () => String(blocksOf(facts) * 2),
    B: () => "512",
    d: () => "2049",
    f: () => ((facts.mode & 0o7777) | (kindBits.get(facts.kind) ?? 0o020000)).toString(16),
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

function statText(context: ProgramContext, name: string, facts: FileFacts): string {
  const { users } = context.world;
  const time = (seconds: number) => momentText(context, seconds);
  const shown = facts.kind === "symlink" ? `${name} -> ${facts.target ?? ""}` : name;
  const device = facts.rdev === undefined ? "" : `Device type: ${facts.rdev.major},${facts.rdev.minor}`;
  const owner = (id: number, text: string) => `(${String(id).padStart(5)}/${text.padStart(8)})`;
  const access = `${(facts.mode & 0o7777).toString(8).padStart(4, "0")}/${modeText(facts)}`;
  const uid = owner(facts.uid, users.byUid(facts.uid)?.name ?? "UNKNOWN");
  const gid = owner(facts.gid, users.groupByGid(facts.gid)?.name ?? "UNKNOWN");
  return [
    `  File: ${shown}`,
    `  Size: ${String(facts.size).padEnd(10)}\tBlocks: ${String(blocksOf(facts) * 2).padEnd(10)} IO Block: 4096   ${kindText(facts)}`,
    `Device: 8,1\tInode: ${String(facts.inode).padEnd(11)} Links: ${String(facts.nlink).padEnd(device === "" ? 0 : 5)}${device}`,
    `Access: (${access})  Uid: ${uid}   Gid: ${gid}`,
    `Access: ${time(facts.atime)}`,
    `Modify: ${time(facts.mtime)}`,
    `Change: ${time(facts.ctime)}`,
    ` Birth: ${time(facts.ctime)}`,
    "",
  ].join("\n");
}

export const statPrograms: readonly Program[] = [{ names: ["stat"], run: stat }];
