import { evaluateArithmetic, evaluateText } from "./arithmetic.ts";
import { ShellError } from "./control.ts";
import { unescapeAnsi } from "./escapes.ts";
import { patternSource } from "./pattern.ts";
import { promptText } from "./prompt.ts";
import { ansiQuote } from "./quote.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { ParameterOperation, ParameterPart, Word } from "./syntax.ts";

/** The expansions of words inside an operation. */
export interface WordExpander {
  single(sh: ShellProcess, word: Word): Promise<string>;
  pattern(sh: ShellProcess, word: Word): Promise<string>;
}

type Operation<T extends ParameterOperation["type"]> = Extract<ParameterOperation, { type: T }>;

/** Longest text that a pattern operation works on. */
const MAX_SUBJECT = 1_000_000;

interface Reference {
  readonly name: string;
  readonly subscript: string | undefined;
}

function reference(parameter: string): Reference {
  const match = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(parameter);
  return match ? { name: match[1] ?? "", subscript: match[2] } : { name: parameter, subscript: undefined };
}

/** Joined as `"$*"` joins when there are several. */
export async function parameterText(
  sh: ShellProcess,
  part: ParameterPart,
  words: WordExpander,
): Promise<string> {
  const values = await parameterValues(sh, part, words);
  if (values.length <= 1) return values[0] ?? "";
  const star = part.parameter === "*" || part.parameter.endsWith("[*]");
  return values.join(star ? (sh.vars.get("IFS") ?? " ").slice(0, 1) : " ");
}

/** One string for a plain parameter, several for `@`, `*` and whole arrays, none when unset. */
export async function parameterValues(
  sh: ShellProcess,
  part: ParameterPart,
  words: WordExpander,
  quiet = false,
): Promise<readonly string[]> {
  const { operation } = part;
  if (operation?.type === "VarNamePrefix")
    return sh.vars.names().filter((name) => name.startsWith(operation.prefix));
  if (operation?.type === "ArrayKeys") return (sh.vars.elements(operation.array) ?? []).map(([key]) => key);
  if (operation?.type === "Indirection") {
    const target = (await plain(sh, part.parameter, true))?.[0] ?? "";
    if (target === "") return [];
    return parameterValues(
      sh,
      { type: "ParameterExpansion", parameter: target, operation: operation.innerOp ?? null },
      words,
    );
  }
  if (operation?.type === "BadSubstitution")
    throw new ShellError(`\${${operation.text}}: bad substitution`, 1, true);
  if (operation?.type === "LengthSliceError")
    throw new ShellError(`\${${part.parameter}}: bad substitution`, 1, true);
  const lenient =
    quiet ||
    (operation !== null && /^(DefaultValue|UseAlternative|AssignDefault|ErrorIfUnset)$/.test(operation.type));
  const values = await plain(sh, part.parameter, lenient);
  return operation === null ? (values ?? []) : operate(sh, part.parameter, { values, operation, words });
}

/** Undefined when the parameter is not set. */
async function plain(
  sh: ShellProcess,
  parameter: string,
  lenient: boolean,
): Promise<readonly string[] | undefined> {
  const special = specialValues(sh, parameter);
  if (special !== undefined) return special.values;
  const { name, subscript } = reference(parameter);
  let values: readonly string[] | undefined;
  if (subscript === "@" || subscript === "*") values = sh.vars.elements(name)?.map(([, value]) => value);
  else {
    const value =
      subscript === undefined
        ? sh.vars.get(name)
        : sh.vars.element(name, await subscriptOf(sh, name, subscript));
    values = value === undefined ? undefined : [value];
  }
  if (values === undefined && !lenient && sh.option("nounset") && subscript !== "@" && subscript !== "*")
    throw sh.unbound(parameter);
  return values;
}

export async function subscriptOf(sh: ShellProcess, name: string, subscript: string): Promise<string> {
  if (sh.variable(name)?.keys !== undefined) {
    const inner = subscript.replace(/^(["'])(.*)\1$/s, "$2");
    return inner.startsWith("$") ? (sh.vars.get(inner.replace(/^\$\{?(\w+)\}?$/, "$1")) ?? inner) : inner;
  }
  return String(await evaluateText(sh, subscript));
}

function specialValues(
  sh: ShellProcess,
  parameter: string,
): { values: readonly string[] | undefined } | undefined {
  const { state } = sh;
  if (/^\d+$/.test(parameter)) {
    const at = Number(parameter);
    const value = at === 0 ? state.arg0 : state.positional[at - 1];
    if (value === undefined && sh.option("nounset"))
      throw sh.unbound(`$${parameter}`.replace("$", state.dialect === "bash" ? "$" : ""));
    return { values: value === undefined ? undefined : [value] };
  }
  switch (parameter) {
    case "@":
    case "*":
      return { values: state.positional };
    case "#":
      return { values: [String(state.positional.length)] };
    case "?":
      return { values: [String(state.status)] };
    case "$":
      return { values: [String(state.shellPid)] };
    case "!":
      return { values: state.backgroundPid === undefined ? undefined : [String(state.backgroundPid)] };
    case "-":
      return { values: [optionLetters(sh)] };
    default:
      return undefined;
  }
}

const letters: readonly (readonly [string, string])[] = [
  ["allexport", "a"],
  ["notify", "b"],
  ["errexit", "e"],
  ["noglob", "f"],
  ["hashall", "h"],
  ["keyword", "k"],
  ["monitor", "m"],
  ["noexec", "n"],
  ["privileged", "p"],
  ["nounset", "u"],
  ["verbose", "v"],
  ["xtrace", "x"],
  ["braceexpand", "B"],
  ["noclobber", "C"],
  ["errtrace", "E"],
  ["histexpand", "H"],
  ["physical", "P"],
  ["functrace", "T"],
];

function optionLetters(sh: ShellProcess): string {
  const { state } = sh;
  if (state.dialect !== "bash") {
    return `${state.options.has("errexit") ? "e" : ""}${state.interactive ? "i" : ""}${state.options.has("monitor") ? "m" : ""}${state.fromStdin ? "s" : ""}${state.options.has("nounset") ? "u" : ""}${state.options.has("xtrace") ? "x" : ""}`;
  }
  let out = "";
  for (const [name, letter] of letters) {
    if (letter === "k" && state.interactive) out += "i";
    if (state.options.has(name)) out += letter;
  }
  return `${out}${state.commandString ? "c" : ""}${state.fromStdin ? "s" : ""}`;
}

interface Operand {
  readonly values: readonly string[] | undefined;
  readonly operation: ParameterOperation;
  readonly words: WordExpander;
}

async function operate(sh: ShellProcess, parameter: string, operand: Operand): Promise<readonly string[]> {
  const { values, operation, words } = operand;
  const missing = values === undefined || values.length === 0;
  const empty = missing || values.every((value) => value === "");
  switch (operation.type) {
    case "DefaultValue":
      return missing || (operation.checkEmpty && empty) ? [await words.single(sh, operation.word)] : values;
    case "UseAlternative":
      return missing || (operation.checkEmpty && empty) ? [] : [await words.single(sh, operation.word)];
    case "AssignDefault": {
      if (!missing && !(operation.checkEmpty && empty)) return values;
      const value = await words.single(sh, operation.word);
      const { name, subscript } = reference(parameter);
      if (subscript === undefined) sh.vars.set(name, value);
      else sh.vars.setElement(name, await subscriptOf(sh, name, subscript), value);
      return [value];
    }
    case "ErrorIfUnset": {
      if (!missing && !(operation.checkEmpty && empty)) return values;
      const text = operation.word === null ? "" : await words.single(sh, operation.word);
      throw new ShellError(
        `${parameter}: ${text === "" ? `parameter ${operation.checkEmpty ? "null or " : ""}not set` : text}`,
        sh.state.dialect === "bash" ? 127 : 2,
        true,
      );
    }
    case "Length":
      return [length(parameter, values ?? [])];
    case "Substring":
      return substring(sh, parameter, { ...operand, operation });
    default:
      return transform(sh, operand);
  }
}

function length(parameter: string, values: readonly string[]): string {
  if (parameter === "@" || parameter === "*" || /\[[@*]\]$/.test(parameter)) return String(values.length);
  return String([...(values[0] ?? "")].length);
}

async function substring(
  sh: ShellProcess,
  parameter: string,
  operand: Operand & { readonly operation: Operation<"Substring"> },
): Promise<readonly string[]> {
  const { operation } = operand;
  const offset = Number(
    await evaluateArithmetic(sh, operation.offset.expression, operation.offset.originalText),
  );
  const count =
    operation.length === null
      ? undefined
      : Number(await evaluateArithmetic(sh, operation.length.expression, operation.length.originalText));
  const list = parameter === "@" || parameter === "*" || /\[[@*]\]$/.test(parameter);
  if (list) {
    const all =
      parameter === "@" || parameter === "*"
        ? [sh.state.arg0, ...sh.state.positional]
        : (operand.values ?? []);
    const from = offset < 0 ? all.length + offset : offset;
    const start = from === 0 && (parameter === "@" || parameter === "*") ? 0 : from;
    return start < 0 ? [] : all.slice(start, count === undefined ? undefined : start + count);
  }
  const characters = [...(operand.values?.[0] ?? "")];
  const start = offset < 0 ? characters.length + offset : offset;
  if (start < 0) return [""];
  const end = count === undefined ? characters.length : count < 0 ? characters.length + count : start + count;
  if (end < start && count !== undefined && count < 0)
    throw new ShellError(`${count}: substring expression < 0`);
  return [characters.slice(start, end).join("")];
}

async function transform(sh: ShellProcess, operand: Operand): Promise<readonly string[]> {
  const { operation, words } = operand;
  const values = operand.values ?? [];
  switch (operation.type) {
    case "PatternRemoval": {
      const pattern = await words.pattern(sh, operation.pattern);
      return values.map((value) => remove(value, pattern, operation));
    }
    case "PatternReplacement": {
      const pattern = await words.pattern(sh, operation.pattern);
      const replacement = operation.replacement === null ? "" : await words.single(sh, operation.replacement);
      return values.map((value) =>
        replace(value, { pattern, replacement, all: operation.all, anchor: operation.anchor }),
      );
    }
    case "CaseModification": {
      const pattern = operation.pattern === null ? "?" : await words.pattern(sh, operation.pattern);
      const wanted = new RegExp(`^(?:${patternSource(pattern)})$`, "su");
      const change = (character: string) =>
        wanted.test(character)
          ? operation.direction === "upper"
            ? character.toUpperCase()
            : character.toLowerCase()
          : character;
      return values.map((value) =>
        [...value]
          .map((character, index) => (operation.all || index === 0 ? change(character) : character))
          .join(""),
      );
    }
    case "Transform":
      return values.map((value) => transformed(sh, value, operation.operator));
    default:
      return values;
  }
}

function transformed(sh: ShellProcess, value: string, operator: string): string {
  switch (operator) {
    case "Q":
    case "K":
    case "k":
      return ansiQuote(value);
    case "E":
      return unescapeAnsi(value);
    case "P":
      return promptText(sh, value);
    case "U":
      return value.toUpperCase();
    case "L":
      return value.toLowerCase();
    case "u":
      return value.slice(0, 1).toUpperCase() + value.slice(1);
    default:
      return value;
  }
}

function remove(value: string, pattern: string, operation: Operation<"PatternRemoval">): string {
  if (value.length > MAX_SUBJECT) return value;
  const source = patternSource(pattern, { lazy: !operation.greedy });
  if (operation.side === "prefix") return value.replace(new RegExp(`^(?:${source})`, "su"), "");
  // A suffix: the longest starts earliest, the shortest latest.
  const anchored = new RegExp(`(?:${patternSource(pattern)})$`, "su");
  if (operation.greedy) return value.replace(anchored, "");
  for (let at = value.length; at >= 0; at--) {
    if (new RegExp(`^(?:${patternSource(pattern)})$`, "su").test(value.slice(at))) return value.slice(0, at);
    if (value.length - at > 4096) break;
  }
  return value;
}

function replace(
  value: string,
  how: {
    readonly pattern: string;
    readonly replacement: string;
    readonly all: boolean;
    readonly anchor: "start" | "end" | null;
  },
): string {
  if (value.length > MAX_SUBJECT || how.pattern === "") return value;
  const body = `(?:${patternSource(how.pattern)})`;
  const source = how.anchor === "start" ? `^${body}` : how.anchor === "end" ? `${body}$` : body;
  const expression = new RegExp(source, how.all ? "gsu" : "su");
  return value.replace(expression, (match: string) =>
    match === "" && how.anchor === null ? "" : how.replacement,
  );
}
