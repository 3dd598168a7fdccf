import { strerror } from "../../shell/errors.ts";
import { SIGNAL, signalNumber } from "../../shell/signals.ts";
import type { Program, ProgramContext } from "../command.ts";
import { curly, hint } from "../operands.ts";
import { duration } from "./sleep.ts";

/** Options that change nothing here. */
const ignored = /^(--preserve-status|--foreground|-v|--verbose|--kill-after=.*|-k.*)$/;

interface Call {
  readonly signal: number;
  readonly rest: readonly string[];
  readonly bad?: string;
}

async function timeout(context: ProgramContext): Promise<number> {
  const { signal, rest, bad } = callOf(context.args);
  if (bad !== undefined)
    return context.fail(`${context.argv0}: unrecognized option '${bad}'${hint(context)}`, 125);
  const [time, ...argv] = rest;
  if (time === undefined || argv.length === 0)
    return context.fail(`${context.argv0}: missing operand${hint(context)}`, 125);
  const seconds = duration(time);
  if (seconds === undefined)
    return context.fail(`${context.argv0}: invalid time interval ${curly(time)}${hint(context)}`, 125);
  return runFor(context, argv, seconds, signal);
}

function callOf(args: readonly string[]): Call {
  let signal: number = SIGNAL.TERM;
  let at = 0;
  for (; (args[at] ?? "").startsWith("-"); at++) {
    const arg = args[at] ?? "";
    const named = arg === "-s" ? args[++at] : /^(?:-s|--signal=)(.*)$/s.exec(arg)?.[1];
    if (named !== undefined) signal = signalNumber(named) ?? signal;
    else if (arg === "-k") at += 1;
    else if (arg !== "-s" && !ignored.test(arg)) return { signal, rest: [], bad: arg };
  }
  return { signal, rest: args.slice(at) };
}

async function runFor(
  context: ProgramContext,
  argv: readonly string[],
  seconds: number,
  signal: number,
): Promise<number> {
  const started = context.launcher.start(context, argv);
  if ("error" in started)
    return context.fail(
      `${context.argv0}: failed to run command ${curly(argv[0] ?? "")}: ${strerror(started.error)}`,
      started.error === "ENOENT" ? 127 : 126,
    );
  let late = false;
  const end = () => {
    late = true;
    started.process.deliver(signal);
  };
  const timer = setTimeout(end, Math.min(seconds * 1000, 2_147_483_647));
  const state = await started.ended;
  clearTimeout(timer);
  if (late) return signal === SIGNAL.KILL ? 137 : 124;
  return state.signal === undefined ? state.code : 128 + state.signal;
}

export const timeoutPrograms: readonly Program[] = [{ names: ["timeout"], run: timeout }];
