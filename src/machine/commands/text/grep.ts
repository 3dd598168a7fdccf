import { byName } from "../../shell/glob.ts";
import type { ProgramContext } from "../command.ts";
import { type OptionSpec, type Options, options } from "../options.ts";
import { translate } from "./expressions.ts";
import { FileSearch, type Grep } from "./file-search.ts";

const grepOptions: OptionSpec = {
  short: "A:B:C:EFGHILPRTUVZabcd:e:f:hilm:noqrsvwxyz",
  long: {
    "extended-regexp": "E",
    "fixed-strings": "F",
    "basic-regexp": "G",
    "perl-regexp": "P",
    "regexp=": "e",
    "file=": "f",
    "ignore-case": "i",
    "no-ignore-case": "noi",
    "word-regexp": "w",
    "line-regexp": "x",
    "no-messages": "s",
    "invert-match": "v",
    "max-count=": "m",
    "line-number": "n",
    "with-filename": "H",
    "no-filename": "h",
    "only-matching": "o",
    quiet: "q",
    silent: "q",
    text: "a",
    recursive: "r",
    "dereference-recursive": "R",
    "files-without-match": "L",
    "files-with-matches": "l",
    count: "c",
    "color?": "color",
    "colour?": "color",
    "after-context=": "A",
    "before-context=": "B",
    "context=": "C",
    "include=": "include",
    "exclude=": "exclude",
    "exclude-dir=": "xdir",
    "binary-files=": "bin",
    "byte-offset": "b",
    null: "Z",
    "line-buffered": "lb",
  },
  digits: "C",
};

export async function grep(context: ProgramContext): Promise<number> {
  const parsed = await options(context, grepOptions, 2);
  if (typeof parsed === "number") return parsed;
  const given = await patternsOf(context, parsed);
  if (given === undefined)
    return context.fail(
      `Usage: ${context.argv0} [OPTION]... PATTERNS [FILE]...\nTry '${context.argv0} --help' for more information.`,
      2,
    );
  const expression = compile(context, parsed, given.patterns);
  if (typeof expression === "string") return context.fail(`${context.argv0}: ${expression}`, 2);
  const recursive = parsed.has("r") || parsed.has("R");
  const { operands } = given;
  const named = operands.length === 0 ? [recursive ? "." : "-"] : operands;
  const several =
    operands.length > 1 || (recursive && context.stat(operands[0] ?? ".")?.kind === "directory");
  const names = !parsed.has("h") && (parsed.has("H") || several);
  return search(context, { expression, options: parsed, names }, recursive ? walk(context, named) : named);
}

/** Patterns of `-e`, of `-f`, or else the first operand; the operands that are left are files. */
async function patternsOf(
  context: ProgramContext,
  parsed: Options,
): Promise<{ readonly patterns: readonly string[]; readonly operands: readonly string[] } | undefined> {
  const patterns = parsed.list.filter(([key]) => key === "e").map(([, value]) => value);
  const file = parsed.value("f");
  if (file !== undefined) patterns.push(...(await context.open(file).text()).replace(/\n$/, "").split("\n"));
  const lines = (texts: readonly string[]) => texts.flatMap((each) => each.split("\n"));
  if (patterns.length > 0) return { patterns: lines(patterns), operands: parsed.rest };
  const [first, ...operands] = parsed.rest;
  return first === undefined ? undefined : { patterns: lines([first]), operands };
}

function syntaxOf(context: ProgramContext, parsed: Options): "basic" | "extended" | "fixed" | "perl" {
  if (parsed.has("P")) return "perl";
  if (parsed.has("F") || context.name === "fgrep") return "fixed";
  return parsed.has("E") || context.name === "egrep" ? "extended" : "basic";
}

/** grep's words for what the engine says. */
const complaints: readonly (readonly [said: RegExp, complaint: string])[] = [
  [/Unterminated group/, "Unmatched ( or \\("],
  [/Unmatched '\)'/, "Unmatched ) or \\)"],
  [/^Invalid regular/, "Invalid preceding regular expression"],
];

function compile(context: ProgramContext, parsed: Options, patterns: readonly string[]): RegExp | string {
  const syntax = syntaxOf(context, parsed);
  try {
    let source = patterns.map((pattern) => `(?:${translate(pattern, syntax)})`).join("|");
    if (parsed.has("w")) source = `(?<![\\w])(?:${source})(?![\\w])`;
    if (parsed.has("x")) source = `^(?:${source})$`;
    return new RegExp(source, parsed.has("i") || parsed.has("y") ? "gi" : "g");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { message } = error;
    return complaints.find(([said]) => said.test(message))?.[1] ?? message;
  }
}

function* walk(context: ProgramContext, roots: readonly string[]): Generator<string> {
  for (const root of roots) {
    const facts = context.lstat(root);
    if (facts?.kind !== "directory") yield root;
    else {
      const names = context.attempt(() => context.fs.readdir(context.path(root)));
      for (const name of [...(names.value ?? [])].sort(byName)) {
        const path = root === "." ? name : `${root.replace(/\/$/, "")}/${name}`;
        const kind = context.lstat(path)?.kind;
        if (kind === "directory" || kind === "file") yield* walk(context, [path]);
      }
    }
  }
}

async function search(context: ProgramContext, grepping: Grep, files: Iterable<string>): Promise<number> {
  let found = false;
  let failed = false;
  for (const name of files) {
    await context.tick();
    const opened = context.attempt(() => ({
      input: context.open(name),
      directory: name !== "-" && context.stat(name)?.kind === "directory",
    }));
    if (opened.error !== undefined) {
      failed = true;
      if (!grepping.options.has("s")) await context.err(`${context.argv0}: ${name}: ${opened.error}\n`);
      continue;
    }
    if (opened.value.directory) {
      await context.err(`${context.argv0}: ${name}: Is a directory\n`);
      continue;
    }
    const shownName = name === "-" ? "(standard input)" : name;
    if ((await new FileSearch(context, grepping, shownName).run(opened.value.input)) > 0) {
      found = true;
      if (grepping.options.has("q")) return 0;
    }
  }
  return failed ? 2 : found ? 0 : 1;
}
