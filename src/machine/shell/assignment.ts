import { evaluateText } from "./arithmetic.ts";
import { expandSingle, expandWords } from "./expand.ts";
import { subscriptOf } from "./parameter.ts";
import { quoteWhenNeeded } from "./quote.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Assignment } from "./syntax.ts";

/** What `set -x` puts before a line. */
export function traceMark(sh: ShellProcess): string {
  const mark = sh.vars.get("PS4") ?? "+ ";
  return (mark[0] ?? "").repeat(Math.min(sh.state.subshell, 10)) + mark;
}

export async function assign(sh: ShellProcess, assignment: Assignment): Promise<void> {
  const match = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(assignment.name);
  const name = match?.[1] ?? assignment.name;
  if (assignment.array !== null) {
    await assignArray(sh, name, assignment);
    return;
  }
  let value = assignment.value === null ? "" : await expandSingle(sh, assignment.value);
  const variable = sh.variable(name);
  if (variable?.integer === true) value = String(await evaluateText(sh, value));
  if (sh.option("xtrace"))
    await sh.err(
      `${traceMark(sh)}${assignment.name}${assignment.append ? "+" : ""}=${quoteWhenNeeded(value)}\n`,
    );
  if (match) sh.vars.setElement(name, await subscriptOf(sh, name, match[2] ?? ""), value, assignment.append);
  else sh.vars.set(name, value, assignment.append);
}

async function assignArray(sh: ShellProcess, name: string, assignment: Assignment): Promise<void> {
  const values: [string | undefined, string][] = [];
  for (const word of assignment.array ?? []) {
    const first = word.parts[0];
    const second = word.parts[1];
    const keyed =
      first?.type === "Glob" &&
      /^\[[^\]]*\]$/.test(first.pattern) &&
      second?.type === "Literal" &&
      second.value.startsWith("=");
    if (keyed) {
      const key = await subscriptOf(sh, name, first.pattern.slice(1, -1));
      const rest = [{ ...second, value: second.value.slice(1) }, ...word.parts.slice(2)];
      values.push([key, await expandSingle(sh, { type: "Word", parts: rest })]);
    } else for (const value of await expandWords(sh, [word])) values.push([undefined, value]);
  }
  sh.vars.setList(name, values, assignment.append);
}
