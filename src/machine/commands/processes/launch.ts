import { strerror } from "../../shell/errors.ts";
import { SIGNAL } from "../../shell/signals.ts";
import type { Program, ProgramContext } from "../command.ts";
import { hint } from "../operands.ts";

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

async function timeProgram(context: ProgramContext): Promise<number> {
  const started = performance.now();
  const status = await context.spawn(context.args.filter((arg) => arg !== "-p"));
  await context.err(`real ${((performance.now() - started) / 1000).toFixed(2)}\nuser 0.00\nsys 0.00\n`);
  return status;
}

export const launchPrograms: readonly Program[] = [
  { names: ["nohup"], run: nohup },
  { names: ["nice"], run: niceProgram },
  { names: ["setsid"], run: setsid },
  { names: ["watch"], run: watch },
  { names: ["time"], run: timeProgram },
];
