import { strerror } from "../../shell/errors.ts";
import { SIGNAL, signalName, signalNumber } from "../../shell/signals.ts";
import type { Program, ProgramContext } from "../command.ts";
import { eachOperand } from "../operands.ts";

const killUsage =
  "\nUsage:\n kill [options] <pid> [...]\n\nOptions:\n <pid> [...]            send signal to every <pid> listed\n -<signal>, -s, --signal <signal>\n                        specify the <signal> to be sent\n -q, --queue <value>    integer value to be sent with the signal\n -l, --list=[<signal>]  list all signal names, or convert one to a name\n -L, --table            list all signal names in a nice table\n\n -h, --help     display this help and exit\n -V, --version  output version information and exit\n\nFor more details see kill(1).";

/** Sends a signal, to processes of this world's shells or of the model. */
export function sendSignal(context: ProgramContext, pid: number, number: number): string | undefined {
  const errno = context.login.processes.kill(pid, number, context.uid);
  return errno === undefined ? undefined : strerror(errno);
}

async function kill(context: ProgramContext): Promise<number> {
  if (context.args.some((arg) => arg === "-l" || arg === "--list")) {
    await context.out(`${Array.from({ length: 31 }, (_each, index) => signalName(index + 1)).join(" ")}\n`);
    return 0;
  }
  const { number, pids } = killCall(context.args);
  if (pids.length === 0) return context.fail(killUsage);
  return eachOperand(pids, async (pid) => {
    const error = /^\d+$/.test(pid) ? sendSignal(context, Number(pid), number) : "No such process";
    return error === undefined ? 0 : context.fail(`kill: (${pid}): ${error}`);
  });
}

function killCall(args: readonly string[]): { readonly number: number; readonly pids: readonly string[] } {
  let number: number = SIGNAL.TERM;
  const pids: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const named = pids.length === 0 && /^-./.test(arg) ? signalNumber(arg.slice(1)) : undefined;
    if (arg === "-s" || arg === "-n") number = signalNumber(args[++at] ?? "") ?? number;
    else if (named !== undefined) number = named;
    else pids.push(arg);
  }
  return { number, pids };
}

async function killall(context: ProgramContext): Promise<number> {
  const { number, names } = killallCall(context.args);
  const quiet = context.args.some((arg) => arg === "-q" || arg === "--quiet");
  if (names.length === 0)
    return context.fail(
      "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version",
    );
  return eachOperand(names, async (name) => {
    const found = context.world.processes
      .list()
      .filter((facts) => facts.comm === name.slice(0, 15) && facts.pid !== context.process.pid);
    for (const facts of found) sendSignal(context, facts.pid, number);
    if (found.length > 0) return 0;
    if (!quiet) await context.err(`${name}: no process found\n`);
    return 1;
  });
}

function killallCall(args: readonly string[]): {
  readonly number: number;
  readonly names: readonly string[];
} {
  let number: number = SIGNAL.TERM;
  const names: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const named = arg.startsWith("-") ? signalNumber(arg.slice(1)) : undefined;
    if (named !== undefined) number = named;
    else if (arg === "-s") number = signalNumber(args[++at] ?? "") ?? number;
    else if (!arg.startsWith("-")) names.push(arg);
  }
  return { number, names };
}

export const killPrograms: readonly Program[] = [
  { names: ["kill"], run: kill },
  { names: ["killall"], run: killall },
];
