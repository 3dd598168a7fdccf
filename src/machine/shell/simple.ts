import { expandAlias } from "./aliases.ts";
import { assign, traceMark } from "./assignment.ts";
import { builtinFor, isSpecial } from "./builtins/table.ts";
import { ShellError } from "./control.ts";
import { errnoOf, strerror } from "./errors.ts";
import { expandSingle, expandWords } from "./expand.ts";
import { copyDescriptors, type Descriptors, setDescriptor } from "./open-file.ts";
import { tail } from "./pipeline.ts";
import { quoteWhenNeeded } from "./quote.ts";
import { applyRedirections, redirectOrComplain } from "./redirect.ts";
import { runProgram } from "./run-program.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Variable } from "./state.ts";
import { copyVariable } from "./state.ts";
import { restore, substitutionStatus } from "./substitution.ts";
import type { Assignment, Redirection, Simple } from "./syntax.ts";

/** Builtins whose arguments keep the rules of assignments: no splitting after the `=`. */
const declarations = new Set(["export", "local", "declare", "typeset", "readonly", "alias"]);

export async function runSimple(sh: ShellProcess, node: Simple, inPlace: boolean): Promise<number> {
  sh.run.budget.command();
  const replaced = expandAlias(sh, node);
  if (replaced !== undefined) return sh.evaluator.statements(sh, replaced.statements);
  substitutionStatus.set(sh, 0);
  const before = new Set(sh.process.fds.keys());
  try {
    return await expandAndRun(sh, node, inPlace || tail.has(sh));
  } finally {
    for (const fd of sh.process.fds.keys()) {
      if (fd > 20 && fd <= 63 && !before.has(fd)) setDescriptor(sh.process.fds, fd, undefined);
    }
  }
}

async function expandAndRun(sh: ShellProcess, node: Simple, inPlace: boolean): Promise<number> {
  const words = node.name === null ? [] : await commandWords(sh, node);
  if (words.length === 0) return assignOnly(sh, node);
  const { state } = sh;
  if (sh.option("xtrace")) await sh.err(`${traceMark(sh)}${words.map(traceWord).join(" ")}\n`);
  const saved = await temporaryAssignments(sh, node.assignments);
  const name = words[0] ?? "";
  try {
    return await dispatch(sh, words, { redirections: node.redirections, inPlace });
  } finally {
    if (!isSpecial(name) || state.dialect === "bash") restoreAssignments(sh, saved);
    state.lastArgument = words.at(-1) ?? "";
  }
}

const traceWord = (word: string): string => (word === "" ? "''" : quoteWhenNeeded(word));

async function commandWords(sh: ShellProcess, node: Simple): Promise<string[]> {
  const { name } = node;
  if (name === null) return [];
  const literal =
    name.parts.length === 1 && name.parts[0]?.type === "Literal" ? name.parts[0].value : undefined;
  if (literal === undefined || !declarations.has(literal)) return expandWords(sh, [name, ...node.args]);
  const out = await expandWords(sh, [name]);
  for (const arg of node.args) {
    const first = arg.parts[0];
    const assigns = first?.type === "Literal" && /^[A-Za-z_][\w]*(\[[^\]]*\])?\+?=/.test(first.value);
    if (assigns) out.push(await expandSingle(sh, arg));
    else out.push(...(await expandWords(sh, [arg])));
  }
  return out;
}

async function assignOnly(sh: ShellProcess, node: Simple): Promise<number> {
  if (node.redirections.length > 0) {
    const scratch = copyDescriptors(sh.process.fds);
    try {
      await applyRedirections(sh, node.redirections, scratch);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      await sh.complain(error.text);
      return error.status;
    } finally {
      for (const descriptor of scratch.values()) descriptor.release();
    }
  }
  for (const assignment of node.assignments) await assign(sh, assignment);
  return substitutionStatus.get(sh) ?? 0;
}

type Saved = Map<string, Variable | undefined>;

/** `X=1 command`: exported for it, restored after it. */
async function temporaryAssignments(sh: ShellProcess, assignments: readonly Assignment[]): Promise<Saved> {
  const saved: Saved = new Map();
  for (const assignment of assignments) {
    const former = sh.state.variables.get(assignment.name);
    if (!saved.has(assignment.name))
      saved.set(assignment.name, former === undefined ? undefined : copyVariable(former));
    await assign(sh, assignment);
    sh.vars.declare(assignment.name).exported = true;
  }
  return saved;
}

function restoreAssignments(sh: ShellProcess, saved: Saved): void {
  for (const [name, variable] of saved) {
    if (variable === undefined) sh.state.variables.delete(name);
    else sh.state.variables.set(name, variable);
  }
}

interface Dispatch {
  readonly redirections: readonly Redirection[];
  readonly inPlace: boolean;
  readonly skipFunctions?: boolean;
}

async function dispatch(sh: ShellProcess, words: readonly string[], how: Dispatch): Promise<number> {
  const name = words[0] ?? "";
  const fn = how.skipFunctions === true ? undefined : sh.state.functions.get(name);
  if (fn !== undefined) {
    return inShell(sh, how.redirections, () => sh.evaluator.callFunction(sh, fn, words.slice(1)));
  }
  const builtin = sh.state.disabled.has(name) ? undefined : builtinFor(sh.state.dialect, name);
  if (builtin === undefined) return runProgram(sh, words, how);
  if (name === "exec") return builtin(sh, words.slice(1), how.redirections);
  return inShell(sh, how.redirections, () => runBuiltin(sh, words, (args) => builtin(sh, args, [])));
}

async function runBuiltin(
  sh: ShellProcess,
  words: readonly string[],
  builtin: (args: readonly string[]) => Promise<number>,
): Promise<number> {
  try {
    return await builtin(words.slice(1));
  } catch (error) {
    if (error instanceof ShellError && !error.fatal) {
      await sh.complain(error.text);
      return error.status;
    }
    const errno = errnoOf(error);
    if (errno === undefined || (errno === "EPIPE" && !sh.process.dispositions.has(13))) throw error;
    await sh.complain(`${words[0]}: write error: ${strerror(errno)}`);
    return 1;
  }
}

/** Runs inside this shell's process with the redirections applied for the time. */
async function inShell(
  sh: ShellProcess,
  redirections: readonly Redirection[],
  body: () => Promise<number>,
): Promise<number> {
  if (redirections.length === 0) return body();
  const saved: Descriptors = new Map();
  for (const [fd, descriptor] of sh.process.fds) saved.set(fd, descriptor.retain());
  try {
    const failed = await redirectOrComplain(sh, redirections, sh.process.fds);
    return failed ?? (await body());
  } finally {
    restore(sh.process.fds, saved);
  }
}

export async function runWords(
  sh: ShellProcess,
  words: readonly string[],
  options: { readonly skipFunctions?: boolean } = {},
): Promise<number> {
  if (words.length === 0) return 0;
  return dispatch(sh, words, {
    redirections: [],
    inPlace: false,
    skipFunctions: options.skipFunctions ?? false,
  });
}
