import { byName } from "../../shell/glob.ts";
import { decode } from "../../shell/text.ts";
import type { ProgramContext } from "../command.ts";
import { localTime, strftime } from "../format.ts";
import { type OptionSpec, type Options, parseOptions } from "../options.ts";
import { type Change, changesBetween, normalText, unifiedText } from "./line-diff.ts";

const diffOptions: OptionSpec = {
  short: "abBcC:dEeiNnpqrstTuU:wyZ",
  long: {
    brief: "q",
    "report-identical-files": "s",
    unified: "u",
    "new-file": "N",
    recursive: "r",
    "ignore-case": "i",
    "ignore-all-space": "w",
    "ignore-space-change": "b",
    "ignore-blank-lines": "B",
    text: "a",
    "color?": "color",
  },
};

/** Exit statuses of diff and cmp. */
const SAME = 0;
const DIFFERENT = 1;
const TROUBLE = 2;

export async function diff(context: ProgramContext): Promise<number> {
  const parsed = parseOptions(context.args, diffOptions);
  const problem = "error" in parsed ? parsed.error : operandProblem(parsed.ok.rest);
  if (problem !== undefined || "error" in parsed)
    return context.fail(
      `${context.argv0}: ${problem ?? ""}\n${context.argv0}: Try '${context.argv0} --help' for more information.`,
      TROUBLE,
    );
  const [left = "", right = ""] = parsed.ok.rest;
  const missing = [left, right].filter((path) => !isGiven(path) && context.stat(path) === undefined);
  if (missing.length > 0 && !parsed.ok.has("N")) {
    for (const path of missing) await context.err(`${context.argv0}: ${path}: No such file or directory\n`);
    return TROUBLE;
  }
  const isFolder = (path: string) => !isGiven(path) && context.stat(path)?.kind === "directory";
  if (isFolder(left) && isFolder(right)) return compareFolders(context, parsed.ok, left, right);
  // One folder: the file of the same name in it.
  const within = (folder: string, file: string) => `${folder}/${file.split("/").at(-1) ?? ""}`;
  return compareFiles(context, parsed.ok, {
    left: isFolder(left) ? within(left, right) : left,
    right: isFolder(right) ? within(right, left) : right,
  });
}

/** An open descriptor: standard input, or what `<( … )` of the shell left. */
const isGiven = (path: string) => path === "-" || /^\/(?:dev|proc\/self)\/fd\/\d+$/.test(path);

function operandProblem(rest: readonly string[]): string | undefined {
  if (rest.length > 2) return `extra operand '${rest[2] ?? ""}'`;
  return rest.length < 2 ? `missing operand after '${rest[0] ?? "diff"}'` : undefined;
}

async function compareFolders(
  context: ProgramContext,
  set: Options,
  left: string,
  right: string,
): Promise<number> {
  const namesOf = (folder: string) => context.attempt(() => context.fs.readdir(context.path(folder)));
  const [mine, theirs] = [namesOf(left), namesOf(right)];
  if (mine.error !== undefined) return context.fail(`${context.argv0}: ${left}: ${mine.error}`, TROUBLE);
  if (theirs.error !== undefined) return context.fail(`${context.argv0}: ${right}: ${theirs.error}`, TROUBLE);
  const all = [...new Set([...mine.value, ...theirs.value])].sort(byName);
  let status = SAME;
  for (const name of all) {
    await context.tick();
    const only = [left, right].filter((_each, side) => !(side === 0 ? mine : theirs).value.includes(name));
    const result =
      only.length > 0 && !set.has("N")
        ? await onlyIn(context, only[0] === left ? right : left, name)
        : await comparePair(context, set, `${left}/${name}`, `${right}/${name}`);
    status = Math.max(status, result);
  }
  return status;
}

async function onlyIn(context: ProgramContext, folder: string, name: string): Promise<number> {
  await context.out(`Only in ${folder}: ${name}\n`);
  return DIFFERENT;
}

async function comparePair(
  context: ProgramContext,
  set: Options,
  left: string,
  right: string,
): Promise<number> {
  const folders = [left, right].filter((path) => context.stat(path)?.kind === "directory").length;
  if (folders === 2 && set.has("r")) return compareFolders(context, set, left, right);
  if (folders === 2) {
    await context.out(`Common subdirectories: ${left} and ${right}\n`);
    return SAME;
  }
  const flags = context.args.filter((arg) => arg.startsWith("-"));
  return compareFiles(context, set, { left, right, title: ["diff", ...flags, left, right].join(" ") });
}

async function textOf(context: ProgramContext, set: Options, path: string) {
  if (set.has("N") && path !== "-" && context.stat(path) === undefined) return { value: "" };
  const opened = context.attempt(() => context.open(path));
  return opened.error === undefined ? { value: decode(await opened.value.bytes()) } : { error: opened.error };
}

interface Compared {
  readonly left: readonly string[];
  readonly right: readonly string[];
  readonly changes: readonly Change[];
  readonly binary: boolean;
}

const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function keyOf(set: Options): (line: string) => string {
  return (line) => {
    let key = set.has("i") ? line.toLowerCase() : line;
    if (set.has("w")) key = key.replace(/\s+/g, "");
    else if (set.has("b")) key = key.replace(/\s+/g, " ").trimEnd();
    return key;
  };
}

/** Two files; `title` is what a comparison of folders says before their differences. */
interface Pair {
  readonly left: string;
  readonly right: string;
  readonly title?: string;
}

async function compareFiles(context: ProgramContext, set: Options, pair: Pair): Promise<number> {
  const left = await textOf(context, set, pair.left);
  const right = await textOf(context, set, pair.right);
  if (left.value === undefined || right.value === undefined) {
    for (const [path, { error }] of [[pair.left, left] as const, [pair.right, right] as const])
      if (error !== undefined) await context.err(`${context.argv0}: ${path}: ${error}\n`);
    return TROUBLE;
  }
  const key = keyOf(set);
  const compared = { left: linesOf(left.value), right: linesOf(right.value) };
  const changes = changesBetween(compared.left.map(key), compared.right.map(key));
  if (changes.length === 0) {
    if (set.has("s")) await context.out(`Files ${pair.left} and ${pair.right} are identical\n`);
    return SAME;
  }
  const binary = !set.has("a") && (left.value.includes("\0") || right.value.includes("\0"));
  await context.out(differenceText(context, set, pair, { ...compared, changes, binary }));
  return DIFFERENT;
}

function differenceText(context: ProgramContext, set: Options, pair: Pair, compared: Compared): string {
  if (set.has("q")) return `Files ${pair.left} and ${pair.right} differ\n`;
  if (compared.binary) return `Binary files ${pair.left} and ${pair.right} differ\n`;
  const title = pair.title === undefined ? "" : `${pair.title}\n`;
  const { left, right, changes } = compared;
  if (!set.has("u") && !set.has("U")) return title + normalText(left, right, changes);
  const head = (sign: string, path: string) => `${sign} ${path}\t${stamp(context, path)}\n`;
  const around = set.has("U") ? Number(set.value("U")) || 0 : 3;
  return `${title}${head("---", pair.left)}${head("+++", pair.right)}${unifiedText(left, right, changes, around)}`;
}

function stamp(context: ProgramContext, path: string): string {
  const seconds = path === "-" ? context.world.now() : (context.stat(path)?.mtime ?? 0);
  return strftime("%Y-%m-%d %H:%M:%S.%N %z", localTime(context.world, seconds));
}
