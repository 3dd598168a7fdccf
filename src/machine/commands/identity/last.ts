import type { LoginRecord } from "../../model.ts";
import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime, two } from "../format.ts";

async function last(context: ProgramContext): Promise<number> {
  const { world } = context;
  // One file under two names.
  const bad = context.argv0.endsWith("lastb");
  if (bad && context.uid !== 0) return context.fail("lastb: cannot open /var/log/btmp: Permission denied");
  const countFlag = /-n? ?(\d+)/.exec(context.args.join(" "))?.[1];
  const records = (bad ? world.logins.failures() : world.logins.history()).slice(
    0,
    countFlag === undefined ? 500 : Number(countFlag),
  );
  for (const record of records) {
    await context.out(row(context, record));
    await context.tick();
  }
  const oldest = records.at(-1)?.login ?? context.model.bootTime;
  await context.out(
    `\n${bad ? "btmp" : "wtmp"} begins ${strftime("%a %b %e %H:%M:%S %Y", localTime(world, oldest))}\n`,
  );
  return 0;
}

function row(context: ProgramContext, record: LoginRecord): string {
  const boot = record.kind === "boot";
  const user = boot ? "reboot" : record.user;
  const tty = boot ? "system boot" : record.tty;
  const from = boot ? context.model.release.uname.release : record.from;
  const start = strftime("%a %b %e %H:%M", localTime(context.world, record.login));
  return `${user.padEnd(8).slice(0, 8)} ${tty.padEnd(12)} ${from.padEnd(16).slice(0, 16)} ${start} ${endText(context, record)}\n`;
}

function endText({ world }: ProgramContext, record: LoginRecord): string {
  const length = lengthText((record.logout ?? world.now()) - record.login);
  if (record.logout !== undefined)
    return `- ${strftime("%H:%M", localTime(world, record.logout))} ${length.padStart(8)}`;
  if (record.kind === "boot") return "  still running";
  if (record.end === undefined || record.end === "gone") return "  still logged in";
  return `- ${record.end}   ${length}`;
}

/** `(1+02:03)` */
function lengthText(seconds: number): string {
  const days = seconds >= 86_400 ? `${Math.floor(seconds / 86_400)}+` : "";
  return `(${days}${two(Math.floor((seconds % 86_400) / 3600))}:${two(Math.floor((seconds % 3600) / 60))})`;
}

export const lastPrograms: readonly Program[] = [{ names: ["last", "lastb"], run: last }];
