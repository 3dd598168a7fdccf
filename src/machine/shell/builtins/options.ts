import { ShellError } from "../control.ts";
import type { ShellProcess } from "../shell-process.ts";
import { settings } from "./variables.ts";

const byLetter: Readonly<Record<string, string>> = {
  a: "allexport",
  b: "notify",
  e: "errexit",
  f: "noglob",
  h: "hashall",
  k: "keyword",
  m: "monitor",
  n: "noexec",
  p: "privileged",
  t: "onecmd",
  u: "nounset",
  v: "verbose",
  x: "xtrace",
  B: "braceexpand",
  C: "noclobber",
  E: "errtrace",
  H: "histexpand",
  P: "physical",
  T: "functrace",
};

export const optionNames = [
  ...Object.values(byLetter),
  "emacs",
  "history",
  "ignoreeof",
  "interactive-comments",
  "nolog",
  "pipefail",
  "posix",
  "vi",
].sort();

export async function set(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    await sh.out(settings(sh));
    return 0;
  }
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--" || arg === "-") {
      sh.state.positional = args.slice(at + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) break;
    const on = arg.startsWith("-");
    for (const letter of arg.slice(1)) {
      if (letter === "o") {
        const status = await namedOption(sh, args[++at], on);
        if (status !== 0 || args[at] === undefined) return status;
      } else {
        const name = byLetter[letter];
        if (name === undefined) return badOption(sh, `${arg[0]}${letter}`);
        change(sh, name, on);
      }
    }
  }
  if (at < args.length) sh.state.positional = args.slice(at);
  return 0;
}

function change(sh: ShellProcess, name: string, on: boolean): void {
  if (on) sh.state.options.add(name);
  else sh.state.options.delete(name);
}

async function badOption(sh: ShellProcess, option: string): Promise<number> {
  if (sh.state.dialect !== "bash") throw new ShellError(`set: Illegal option ${option}`, 2, true);
  await sh.complain(`set: ${option}: invalid option`);
  await sh.err("set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]\n");
  return 2;
}

async function namedOption(sh: ShellProcess, name: string | undefined, on: boolean): Promise<number> {
  if (name === undefined) {
    for (const each of optionNames) {
      const active =
        sh.state.options.has(each) || (each === "interactive-comments" && sh.state.dialect === "bash");
      await sh.out(
        on ? `${each.padEnd(15)}\t${active ? "on" : "off"}\n` : `set ${active ? "-" : "+"}o ${each}\n`,
      );
    }
    return 0;
  }
  if (!optionNames.includes(name)) {
    if (sh.state.dialect !== "bash") throw new ShellError(`set: Illegal option -o ${name}`, 2, true);
    await sh.complain(`set: ${name}: invalid option name`);
    return 2;
  }
  change(sh, name, on);
  return 0;
}
