import type { CommandNode, ScriptNode, StatementNode, WordNode } from "just-bash";
import { library } from "./library.ts";

/** The library exports few node types by name; the others are parts of these. */
export type Script = ScriptNode;
export type Statement = StatementNode;
export type Word = WordNode;
export type Command = CommandNode;
export type Node<T extends Command["type"]> = Extract<Command, { type: T }>;
export type Simple = Node<"SimpleCommand">;
export type FunctionNode = Node<"FunctionDef">;
export type Compound = FunctionNode["body"];
export type Redirection = Simple["redirections"][number];
export type Assignment = Simple["assignments"][number];
export type WordPart = Word["parts"][number];
export type Part<T extends WordPart["type"]> = Extract<WordPart, { type: T }>;
export type ParameterPart = Part<"ParameterExpansion">;
export type ParameterOperation = NonNullable<ParameterPart["operation"]>;
export type Arithmetic = Part<"ArithmeticExpansion">["expression"];
export type ArithmeticExpression = Arithmetic["expression"];
export type Condition = Node<"ConditionalCommand">["expression"];

/** Narrows a node to some of the kinds of its union. */
export function isKind<N extends { readonly type: string }, const K extends N["type"]>(
  node: N,
  kinds: readonly K[],
): node is Extract<N, { type: K }> {
  return (kinds as readonly string[]).includes(node.type);
}

export type Parsed =
  | { readonly kind: "script"; readonly script: Script }
  /** More lines may complete it. */
  | { readonly kind: "incomplete"; readonly wanted: string }
  | { readonly kind: "error"; readonly token: string; readonly line: number; readonly message?: string };

const keywords: Readonly<Record<string, string>> = {
  DONE: "done",
  DO: "do",
  FI: "fi",
  THEN: "then",
  ESAC: "esac",
  RBRACE: "}",
  RPAREN: ")",
  LBRACE: "{",
};

/** Longest text that the grammar is asked to read. */
const MAX_SOURCE = 1_000_000;

export function parseShell(text: string): Parsed {
  if (text.length > MAX_SOURCE) return { kind: "error", token: "newline", line: 1 };
  if (danglingBackslash(text)) return { kind: "incomplete", wanted: "\\" };
  try {
    return checked(library().parse(text), text);
  } catch (error) {
    return failure(error, text);
  }
}

function danglingBackslash(text: string): boolean {
  const match = /\\+$/.exec(text);
  return match !== null && match[0].length % 2 === 1 && !/(^|\s)#[^\n]*$/.test(text);
}

function checked(script: Script, text: string): Parsed {
  for (const [at, { deferredError }] of script.statements.entries()) {
    if (deferredError !== undefined)
      return { kind: "error", token: deferredError.token, line: lineOf(script.statements[at - 1]) ?? 1 };
  }
  const last = script.statements.at(-1);
  if (last !== undefined && isHanging(last)) {
    return /(\|\||&&|\|&?)\s*(#[^\n]*)?\s*$/.test(text)
      ? { kind: "incomplete", wanted: "newline" }
      : { kind: "error", token: strayToken(text), line: text.split("\n").length };
  }
  const open = openHeredoc(script);
  return open === undefined ? { kind: "script", script } : { kind: "incomplete", wanted: `<<${open}` };
}

/** True when an operator stands at the end and the command after it is missing. */
function isHanging(statement: Statement): boolean {
  const commands = statement.pipelines.at(-1)?.commands ?? [];
  return (statement.operators.length > 0 || commands.length > 1) && isEmpty(commands.at(-1));
}

function isEmpty(command: Command | undefined): boolean {
  return (
    command?.type === "SimpleCommand" &&
    command.name === null &&
    command.assignments.length === 0 &&
    command.redirections.length === 0
  );
}

function strayToken(text: string): string {
  const match = /(?:\|\||&&|\|&?)\s*(;;|;|&|\|\||\||\)|\})/.exec(text);
  return match?.[1] ?? "newline";
}

function lineOf(statement: Statement | undefined): number | undefined {
  const command = statement?.pipelines.at(-1)?.commands.at(-1);
  return command?.line;
}

function openHeredoc(script: Script): string | undefined {
  let found: string | undefined;
  const visit = (value: unknown): void => {
    if (found !== undefined || value === null || typeof value !== "object") return;
    if ("type" in value && value.type === "HereDoc" && "terminated" in value && value.terminated === false) {
      found = "delimiter" in value ? String(value.delimiter) : "";
      return;
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(script);
  return found;
}

interface ParserError extends Error {
  readonly line?: number;
  readonly token?: { readonly type: string; readonly value: string };
}

function failure(error: unknown, text: string): Parsed {
  if (!(error instanceof Error)) throw error;
  const detail: ParserError = error;
  const wanted = wantedBy(detail);
  if (wanted !== undefined) return { kind: "incomplete", wanted };
  const line = detail.line ?? 1;
  const bad = /(\$\{.*): bad substitution/.exec(error.message);
  if (bad) return { kind: "error", token: "", line, message: `${bad[1]}: bad substitution` };
  return { kind: "error", token: unexpectedToken(detail), line: lineWithin(line, text) };
}

/** What more lines would have to bring; undefined when none would help. */
function wantedBy(error: ParserError): string | undefined {
  const looking = /unexpected EOF while looking for matching [`'](.+)'/.exec(error.message);
  if (looking) return looking[1] ?? "";
  const ended = error.token?.type === "EOF" || /got EOF|unexpected end of file/.test(error.message);
  return ended ? "newline" : undefined;
}

function unexpectedToken(error: ParserError): string {
  const near = /near unexpected token [`'](.*)'/s.exec(error.message);
  const token = near?.[1] ?? error.token?.value ?? keywords[error.token?.type ?? ""] ?? "newline";
  return token === "\n" || token === "" ? "newline" : token;
}

function lineWithin(line: number, text: string): number {
  return Math.max(1, Math.min(line, text.split("\n").length));
}

/**
 * Reads commands as a shell does: as much as parses, line by line, so that what stands before a
 * mistake still runs.
 */
export function* commandsOf(
  text: string,
): Generator<Parsed & { readonly firstLine: number; readonly source: string }> {
  const whole = parseShell(text);
  if (whole.kind === "script") {
    yield { ...whole, firstLine: 0, source: text };
    return;
  }
  const lines = text.split("\n");
  let start = 0;
  while (start < lines.length) {
    let end = start + 1;
    let parsed = parseShell(lines.slice(start, end).join("\n"));
    while (parsed.kind === "incomplete" && end < lines.length && end - start < 2000) {
      end += 1;
      parsed = parseShell(lines.slice(start, end).join("\n"));
    }
    yield { ...parsed, firstLine: start, source: lines.slice(start, end).join("\n") };
    if (parsed.kind !== "script") return;
    start = end;
  }
}
