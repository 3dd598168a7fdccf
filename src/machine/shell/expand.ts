import { evaluateArithmetic } from "./arithmetic.ts";
import { braces } from "./braces.ts";
import { ShellError } from "./control.ts";
import { expandGlob } from "./glob.ts";
import { parameterText, parameterValues } from "./parameter.ts";
import { escapePattern, hasPattern } from "./pattern.ts";
import type { ShellProcess } from "./shell-process.ts";
import { isKind, type ParameterPart, type Part, type Word, type WordPart } from "./syntax.ts";
import { normalise } from "./text.ts";

/** A run of characters of a field; quoted ones are neither split nor patterns. */
interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

/** Builds fields from pieces. */
class Fields {
  readonly done: Piece[][] = [];
  #current: Piece[] | undefined;

  add(text: string, quoted: boolean): void {
    this.#current ??= [];
    this.#current.push({ text, quoted });
  }
  break(): void {
    if (this.#current !== undefined) this.done.push(this.#current);
    this.#current = undefined;
  }
  get open(): boolean {
    return this.#current !== undefined;
  }
}

/** Words of a command: all expansions, splitting and file names. */
export async function expandWords(sh: ShellProcess, words: readonly Word[]): Promise<string[]> {
  const out: string[] = [];
  for (const word of words) {
    for (const each of braces(word, sh.state.dialect === "bash" && sh.option("braceexpand"))) {
      for (const field of await fieldsOf(sh, each)) out.push(...(await globbed(sh, field)));
    }
    if (out.length > 200_000) throw new ShellError("fork: Cannot allocate memory", 254);
  }
  return out;
}

async function globbed(sh: ShellProcess, field: readonly Piece[]): Promise<readonly string[]> {
  const text = normalise(field.map((piece) => piece.text).join(""));
  if (sh.option("noglob") || field.every((piece) => piece.quoted || !/[*?[]/.test(piece.text))) return [text];
  const pattern = field.map((piece) => (piece.quoted ? escapePattern(piece.text) : piece.text)).join("");
  if (!hasPattern(pattern)) return [text];
  const found = await expandGlob(sh.fs, pattern, {
    cwd: sh.cwd,
    dotglob: sh.state.shopt.has("dotglob"),
    insensitive: sh.state.shopt.has("nocaseglob"),
    tick: () => sh.tick(),
  });
  if (found.length > 0) return found;
  if (sh.state.shopt.has("failglob")) throw new ShellError(`no match: ${text}`);
  return sh.state.shopt.has("nullglob") ? [] : [text];
}

/** One word to one string: assignments, redirection targets, `case`, here-strings. */
export async function expandSingle(sh: ShellProcess, word: Word): Promise<string> {
  let out = "";
  for (const part of word.parts) out += await partText(sh, part);
  return normalise(out);
}

/** One word to a pattern: quoted characters stay literal. */
export async function expandPattern(sh: ShellProcess, word: Word): Promise<string> {
  let out = "";
  for (const part of word.parts) {
    const text = await partText(sh, part);
    out += isQuoted(part) ? escapePattern(text) : text;
  }
  return out;
}

/** The operand of `=~`: quoted characters are literal in the expression. */
export async function expandRegex(sh: ShellProcess, word: Word): Promise<string> {
  let out = "";
  for (const part of word.parts) {
    const text = await partText(sh, part);
    out += isQuoted(part) ? text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : text;
  }
  return out;
}

function isQuoted(part: WordPart): boolean {
  return (
    part.type === "SingleQuoted" ||
    part.type === "DoubleQuoted" ||
    part.type === "Escaped" ||
    part.type === "TildeExpansion"
  );
}

/** Parts whose text is found by running something. */
const dynamic = [
  "ParameterExpansion",
  "CommandSubstitution",
  "ArithmeticExpansion",
  "ProcessSubstitution",
  "TildeExpansion",
] as const;

async function partText(sh: ShellProcess, part: WordPart): Promise<string> {
  if (isKind(part, dynamic)) return dynamicText(sh, part);
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "Escaped":
      return part.value;
    case "Glob":
      return part.pattern;
    case "DoubleQuoted": {
      let out = "";
      for (const inner of part.parts) out += await partText(sh, inner);
      return out;
    }
    case "BraceExpansion":
      return braces({ type: "Word", parts: [part] }, false)
        .map((word) => word.parts.map((each) => ("value" in each ? each.value : "")).join(""))
        .join(" ");
  }
}

async function dynamicText(sh: ShellProcess, part: Part<(typeof dynamic)[number]>): Promise<string> {
  await sh.tick();
  switch (part.type) {
    case "ParameterExpansion":
      return parameterText(sh, part, evaluator);
    case "CommandSubstitution":
      return sh.evaluator.substitute(sh, part.body);
    case "ArithmeticExpansion":
      return String(await evaluateArithmetic(sh, part.expression.expression, part.expression.originalText));
    case "ProcessSubstitution":
      return sh.evaluator.processSubstitution(sh, part.body, part.direction);
    case "TildeExpansion":
      return tilde(sh, part);
  }
}

/** What parameter operations need from here, handed over to keep the two files apart. */
const evaluator = { single: expandSingle, pattern: expandPattern };

function tilde(sh: ShellProcess, part: Part<"TildeExpansion">): string {
  const { user } = part;
  if (user === null || user === "") {
    return sh.vars.get("HOME") ?? sh.context.world.users.byName(sh.process.owner.user)?.home ?? "/";
  }
  if (user === "+") return sh.cwd;
  if (user === "-") return sh.vars.get("OLDPWD") ?? "~-";
  return sh.context.world.users.byName(user)?.home ?? `~${user}`;
}

async function fieldsOf(sh: ShellProcess, word: Word): Promise<readonly Piece[][]> {
  const fields = new Fields();
  for (const part of word.parts) await addPart(sh, part, fields);
  fields.break();
  return fields.done;
}

async function addPart(sh: ShellProcess, part: WordPart, fields: Fields): Promise<void> {
  switch (part.type) {
    case "Literal":
      fields.add(part.value, false);
      return;
    case "Glob":
      fields.add(part.pattern, false);
      return;
    case "SingleQuoted":
    case "Escaped":
      fields.add(part.value, true);
      return;
    case "DoubleQuoted":
      await addQuoted(sh, part, fields);
      return;
    case "ParameterExpansion":
      await addParameter(sh, part, fields);
      return;
    case "CommandSubstitution":
    case "ArithmeticExpansion":
      addSplit(sh, await dynamicText(sh, part), fields);
      return;
    case "BraceExpansion":
      fields.add("", true);
      return;
    case "ProcessSubstitution":
    case "TildeExpansion":
      fields.add(await dynamicText(sh, part), true);
  }
}

async function addParameter(sh: ShellProcess, part: ParameterPart, fields: Fields): Promise<void> {
  const nested = wordOperand(part);
  if (nested !== undefined && (await nested.applies(sh))) {
    // The word keeps its own quoting: `${x:-"a b"}` is one field.
    for (const inner of nested.word.parts) {
      if (inner.type === "Literal") addSplit(sh, inner.value, fields);
      else await addPart(sh, inner, fields);
    }
    return;
  }
  const values = await parameterValues(sh, part, evaluator);
  for (const [index, value] of values.entries()) {
    if (index > 0) fields.break();
    addSplit(sh, value, fields);
  }
}

function wordOperand(
  part: ParameterPart,
): { word: Word; applies(sh: ShellProcess): Promise<boolean> } | undefined {
  const { operation } = part;
  if (operation?.type !== "DefaultValue" && operation?.type !== "UseAlternative") return undefined;
  const plain: ParameterPart = { type: "ParameterExpansion", parameter: part.parameter, operation: null };
  return {
    word: operation.word,
    applies: async (sh) => {
      const nounset = sh.state.options.delete("nounset");
      const values = await parameterValues(sh, plain, evaluator, true);
      if (nounset) sh.state.options.add("nounset");
      const set = values.length > 0 && !(operation.checkEmpty && values.every((value) => value === ""));
      return operation.type === "DefaultValue" ? !set : set;
    },
  };
}

async function addQuoted(sh: ShellProcess, part: Part<"DoubleQuoted">, fields: Fields): Promise<void> {
  if (part.parts.length === 0) fields.add("", true);
  let empty = part.parts.length > 0;
  for (const inner of part.parts) {
    if (inner.type === "ParameterExpansion" && isList(inner)) {
      const values = await parameterValues(sh, inner, evaluator);
      for (const [index, value] of values.entries()) {
        if (index > 0) fields.break();
        fields.add(value, true);
        empty = false;
      }
    } else {
      fields.add(await partText(sh, inner), true);
      empty = false;
    }
  }
  // "$@" without parameters is no field at all.
  if (empty && part.parts.length > 1) fields.add("", true);
}

function isList(part: ParameterPart): boolean {
  const { operation } = part;
  if (operation?.type === "Length") return false;
  if (operation?.type === "ArrayKeys" || operation?.type === "VarNamePrefix") return !operation.star;
  return part.parameter === "@" || part.parameter.endsWith("[@]");
}

/** Splits by IFS; white space in it collapses, other characters each end a field. */
function addSplit(sh: ShellProcess, text: string, fields: Fields): void {
  const ifs = sh.vars.get("IFS") ?? " \t\n";
  let at = 0;
  while (at < text.length) {
    const end = runEnd(text, at, (character) => !ifs.includes(character));
    if (end > at) fields.add(text.slice(at, end), false);
    if (end === text.length) return;
    const separator = separatorAt(text, end, ifs);
    if (separator.hard && !fields.open) fields.add("", true);
    fields.break();
    at = separator.end;
  }
}

/** White space with at most one other character of IFS among it. */
function separatorAt(text: string, start: number, ifs: string): { end: number; hard: boolean } {
  const white = (character: string) => ifs.includes(character) && /[ \t\n]/.test(character);
  const at = runEnd(text, start, white);
  const character = text[at] ?? "";
  if (character === "" || !ifs.includes(character)) return { end: at, hard: false };
  return { end: runEnd(text, at + 1, white), hard: true };
}

function runEnd(text: string, start: number, belongs: (character: string) => boolean): number {
  let at = start;
  while (at < text.length && belongs(text[at] ?? "")) at += 1;
  return at;
}
