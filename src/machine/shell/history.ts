import type { ShellProcess } from "./shell-process.ts";

const MAX_LINES = 1000;

/** Adds a line to the history as HISTCONTROL and HISTSIZE say. */
export function remember(sh: ShellProcess, line: string, added: string[]): void {
  const { state } = sh;
  if (state.dialect !== "bash" || !state.options.has("history")) return;
  const control = new Set((sh.vars.get("HISTCONTROL") ?? "").split(":"));
  if (isIgnored(state.history, line, control)) return;
  if (control.has("erasedups")) state.history = state.history.filter((each) => each !== line);
  const size = Number(sh.vars.get("HISTSIZE") ?? MAX_LINES);
  if (size === 0) return;
  push(state.history, line, size > 0 ? Math.min(size, MAX_LINES) : MAX_LINES);
  push(added, line, MAX_LINES);
}

function isIgnored(history: readonly string[], line: string, control: ReadonlySet<string>): boolean {
  const both = control.has("ignoreboth");
  if ((both || control.has("ignorespace")) && line.startsWith(" ")) return true;
  return (both || control.has("ignoredups")) && history.at(-1) === line;
}

function push(lines: string[], line: string, most: number): void {
  lines.push(line);
  if (lines.length > most) lines.shift();
}

/** `!!`, `!$`, `!n`, `!-n`, `!text`, `^a^b`. @returns undefined after an error that was shown */
export async function expandHistory(sh: ShellProcess, line: string): Promise<string | undefined> {
  const { state } = sh;
  if (!state.options.has("histexpand") || !/[!^]/.test(line)) return line;
  const quick = /^\^([^^]*)\^([^^]*)\^?$/.exec(line);
  let failed: string | undefined;
  let out = "";
  if (quick) {
    const last = state.history.at(-1) ?? "";
    if (!last.includes(quick[1] ?? "")) failed = `:s${line}: substitution failed`;
    out = last.replace(quick[1] ?? "", () => quick[2] ?? "");
  } else {
    const result = substitute(state.history, line);
    ({ failed, text: out } = result);
    if (!result.changed) return line;
  }
  if (failed !== undefined) {
    await sh.complain(failed);
    return undefined;
  }
  await sh.err(`${out}\n`);
  return out;
}

function substitute(
  history: readonly string[],
  line: string,
): { text: string; changed: boolean; failed: string | undefined } {
  let failed: string | undefined;
  let changed = false;
  let single = false;
  let text = "";
  let at = 0;
  while (at < line.length) {
    const character = line[at] ?? "";
    if (character === "\\" && !single) {
      text += line.slice(at, at + 2);
      at += 2;
      continue;
    }
    if (character === "'") single = !single;
    // `${!name}`, `$!` and `[!x]` are the shell's own.
    const match =
      character === "!" && !single && !/(\$\{?|\[)$/.test(line.slice(0, at))
        ? /^!(!|\$|\*|-?\d+|[A-Za-z./_][^\s;|&"'()]*)/.exec(line.slice(at))
        : null;
    if (match) {
      const found = event(history, match[1] ?? "");
      if (found === undefined) failed ??= `${match[0]}: event not found`;
      text += found ?? "";
      changed = true;
      at += match[0].length;
    } else {
      text += character;
      at += 1;
    }
  }
  return { text, changed, failed };
}

function event(history: readonly string[], name: string): string | undefined {
  const last = history.at(-1);
  if (name === "!") return last;
  if (name === "$") return last?.split(/\s+/).at(-1);
  if (name === "*") return last?.split(/\s+/).slice(1).join(" ");
  if (/^-?\d+$/.test(name)) return Number(name) < 0 ? history.at(Number(name)) : history[Number(name) - 1];
  return history.findLast((line) => line.startsWith(name));
}
