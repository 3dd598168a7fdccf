import { evaluateArithmetic } from "./arithmetic.ts";
import { ShellError } from "./control.ts";
import { unescapeAnsi } from "./escapes.ts";
import { patternSource } from "./pattern.ts";
import { promptText } from "./prompt.ts";
import { ansiQuote } from "./quote.ts";
import type { ShellProcess } from "./shell-process.ts";
import { isKind, type ParameterOperation, type Word } from "./syntax.ts";

/** The expansions of words inside an operation. */
export interface WordExpander {
  single(sh: ShellProcess, word: Word): Promise<string>;
  pattern(sh: ShellProcess, word: Word): Promise<string>;
}

export type Operation<T extends ParameterOperation["type"]> = Extract<ParameterOperation, { type: T }>;

/** A parameter and its values before the operation. */
export interface Operand {
  readonly parameter: string;
  readonly values: readonly string[];
  readonly words: WordExpander;
}

/** Longest text that a pattern operation works on. */
const MAX_SUBJECT = 1_000_000;

const changes = ["PatternRemoval", "PatternReplacement", "CaseModification", "Transform"] as const;

/** Operations that make new values from the old ones, whether the parameter is set or not. */
export async function transform(
  sh: ShellProcess,
  operand: Operand,
  operation: ParameterOperation,
): Promise<readonly string[]> {
  const { values } = operand;
  if (operation.type === "Length") return [length(operand)];
  if (operation.type === "Substring") return substring(sh, operand, operation);
  if (!isKind(operation, changes)) return values;
  const change = await changeOf(sh, operand.words, operation);
  return values.map(change);
}

function isList(parameter: string): boolean {
  return isPositional(parameter) || /\[[@*]\]$/.test(parameter);
}

function isPositional(parameter: string): boolean {
  return parameter === "@" || parameter === "*";
}

function length({ parameter, values }: Operand): string {
  return String(isList(parameter) ? values.length : Array.from(values[0] ?? "").length);
}

async function substring(
  sh: ShellProcess,
  { parameter, values }: Operand,
  operation: Operation<"Substring">,
): Promise<readonly string[]> {
  const number = async ({ expression, originalText }: typeof operation.offset) =>
    Number(await evaluateArithmetic(sh, expression, originalText));
  const offset = await number(operation.offset);
  const count = operation.length === null ? undefined : await number(operation.length);
  if (!isList(parameter)) return [slice(values[0] ?? "", offset, count)];
  const all = isPositional(parameter) ? [sh.state.arg0, ...sh.state.positional] : values;
  const start = offset < 0 ? all.length + offset : offset;
  return start < 0 ? [] : all.slice(start, count === undefined ? undefined : start + count);
}

/** A negative offset counts from the end; a negative count is a place counted from the end. */
function slice(text: string, offset: number, count = Number.POSITIVE_INFINITY): string {
  const characters = Array.from(text);
  const start = offset < 0 ? characters.length + offset : offset;
  if (start < 0) return "";
  const end = count < 0 ? characters.length + count : start + count;
  if (end < start) throw new ShellError(`${count}: substring expression < 0`);
  return characters.slice(start, end).join("");
}

type Change = (value: string) => string;

async function changeOf(
  sh: ShellProcess,
  words: WordExpander,
  operation: Operation<(typeof changes)[number]>,
): Promise<Change> {
  switch (operation.type) {
    case "PatternRemoval": {
      const pattern = await words.pattern(sh, operation.pattern);
      return (value) => remove(value, pattern, operation);
    }
    case "PatternReplacement": {
      const pattern = await words.pattern(sh, operation.pattern);
      const replacement = operation.replacement === null ? "" : await words.single(sh, operation.replacement);
      return (value) => replace(value, { ...operation, pattern, replacement });
    }
    case "CaseModification":
      return caseChange(
        operation,
        operation.pattern === null ? "?" : await words.pattern(sh, operation.pattern),
      );
    case "Transform":
      return (value) => transforms[operation.operator]?.(sh, value) ?? value;
  }
}

function caseChange(operation: Operation<"CaseModification">, pattern: string): Change {
  const wanted = new RegExp(`^(?:${patternSource(pattern)})$`, "su");
  const cased = (character: string) =>
    operation.direction === "upper" ? character.toUpperCase() : character.toLowerCase();
  return (value) =>
    Array.from(value, (character, index) =>
      (operation.all || index === 0) && wanted.test(character) ? cased(character) : character,
    ).join("");
}

/** `${name@Q}`: by the letter of the operator. */
const transforms: Readonly<Record<string, (sh: ShellProcess, value: string) => string>> = {
  Q: (_sh, value) => ansiQuote(value),
  K: (_sh, value) => ansiQuote(value),
  k: (_sh, value) => ansiQuote(value),
  E: (_sh, value) => unescapeAnsi(value),
  P: promptText,
  U: (_sh, value) => value.toUpperCase(),
  L: (_sh, value) => value.toLowerCase(),
  u: (_sh, value) => value.slice(0, 1).toUpperCase() + value.slice(1),
};

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
