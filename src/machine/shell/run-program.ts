import { ExitJump, ShellError } from "./control.ts";
import { CallFailed, errnoOf, LimitReached, strerror } from "./errors.ts";
import { addJob, waitForeground } from "./jobs.ts";
import { createLauncher, execute, type Image, imageOf, runForeign } from "./launch.ts";
import { copyDescriptors } from "./open-file.ts";
import { reportDeath } from "./pipeline.ts";
import { live, Process } from "./processes.ts";
import { redirectOrComplain } from "./redirect.ts";
import { lookupPath, remember } from "./resolve.ts";
import { runScriptText } from "./scripts.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Redirection } from "./syntax.ts";

/** How a program is run for a shell. */
interface ProgramRun {
  readonly redirections: readonly Redirection[];
  /** The shell has nothing left to do: the program takes its process. */
  readonly inPlace: boolean;
}

/** Runs a program by its words in a process of its own and waits for it. */
export async function runProgram(
  sh: ShellProcess,
  words: readonly string[],
  how: ProgramRun,
): Promise<number> {
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
  // A shell that was killed while it waited for `a` in `a || b` starts no b.
  sh.process.signal.throwIfAborted();
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
  const failed = await redirectOrComplain(sh, redirections, process.fds);
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
