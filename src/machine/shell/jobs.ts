import type { Process } from "./processes.ts";
import { statusOf } from "./processes.ts";
import type { ShellProcess } from "./shell-process.ts";
import { SIGNAL, signalDescription } from "./signals.ts";
import type { Job } from "./state.ts";

/** Registers processes that run beside the shell as a job. */
export function addJob(
  sh: ShellProcess,
  job: { readonly processes: readonly Process[]; readonly text: string; readonly foreground: boolean },
): Job {
  const { state } = sh;
  const number = Math.max(0, ...state.jobs.map((each) => each.number)) + 1;
  const last = job.processes.at(-1);
  const made: Job = {
    number,
    pgid: job.processes[0]?.pgid ?? 0,
    text: job.text,
    pids: job.processes.map((process) => process.pid),
    state: "running",
    status: 0,
    reported: false,
    disowned: false,
    foreground: job.foreground,
    ended: Promise.resolve(0),
  };
  made.ended = Promise.all(job.processes.map((process) => process.exited)).then((exits) => {
    const exit = exits.at(-1) ?? { code: 0 };
    made.state = "done";
    made.reported = false;
    made.status = statusOf(exit);
    if (exit.signal !== undefined) made.signal = exit.signal;
    return made.status;
  });
  for (const process of job.processes) {
    process.onStop(() => {
      made.state = "stopped";
      made.reported = false;
    });
  }
  state.jobs.push(made);
  if (!job.foreground && last !== undefined) state.backgroundPid = last.pid;
  return made;
}

/** `+` for the current job, `-` for the one before. */
function jobMark(sh: ShellProcess, job: Job): string {
  const open = currentOrder(sh);
  return open[0] === job ? "+" : open[1] === job ? "-" : " ";
}

function currentOrder(sh: ShellProcess): readonly Job[] {
  const stopped = sh.state.jobs.filter((job) => job.state === "stopped").reverse();
  return [...stopped, ...sh.state.jobs.filter((job) => job.state !== "stopped").reverse()];
}

function jobStateText(job: Job): string {
  if (job.state === "stopped") return "Stopped";
  if (job.state === "running") return "Running";
  if (job.signal !== undefined) return signalDescription(job.signal);
  return job.status === 0 ? "Done" : `Exit ${job.status}`;
}

export function jobLine(sh: ShellProcess, job: Job, withPid = false): string {
  const pid = withPid ? `${job.pids[0]} ` : "";
  const text = job.state === "running" ? `${job.text} &` : job.text;
  return `[${job.number}]${jobMark(sh, job)}  ${pid}${jobStateText(job).padEnd(withPid ? 24 : 24)}${text}\n`;
}

/** `%1`, `%%`, `%+`, `%-`, `%name`, `%?text`; undefined when there is none. */
export function findJob(sh: ShellProcess, spec: string): Job | undefined {
  const order = currentOrder(sh);
  if (spec === "%%" || spec === "%+" || spec === "%" || spec === "") return order[0];
  if (spec === "%-") return order[1] ?? order[0];
  const body = spec.replace(/^%/, "");
  if (/^\d+$/.test(body)) return sh.state.jobs.find((job) => job.number === Number(body));
  const match = body.startsWith("?")
    ? (job: Job) => job.text.includes(body.slice(1))
    : (job: Job) => job.text.startsWith(body);
  return order.find(match);
}

/** Reports of ended jobs, as bash prints them before a prompt; ended jobs are forgotten. */
export function takeReports(sh: ShellProcess): string {
  let out = "";
  for (const job of sh.state.jobs) {
    if (job.reported || job.disowned) continue;
    if (job.state === "done") {
      if (!job.foreground && job.signal !== SIGNAL.INT) out += jobLine(sh, job);
      job.reported = true;
    } else if (job.state === "stopped" && !job.foreground) {
      out += jobLine(sh, job);
      job.reported = true;
    }
  }
  sh.state.jobs = sh.state.jobs.filter((job) => job.state !== "done");
  return out;
}

/** Waits for a job in the foreground; it ends or is stopped. */
export async function waitForeground(
  sh: ShellProcess,
  job: Job,
  processes: readonly Process[],
): Promise<number> {
  const { tty } = sh.context;
  const own = tty?.foreground;
  const monitor = sh.option("monitor") && tty !== undefined;
  if (monitor) tty.foreground = job.pgid;
  const stops: (() => void)[] = [];
  const stopped = new Promise<"stopped">((resolve) => {
    for (const process of processes) {
      stops.push(
        process.onStop(() => {
          if (monitor) resolve("stopped");
        }),
      );
      if (process.stopped && monitor) resolve("stopped");
    }
  });
  const outcome = await Promise.race([job.ended, stopped]);
  for (const stop of stops) stop();
  if (monitor && own !== undefined) tty.foreground = own;
  if (outcome === "stopped") {
    job.state = "stopped";
    job.foreground = false;
    job.reported = true;
    await sh.err(`\n${jobLine(sh, job)}`);
    return 128 + SIGNAL.TSTP;
  }
  sh.state.jobs = sh.state.jobs.filter((each) => each !== job);
  return outcome;
}
