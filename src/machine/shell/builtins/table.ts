import type { ShellProcess } from "../shell-process.ts";
import type { Dialect } from "../state.ts";
import type { Redirection } from "../syntax.ts";
import { cd, dirs, popd, pushd, pwd } from "./directories.ts";
import { breakLoop, continueLoop, evalText, exitShell, logout, returnFrom, source } from "./flow.ts";
import { caller, compgen, enable, help, history } from "./history.ts";
import { bg, disown, fg, jobs, kill, wait } from "./jobs.ts";
import { isBuiltin } from "./names.ts";
import { getopts, set, shift, shopt } from "./options.ts";
import { echo, letBuiltin, printf } from "./output.ts";
import { mapfile, read } from "./read.ts";
import {
  alias,
  builtinCommand,
  command,
  exec,
  hash,
  times,
  trap,
  type,
  ulimit,
  umask,
  unalias,
} from "./shell-control.ts";
import { bracket, test } from "./test.ts";
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
