import type { ProgramContext } from "../command.ts";
import { type Options, options } from "../options.ts";

interface Row {
  readonly key: string;
  readonly others: readonly string[];
}

/** Rows of two files by a common field. Both are taken as sorted, as join asks for. */
export async function join(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "1:2:a:e:ij:o:t:v:", long: { "ignore-case": "i" } });
  if (typeof parsed === "number") return parsed;
  const hint = `\nTry '${context.argv0} --help' for more information.`;
  const [left, right, extra] = parsed.rest;
  if (left === undefined) return context.fail(`${context.argv0}: missing operand${hint}`);
  if (right === undefined) return context.fail(`${context.argv0}: missing operand after ‘${left}’${hint}`);
  if (extra !== undefined) return context.fail(`${context.argv0}: extra operand ‘${extra}’${hint}`);
  if (parsed.has("o") || parsed.has("e")) context.unknown();
  const sides: Row[][] = [];
  for (const [index, name] of [left, right].entries()) {
    const opened = context.attempt(() => context.open(name));
    if (opened.error !== undefined) return context.fail(`${context.argv0}: ${name}: ${opened.error}`);
    sides.push(rowsOf(await opened.value.text(), parsed, index + 1));
  }
  const separator = parsed.value("t") ?? " ";
  for (const cells of joined(sides[0] ?? [], sides[1] ?? [], wantedOf(parsed))) {
    await context.out(`${cells.join(separator)}\n`);
    await context.tick();
  }
  return 0;
}

interface Wanted {
  readonly pairs: boolean;
  readonly alone: ReadonlySet<string>;
}

function wantedOf(parsed: Options): Wanted {
  const alone = parsed.list.filter(([key]) => key === "a" || key === "v").map(([, side]) => side);
  return { pairs: !parsed.has("v"), alone: new Set(alone) };
}

function rowsOf(text: string, parsed: Options, side: number): Row[] {
  const field = Number(parsed.value(String(side)) ?? parsed.value("j") ?? 1) - 1;
  const separator = parsed.value("t");
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const cells = separator === undefined ? line.trim().split(/\s+/) : line.split(separator);
      const key = cells[field] ?? "";
      return { key: parsed.has("i") ? key.toLowerCase() : key, others: cells.toSpliced(field, 1) };
    });
}

function* joined(left: readonly Row[], right: readonly Row[], wanted: Wanted): Generator<string[]> {
  let [a, b] = [0, 0];
  while (a < left.length || b < right.length) {
    const [one, two] = [left[a], right[b]];
    if (one !== undefined && two !== undefined && one.key === two.key) {
      const mine = run(left, a);
      const theirs = run(right, b);
      if (wanted.pairs) for (const x of mine) for (const y of theirs) yield [x.key, ...x.others, ...y.others];
      a += mine.length;
      b += theirs.length;
    } else if (one !== undefined && (two === undefined || one.key < two.key)) {
      if (wanted.alone.has("1")) yield [one.key, ...one.others];
      a += 1;
    } else if (two !== undefined) {
      if (wanted.alone.has("2")) yield [two.key, ...two.others];
      b += 1;
    }
  }
}

function run(rows: readonly Row[], start: number): readonly Row[] {
  let end = start;
  while (end < rows.length && rows[end]?.key === rows[start]?.key) end += 1;
  return rows.slice(start, end);
}
