import { unescapeEcho } from "../../shell/escapes.ts";
import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { allLines } from "./streams.ts";

export async function paste(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "d:sz", long: { "delimiters=": "d", serial: "s" } });
  if (typeof parsed === "number") return parsed;
  const delimiters = Array.from(unescapeEcho(parsed.value("d") ?? "\t", { hex: false }).text);
  const columns: string[][] = [];
  for (const name of parsed.rest.length === 0 ? ["-"] : parsed.rest) {
    const { lines, status } = await allLines(context, [name]);
    if (status !== 0) return status;
    columns.push(lines);
  }
  const join = (cells: readonly string[]) =>
    cells.reduce(
      (text, cell, index) =>
        index === 0 ? cell : text + (delimiters[(index - 1) % delimiters.length] ?? "") + cell,
      "",
    );
  if (parsed.has("s")) for (const column of columns) await context.out(`${join(column)}\n`);
  else {
    const rows = Math.max(...columns.map((column) => column.length));
    for (let row = 0; row < rows; row++)
      await context.out(`${join(columns.map((column) => column[row] ?? ""))}\n`);
  }
  return 0;
}
