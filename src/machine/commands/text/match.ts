import { byName } from "../../shell/glob.ts";
import { escapeRegExp } from "../../shell/pattern.ts";
import type { Program, ProgramContext } from "../command.ts";
import { type Options, options } from "../options.ts";
import { bashExec } from "./just-bash.ts";

const MAX_PATTERN = 2000;
const posixClasses: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9A-Fa-f",
  cntrl: "\\x00-\\x1f",
  print: " -~",
  graph: "!-~",
};

/** POSIX expressions as JavaScript ones. Throws with grep's message when they are none. */
export function translate(pattern: string, kind: "basic" | "extended" | "fixed" | "perl"): string {
  if (kind === "fixed") return escapeRegExp(pattern);
  if (pattern.length > MAX_PATTERN) throw new SyntaxError("Regular expression too big");
  let out = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === "[") {
      const end = bracketEnd(pattern, at);
      if (end < 0) throw new SyntaxError("Unmatched [, [^, [:, [., or [=");
      out += bracket(pattern.slice(at, end + 1), kind);
      at = end;
    } else if (character === "\\") {
      const next = pattern[++at];
      if (next === undefined) throw new SyntaxError("Trailing backslash");
      out += escaped(next, kind);
    } else
      out += plain(character, { kind, start: at === 0 || /[(|]$/.test(out), end: at === pattern.length - 1 });
  }
  if (kind !== "perl" && /\([^()]*[*+][^()]*\)[*+{]/.test(out))
    out = out.replace(/\(([^()]*[*+])\)([*+])/g, "(?:$1)?");
  return out;
}

function bracketEnd(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === "^") at += 1;
  if (pattern[at] === "]") at += 1;
  while (at < pattern.length) {
    if (pattern[at] === "[" && pattern[at + 1] === ":") {
      const close = pattern.indexOf(":]", at);
      if (close < 0) return -1;
      at = close + 2;
    } else if (pattern[at] === "]") return at;
    else at += 1;
  }
  return -1;
}

function bracket(text: string, kind: string): string {
  if (kind === "perl")
    return text.replace(/\[:(\w+):\]/g, (_whole, name: string) => posixClasses[name] ?? "");
  const negated = text[1] === "^" ? "^" : "";
  let body = text.slice(1 + negated.length, -1);
  body = body.replace(/\[:(\w+):\]|[\\\]^[]/g, (whole: string, name: string | undefined) =>
    name === undefined ? `\\${whole}` : (posixClasses[name] ?? ""),
  );
  return `[${negated}${body}]`;
}

function escaped(next: string, kind: string): string {
  if (kind === "perl") return `\\${next}`;
  if (/[<>]/.test(next)) return "\\b";
  if (/[wWsSbB]/.test(next)) return `\\${next}`;
  if (/\d/.test(next)) return `\\${next}`;
  if (kind === "basic" && "(){}|+?".includes(next))
    return next === "(" || next === ")" || "{}|+?".includes(next) ? next : `\\${next}`;
  return /[A-Za-z]/.test(next) ? next : escapeRegExp(next);
}

function plain(
  character: string,
  where: { readonly kind: string; readonly start: boolean; readonly end: boolean },
): string {
  if (where.kind === "basic") {
    if ("(){}|+?".includes(character)) return `\\${character}`;
    if (character === "*" && where.start) return "\\*";
    if (character === "^" && !where.start) return "\\^";
    if (character === "$" && !where.end) return "\\$";
  }
  if (where.kind === "extended" && where.start && "*+?".includes(character)) return "";
  if (character === "/") return "\\/";
  return character;
}

interface Grep {
  readonly expression: RegExp;
  readonly options: Options;
  readonly names: boolean;
}

async function grep(context: ProgramContext): Promise<number> {
  const parsed = await options(
    context,
    {
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
    },
    2,
  ).then(async (result) => result);
  if (typeof parsed === "number") return parsed;
  const patterns = parsed.list.filter(([key]) => key === "e").map(([, value]) => value);
  const operands = [...parsed.rest];
  const file = parsed.value("f");
  if (file !== undefined) patterns.push(...(await context.open(file).text()).replace(/\n$/, "").split("\n"));
  if (patterns.length === 0) {
    const first = operands.shift();
    if (first === undefined)
      return context.fail(
        `Usage: ${context.argv0} [OPTION]... PATTERNS [FILE]...\nTry '${context.argv0} --help' for more information.`,
        2,
      );
    patterns.push(first);
  }
  const expression = compile(
    context,
    parsed,
    patterns.flatMap((each) => each.split("\n")),
  );
  if (typeof expression === "string") return context.fail(`${context.argv0}: ${expression}`, 2);
  const recursive = parsed.has("r") || parsed.has("R");
  const files = recursive
    ? walk(context, operands.length === 0 ? ["."] : operands)
    : operands.length === 0
      ? ["-"]
      : operands;
  const names =
    !parsed.has("h") &&
    (parsed.has("H") ||
      operands.length > 1 ||
      (recursive && context.stat(operands[0] ?? ".")?.kind === "directory"));
  return search(context, { expression, options: parsed, names }, files);
}

function compile(context: ProgramContext, parsed: Options, patterns: readonly string[]): RegExp | string {
  const program = context.name;
  const kind = parsed.has("P")
    ? "perl"
    : parsed.has("F") || program === "fgrep"
      ? "fixed"
      : parsed.has("E") || program === "egrep"
        ? "extended"
        : "basic";
  try {
    let source = patterns.map((pattern) => `(?:${translate(pattern, kind)})`).join("|");
    if (parsed.has("w")) source = `(?<![\\w])(?:${source})(?![\\w])`;
    if (parsed.has("x")) source = `^(?:${source})$`;
    return new RegExp(source, parsed.has("i") || parsed.has("y") ? "gi" : "g");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message.startsWith("Invalid regular")
      ? /Unterminated group/.test(error.message)
        ? "Unmatched ( or \\("
        : /Unmatched '\)'/.test(error.message)
          ? "Unmatched ) or \\)"
          : "Invalid preceding regular expression"
      : error.message;
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
    if ((await searchOne(context, grepping, shownName, opened.value.input)) > 0) {
      found = true;
      if (grepping.options.has("q")) return 0;
    }
  }
  return failed ? 2 : found ? 0 : 1;
}

async function searchOne(
  context: ProgramContext,
  grepping: Grep,
  name: string,
  input: ReturnType<ProgramContext["open"]>,
): Promise<number> {
  const { options: set, expression, names } = grepping;
  const before = Number(set.value("B") ?? set.value("C") ?? 0);
  const after = Number(set.value("A") ?? set.value("C") ?? 0);
  const limit = set.has("m") ? Number(set.value("m")) : Number.POSITIVE_INFINITY;
  const quiet = set.has("q") || set.has("l") || set.has("L") || set.has("c");
  const head = (separator: string, number: number) =>
    `${names ? `${name}${separator}` : ""}${set.has("n") ? `${number}${separator}` : ""}`;
  const held: { number: number; line: string }[] = [];
  let count = 0;
  let number = 0;
  let trailing = 0;
  let lastShown = 0;
  let binary = false;
  for await (const raw of input.lines()) {
    if (count >= limit && trailing === 0) break;
    number += 1;
    const line = raw.replace(/\n$/, "");
    if (!binary && !set.has("a") && line.includes("\0")) binary = true;
    expression.lastIndex = 0;
    const hit = count < limit && expression.test(line.slice(0, 100_000)) !== set.has("v");
    if (!hit) {
      if (trailing > 0 && !quiet) {
        await context.out(`${head("-", number)}${line}\n`);
        lastShown = number;
      } else if (before > 0) {
        held.push({ number, line });
        if (held.length > before) held.shift();
      }
      trailing = Math.max(0, trailing - 1);
      continue;
    }
    count += 1;
    if (set.has("q") || set.has("l")) break;
    if (quiet) continue;
    if (binary) {
      await context.out(`${context.argv0}: ${name}: binary file matches\n`);
      break;
    }
    const firstHeld = held[0]?.number ?? number;
    if ((before > 0 || after > 0) && lastShown > 0 && firstHeld > lastShown + 1) await context.out("--\n");
    for (const each of held.splice(0)) await context.out(`${head("-", each.number)}${each.line}\n`);
    if (!set.has("o")) await context.out(`${head(":", number)}${line}\n`);
    else if (!set.has("v"))
      for (const match of line.matchAll(fromStart(expression)))
        if (match[0] !== "") await context.out(`${head(":", number)}${match[0]}\n`);
    if (input.file?.kind === "pipe" && context.isTerminal(1)) await context.flush();
    lastShown = number;
    trailing = after;
  }
  if (set.has("c") && !set.has("q")) await context.out(`${names ? `${name}:` : ""}${count}\n`);
  if ((set.has("l") && count > 0) || (set.has("L") && count === 0)) await context.out(`${name}\n`);
  return count;
}

function fromStart(expression: RegExp): RegExp {
  expression.lastIndex = 0;
  return expression;
}

/** Scripts of sed and awk run in the library's interpreters, over our files and with our input. */
function viaLibrary(name: "sed" | "awk", usage: (argv0: string) => string): Program["run"] {
  return async (context) => {
    if (context.args.length === 0) return context.fail(usage(context.argv0), name === "awk" ? 2 : 1);
    if (name === "sed") {
      const missing = await missingOperand(context);
      if (missing !== undefined) return missing;
    }
    return bashExec(context, name);
  };
}

async function missingOperand(context: ProgramContext): Promise<number | undefined> {
  const files = context.args.filter((arg) => !arg.startsWith("-"));
  const scripted = context.args.some((arg) => /^(-\w*[ef]|--expression|--file)/.test(arg));
  const operands = scripted
    ? files.slice(context.args.filter((arg) => /^-\w*[ef]$/.test(arg)).length)
    : files.slice(1);
  let status: number | undefined;
  for (const name of operands) {
    if (context.stat(name) !== undefined) continue;
    status = 2;
    await context.err(`${context.argv0}: can't read ${name}: No such file or directory\n`);
  }
  return status !== undefined && operands.every((name) => context.stat(name) === undefined)
    ? status
    : undefined;
}

const sedUsage = (
  argv0: string,
) => `Usage: ${argv0} [OPTION]... {script-only-if-no-other-script} [input-file]...

  -n, --quiet, --silent
                 suppress automatic printing of pattern space
      --debug
                 annotate program execution
  -e script, --expression=script
                 add the script to the commands to be executed
  -f script-file, --file=script-file
                 add the contents of script-file to the commands to be executed
  --follow-symlinks
                 follow symlinks when processing in place
  -i[SUFFIX], --in-place[=SUFFIX]
                 edit files in place (makes backup if SUFFIX supplied)
  -l N, --line-length=N
                 specify the desired line-wrap length for the \`l' command
  --posix
                 disable all GNU extensions.
  -E, -r, --regexp-extended
                 use extended regular expressions in the script
                 (for portability use POSIX -E).
  -s, --separate
                 consider files as separate rather than as a single,
                 continuous long stream.
      --sandbox
                 operate in sandbox mode (disable e/r/w commands).
  -u, --unbuffered
                 load minimal amounts of data from the input files and flush
                 the output buffers more often
  -z, --null-data
                 separate lines by NUL characters
      --help     display this help and exit
      --version  output version information and exit

If no -e, --expression, -f, or --file option is given, then the first
non-option argument is taken as the sed script to interpret.  All
remaining arguments are names of input files; if no input files are
specified, then the standard input is read.

GNU sed home page: <https://www.gnu.org/software/sed/>.
General help using GNU software: <https://www.gnu.org/gethelp/>.
`;

export const match: readonly Program[] = [
  { names: ["grep", "egrep", "fgrep"], run: grep },
  { names: ["sed"], run: viaLibrary("sed", sedUsage) },
  {
    names: ["awk", "mawk", "gawk", "nawk"],
    run: viaLibrary("awk", (argv0) => `Usage: ${argv0} [Options] [Program] [file ...]\n`),
  },
];
