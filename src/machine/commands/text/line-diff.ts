/** Lines `from` to `to` (not included) of each side that stand for each other. */
export interface Change {
  readonly left: readonly [from: number, to: number];
  readonly right: readonly [from: number, to: number];
}

/** Cells of the table of common lines; beyond it, what lies between the first and the last difference is one change. */
const MAX_CELLS = 4_000_000;

/** What has to change to make the right from the left, by longest common subsequence. */
export function changesBetween(left: readonly string[], right: readonly string[]): Change[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let [a, b] = [left.length, right.length];
  while (a > start && b > start && left[a - 1] === right[b - 1]) {
    a -= 1;
    b -= 1;
  }
  if (a === start && b === start) return [];
  if ((a - start) * (b - start) > MAX_CELLS) return [{ left: [start, a], right: [start, b] }];
  return walk(left.slice(start, a), right.slice(start, b)).map((change) => ({
    left: [change.left[0] + start, change.left[1] + start],
    right: [change.right[0] + start, change.right[1] + start],
  }));
}

/** Length of what the rests from each pair of lines have in common, row by row. */
function commonLengths(left: readonly string[], right: readonly string[]): Uint32Array {
  const width = right.length + 1;
  const table = new Uint32Array((left.length + 1) * width);
  for (let a = left.length - 1; a >= 0; a--)
    for (let b = right.length - 1; b >= 0; b--)
      table[a * width + b] =
        left[a] === right[b]
          ? (table[(a + 1) * width + b + 1] ?? 0) + 1
          : Math.max(table[(a + 1) * width + b] ?? 0, table[a * width + b + 1] ?? 0);
  return table;
}

function walk(left: readonly string[], right: readonly string[]): Change[] {
  const table = commonLengths(left, right);
  const common = (a: number, b: number) => table[a * (right.length + 1) + b] ?? 0;
  const same = (a: number, b: number) => a < left.length && b < right.length && left[a] === right[b];
  /** Leaving out the left line loses nothing. */
  const dropsLeft = (a: number, b: number) =>
    b >= right.length || (a < left.length && common(a + 1, b) >= common(a, b + 1));
  const changes: Change[] = [];
  let [a, b] = [0, 0];
  while (a < left.length || b < right.length) {
    const [fromA, fromB] = [a, b];
    while ((a < left.length || b < right.length) && !same(a, b))
      if (dropsLeft(a, b)) a += 1;
      else b += 1;
    if (a > fromA || b > fromB) changes.push({ left: [fromA, a], right: [fromB, b] });
    for (; same(a, b); a += 1) b += 1;
  }
  return changes;
}

/** Lines with what says that the last one is not ended. */
const marked = (sign: string, lines: readonly string[]) =>
  lines
    .map((line) =>
      line.endsWith("\n") ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`,
    )
    .join("");

/** `2c2`, `4a5`, `1,3d0` and the lines. */
export function normalText(left: readonly string[], right: readonly string[], changes: readonly Change[]) {
  const place = ([from, to]: readonly [number, number]) => {
    if (to <= from) return String(from);
    return to - from === 1 ? String(to) : `${from + 1},${to}`;
  };
  return changes
    .map((change) => {
      const gone = left.slice(...change.left);
      const come = right.slice(...change.right);
      const both = gone.length > 0 && come.length > 0;
      const only = gone.length > 0 ? "d" : "a";
      return `${place(change.left)}${both ? "c" : only}${place(change.right)}\n${marked("< ", gone)}${both ? "---\n" : ""}${marked("> ", come)}`;
    })
    .join("");
}

/** Changes whose surroundings touch, together. */
function hunks(changes: readonly Change[], around: number): Change[][] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    if (last !== undefined && change.left[0] - (last.at(-1)?.left[1] ?? 0) <= 2 * around) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

export function unifiedText(
  left: readonly string[],
  right: readonly string[],
  changes: readonly Change[],
  around: number,
): string {
  const range = (from: number, to: number) => {
    if (to - from === 1) return String(to);
    return `${to === from ? from : from + 1},${to - from}`;
  };
  const hunkText = (hunk: readonly Change[]) => {
    const [first, last] = [hunk[0], hunk.at(-1)];
    if (first === undefined || last === undefined) return "";
    const from = Math.max(0, first.left[0] - around);
    const to = Math.min(left.length, last.left[1] + around);
    let at = from;
    let body = "";
    for (const change of hunk) {
      body += marked(" ", left.slice(at, change.left[0]));
      body += marked("-", left.slice(...change.left)) + marked("+", right.slice(...change.right));
      at = change.left[1];
    }
    body += marked(" ", left.slice(at, to));
    const rightFrom = first.right[0] - (first.left[0] - from);
    const rightTo = last.right[1] + (to - last.left[1]);
    return `@@ -${range(from, to)} +${range(rightFrom, rightTo)} @@\n${body}`;
  };
  return hunks(changes, around).map(hunkText).join("");
}
