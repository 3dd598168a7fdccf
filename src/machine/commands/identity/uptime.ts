import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime, two } from "../format.ts";
import { optionComplaint } from "../operands.ts";

/** `up 12 days,  3:04` */
function upText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const head = days === 0 ? "" : `${days} day${days === 1 ? "" : "s"}, `;
  return `up ${head}${hours === 0 ? `${minutes} min` : `${String(hours).padStart(2)}:${two(minutes)}`}`;
}

export function uptimeLine(context: ProgramContext): string {
  const { world } = context;
  const users = world.logins.current().length;
  const load = world
    .loadAverage()
    .map((value) => value.toFixed(2))
    .join(", ");
  return ` ${strftime("%H:%M:%S", localTime(world, world.now()))} ${upText(world.uptime())}, ${String(users).padStart(2)} user${users === 1 ? "" : "s"},  load average: ${load}\n`;
}

function prettyText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 604_800), "week"],
    [Math.floor((seconds % 604_800) / 86_400), "day"],
    [Math.floor((seconds % 86_400) / 3600), "hour"],
    [Math.floor((seconds % 3600) / 60), "minute"],
  ] as const;
  const shown = parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return `up ${shown.join(", ")}\n`;
}

const since = ({ world }: ProgramContext) =>
  `${strftime("%Y-%m-%d %H:%M:%S", localTime(world, world.now() - world.uptime()))}\n`;
const pretty = ({ world }: ProgramContext) => prettyText(world.uptime());

const answers: ReadonlyMap<string | undefined, (context: ProgramContext) => string> = new Map([
  [undefined, uptimeLine],
  ["-s", since],
  ["--since", since],
  ["-p", pretty],
  ["--pretty", pretty],
]);

const usage =
  "\n\nUsage:\n uptime [options]\n\nOptions:\n -p, --pretty   show uptime in pretty format\n -h, --help     display this help and exit\n -s, --since    system up since\n -V, --version  output version information and exit\n\nFor more details see uptime(1).";

async function uptime(context: ProgramContext): Promise<number> {
  const flag = context.args[0];
  const text = answers.get(flag)?.(context);
  if (text === undefined) return context.fail(`uptime: ${optionComplaint(flag ?? "")}${usage}`);
  await context.out(text);
  return 0;
}

export const uptimePrograms: readonly Program[] = [{ names: ["uptime"], run: uptime }];
