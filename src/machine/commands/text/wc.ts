import type { Input, ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { inputs } from "./streams.ts";

export async function wc(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "clLmw",
    long: { bytes: "c", chars: "m", lines: "l", words: "w", "max-line-length": "L" },
  });
  if (typeof parsed === "number") return parsed;
  const keys = ["l", "w", "m", "c", "L"].filter((key) => parsed.has(key));
  const wanted = keys.length > 0 ? keys : ["l", "w", "c"];
  const rows: { name: string; values: number[] }[] = [];
  let status = 0;
  for await (const { name, input } of inputs(context, parsed.rest, () => (status = 1))) {
    const values: Record<string, number> = { l: 0, w: 0, m: 0, c: 0, L: 0 };
    await measure(context, input, values);
    rows.push({ name: parsed.rest.length === 0 ? "" : name, values: wanted.map((key) => values[key] ?? 0) });
  }
  if (parsed.rest.length > 1)
    rows.push({
      name: "total",
      values: wanted.map((_key, index) => rows.reduce((sum, row) => sum + (row.values[index] ?? 0), 0)),
    });
  const stdinOnly = parsed.rest.length === 0 || parsed.rest.includes("-");
  const widest = String(Math.max(0, ...rows.flatMap((row) => row.values))).length;
  const sizes = parsed.rest.reduce((sum, name) => sum + (context.stat(name)?.size ?? 0), 0);
  const width =
    wanted.length === 1 && parsed.rest.length <= 1
      ? 1
      : stdinOnly
        ? 7
        : Math.max(widest, String(sizes).length);
  for (const row of rows)
    await context.out(
      `${row.values.map((value) => String(value).padStart(width)).join(" ")}${row.name === "" ? "" : ` ${row.name}`}\n`,
    );
  return status;
}

async function measure(context: ProgramContext, input: Input, values: Record<string, number>): Promise<void> {
  let inWord = false;
  let column = 0;
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    values["c"] = (values["c"] ?? 0) + chunk.length;
    for (const byte of chunk) {
      if ((byte & 0xc0) !== 0x80) values["m"] = (values["m"] ?? 0) + 1;
      if (byte === 10) {
        values["l"] = (values["l"] ?? 0) + 1;
        values["L"] = Math.max(values["L"] ?? 0, column);
        column = 0;
      } else column += 1;
      const space = byte === 32 || (byte >= 9 && byte <= 13);
      if (!space && !inWord) values["w"] = (values["w"] ?? 0) + 1;
      inWord = !space;
    }
    values["L"] = Math.max(values["L"] ?? 0, column);
    await context.tick();
  }
}
