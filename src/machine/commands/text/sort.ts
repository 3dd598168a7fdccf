import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";

interface SortKey {
  readonly from: number;
  readonly to: number;
  readonly flags: string;
}

export async function sort(context: ProgramContext): Promise<number> {
  const parsed = await options(
    context,
    {
      short: "bdfghik:mMnro:RsS:t:T:uVzcC",
      long: {
        numeric: "n",
        "numeric-sort": "n",
        reverse: "r",
        unique: "u",
        "key=": "k",
        "field-separator=": "t",
        "human-numeric-sort": "h",
        "version-sort": "V",
        "output=": "o",
        stable: "s",
        "random-sort": "R",
        "ignore-case": "f",
        check: "c",
      },
    },
    2,
  );
  if (typeof parsed === "number") return parsed;
  const lines: string[] = [];
  for (const name of parsed.rest.length === 0 ? ["-"] : parsed.rest) {
    const opened = context.attempt(() => context.open(name));
    if (opened.error !== undefined)
      return context.fail(`${context.argv0}: cannot read: ${name}: ${opened.error}`, 2);
    for await (const line of opened.value.lines()) lines.push(line.replace(/\n$/, ""));
  }
  const flags = [...parsed.set.keys()].filter((key) => "bdfghiMnrRV".includes(key)).join("");
  const separator = parsed.value("t");
  const keys = parsed.list.filter(([key]) => key === "k").map(([, value]) => sortKey(value, flags));
  const compare = comparison(keys, flags, separator);
  if (parsed.has("c"))
    return lines.every((line, index) => index === 0 || compare(lines[index - 1] ?? "", line) <= 0) ? 0 : 1;
  const sorted = parsed.has("R") ? shuffled(context, lines) : lines.toSorted(compare);
  const unique = parsed.has("u")
    ? sorted.filter(
        (line, index) =>
          index === 0 || comparison(keys, flags, separator, true)(sorted[index - 1] ?? "", line) !== 0,
      )
    : sorted;
  const text = unique.map((line) => `${line}\n`).join("");
  const target = parsed.value("o");
  if (target === undefined) await context.out(text);
  else context.fs.write(context.path(target), Buffer.from(text));
  return 0;
}

function shuffled(context: ProgramContext, lines: readonly string[]): string[] {
  const random = context.model.random(`sort:${context.process.pid}`);
  return lines
    .map((line) => [random.next(), line] as const)
    .sort(([a], [b]) => a - b)
    .map(([, line]) => line);
}

function sortKey(text: string, flags: string): SortKey {
  const match = /^(\d+)(?:\.\d+)?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?$/.exec(text);
  const own = `${match?.[2] ?? ""}${match?.[4] ?? ""}`;
  return {
    from: Number(match?.[1] ?? 1) - 1,
    to: match?.[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]),
    flags: own === "" ? flags : own,
  };
}

function comparison(
  keys: readonly SortKey[],
  flags: string,
  separator: string | undefined,
  keysOnly = false,
): (a: string, b: string) => number {
  const field = (line: string, key: SortKey) => {
    const parts =
      separator === undefined
        ? (line.match(/\s*\S+/g) ?? [])
        : line.split(separator === "\\0" ? "\0" : separator);
    return parts.slice(key.from, key.to).join(separator ?? "");
  };
  return (a, b) => {
    for (const key of keys) {
      const order = compareBy(field(a, key), field(b, key), key.flags);
      if (order !== 0) return key.flags.includes("r") ? -order : order;
    }
    const order = keys.length === 0 ? compareBy(a, b, flags) : 0;
    if (order !== 0) return flags.includes("r") ? -order : order;
    if (keysOnly) return 0;
    const last = a < b ? -1 : a > b ? 1 : 0;
    return flags.includes("r") ? -last : last;
  };
}

function compareBy(a: string, b: string, flags: string): number {
  if (/[ngh]/.test(flags)) return amount(a) - amount(b);
  if (flags.includes("V")) return a.localeCompare(b, "en", { numeric: true });
  const left = flags.includes("f") ? a.toUpperCase() : a;
  const right = flags.includes("f") ? b.toUpperCase() : b;
  return left < right ? -1 : left > right ? 1 : 0;
}

function amount(text: string): number {
  const match = /^\s*(-?\d*\.?\d*(?:e[+-]?\d+)?)([KMGTP]?)/i.exec(text);
  const unit =
    { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4, P: 1024 ** 5 }[match?.[2]?.toUpperCase() ?? ""] ?? 1;
  return (Number(match?.[1]) || 0) * unit;
}
