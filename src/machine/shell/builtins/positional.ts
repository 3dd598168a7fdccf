import { ShellError } from "../control.ts";
import type { ShellProcess } from "../shell-process.ts";

export async function shift(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const text = args[0] ?? "1";
  if (!/^\d+$/.test(text))
    throw new ShellError(
      sh.state.dialect === "bash"
        ? `shift: ${text}: numeric argument required`
        : `shift: Illegal number: ${text}`,
      sh.state.dialect === "bash" ? 1 : 2,
      sh.state.dialect !== "bash",
    );
  const count = Number(text);
  if (count > sh.state.positional.length) {
    if (sh.state.dialect !== "bash") throw new ShellError("shift: can't shift that many", 2, true);
    return 1;
  }
  sh.state.positional = sh.state.positional.slice(count);
  return 0;
}

export async function getopts(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const [spec, name, ...given] = args;
  if (spec === undefined || name === undefined) {
    await sh.err("getopts: usage: getopts optstring name [arg ...]\n");
    return 2;
  }
  const words = given.length > 0 ? given : sh.state.positional;
  const index = Number(sh.vars.get("OPTIND") ?? "1") || 1;
  const word = words[index - 1] ?? "";
  if (!/^-[^-]|^--./s.test(word)) {
    if (word === "--") sh.vars.set("OPTIND", String(index + 1));
    sh.vars.set(name, "?");
    sh.state.getoptsOffset = 0;
    return 1;
  }
  const offset = sh.state.getoptsOffset || 1;
  const taken: Taken = {
    letter: word[offset] ?? "",
    rest: word.slice(offset + 1),
    next: words[index],
    advance: (by) => {
      sh.vars.set("OPTIND", String(index + by));
      sh.state.getoptsOffset = 0;
    },
    stay: () => {
      sh.state.getoptsOffset = offset + 1;
    },
  };
  sh.vars.set(name, await takeOption(sh, spec, taken));
  return 0;
}

/** One letter of a cluster. */
interface Taken {
  readonly letter: string;
  /** What follows the letter in its word. */
  readonly rest: string;
  readonly next: string | undefined;
  /** Goes that many words on. */
  advance(by: number): void;
  /** Stays in the word, at the letter after this one. */
  stay(): void;
}

/** @returns what the variable of `getopts` becomes */
async function takeOption(sh: ShellProcess, spec: string, taken: Taken): Promise<string> {
  const { letter, rest } = taken;
  const at = spec.indexOf(letter);
  const known = at >= 0 && letter !== ":";
  if (known && spec[at + 1] === ":") return takeValue(sh, spec, taken);
  if (rest === "") taken.advance(1);
  else taken.stay();
  if (known) {
    sh.vars.unset("OPTARG");
    return letter;
  }
  if (spec.startsWith(":")) sh.vars.set("OPTARG", letter);
  else {
    sh.vars.unset("OPTARG");
    await sh.err(
      sh.state.dialect === "bash"
        ? `${commandPrefix(sh)}illegal option -- ${letter}\n`
        : `Illegal option -${letter}\n`,
    );
  }
  return "?";
}

async function takeValue(sh: ShellProcess, spec: string, taken: Taken): Promise<string> {
  const { letter, rest, next } = taken;
  const value = rest === "" ? next : rest;
  taken.advance(rest === "" ? 2 : 1);
  if (value !== undefined) {
    sh.vars.set("OPTARG", value);
    return letter;
  }
  if (spec.startsWith(":")) {
    sh.vars.set("OPTARG", letter);
    return ":";
  }
  await sh.err(`${commandPrefix(sh)}option requires an argument -- ${letter}\n`);
  return "?";
}

/** `getopts` names no line. */
const commandPrefix = (sh: ShellProcess): string => sh.prefix.replace(/line \d+: $/, "");
