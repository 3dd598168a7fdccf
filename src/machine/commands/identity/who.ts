import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime } from "../format.ts";
import { plainAnswer } from "./plain-answer.ts";
import { uptimeLine } from "./uptime.ts";

async function who(context: ProgramContext): Promise<number> {
  const { world } = context;
  if (context.args[0] === "-b")
    await context.out(
      `         system boot  ${strftime("%Y-%m-%d %H:%M", localTime(world, world.now() - world.uptime()))}\n`,
    );
  else
    for (const login of world.logins.current()) {
      const from = login.from === "" ? "" : ` (${login.from})`;
      await context.out(
        `${login.user.padEnd(8)} ${login.tty.padEnd(12)} ${strftime("%Y-%m-%d %H:%M", localTime(world, login.login))}${from}\n`,
      );
    }
  return 0;
}

async function w(context: ProgramContext): Promise<number> {
  const { world } = context;
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  if (!context.args.includes("-h"))
    await context.out(
      `${uptimeLine(context)}USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n`,
    );
  for (const login of world.logins.current()) {
    if (names.length > 0 && !names.includes(login.user)) continue;
    const at = localTime(world, login.login);
    const today = world.now() - login.login < 86_400;
    const shell = world.processes
      .list()
      .filter((process) => process.tty === login.tty && process.argv.length > 0)
      .at(-1);
    const own = login.tty === context.process.tty;
    const what = own ? [context.argv0, ...context.args].join(" ") : (shell?.argv.join(" ") ?? "-");
    await context.out(
      `${login.user.padEnd(8).slice(0, 8)} ${login.tty.padEnd(8)} ${(login.from === "" ? "-" : login.from).padEnd(16).slice(0, 16)} ${strftime(today ? "%H:%M" : "%d%b%y", at).padEnd(7)}  ${own ? "0.00s" : "1:12  "}  0.0${2 + (login.pid % 7)}s  0.0${login.pid % 3}s ${what}\n`,
    );
  }
  return 0;
}

const users = plainAnswer((context) =>
  context.world.logins
    .current()
    .map((login) => login.user)
    .join(" "),
);

export const whoPrograms: readonly Program[] = [
  { names: ["who"], run: who },
  { names: ["users"], run: users },
  { names: ["w"], run: w },
];
