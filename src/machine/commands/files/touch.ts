import type { Program, ProgramContext } from "../command.ts";
import { quoteName } from "../format.ts";
import { eachOperand, missingOperand } from "../operands.ts";
import { type Options, options } from "../options.ts";

async function touch(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "acd:fhmr:t:",
    long: { "no-create": "c", "date=": "d", "reference=": "r", "time=": "time", "no-dereference": "h" },
  });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length === 0) return missingOperand(context, "file operand");
  const when = touchTime(context, parsed.value("d"), parsed.value("t"), parsed.value("r"));
  if (when === undefined)
    return context.fail(
      `${context.argv0}: invalid date format ${quoteName(parsed.value("d") ?? parsed.value("t") ?? "")}`,
    );
  return eachOperand(parsed.rest, (name) => touchOne(context, name, when, parsed));
}

async function touchOne(
  context: ProgramContext,
  name: string,
  when: number,
  parsed: Options,
): Promise<number> {
  const path = context.path(name);
  const exists = context.stat(name) !== undefined;
  if (!exists && parsed.has("c")) return 0;
  const made = context.attempt(() => {
    if (!exists) context.fs.append(path, new Uint8Array(0));
  });
  if (made.error !== undefined)
    return context.fail(`${context.argv0}: cannot touch ${quoteName(name)}: ${made.error}`);
  const set = context.attempt(() => {
    if (exists || parsed.set.size > 0) context.fs.utimes(path, when, when);
  });
  return set.error === undefined
    ? 0
    : context.fail(`${context.argv0}: setting times of ${quoteName(name)}: ${set.error}`);
}

function touchTime(
  context: ProgramContext,
  date: string | undefined,
  stamp: string | undefined,
  reference: string | undefined,
): number | undefined {
  if (reference !== undefined) return context.stat(reference)?.mtime;
  const { world } = context;
  if (date !== undefined) {
    if (/^@\d+$/.test(date)) return Number(date.slice(1));
    const parsed = Date.parse(`${date.includes(":") ? date : `${date} 00:00:00`} UTC`);
    return Number.isNaN(parsed) ? undefined : parsed / 1000 - world.model.zone(parsed / 1000).offset;
  }
  if (stamp === undefined) return world.now();
  const match = /^(?:(\d\d)?(\d\d))?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(stamp);
  if (!match) return undefined;
  const year =
    match[2] === undefined
      ? new Date(world.now() * 1000).getUTCFullYear()
      : Number(match[1] ?? (Number(match[2]) < 69 ? 20 : 19)) * 100 + Number(match[2]);
  const seconds =
    Date.UTC(
      year,
      Number(match[3]) - 1,
      Number(match[4]),
      Number(match[5]),
      Number(match[6]),
      Number(match[7] ?? 0),
    ) / 1000;
  return seconds - world.model.zone(seconds).offset;
}

export const touchPrograms: readonly Program[] = [{ names: ["touch"], run: touch }];
