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

const names = [
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
    for (const each of names) {
      const active =
        sh.state.options.has(each) || (each === "interactive-comments" && sh.state.dialect === "bash");
      await sh.out(
        on ? `${each.padEnd(15)}\t${active ? "on" : "off"}\n` : `set ${active ? "-" : "+"}o ${each}\n`,
      );
    }
    return 0;
  }
  if (!names.includes(name)) {
    if (sh.state.dialect !== "bash") throw new ShellError(`set: Illegal option -o ${name}`, 2, true);
    await sh.complain(`set: ${name}: invalid option name`);
    return 2;
  }
  change(sh, name, on);
  return 0;
}

const shoptNames =
  "assoc_expand_once autocd cdable_vars cdspell checkhash checkjobs checkwinsize cmdhist compat31 compat32 compat40 compat41 compat42 compat43 compat44 complete_fullquote direxpand dirspell dotglob execfail expand_aliases extdebug extglob extquote failglob force_fignore globasciiranges globskipdots globstar gnu_errfmt histappend histreedit histverify hostcomplete huponexit inherit_errexit interactive_comments lastpipe lithist localvar_inherit localvar_unset login_shell mailwarn no_empty_cmd_completion nocaseglob nocasematch noexpand_translation nullglob patsub_replacement progcomp progcomp_alias promptvars restricted_shell shift_verbose sourcepath varredir_close xpg_echo".split(
    " ",
  );

export async function shopt(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const flags = new Set<string>();
  let at = 0;
  for (; at < args.length && /^-[pqsuo]+$/.test(args[at] ?? ""); at++)
    for (const letter of (args[at] ?? "").slice(1)) flags.add(letter);
  const wanted = args.slice(at);
  const set = flags.has("o") ? sh.state.options : sh.state.shopt;
  const known = flags.has("o") ? names : shoptNames;
  const isOn = (name: string) => set.has(name) || (name === "login_shell" && sh.state.login);
  const line = (name: string) =>
    flags.has("p")
      ? `shopt ${isOn(name) ? "-s" : "-u"} ${flags.has("o") ? "-o " : ""}${name}\n`
      : `${name.padEnd(20)}\t${isOn(name) ? "on" : "off"}\n`.replace(
          /^(\S+) +\t/,
          (_whole, name_: string) => `${name_.padEnd(15)}\t`,
        );
  let status = 0;
  for (const name of wanted.length > 0 ? wanted : known) {
    if (!known.includes(name)) {
      await sh.complain(`shopt: ${name}: invalid shell option name`);
      status = 1;
    } else if (wanted.length > 0 && flags.has("s")) set.add(name);
    else if (wanted.length > 0 && flags.has("u")) set.delete(name);
    else {
      const listed =
        wanted.length > 0 ||
        (!flags.has("s") && !flags.has("u")) ||
        (flags.has("s") ? isOn(name) : !isOn(name));
      if (listed && !flags.has("q")) await sh.out(line(name));
      if (wanted.length > 0 && !isOn(name)) status = 1;
    }
  }
  return status;
}

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
  const word = words[index - 1];
  const offset = sh.state.getoptsOffset || 1;
  if (word === undefined || word === "-" || word === "--" || !word.startsWith("-")) {
    if (word === "--") sh.vars.set("OPTIND", String(index + 1));
    sh.vars.set(name, "?");
    sh.state.getoptsOffset = 0;
    return 1;
  }
  const letter = word[offset] ?? "";
  const last = offset + 1 >= word.length;
  const advance = (by: number) => {
    sh.vars.set("OPTIND", String(index + by));
    sh.state.getoptsOffset = 0;
  };
  const at = spec.indexOf(letter);
  const silent = spec.startsWith(":");
  if (at < 0 || letter === ":") {
    if (last) advance(1);
    else sh.state.getoptsOffset = offset + 1;
    sh.vars.set(name, "?");
    if (silent) sh.vars.set("OPTARG", letter);
    else {
      sh.vars.unset("OPTARG");
      await sh.err(
        sh.state.dialect === "bash"
          ? `${sh.prefix.replace(/line \d+: $/, "")}illegal option -- ${letter}\n`
          : `Illegal option -${letter}\n`,
      );
    }
    return 0;
  }
  if (spec[at + 1] !== ":") {
    if (last) advance(1);
    else sh.state.getoptsOffset = offset + 1;
    sh.vars.unset("OPTARG");
    sh.vars.set(name, letter);
    return 0;
  }
  const value = last ? words[index] : word.slice(offset + 1);
  advance(last ? 2 : 1);
  if (value === undefined) {
    sh.vars.set(name, silent ? ":" : "?");
    if (silent) sh.vars.set("OPTARG", letter);
    else await sh.err(`${sh.prefix.replace(/line \d+: $/, "")}option requires an argument -- ${letter}\n`);
    return 0;
  }
  sh.vars.set("OPTARG", value);
  sh.vars.set(name, letter);
  return 0;
}
