import type { ProgramContext } from "../command.ts";
import { type OptionSpec, type Options, options } from "../options.ts";
import { inputs } from "./streams.ts";

const cutOptions: OptionSpec = {
  short: "b:c:d:f:nsz",
  long: {
    "bytes=": "b",
    "characters=": "c",
    "delimiter=": "d",
    "fields=": "f",
    "only-delimited": "s",
    complement: "complement",
    "output-delimiter=": "o",
  },
};

function ranges(text: string): ((index: number) => boolean) | undefined {
  const parts = text.split(",").map((part) => /^(\d*)(-?)(\d*)$/.exec(part));
  if (parts.some((match) => match === null || (match[1] === "" && match[3] === ""))) return undefined;
  return (index) =>
    parts.some((match) => {
      const from = Number(match?.[1] === "" ? 1 : match?.[1]);
      const to = match?.[2] === "" ? from : match?.[3] === "" ? Number.POSITIVE_INFINITY : Number(match?.[3]);
      return index >= from && index <= to;
    });
}

export async function cut(context: ProgramContext): Promise<number> {
  const parsed = await options(context, cutOptions);
  if (typeof parsed === "number") return parsed;
  const wanted = wantedColumns(parsed);
  if (typeof wanted === "string")
    return context.fail(`${context.argv0}: ${wanted}\nTry '${context.argv0} --help' for more information.`);
  let status = 0;
  for await (const { input } of inputs(context, parsed.rest, () => (status = 1))) {
    for await (const raw of input.lines()) {
      const text = cutLine(raw.replace(/\n$/, ""), parsed, wanted);
      if (text !== undefined) await context.out(`${text}\n`);
    }
  }
  return status;
}

/** @returns which columns, counted from 1, stay; or the complaint about the list */
function wantedColumns(parsed: Options): ((index: number) => boolean) | string {
  const list = parsed.value("f") ?? parsed.value("c") ?? parsed.value("b");
  if (list === undefined) return "you must specify a list of bytes, characters, or fields";
  const wanted = ranges(list);
  if (wanted === undefined)
    return parsed.has("f") ? "invalid field range" : "invalid byte/character position or range";
  if (parsed.has("d") && Array.from(parsed.value("d") ?? "").length !== 1)
    return "the delimiter must be a single character";
  return (index) => wanted(index) !== parsed.has("complement");
}

function cutLine(line: string, parsed: Options, wanted: (index: number) => boolean): string | undefined {
  const chosen = (parts: readonly string[]) => parts.filter((_each, index) => wanted(index + 1));
  if (!parsed.has("f")) return chosen(Array.from(line)).join("");
  const delimiter = parsed.value("d") ?? "\t";
  if (!line.includes(delimiter)) return parsed.has("s") ? undefined : line;
  return chosen(line.split(delimiter)).join(parsed.value("o") ?? delimiter);
}
