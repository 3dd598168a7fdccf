import type { ProgramContext } from "../command.ts";

export async function journalctl(context: ProgramContext): Promise<number> {
  const log = context.attempt(() => Buffer.from(context.fs.read("/var/log/syslog")).toString("utf8"));
  const auth =
    log.error === undefined
      ? log
      : context.attempt(() => Buffer.from(context.fs.read("/var/log/auth.log")).toString("utf8"));
  const count = /-n ?(\d+)/.exec(context.args.join(" "))?.[1];
  const lines = (auth.value ?? "").split("\n").filter((line) => line !== "");
  if (lines.length === 0) await context.out("-- No entries --\n");
  else await context.out(`${lines.slice(count === undefined ? 0 : -Number(count)).join("\n")}\n`);
  return 0;
}
