import type { ProcessFacts } from "../../model.ts";
import { strerror } from "../../shell/errors.ts";
import { SIGNAL, signalName, signalNumber } from "../../shell/signals.ts";
import type { Program, ProgramContext } from "../command.ts";

const hint = (context: ProgramContext) => `\nTry '${context.argv0} --help' for more information.`;

/** Seconds of `1.5`, `2m`, `1h`, `1d`, `inf`. */
function duration(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return match ? Number(match[1]) * ({ m: 60, h: 3600, d: 86_400 }[match[2] ?? ""] ?? 1) : undefined;
}

async function sleep(context: ProgramContext): Promise<number> {
  const bad = context.args.find((arg) => arg.startsWith("-") && !/^-\d/.test(arg));
  if (bad !== undefined)
    return context.fail(
      `${context.argv0}: ${bad.startsWith("--") ? `unrecognized option '${bad}'` : `invalid option -- '${bad[1] ?? ""}'`}${hint(context)}`,
    );
  if (context.args.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  let total = 0;
  let failed = false;
  for (const arg of context.args) {
    const seconds = duration(arg);
    if (seconds === undefined) {
      failed = true;
      await context.err(`${context.argv0}: invalid time interval ‘${arg}’\n`);
    } else total += seconds;
  }
  if (failed) return context.fail(`Try '${context.argv0} --help' for more information.`);
  await context.sleep(total * 1000);
  return 0;
}

async function timeout(context: ProgramContext): Promise<number> {
  let signal: number = SIGNAL.TERM;
  let at = 0;
  for (; (context.args[at] ?? "").startsWith("-"); at++) {
    const arg = context.args[at] ?? "";
    if (arg === "-s" || arg === "-k") {
      at += 1;
      if (arg === "-s") signal = signalNumber(context.args[at] ?? "") ?? signal;
    } else if (/^(-s|--signal=)/.test(arg))
      signal = signalNumber(arg.replace(/^(-s|--signal=)/, "")) ?? signal;
    else if (!/^(--preserve-status|--foreground|-v|--verbose|--kill-after=.*|-k.*)$/.test(arg))
      return context.fail(`${context.argv0}: unrecognized option '${arg}'${hint(context)}`, 125);
  }
  const [time, ...argv] = context.args.slice(at);
  if (time === undefined || argv.length === 0)
    return context.fail(`${context.argv0}: missing operand${hint(context)}`, 125);
  const seconds = duration(time);
  if (seconds === undefined)
    return context.fail(`${context.argv0}: invalid time interval ‘${time}’${hint(context)}`, 125);
  const started = context.launcher.start(context, argv);
  if ("error" in started)
    return context.fail(
      `${context.argv0}: failed to run command ‘${argv[0] ?? ""}’: ${strerror(started.error)}`,
      started.error === "ENOENT" ? 127 : 126,
    );
  let late = false;
  const timer = setTimeout(
    () => {
      late = true;
      started.process.deliver(signal);
    },
    Math.min(seconds * 1000, 2_147_483_647),
  );
  const state = await started.ended;
  clearTimeout(timer);
  if (late) return signal === SIGNAL.KILL ? 137 : 124;
  return state.signal === undefined ? state.code : 128 + state.signal;
}

async function nohup(context: ProgramContext): Promise<number> {
  if (context.args.length === 0)
    return context.fail(`${context.argv0}: missing operand${hint(context)}`, 125);
  context.process.dispositions.set(SIGNAL.HUP, "ignore");
  const terminalOut = context.isTerminal(1);
  if (context.isTerminal(0) && terminalOut)
    await context.err(`${context.argv0}: ignoring input and appending output to 'nohup.out'\n`);
  else if (context.isTerminal(0))
    await context.err(
      `${context.argv0}: ignoring input${context.isTerminal(2) && !terminalOut ? " and redirecting stderr to stdout" : ""}\n`,
    );
  if (terminalOut) {
    const path = context.path("nohup.out");
    const file = {
      kind: "file" as const,
      path,
      read: () => undefined,
      write: (bytes: Uint8Array) => context.fs.append(path, bytes, { mode: 0o600 }),
      close: () => {},
    };
    return replace(context, context.args, { files: { 1: file, 2: file } });
  }
  return replace(context, context.args, {});
}

async function replace(
  context: ProgramContext,
  argv: readonly string[],
  how: Parameters<ProgramContext["spawn"]>[1],
): Promise<number> {
  const status = await context.spawn(argv, how);
  if (status === 127)
    return context.fail(
      `${context.argv0}: failed to run command '${argv[0] ?? ""}': No such file or directory`,
      127,
    );
  return status;
}

async function niceProgram(context: ProgramContext): Promise<number> {
  let rest = [...context.args];
  if (/^(-n|--adjustment)$/.test(rest[0] ?? "")) rest = rest.slice(2);
  else if (/^(-n?-?\d+|--adjustment=)/.test(rest[0] ?? "")) rest = rest.slice(1);
  if (rest.length === 0) {
    await context.out("0\n");
    return 0;
  }
  return replace(context, rest, {});
}

async function setsid(context: ProgramContext): Promise<number> {
  const argv = context.args.filter((arg, index) => !(arg.startsWith("-") && index < 2));
  if (argv.length === 0)
    return context.fail("setsid: no command specified\nTry 'setsid --help' for more information.");
  const started = context.launcher.start(context, argv, { group: true });
  if ("error" in started)
    return context.fail(
      `setsid: failed to execute ${argv[0] ?? ""}: ${strerror(started.error)}`,
      started.error === "ENOENT" ? 127 : 126,
    );
  started.process.dispositions.set(SIGNAL.HUP, "ignore");
  return 0;
}

async function watch(context: ProgramContext): Promise<number> {
  const at = context.args.findIndex((arg) => !arg.startsWith("-") && !/^\d/.test(arg));
  const argv = at < 0 ? [] : context.args.slice(at);
  const every = Number(/-n ?([\d.]+)/.exec(context.args.join(" "))?.[1] ?? 2);
  if (argv.length === 0) return context.fail("Usage:\n watch [options] command");
  for (;;) {
    await context.out(`\x1b[H\x1b[2JEvery ${every.toFixed(1)}s: ${argv.join(" ")}\n\n`);
    await context.spawn(["sh", "-c", argv.join(" ")]);
    await context.sleep(every * 1000);
  }
}

/** Sends a signal, to processes of this world's shells or of the model. */
function signal(context: ProgramContext, pid: number, number: number): string | undefined {
  const errno = context.login.processes.kill(pid, number, context.uid);
  return errno === undefined ? undefined : strerror(errno);
}

async function kill(context: ProgramContext): Promise<number> {
  let number: number = SIGNAL.TERM;
  const pids: string[] = [];
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (arg === "-l" || arg === "--list") {
      await context.out(`${Array.from({ length: 31 }, (_each, index) => signalName(index + 1)).join(" ")}\n`);
      return 0;
    }
    if (arg === "-s" || arg === "-n") number = signalNumber(context.args[++at] ?? "") ?? number;
    else if (/^-./.test(arg) && pids.length === 0 && signalNumber(arg.slice(1)) !== undefined)
      number = signalNumber(arg.slice(1)) ?? number;
    else pids.push(arg);
  }
  if (pids.length === 0)
    return context.fail(
      "\nUsage:\n kill [options] <pid> [...]\n\nOptions:\n <pid> [...]            send signal to every <pid> listed\n -<signal>, -s, --signal <signal>\n                        specify the <signal> to be sent\n -q, --queue <value>    integer value to be sent with the signal\n -l, --list=[<signal>]  list all signal names, or convert one to a name\n -L, --table            list all signal names in a nice table\n\n -h, --help     display this help and exit\n -V, --version  output version information and exit\n\nFor more details see kill(1).",
    );
  let status = 0;
  for (const pid of pids) {
    const error = /^\d+$/.test(pid) ? signal(context, Number(pid), number) : "No such process";
    if (error !== undefined) status = await context.fail(`kill: (${pid}): ${error}`);
  }
  return status;
}

interface Match {
  readonly facts: readonly ProcessFacts[];
  readonly flags: ReadonlySet<string>;
  readonly signal: number;
}

async function matching(context: ProgramContext): Promise<Match | number> {
  const flags = new Set<string>();
  let number: number = SIGNAL.TERM;
  const patterns: string[] = [];
  let owner: string | undefined;
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    const named = arg.startsWith("-") ? signalNumber(arg.slice(1)) : undefined;
    if (named !== undefined && context.name === "pkill") number = named;
    else if (/^-(u|U|t|P|g|s)$/.test(arg)) {
      const value = context.args[++at];
      if (/^-[uU]$/.test(arg)) owner = value;
    } else if (arg.startsWith("--signal"))
      number = signalNumber(arg.split("=")[1] ?? context.args[++at] ?? "") ?? number;
    else if (/^-[a-zA-Z]+$/.test(arg)) for (const letter of arg.slice(1)) flags.add(letter);
    else patterns.push(arg);
  }
  const pattern = patterns[0];
  if (pattern === undefined && owner === undefined)
    return context.fail(
      `${context.argv0}: no matching criteria specified\nTry \`${context.argv0} --help' for more information.`,
      2,
    );
  let expression: RegExp;
  try {
    expression = new RegExp(
      flags.has("x") ? `^(?:${(pattern ?? "").slice(0, 500)})$` : (pattern ?? "").slice(0, 500),
      flags.has("i") ? "i" : "",
    );
  } catch {
    return context.fail(`${context.argv0}: regex error: Invalid regular expression`, 2);
  }
  const uid = owner === undefined ? undefined : (context.world.users.byName(owner)?.uid ?? Number(owner));
  const facts = context.world.processes
    .list()
    .filter(
      (each) =>
        each.pid !== context.process.pid &&
        (uid === undefined || each.uid === uid) &&
        (flags.has("f") ? expression.test(each.argv.join(" ") || each.comm) : expression.test(each.comm)) !==
          flags.has("v"),
    );
  return {
    facts: flags.has("n") ? facts.slice(-1) : flags.has("o") ? facts.slice(0, 1) : facts,
    flags,
    signal: number,
  };
}

async function pgrep(context: ProgramContext): Promise<number> {
  const match = await matching(context);
  if (typeof match === "number") return match;
  if (context.name === "pkill") {
    for (const facts of match.facts) {
      const error = signal(context, facts.pid, match.signal);
      if (error !== undefined) await context.err(`pkill: killing pid ${facts.pid} failed: ${error}\n`);
    }
  } else if (match.flags.has("c")) await context.out(`${match.facts.length}\n`);
  else
    for (const facts of match.facts)
      await context.out(
        `${facts.pid}${match.flags.has("l") ? ` ${facts.comm}` : match.flags.has("a") ? ` ${facts.argv.join(" ")}` : ""}\n`,
      );
  return match.facts.length > 0 ? 0 : 1;
}

async function killall(context: ProgramContext): Promise<number> {
  let number: number = SIGNAL.TERM;
  let quiet = false;
  const names: string[] = [];
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    const named = arg.startsWith("-") ? signalNumber(arg.slice(1)) : undefined;
    if (named !== undefined) number = named;
    else if (arg === "-s") number = signalNumber(context.args[++at] ?? "") ?? number;
    else if (arg === "-q" || arg === "--quiet") quiet = true;
    else if (!arg.startsWith("-")) names.push(arg);
  }
  if (names.length === 0)
    return context.fail(
      "Usage: killall [OPTION]... [--] NAME...\n       killall -l, --list\n       killall -V, --version",
    );
  let status = 0;
  for (const name of names) {
    const found = context.world.processes
      .list()
      .filter((facts) => facts.comm === name.slice(0, 15) && facts.pid !== context.process.pid);
    for (const facts of found) signal(context, facts.pid, number);
    if (found.length > 0) continue;
    status = 1;
    if (!quiet) await context.err(`${name}: no process found\n`);
  }
  return status;
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

async function timeProgram(context: ProgramContext): Promise<number> {
  const started = performance.now();
  const status = await context.spawn(context.args.filter((arg) => arg !== "-p"));
  await context.err(`real ${((performance.now() - started) / 1000).toFixed(2)}\nuser 0.00\nsys 0.00\n`);
  return status;
}

export const control: readonly Program[] = [
  { names: ["sleep"], run: sleep },
  { names: ["timeout"], run: timeout },
  { names: ["nohup"], run: nohup },
  { names: ["nice"], run: niceProgram },
  { names: ["setsid"], run: setsid },
  { names: ["watch"], run: watch },
  { names: ["kill"], run: kill },
  { names: ["pgrep", "pkill"], run: pgrep },
  { names: ["killall"], run: killall },
  { names: ["pidof", "killall5"], run: pidof },
  { names: ["time"], run: timeProgram },
];
