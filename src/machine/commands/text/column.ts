import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";

export async function column(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "c:eJLn:o:N:R:s:txH:",
    long: {
      table: "t",
      "separator=": "s",
      "output-separator=": "o",
      "output-width=": "c",
      "table-columns=": "N",
      fillrows: "x",
    },
  });
  if (typeof parsed === "number") return parsed;
  const lines: string[] = [];
  for (const name of parsed.rest.length === 0 ? ["-"] : parsed.rest) {
    const opened = context.attempt(() => context.open(name));
    if (opened.error !== undefined) return context.fail(`${context.argv0}: ${name}: ${opened.error}`);
    for await (const line of opened.value.lines()) lines.push(line.replace(/\n$/, ""));
  }
  const shown = lines.filter((line) => line.trim() !== "");
  const titles = parsed.value("N");
  if (parsed.has("t") || titles !== undefined) {
    const rows = shown.map((line) => cellsOf(line, parsed.value("s")));
    const all = titles === undefined ? rows : [titles.split(","), ...rows];
    await context.out(tableText(all, parsed.value("o") ?? "  "));
  } else await context.out(filled(shown, Number(parsed.value("c")) || context.columns(), parsed.has("x")));
  return 0;
}

function cellsOf(line: string, separators: string | undefined): string[] {
  if (separators === undefined) return line.trim().split(/[ \t]+/);
  const cells: string[] = [""];
  for (const character of line)
    if (separators.includes(character)) cells.push("");
    else cells[cells.length - 1] += character;
  return cells;
}

/** util-linux pads every column, the last of a short row too; only the last column of all stays open. */
function tableText(rows: readonly (readonly string[])[], between: string): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_none, at) =>
    Math.max(...rows.map((row) => (row[at] ?? "").length)),
  );
  const text = (row: readonly string[]) =>
    widths
      .map((width, at) => (at === count - 1 ? (row[at] ?? "") : (row[at] ?? "").padEnd(width)))
      .join(between);
  return rows.map((row) => `${text(row)}\n`).join("");
}

/** Down the columns, or along the rows with `-x`; cells end at tab stops. */
function filled(lines: readonly string[], width: number, alongRows: boolean): string {
  const cell = (Math.max(0, ...lines.map((line) => line.length)) + 8) & ~7;
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(lines.length / columns);
  let out = "";
  for (let row = 0; row < rows; row++) {
    const own = lines.filter((_line, at) => (alongRows ? Math.floor(at / columns) : at % rows) === row);
    out += own
      .map((line, at) =>
        at === own.length - 1 ? line : line + "\t".repeat(Math.ceil((cell - line.length) / 8)),
      )
      .join("");
    out += "\n";
  }
  return out;
}
