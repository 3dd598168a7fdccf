import type { ShellProcess } from "../shell-process.ts";
import type { Dialect } from "../state.ts";
import type { Redirection } from "../syntax.ts";
import { alias, unalias } from "./alias.ts";
import { cd, dirs, popd, pushd, pwd } from "./directories.ts";
import { exec } from "./exec.ts";
import { breakLoop, continueLoop, evalText, exitShell, logout, returnFrom, source } from "./flow.ts";
import { caller, compgen, enable, help, history } from "./history.ts";
import { bg, disown, fg, jobs, kill, wait } from "./jobs.ts";
import { ulimit, umask } from "./limits.ts";
import { mapfile } from "./mapfile.ts";
import { builtinCommand, command, hash, type } from "./name-lookup.ts";
import { isBuiltin } from "./names.ts";
import { set } from "./options.ts";
import { echo, letBuiltin, printf } from "./output.ts";
import { getopts, shift } from "./positional.ts";
import { read } from "./read.ts";
import { shopt } from "./shopt.ts";
import { bracket, test } from "./test.ts";
import { times } from "./times.ts";
import { trap } from "./trap.ts";
import { declareVariables, exportVariables, localVariables, readonlyVariables, unset } from "./variables.ts";

export type Builtin = (
  sh: ShellProcess,
  args: readonly string[],
  redirections: readonly Redirection[],
) => Promise<number>;

const nothing: Builtin = () => Promise.resolve(0);

const builtins: Readonly<Record<string, Builtin>> = {
  ".": source,
  ":": nothing,
  "[": bracket,
  alias,
  bg,
  bind: nothing,
  break: breakLoop,
  builtin: builtinCommand,
  caller,
  cd,
  chdir: cd,
  command,
  compgen,
  complete: nothing,
  compopt: nothing,
  continue: continueLoop,
  declare: (sh, args) => declareVariables(sh, args),
  dirs,
  disown,
  echo,
  enable,
  eval: evalText,
  exec,
  exit: exitShell,
  export: exportVariables,
  false: () => Promise.resolve(1),
  fc: history,
  fg,
  getopts,
  hash,
  help,
  history,
  jobs,
  kill,
  let: letBuiltin,
  local: localVariables,
  logout,
  mapfile,
  popd,
  printf,
  pushd,
  pwd,
  read,
  readarray: mapfile,
  readonly: readonlyVariables,
  return: returnFrom,
  set,
  shift,
  shopt,
  source,
  suspend: nothing,
  test,
  times,
  trap,
  true: nothing,
  type,
  typeset: (sh, args) => declareVariables(sh, args, "typeset"),
  ulimit,
  umask,
  unalias,
  unset,
  wait,
};

export function builtinFor(dialect: Dialect, name: string): Builtin | undefined {
  return isBuiltin(dialect, name) ? builtins[name] : undefined;
}

export { isSpecial } from "./names.ts";
