import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { allLines } from "./streams.ts";

export async function uniq(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "cdiuf:s:w:D",
    long: {
      count: "c",
      repeated: "d",
      unique: "u",
      "ignore-case": "i",
      "skip-fields=": "f",
      "skip-chars=": "s",
      "check-chars=": "w",
    },
    digits: "f",
  });
  if (typeof parsed === "number") return parsed;
  const key = (line: string) => {
    let text = line;
    for (let skip = Number(parsed.value("f") ?? 0); skip > 0; skip--) text = text.replace(/^\s*\S+/, "");
    text = text.slice(Number(parsed.value("s") ?? 0));
    if (parsed.has("w")) text = text.slice(0, Number(parsed.value("w")));
    return parsed.has("i") ? text.toLowerCase() : text;
  };
  const { lines, status } = await allLines(context, parsed.rest.slice(0, 1));
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    let end = at + 1;
    while (end < lines.length && key(lines[end] ?? "") === key(line)) end += 1;
    const count = end - at;
    at = end;
    if ((parsed.has("d") && count < 2) || (parsed.has("u") && count > 1)) continue;
    await context.out(`${parsed.has("c") ? `${String(count).padStart(7)} ` : ""}${line}\n`);
  }
  return status;
}
