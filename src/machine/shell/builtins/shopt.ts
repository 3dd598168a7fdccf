import type { ShellProcess } from "../shell-process.ts";
import { optionNames } from "./options.ts";

const shoptNames =
  "assoc_expand_once autocd cdable_vars cdspell checkhash checkjobs checkwinsize cmdhist compat31 compat32 compat40 compat41 compat42 compat43 compat44 complete_fullquote direxpand dirspell dotglob execfail expand_aliases extdebug extglob extquote failglob force_fignore globasciiranges globskipdots globstar gnu_errfmt histappend histreedit histverify hostcomplete huponexit inherit_errexit interactive_comments lastpipe lithist localvar_inherit localvar_unset login_shell mailwarn no_empty_cmd_completion nocaseglob nocasematch noexpand_translation nullglob patsub_replacement progcomp progcomp_alias promptvars restricted_shell shift_verbose sourcepath varredir_close xpg_echo".split(
    " ",
  );

export async function shopt(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const first = args.findIndex((arg) => !/^-[pqsuo]+$/.test(arg));
  const wanted = first < 0 ? [] : args.slice(first);
  const flags = new Set(args.slice(0, first < 0 ? args.length : first).flatMap((arg) => Array.from(arg)));
  const options = optionSet(sh, flags.has("o"));
  return wanted.length > 0 ? eachWanted(sh, { options, flags, wanted }) : listOptions(sh, options, flags);
}

interface OptionSet {
  readonly on: Set<string>;
  readonly known: readonly string[];
  isOn(name: string): boolean;
}

/** The options of `shopt`, or with `-o` those of `set`. */
function optionSet(sh: ShellProcess, ofSet: boolean): OptionSet {
  const on = ofSet ? sh.state.options : sh.state.shopt;
  return {
    on,
    known: ofSet ? optionNames : shoptNames,
    isOn: (name) => on.has(name) || (name === "login_shell" && sh.state.login),
  };
}

function optionLine(options: OptionSet, name: string, flags: ReadonlySet<string>): string {
  const on = options.isOn(name);
  return flags.has("p")
    ? `shopt ${on ? "-s" : "-u"} ${flags.has("o") ? "-o " : ""}${name}\n`
    : `${name.padEnd(15)}\t${on ? "on" : "off"}\n`;
}

async function listOptions(
  sh: ShellProcess,
  options: OptionSet,
  flags: ReadonlySet<string>,
): Promise<number> {
  if (flags.has("q")) return 0;
  const any = !flags.has("s") && !flags.has("u");
  for (const name of options.known) {
    if (any || options.isOn(name) === flags.has("s")) await sh.out(optionLine(options, name, flags));
  }
  return 0;
}

/** Sets, clears or shows options by name. */
async function eachWanted(
  sh: ShellProcess,
  asked: {
    readonly options: OptionSet;
    readonly flags: ReadonlySet<string>;
    readonly wanted: readonly string[];
  },
): Promise<number> {
  const { options, flags, wanted } = asked;
  let status = 0;
  for (const name of wanted) {
    if (!options.known.includes(name)) {
      await sh.complain(`shopt: ${name}: invalid shell option name`);
      status = 1;
    } else if (flags.has("s")) options.on.add(name);
    else if (flags.has("u")) options.on.delete(name);
    else {
      if (!flags.has("q")) await sh.out(optionLine(options, name, flags));
      if (!options.isOn(name)) status = 1;
    }
  }
  return status;
}
