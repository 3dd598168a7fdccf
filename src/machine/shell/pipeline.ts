import { ExitJump, Interrupted, LoopJump, ReturnJump, ShellError } from "./control.ts";
import { errnoOf, LimitReached, ProcessEnded } from "./errors.ts";
import { addJob, waitForeground } from "./jobs.ts";
import {
  copyDescriptors,
  type Descriptor,
  nullFile,
  Descriptor as OpenDescriptor,
  Pipe,
  setDescriptor,
} from "./open-file.ts";
import { type ExitState, live, Process, statusOf } from "./processes.ts";
import { ShellProcess } from "./shell-process.ts";
import { SIGNAL, signalDescription } from "./signals.ts";
import type { Command, Statement } from "./syntax.ts";
import { runExitTrap } from "./traps.ts";

type RunCommand = (sh: ShellProcess, command: Command, inPlace: boolean) => Promise<number>;
type Pipeline = Statement["pipelines"][number];

interface Fork {
  readonly text: string;
  readonly body: (inner: ShellProcess) => Promise<number>;
  readonly files?: readonly (readonly [number, Descriptor | undefined])[];
  readonly pgid?: number;
  readonly newGroup?: boolean;
}

interface Child {
  readonly process: Process;
  wait(): Promise<number>;
}

/**
 * A copy of the shell in a process of its own.
 *
 * @throws {FsError} EAGAIN when the world has too many processes
 */
export function forkShell(sh: ShellProcess, fork: Fork): Child {
  sh.process.signal.throwIfAborted();
  const files = copyDescriptors(sh.process.fds);
  for (const [fd, descriptor] of fork.files ?? []) setDescriptor(files, fd, descriptor);
  let process: Process;
  try {
    process = new Process(
      sh.process.host,
      {
        ppid: sh.process.pid,
        sid: sh.process.sid,
        argv: sh.process.argv,
        exe: sh.process.exe,
        cwd: sh.process.cwd,
        env: sh.process.env,
        owner: sh.process.owner,
        tty: sh.process.tty,
        ...(fork.newGroup === true ? {} : { pgid: fork.pgid ?? sh.process.pgid }),
      },
      files,
    );
  } catch (error) {
    for (const descriptor of files.values()) descriptor.release();
    if (errnoOf(error) === "EAGAIN")
      throw new ShellError("fork: retry: Resource temporarily unavailable", 254, true);
    throw error;
  }
  for (const [signal, disposition] of sh.process.dispositions) {
    if (disposition === "ignore" && sh.state.traps.get(String(signal)) === undefined)
      process.dispositions.set(signal, "ignore");
  }
  const inner = new ShellProcess({
    context: sh.context,
    state: sh.state.fork(),
    process,
    evaluator: sh.evaluator,
    programs: sh.programs,
    run: sh.run,
  });
  inner.conditional = sh.conditional;
  inner.depth = sh.depth + 1;
  inner.state.options.delete("monitor");
  const ended = live(process, () => subshellLife(inner, fork.body));
  return { process, wait: async () => statusOf(await ended) };
}

/** Depth of forks inside forks; a fork bomb ends here when the process limit does not end it first. */
const MAX_DEPTH = 400;

async function subshellLife(
  inner: ShellProcess,
  body: (inner: ShellProcess) => Promise<number>,
): Promise<number> {
  try {
    if (inner.depth > MAX_DEPTH) throw new LimitReached("recursion");
    return await runExitTrap(inner, await body(inner));
  } catch (error) {
    if (error instanceof ExitJump) return runExitTrap(inner, error.status);
    if (error instanceof ReturnJump) return error.status;
    if (error instanceof LoopJump) return 0;
    if (error instanceof LimitReached) throw new ProcessEnded(SIGNAL.KILL);
    if (error instanceof ShellError) {
      if (error.text !== "") await inner.complain(error.text);
      return error.status;
    }
    throw error;
  }
}

export async function runPipeline(
  sh: ShellProcess,
  pipeline: Pipeline,
  runCommand: RunCommand,
): Promise<number> {
  const started = performance.now();
  const usage = sh.run.budget.cpuMs;
  if (pipeline.negated) sh.conditional += 1;
  let status: number;
  try {
    status = await (pipeline.commands.length === 1 && pipeline.commands[0] !== undefined
      ? single(sh, pipeline.commands[0], runCommand)
      : several(sh, pipeline, runCommand));
  } finally {
    if (pipeline.negated) sh.conditional -= 1;
  }
  if (pipeline.timed === true)
    await sh.err(
      timeText(performance.now() - started, sh.run.budget.cpuMs - usage, pipeline.timePosix === true),
    );
  return pipeline.negated ? (status === 0 ? 1 : 0) : status;
}

async function single(sh: ShellProcess, command: Command, runCommand: RunCommand): Promise<number> {
  const status = await runCommand(sh, command, false);
  if (
    command.type === "SimpleCommand" ||
    command.type === "Subshell" ||
    command.type === "ConditionalCommand"
  )
    sh.state.pipeStatus = [status];
  return status;
}

function timeText(elapsedMs: number, cpuMs: number, posix: boolean): string {
  const user = Math.min(elapsedMs, Math.max(1, cpuMs)) / 1000;
  const system = Math.min(elapsedMs / 1000, 0.001 + user / 3);
  if (posix)
    return `real ${(elapsedMs / 1000).toFixed(2)}\nuser ${user.toFixed(2)}\nsys ${system.toFixed(2)}\n`;
  const format = (seconds: number) => `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s`;
  return `\nreal\t${format(elapsedMs / 1000)}\nuser\t${format(user)}\nsys\t${format(system)}\n`;
}

async function several(sh: ShellProcess, pipeline: Pipeline, runCommand: RunCommand): Promise<number> {
  const { commands } = pipeline;
  if (commands.length > sh.run.budget.limits.pipelineLength) throw new LimitReached("pipeline");
  const children = startPipeline(sh, pipeline, runCommand);
  const job = addJob(sh, { processes: children.map((child) => child.process), text: "", foreground: true });
  const status = await waitForeground(
    sh,
    job,
    children.map((child) => child.process),
  );
  if (job.state !== "done") return status;
  const statuses = await Promise.all(children.map((child) => child.wait()));
  sh.state.pipeStatus = statuses;
  await reportDeath(sh, children.at(-1)?.process.exitState, children.at(-1)?.process, "");
  if (!sh.option("pipefail")) return statuses.at(-1) ?? 0;
  return statuses.findLast((each) => each !== 0) ?? 0;
}

function startPipeline(sh: ShellProcess, pipeline: Pipeline, runCommand: RunCommand): Child[] {
  const children: Child[] = [];
  const monitor = sh.option("monitor");
  let pgid: number | undefined;
  let input: Pipe | undefined;
  for (const [index, command] of pipeline.commands.entries()) {
    const output = index < pipeline.commands.length - 1 ? new Pipe() : undefined;
    const files: [number, Descriptor | undefined][] = [];
    if (input !== undefined) files.push([0, new OpenDescriptor(input.reader)]);
    if (output !== undefined) {
      const writer = new OpenDescriptor(output.writer);
      files.push([1, writer]);
      if (pipeline.pipeStderr?.[index] === true) files.push([2, writer.retain()]);
    }
    const child = forkShell(sh, {
      text: "",
      body: (inner) => runCommand(inner, command, true),
      files,
      ...(pgid === undefined ? { newGroup: monitor } : { pgid }),
    });
    pgid ??= child.process.pgid;
    children.push(child);
    input = output;
  }
  return children;
}

/** `cmd &` */
export async function runBackground(sh: ShellProcess, statement: Statement): Promise<void> {
  if (sh.state.jobs.length >= sh.run.budget.limits.jobs)
    throw new ShellError("fork: retry: Resource temporarily unavailable", 254);
  const monitor = sh.option("monitor");
  const text = (statement.sourceText ?? "").trim().replace(/\s*&$/, "");
  const only = statement.pipelines.length === 1 ? statement.pipelines[0] : undefined;
  const command = only?.commands.length === 1 && !only.negated ? only.commands[0] : undefined;
  const child = forkShell(sh, {
    text,
    newGroup: monitor,
    ...(monitor ? {} : { files: [[0, new OpenDescriptor(nullFile)] as const] }),
    body: async (inner) => {
      if (command?.type === "SimpleCommand") return runOnly(inner, statement);
      return inner.evaluator.statements(inner, [{ ...statement, background: false }]);
    },
  });
  if (!monitor) {
    child.process.dispositions.set(SIGNAL.INT, "ignore");
    child.process.dispositions.set(SIGNAL.QUIT, "ignore");
  }
  const job = addJob(sh, { processes: [child.process], text, foreground: false });
  if (sh.state.interactive) await sh.err(`[${job.number}] ${child.process.pid}\n`);
}

function runOnly(inner: ShellProcess, statement: Statement): Promise<number> {
  tail.add(inner);
  return inner.evaluator.statements(inner, [{ ...statement, background: false }]);
}

/** Shells whose whole work is one simple command: the program takes their process. */
export const tail = new WeakSet<ShellProcess>();

/** What a shell says when a foreground program was ended by a signal. */
export async function reportDeath(
  sh: ShellProcess,
  exit: ExitState | undefined,
  process: Process | undefined,
  text: string,
): Promise<void> {
  const signal = exit?.signal;
  if (signal === undefined || signal === SIGNAL.PIPE) return;
  if (signal === SIGNAL.INT) {
    if (!sh.state.interactive) return;
    sh.process.takeInterruption();
    throw new Interrupted();
  }
  const description = signalDescription(signal);
  if (sh.state.interactive || sh.state.dialect !== "bash") await sh.err(`${description}\n`);
  else if (text !== "")
    await sh.err(`${sh.prefix}${String(process?.pid ?? 0).padStart(5)} ${description.padEnd(23)} ${text}\n`);
}
