import type { FileFacts } from "../../contract.ts";
import { matches } from "../../shell/pattern.ts";
import type { ProgramContext } from "../command.ts";
import { statFormat } from "./stat.ts";

export type FindTest = (path: string, facts: FileFacts) => boolean | Promise<boolean>;
type Action = (context: ProgramContext, path: string, facts: FileFacts) => Promise<boolean>;
type Flag = (context: ProgramContext, full: string, facts: FileFacts) => boolean;

interface Place {
  readonly path: string;
  readonly facts: FileFacts;
}
type ValueTest = (context: ProgramContext, value: string, at: Place) => boolean | Promise<boolean>;

const printing =
  (end: string): Action =>
  async (context, path) => {
    await context.out(`${path}${end}`);
    return true;
  };

export const findActions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["-print", printing("\n")],
  ["-print0", printing("\0")],
  [
    "-ls",
    async (context, path) => {
      await context.spawn(["ls", "-dils", path]);
      return true;
    },
  ],
  [
    "-delete",
    async (context, path, { kind }) => {
      context.attempt(() => {
        if (kind === "directory") context.fs.rmdir(context.path(path));
        else context.fs.unlink(context.path(path));
      });
      return true;
    },
  ],
  ["-quit", async () => true],
  ["-prune", async () => true],
]);

const isEmpty: Flag = (context, full, { kind, size }) =>
  kind === "directory"
    ? context.attempt(() => context.fs.readdir(full)).value?.length === 0
    : kind === "file" && size === 0;

export const findFlags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ["-true", () => true],
  ["-empty", isEmpty],
  ["-readable", (context, full) => context.fs.access(full, "read")],
  ["-writable", (context, full) => context.fs.access(full, "write")],
  ["-executable", (context, full) => context.fs.access(full, "execute")],
  ["-nouser", (context, _full, { uid }) => context.world.users.byUid(uid) === undefined],
  ["-nogroup", (context, _full, { gid }) => context.world.users.groupByGid(gid) === undefined],
]);

const baseOf = (path: string) => path.split("/").at(-1) ?? path;
const letters = {
  file: "f",
  directory: "d",
  symlink: "l",
  character: "c",
  block: "b",
  fifo: "p",
  socket: "s",
} as const;
const units: ReadonlyMap<string, number> = new Map([
  ["c", 1],
  ["w", 2],
  ["b", 512],
  ["k", 1024],
  ["M", 1_048_576],
  ["G", 1_073_741_824],
]);

const named: ValueTest = (_context, value, { path }) => matches(value, baseOf(path) || "/");
const atPath: ValueTest = (_context, value, { path }) => matches(value, path);
const owned: ValueTest = ({ world }, value, { facts }) =>
  facts.uid === (world.users.byName(value)?.uid ?? Number(value));
const grouped: ValueTest = ({ world }, value, { facts }) =>
  facts.gid === (world.users.groupByName(value)?.gid ?? Number(value));
const sized: ValueTest = (_context, value, { facts }) =>
  amountTest(Math.ceil(facts.size / (units.get(value.at(-1) ?? "") ?? 512)), value.replace(/[a-zA-Z]$/, ""));
const changedAgo =
  (unit: number): ValueTest =>
  ({ world }, value, { facts }) =>
    amountTest(Math.floor((world.now() - facts.mtime) / unit), value);
/** Known, taken, but not looked at. */
const passes: ValueTest = () => true;

const printf: ValueTest = async (context, value, { path, facts }) => {
  const format = value.replaceAll("%p", "%n").replaceAll("%f", baseOf(path)).replaceAll("%m", "%a");
  await context.out(statFormat(context, path, facts, format));
  return true;
};

export const findTests: ReadonlyMap<string, ValueTest> = new Map<string, ValueTest>([
  ["-name", named],
  ["-iname", (_context, value, { path }) => matches(value, baseOf(path), true)],
  ["-path", atPath],
  ["-wholename", atPath],
  ["-ipath", (_context, value, { path }) => matches(value, path, true)],
  ["-type", (_context, value, { facts }) => value.split(",").includes(letters[facts.kind])],
  ["-user", owned],
  ["-uid", owned],
  ["-group", grouped],
  ["-gid", grouped],
  ["-perm", (_context, value, { facts }) => permTest(facts.mode, value)],
  ["-size", sized],
  ["-mtime", changedAgo(86_400)],
  ["-mmin", changedAgo(60)],
  ["-newer", (context, value, { facts }) => facts.mtime > (context.stat(value)?.mtime ?? 0)],
  ["-printf", printf],
  ...["-ctime", "-cmin", "-atime", "-amin", "-inum", "-links", "-regex"].map(
    (name) => [name, passes] as const,
  ),
]);

function amountTest(value: number, text: string): boolean {
  const wanted = Number(text.replace(/^[+-]/, ""));
  if (text.startsWith("+")) return value > wanted;
  return text.startsWith("-") ? value < wanted : value === wanted;
}

function permTest(mode: number, text: string): boolean {
  const wanted = Number.parseInt(text.replace(/^[-/]/, ""), 8);
  if (Number.isNaN(wanted))
    return text.includes("s") ? (mode & (text.includes("g") ? 0o2000 : 0o4000)) !== 0 : false;
  if (text.startsWith("-")) return (mode & wanted) === wanted;
  return text.startsWith("/") ? (mode & wanted) !== 0 : (mode & 0o7777) === wanted;
}
