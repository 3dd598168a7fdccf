import type { ShellProcess } from "./shell-process.ts";

/** `$1`, `$@`, `$?` and their like; the values inside are undefined when nothing is set. */
export function specialValues(
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
