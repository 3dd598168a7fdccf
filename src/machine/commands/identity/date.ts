import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime } from "../format.ts";
import { curly } from "../operands.ts";
import { type Options, options } from "../options.ts";

const isoStyles: ReadonlyMap<string, string> = new Map([
  ["seconds", "%Y-%m-%dT%H:%M:%S%:z"],
  ["minutes", "%Y-%m-%dT%H:%M%:z"],
  ["hours", "%Y-%m-%dT%H%:z"],
]);
const dayWords: ReadonlyMap<string, number> = new Map([
  ["", 0],
  ["now", 0],
  ["today", 0],
  ["yesterday", -86_400],
  ["tomorrow", 86_400],
]);
const units: ReadonlyMap<string, number> = new Map([
  ["second", 1],
  ["sec", 1],
  ["minute", 60],
  ["min", 60],
  ["hour", 3600],
  ["day", 86_400],
  ["week", 604_800],
  ["month", 2_592_000],
  ["year", 31_536_000],
]);

async function date(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "d:f:I::Rr:s:u",
    long: {
      "date=": "d",
      "iso-8601?": "I",
      "rfc-email": "R",
      "rfc-3339=": "3",
      "reference=": "r",
      "set=": "s",
      utc: "u",
      universal: "u",
    },
  });
  if (typeof parsed === "number") return parsed;
  const { world } = context;
  const shown = moment(context, parsed.value("d"), world.now());
  if (typeof shown === "string") return context.fail(`${context.argv0}: ${shown}`);
  const set = parsed.value("s");
  const at = set === undefined ? shown : moment(context, set, shown);
  if (typeof at === "string") return context.fail(`${context.argv0}: ${at}`);
  if (set !== undefined) {
    if (context.uid !== 0) return context.fail(`${context.argv0}: cannot set date: Operation not permitted`);
    world.setClock(at);
  }
  const format = parsed.rest[0];
  if (format !== undefined && !format.startsWith("+"))
    return context.fail(`${context.argv0}: invalid date ${curly(format)}`);
  const utc = parsed.has("u") || context.env.get("TZ")?.startsWith("UTC") === true;
  await context.out(`${strftime(format?.slice(1) ?? styleOf(parsed), localTime(world, at, utc))}\n`);
  return 0;
}

function styleOf(parsed: Options): string {
  const iso = parsed.value("I");
  if (iso !== undefined) return isoStyles.get(iso) ?? "%Y-%m-%d";
  if (parsed.has("R")) return "%a, %d %b %Y %H:%M:%S %z";
  return parsed.has("3") ? "%Y-%m-%d %H:%M:%S%:z" : "%a %b %e %H:%M:%S %Z %Y";
}

/** The moment that a text names, `now` without one, or the complaint. */
function moment(context: ProgramContext, text: string | undefined, now: number): number | string {
  if (text === undefined) return now;
  return parseDate(context, text, now) ?? `invalid date ${curly(text)}`;
}

function parseDate(context: ProgramContext, text: string, now: number): number | undefined {
  if (/^@-?\d+(\.\d+)?$/.test(text)) return Number(text.slice(1));
  const shift = dayWords.get(text);
  if (shift !== undefined) return now + shift;
  const relative = /^([+-]?\d+) ?(second|sec|minute|min|hour|day|week|month|year)s?( ago)?$/.exec(text);
  if (relative) {
    const moved = Number(relative[1]) * (units.get(relative[2] ?? "") ?? 1);
    return now + moved * (relative[3] === undefined ? 1 : -1);
  }
  const parsed = Date.parse(`${/:/.test(text) ? text : `${text} 00:00:00`} UTC`);
  return Number.isNaN(parsed) ? undefined : parsed / 1000 - context.model.zone(parsed / 1000).offset;
}

export const datePrograms: readonly Program[] = [{ names: ["date"], run: date }];
