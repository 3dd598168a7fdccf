import { expandAlias } from "./aliases.ts";
import { evaluateText } from "./arithmetic.ts";
import { builtinFor, isSpecial } from "./builtins/table.ts";
import { ExitJump, ShellError } from "./control.ts";
import { CallFailed, errnoOf, LimitReached, strerror } from "./errors.ts";
import { expandSingle, expandWords } from "./expand.ts";
import { addJob, waitForeground } from "./jobs.ts";
import { createLauncher, execute, type Image, imageOf, runForeign } from "./launch.ts";
import { copyDescriptors, type Descriptors, setDescriptor } from "./open-file.ts";
import { subscriptOf } from "./parameter.ts";
import { reportDeath, tail } from "./pipeline.ts";
import { live, Process } from "./processes.ts";
import { quoteWhenNeeded } from "./quote.ts";
import { applyRedirections } from "./redirect.ts";
import { lookupPath, remember } from "./resolve.ts";
import { runScriptText } from "./scripts.ts";
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
  if (sh.option("xtrace"))
    await sh.err(`${trace(sh)}${[...assignmentTexts(sh, node), ...words.map(traceWord)].join(" ")}\n`);
  const saved = await temporaryAssignments(sh, node.assignments);
  const name = words[0] ?? "";
  try {
    return await dispatch(sh, words, { redirections: node.redirections, inPlace });
  } finally {
    if (!isSpecial(name) || state.dialect === "bash") restoreAssignments(sh, saved);
    state.lastArgument = words.at(-1) ?? "";
  }
}

function assignmentTexts(sh: ShellProcess, node: Simple): string[] {
  return node.assignments
    .filter((each) => each.array === null)
    .map((each) => `${each.name}=${sh.vars.get(each.name) ?? ""}`)
    .slice(0, 0);
}

const traceWord = (word: string): string => (word === "" ? "''" : quoteWhenNeeded(word));

function trace(sh: ShellProcess): string {
  const mark = sh.vars.get("PS4") ?? "+ ";
  return (mark[0] ?? "").repeat(Math.min(sh.state.subshell, 10)) + mark;
}

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
    await sh.err(`${trace(sh)}${assignment.name}${assignment.append ? "+" : ""}=${quoteWhenNeeded(value)}\n`);
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
    const failed = await redirect(sh, redirections, sh.process.fds);
    return failed ?? (await body());
  } finally {
    restore(sh.process.fds, saved);
  }
}

/** @returns the status when a redirection failed */
async function redirect(
  sh: ShellProcess,
  redirections: readonly Redirection[],
  table: Descriptors,
): Promise<number | undefined> {
  try {
    await applyRedirections(sh, redirections, table);
    return undefined;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.text !== "") await sh.complain(error.text);
    return error.status;
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

async function runProgram(sh: ShellProcess, words: readonly string[], how: Dispatch): Promise<number> {
  if (how.inPlace) return becomeProgram(sh, words, how.redirections);
  let process: Process;
  try {
    process = fork(sh, words);
  } catch (error) {
    if (errnoOf(error) !== "EAGAIN") throw error;
    throw new ShellError(
      sh.state.dialect === "bash" ? "fork: retry: Resource temporarily unavailable" : "Cannot fork",
      254,
      true,
    );
  }
  const ended = live(process, () => programLife(sh, process, words, how.redirections));
  const job = addJob(sh, { processes: [process], text: words.join(" "), foreground: true });
  const status = await waitForeground(sh, job, [process]);
  if (job.state !== "done") return status;
  const exit = await ended;
  await reportDeath(sh, exit, process, words.join(" "));
  return status;
}

function fork(sh: ShellProcess, words: readonly string[]): Process {
  const process = new Process(
    sh.process.host,
    {
      ppid: sh.process.pid,
      sid: sh.process.sid,
      ...(sh.option("monitor") ? {} : { pgid: sh.process.pgid }),
      argv: words,
      exe: sh.process.exe,
      cwd: sh.cwd,
      env: sh.vars.environment(),
      owner: sh.process.owner,
      tty: sh.process.tty,
    },
    copyDescriptors(sh.process.fds),
  );
  for (const [signal, disposition] of sh.process.dispositions) {
    if (disposition === "ignore" && sh.state.traps.get(String(signal)) !== undefined)
      process.dispositions.set(signal, "ignore");
  }
  return process;
}

async function becomeProgram(
  sh: ShellProcess,
  words: readonly string[],
  redirections: readonly Redirection[],
): Promise<number> {
  sh.process.env = sh.vars.environment();
  return programLife(sh, sh.process, words, redirections);
}

async function programLife(
  sh: ShellProcess,
  process: Process,
  words: readonly string[],
  redirections: readonly Redirection[],
): Promise<number> {
  // A shell that was killed while it waited for `a` in `a || b` starts no b.
  process.signal.throwIfAborted();
  const failed = await redirect(sh, redirections, process.fds);
  if (failed !== undefined) return failed;
  const complain = async (text: string) => {
    const file = process.fds.get(2)?.file;
    if (file !== undefined) await file.write(Buffer.from(text), process.signal);
  };
  const name = words[0] ?? "";
  const path = name.includes("/") ? name : name === "" ? undefined : lookupPath(sh, name);
  if (path === undefined) return notFound(sh, words, complain);
  if (!name.includes("/")) remember(sh, name, path);
  const image = imageOf(sh.context, process, sh.run, { path: sh.path(path), argv: words });
  if (image.kind === "error")
    return complainAbout(sh, image, { name: name.includes("/") ? name : path, complain });
  process.become(image.argv, image.path);
  const env = new Map(process.env);
  env.set("_", path);
  process.env = env;
  return runImage(sh, process, image);
}

async function runImage(
  sh: ShellProcess,
  process: Process,
  image: Exclude<Image, { kind: "error" }>,
): Promise<number> {
  if (image.kind === "foreign") return runForeign(process, sh.context);
  if (image.kind === "text") return runScriptText(sh, process, image);
  try {
    return await execute({
      login: sh.context,
      process,
      run: sh.run,
      launcher: createLauncher(sh.programs),
      umask: sh.state.umask,
      image,
    });
  } catch (error) {
    if (error instanceof LimitReached) process.deliver(9);
    process.signal.throwIfAborted();
    if (error instanceof CallFailed && error.errno === "ENOEXEC") return 0;
    throw error;
  }
}

async function notFound(
  sh: ShellProcess,
  words: readonly string[],
  complain: (text: string) => Promise<void>,
): Promise<number> {
  const handler = sh.state.functions.get("command_not_found_handle");
  if (handler !== undefined) return sh.evaluator.callFunction(sh, handler, words);
  const text = sh.state.dialect === "bash" ? "command not found" : "not found";
  await complain(`${sh.prefix}${words[0] ?? ""}: ${text}\n`);
  return 127;
}

async function complainAbout(
  sh: ShellProcess,
  image: ErrorImage,
  told: { readonly name: string; readonly complain: (text: string) => Promise<void> },
): Promise<number> {
  const { name, complain } = told;
  const bash = sh.state.dialect === "bash";
  const text =
    image.interpreter !== undefined && bash
      ? interpreterRefused(image.errno, image.interpreter)
      : refusals[bash ? "bash" : "posix"][image.errno];
  await complain(`${sh.prefix}${name}: ${text}\n`);
  return refusalStatus(image);
}

type ErrorImage = Extract<Image, { kind: "error" }>;

/** What a shell says about a file that it cannot run. */
const refusals: Readonly<Record<"bash" | "posix", Readonly<Record<ErrorImage["errno"], string>>>> = {
  bash: {
    ENOENT: strerror("ENOENT"),
    EISDIR: strerror("EISDIR"),
    ENOEXEC: "cannot execute binary file: Exec format error",
    EACCES: strerror("EACCES"),
    ELOOP: strerror("ELOOP"),
  },
  posix: {
    ENOENT: "not found",
    EISDIR: strerror("EACCES"),
    ENOEXEC: strerror("ENOEXEC"),
    EACCES: strerror("EACCES"),
    ELOOP: strerror("ELOOP"),
  },
};

function interpreterRefused(errno: ErrorImage["errno"], interpreter: string): string {
  if (errno === "ENOENT") return "cannot execute: required file not found";
  return `${interpreter}: bad interpreter: ${strerror(errno === "EISDIR" ? "EACCES" : errno)}`;
}

const refusalStatus = ({ errno }: ErrorImage): number => (errno === "ENOENT" ? 127 : 126);

/** `exec program`: the program takes the shell's process, and the shell ends with it. */
export async function replaceShell(
  sh: ShellProcess,
  words: readonly string[],
  options: { readonly arg0?: string; readonly clean?: boolean },
): Promise<number> {
  const name = words[0] ?? "";
  const path = name.includes("/") ? name : lookupPath(sh, name);
  if (path === undefined) return refuseReplacement(sh, name, { status: 127, text: "not found" });
  const image = imageOf(sh.context, sh.process, sh.run, { path: sh.path(path), argv: words });
  if (image.kind === "error")
    return refuseReplacement(sh, name, { status: refusalStatus(image), text: replacementRefused(sh, image) });
  sh.process.env = options.clean === true ? new Map() : sh.vars.environment();
  const argv = options.arg0 === undefined ? image.argv : [options.arg0, ...image.argv.slice(1)];
  sh.process.become(argv, image.path);
  throw new ExitJump(await runImage(sh, sh.process, { ...image, argv }));
}

function replacementRefused(sh: ShellProcess, { errno }: ErrorImage): string {
  if (errno === "ENOENT") return sh.state.dialect === "bash" ? strerror(errno) : "not found";
  return strerror(errno === "EISDIR" ? "EACCES" : errno);
}

/** A script ends with a failed `exec`; a shell that somebody types at goes on. */
async function refuseReplacement(
  sh: ShellProcess,
  name: string,
  failure: { readonly status: number; readonly text: string },
): Promise<number> {
  const { status, text } = failure;
  if (sh.state.dialect === "bash" && name.includes("/")) {
    await sh.complain(`${name}: ${text}`);
    await sh.complain(`exec: ${name}: cannot execute: ${text}`);
  } else await sh.complain(`exec: ${name}: ${text}`);
  if (!sh.state.interactive) throw new ExitJump(status);
  return status;
}
