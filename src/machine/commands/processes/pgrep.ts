import type { ProcessFacts } from "../../model.ts";
import { SIGNAL, signalNumber } from "../../shell/signals.ts";
import type { Program, ProgramContext } from "../command.ts";
import { sendSignal } from "./kill.ts";

interface Call {
  readonly flags: Set<string>;
  readonly patterns: string[];
  owner: string | undefined;
  signal: number;
}

/** One function for `pgrep` and its link `pkill`. */
async function pgrep(context: ProgramContext): Promise<number> {
  const call = callOf(context);
  const [pattern] = call.patterns;
  if (pattern === undefined && call.owner === undefined)
    return context.fail(
      `${context.argv0}: no matching criteria specified\nTry \`${context.argv0} --help' for more information.`,
      2,
    );
  const expression = expressionOf(pattern ?? "", call.flags);
  if (expression === undefined)
    return context.fail(`${context.argv0}: regex error: Invalid regular expression`, 2);
  const found = matching(context, call, expression);
  await (context.name === "pkill" ? signalAll : list)(context, found, call);
  return found.length > 0 ? 0 : 1;
}

function callOf(context: ProgramContext): Call {
  const call: Call = { flags: new Set(), patterns: [], owner: undefined, signal: SIGNAL.TERM };
  const { args } = context;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const named = context.name === "pkill" && arg.startsWith("-") ? signalNumber(arg.slice(1)) : undefined;
    if (named !== undefined) call.signal = named;
    else if (/^-[uUtPgs]$/.test(arg)) {
      const value = args[++at];
      if (arg.toLowerCase() === "-u") call.owner = value;
    } else if (arg.startsWith("--signal"))
      call.signal = signalNumber(arg.split("=")[1] ?? args[++at] ?? "") ?? call.signal;
    else if (/^-[a-zA-Z]+$/.test(arg)) for (const letter of arg.slice(1)) call.flags.add(letter);
    else call.patterns.push(arg);
  }
  return call;
}

/** @returns undefined when the pattern is no expression */
function expressionOf(pattern: string, flags: ReadonlySet<string>): RegExp | undefined {
  const short = pattern.slice(0, 500);
  try {
    return new RegExp(flags.has("x") ? `^(?:${short})$` : short, flags.has("i") ? "i" : "");
  } catch {
    return undefined;
  }
}

function matching(context: ProgramContext, call: Call, expression: RegExp): readonly ProcessFacts[] {
  const { flags, owner } = call;
  const uid = owner === undefined ? undefined : (context.world.users.byName(owner)?.uid ?? Number(owner));
  const subject = (each: ProcessFacts) => (flags.has("f") && each.argv.join(" ")) || each.comm;
  const found = context.world.processes
    .list()
    .filter((each) => each.pid !== context.process.pid && (uid === undefined || each.uid === uid))
    .filter((each) => expression.test(subject(each)) !== flags.has("v"));
  if (flags.has("n")) return found.slice(-1);
  return flags.has("o") ? found.slice(0, 1) : found;
}

async function signalAll(context: ProgramContext, found: readonly ProcessFacts[], call: Call): Promise<void> {
  for (const { pid } of found) {
    const error = sendSignal(context, pid, call.signal);
    if (error !== undefined) await context.err(`pkill: killing pid ${pid} failed: ${error}\n`);
  }
}

async function list(context: ProgramContext, found: readonly ProcessFacts[], { flags }: Call): Promise<void> {
  if (flags.has("c")) {
    await context.out(`${found.length}\n`);
    return;
  }
  for (const facts of found) await context.out(`${facts.pid}${detail(facts, flags)}\n`);
}

function detail(facts: ProcessFacts, flags: ReadonlySet<string>): string {
  if (flags.has("l")) return ` ${facts.comm}`;
  return flags.has("a") ? ` ${facts.argv.join(" ")}` : "";
}

async function pidof(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  const found = context.world.processes
    .list()
    .filter(
      (facts) =>
        names.some(
          (name) =>
            facts.comm === name.slice(0, 15) ||
            facts.exe?.endsWith(`/${name}`) === true ||
            facts.exe === name,
        ) && facts.pid !== context.process.pid,
    );
  if (found.length === 0) return 1;
  await context.out(
    `${found
      .map((facts) => facts.pid)
      .reverse()
      .join(" ")}\n`,
  );
  return 0;
}

export const pgrepPrograms: readonly Program[] = [
  { names: ["pgrep", "pkill"], run: pgrep },
  { names: ["pidof", "killall5"], run: pidof },
];
