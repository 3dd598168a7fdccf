import type { Program, ProgramContext } from "../command.ts";
import { uptimeLine } from "../identity/uptime.ts";
import { memory, user } from "./ps.ts";

async function top(context: ProgramContext): Promise<number> {
  const batch = context.args.some((arg) => /^-\w*b/.test(arg));
  if (!batch && !context.isTerminal(1)) return context.fail("top: failed tty get");
  const count = /-\w*n ?(\d+)/.exec(context.args.join(" "))?.[1];
  const turns = count === undefined ? 1_000_000 : Number(count);
  for (let turn = 0; turn < turns; turn++) {
    if (turn > 0) await context.sleep(3000);
    await context.out(
      `${batch ? (turn > 0 ? "\n" : "") : "\x1b[H\x1b[2J"}${topText(context, batch ? Number.POSITIVE_INFINITY : (context.login.tty?.size().rows ?? 24) - 8)}`,
    );
    if (!batch && (await quitKey(context))) break;
  }
  return 0;
}

async function quitKey(context: ProgramContext): Promise<boolean> {
  await context.flush();
  const { tty } = context.login;
  if (tty === undefined) return false;
  const echo = { ...tty.modes };
  Object.assign(tty.modes, { echo: false, canonical: false });
  const timeout = AbortSignal.timeout(3000);
  try {
    const key = await tty.file.read(1, AbortSignal.any([context.process.signal, timeout]));
    return key === undefined || key[0] === 113;
  } catch (error) {
    context.process.signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    return false;
  } finally {
    Object.assign(tty.modes, echo);
  }
}

function topText(context: ProgramContext, lines: number): string {
  const { world } = context;
  const all = world.processes.list();
  const memory_ = world.memory();
  const count = (letters: string) => all.filter((facts) => letters.includes(facts.state)).length;
  const load = Math.min(99, (world.loadAverage()[0] / context.model.hardware.cpus.length) * 100);
  const mib = (kib: number) => (kib / 1024).toFixed(1).padStart(8);
  const cache = memory_.buffers + memory_.cached + memory_.slabReclaimable;
  const rows = all
    .map((facts) => ({ facts, cpu: world.processes.cpu(facts.pid) }))
    .sort((a, b) => b.cpu.percent - a.cpu.percent || a.facts.pid - b.facts.pid);
  const head = `top -${uptimeLine(context).replace(/\n$/, "")}\nTasks: ${String(all.length).padStart(3)} total, ${String(Math.max(1, count("R"))).padStart(3)} running, ${String(count("SDI")).padStart(3)} sleeping, ${String(count("T")).padStart(3)} stopped, ${String(count("Z")).padStart(3)} zombie\n%Cpu(s): ${(load * 0.7).toFixed(1).padStart(4)} us, ${(load * 0.3).toFixed(1).padStart(4)} sy,  0.0 ni, ${(100 - load).toFixed(1).padStart(4)} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st \nMiB Mem : ${mib(memory_.total)} total, ${mib(memory_.free)} free, ${mib(memory_.total - memory_.available)} used, ${mib(cache)} buff/cache     \nMiB Swap: ${mib(memory_.swapTotal)} total, ${mib(memory_.swapFree)} free, ${mib(memory_.swapTotal - memory_.swapFree)} used. ${mib(memory_.available)} avail Mem \n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n`;
  return (
    head +
    rows
      .slice(0, lines)
      .map(({ facts, cpu }) => {
        const time = `${Math.floor(cpu.seconds / 60)}:${(cpu.seconds % 60).toFixed(2).padStart(5, "0")}`;
        return `${String(facts.pid).padStart(7)} ${user({ facts, cpu }, context).padEnd(8)} ${String(20 + facts.nice).padStart(3)} ${String(facts.nice).padStart(3)} ${String(facts.vsz).padStart(7)} ${String(facts.rss).padStart(6)} ${String(Math.floor(facts.rss * 0.6)).padStart(6)} ${facts.state} ${cpu.percent.toFixed(1).padStart(5)} ${memory({ facts, cpu }, context).padStart(5)} ${time.padStart(9)} ${facts.comm}\n`;
      })
      .join("")
  );
}

export const topPrograms: readonly Program[] = [{ names: ["top"], run: top }];
