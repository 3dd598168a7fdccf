import type { ShellProcess } from "./shell-process.ts";
import type { Parsed } from "./syntax.ts";

type Failure = Exclude<Parsed, { kind: "script" }>;

/** What a shell prints about text that is no command. */
export function syntaxError(sh: ShellProcess, parsed: Failure, source: string): string {
  if (sh.state.dialect !== "bash") return posixError(sh, parsed, source);
  return parsed.kind === "incomplete"
    ? unfinished(sh, parsed.wanted, source)
    : unexpected(sh, parsed, source);
}

function posixError(sh: ShellProcess, parsed: Failure, source: string): string {
  const { dialect, arg0, lineOffset } = sh.state;
  const what = parsed.kind === "incomplete" ? endOfFile(parsed.wanted) : `"${parsed.token}" unexpected`;
  const line = parsed.kind === "incomplete" ? source.split("\n").length : parsed.line;
  return dialect === "ash"
    ? `${arg0}: syntax error: ${what.replace("Unterminated", "unterminated")}\n`
    : `${arg0}: ${lineOffset + line}: Syntax error: ${what}\n`;
}

function endOfFile(wanted: string): string {
  if (wanted === '"' || wanted === "'") return "Unterminated quoted string";
  if (wanted === "`") return "EOF in backquote substitution";
  return "end of file unexpected";
}

/** How bash begins a line about a mistake. */
function heading(sh: ShellProcess, line: number): string {
  const { arg0, interactive, lineOffset, commandString } = sh.state;
  return interactive ? `${arg0}: ` : `${arg0}: ${commandString ? "-c: " : ""}line ${lineOffset + line}: `;
}

const openings: ReadonlyMap<string, string> = new Map([
  [")", "("],
  ["}", "{"],
]);

function unfinished(sh: ShellProcess, wanted: string, source: string): string {
  const { commandString } = sh.state;
  const lines = source.split("\n");
  const last = lines.length + (commandString || !source.endsWith("\n") ? 1 : 0);
  const end = `${heading(sh, last)}syntax error: unexpected end of file\n`;
  if (!/^["'`)}]$/.test(wanted)) return end;
  const opening = openings.get(wanted);
  const first = lines.findIndex((line) => line.includes(opening ?? wanted)) + 1;
  const looking = `${heading(sh, Math.max(1, first))}unexpected EOF while looking for matching \`${wanted}'\n`;
  return opening === undefined ? looking + end : looking;
}

function unexpected(sh: ShellProcess, parsed: Extract<Parsed, { kind: "error" }>, source: string): string {
  const head = heading(sh, parsed.line);
  if (parsed.message !== undefined) return `${head}${parsed.message}\n`;
  const first = `${head}syntax error near unexpected token \`${parsed.token}'\n`;
  const quoted = source.split("\n")[parsed.line - 1] ?? "";
  return sh.state.interactive ? first : `${first}${head}\`${quoted}'\n`;
}
