import { ShellError } from "../control.ts";
import { strerror } from "../errors.ts";
import { findJob, jobLine, waitForeground } from "../jobs.ts";
import type { Process } from "../processes.ts";
import type { ShellProcess } from "../shell-process.ts";
import { SIGNAL, signalName, signalNumber, signalTable } from "../signals.ts";
import type { Job } from "../state.ts";

export async function jobs(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const withPid = args.some((arg) => /^-\w*l/.test(arg));
  const pidsOnly = args.some((arg) => /^-\w*p/.test(arg));
  const specs = args.filter((arg) => !arg.startsWith("-"));
  for (const spec of specs)
    if (findJob(sh, spec) === undefined) throw new ShellError(`jobs: ${spec}: no such job`);
  const chosen =
    specs.length > 0
      ? specs.map((spec) => findJob(sh, spec)).filter((job) => job !== undefined)
      : sh.state.jobs;
  for (const job of chosen) {
    if (job.text === "" && job.foreground) continue;
    await sh.out(pidsOnly ? `${job.pids[0]}\n` : jobLine(sh, job, withPid));
    if (job.state === "done") job.reported = true;
  }
  sh.state.jobs = sh.state.jobs.filter((job) => job.state !== "done" || !job.reported);
  return 0;
}

function members(sh: ShellProcess, job: Job): Process[] {
  return job.pids.map((pid) => sh.process.host.find(pid)).filter((process) => process !== undefined);
}

function controlled(sh: ShellProcess, builtin: string, spec: string): Job {
  if (!sh.option("monitor")) throw new ShellError(`${builtin}: no job control`);
  const job = findJob(sh, spec);
  if (job === undefined) throw new ShellError(`${builtin}: ${spec === "" ? "current" : spec}: no such job`);
  return job;
}

export async function fg(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const job = controlled(sh, "fg", args[0] ?? "");
  await sh.out(`${job.text}\n`);
  if (job.state === "stopped") job.state = "running";
  job.foreground = true;
  const processes = members(sh, job);
  for (const process of processes) process.deliver(SIGNAL.CONT);
  return waitForeground(sh, job, processes);
}

export async function bg(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const job = controlled(sh, "bg", args[0] ?? "");
  if (job.state === "running") throw new ShellError(`bg: job ${job.number} already in background`, 0);
  job.state = "running";
  for (const process of members(sh, job)) process.deliver(SIGNAL.CONT);
  await sh.out(`[${job.number}]+ ${job.text} &\n`);
  return 0;
}

export async function wait(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const specs = args.filter((arg) => !/^-[fnp]$/.test(arg));
  if (args.includes("-n")) {
    const running = sh.state.jobs.filter((job) => job.state !== "done");
    if (running.length === 0) return 127;
    return interruptible(sh, Promise.race(running.map((job) => job.ended)));
  }
  if (specs.length === 0) {
    for (const job of sh.state.jobs.slice()) if (job.state === "running") await interruptible(sh, job.ended);
    if (!sh.state.interactive) sh.state.jobs = sh.state.jobs.filter((job) => job.state !== "done");
    return 0;
  }
  let status = 0;
  for (const spec of specs) status = await waitOne(sh, spec);
  return status;
}

async function waitOne(sh: ShellProcess, spec: string): Promise<number> {
  if (spec.startsWith("%")) {
    const job = findJob(sh, spec);
    if (job === undefined) throw new ShellError(`wait: ${spec}: no such job`, 127);
    return interruptible(sh, job.ended);
  }
  if (!/^\d+$/.test(spec)) throw new ShellError(`wait: \`${spec}': not a pid or valid job spec`, 1);
  const job = sh.state.jobs.find((each) => each.pids.includes(Number(spec)));
  if (job === undefined) throw new ShellError(`wait: pid ${spec} is not a child of this shell`, 127);
  return interruptible(sh, job.ended);
}

async function interruptible(sh: ShellProcess, ended: Promise<number>): Promise<number> {
  const { signal } = sh.process;
  let abort: () => void = () => {};
  try {
    return await Promise.race([
      ended,
      new Promise<never>((_resolve, reject) => {
        abort = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", abort, { once: true });
      }),
    ]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

export async function disown(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const specs = args.filter((arg) => !arg.startsWith("-"));
  if (args.some((arg) => arg.includes("a"))) sh.state.jobs = [];
  else if (specs.length === 0) {
    const job = findJob(sh, "");
    if (job === undefined) throw new ShellError("disown: current: no such job");
    sh.state.jobs = sh.state.jobs.filter((each) => each !== job);
  }
  for (const spec of specs) {
    const job = findJob(sh, spec) ?? sh.state.jobs.find((each) => each.pids.includes(Number(spec)));
    if (job === undefined) throw new ShellError(`disown: ${spec}: no such job`);
    if (args.includes("-h")) job.disowned = true;
    else sh.state.jobs = sh.state.jobs.filter((each) => each !== job);
  }
  return 0;
}

const usage =
  "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n";

const posixUsage =
  "kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]\n";

export async function kill(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const [first = ""] = args;
  if (first === "-l" || first === "-L") return listSignals(sh, args.slice(1));
  const { signal, rest } = chosenSignal(sh, args);
  const targets = rest[0] === "--" ? rest.slice(1) : rest;
  if (targets.length === 0) {
    await sh.err(sh.state.dialect === "bash" ? usage : `${sh.prefix}${posixUsage}`);
    return 2;
  }
  let status = 0;
  for (const target of targets) {
    const error = killOne(sh, target, signal);
    if (error === undefined) continue;
    status = 1;
    await sh.complain(`kill: ${error}`);
  }
  return status;
}

interface ChosenSignal {
  readonly signal: number;
  readonly rest: readonly string[];
}

/** `-s NAME`, `-n NUMBER`, `-NAME` or nothing. */
function chosenSignal(sh: ShellProcess, args: readonly string[]): ChosenSignal {
  const [first = "", second = ""] = args;
  if (first === "-s" || first === "-n") {
    const signal = signalNumber(second);
    if (signal === undefined) throw new ShellError(`kill: ${second}: invalid signal specification`);
    return { signal, rest: args.slice(2) };
  }
  if (!/^-./.test(first) || first === "--") return { signal: SIGNAL.TERM, rest: args };
  const signal = signalNumber(first.slice(1));
  if (signal !== undefined) return { signal, rest: args.slice(1) };
  if (sh.state.dialect !== "bash") throw new ShellError(`kill: Illegal option ${first.slice(0, 2)}`, 2);
  throw new ShellError(`kill: ${first.slice(1)}: invalid signal specification`);
}

function killOne(sh: ShellProcess, target: string, signal: number): string | undefined {
  const { host, owner } = sh.process;
  if (target.startsWith("%")) {
    const job = findJob(sh, target);
    if (job === undefined)
      return sh.state.dialect === "bash" ? `${target}: no such job` : `No such job: ${target}`;
    for (const process of members(sh, job)) {
      process.deliver(signal);
      if (process.stopped && signal !== SIGNAL.STOP) process.deliver(SIGNAL.CONT);
    }
    return undefined;
  }
  if (!/^-?\d+$/.test(target)) {
    return sh.state.dialect === "bash"
      ? `${target}: arguments must be process or job IDs`
      : `Illegal number: ${target}`;
  }
  const pid = Number(target);
  if (pid <= 0) {
    const group = pid === 0 ? sh.process.pgid : -pid;
    if (pid === -1) return undefined;
    return host.killGroup(group, signal, owner.uid) > 0 ? undefined : `(${target}) - ${strerror("ESRCH")}`;
  }
  const errno = host.kill(pid, signal, owner.uid);
  if (errno === undefined) return undefined;
  return sh.state.dialect === "bash" ? `(${target}) - ${strerror(errno)}` : strerror(errno);
}

async function listSignals(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    await sh.out(sh.state.dialect === "bash" ? signalTable() : dashSignals());
    return 0;
  }
  for (const arg of args) {
    const number = /^\d+$/.test(arg) ? Number(arg) & 127 : signalNumber(arg);
    if (number === undefined) throw new ShellError(`kill: ${arg}: invalid signal specification`);
    await sh.out(`${/^\d+$/.test(arg) ? signalName(number) : number}\n`);
  }
  return 0;
}

function dashSignals(): string {
  return Array.from({ length: 31 }, (_each, index) => `${signalName(index + 1)}\n`).join("");
}
