import { unescapeEcho } from "../../shell/escapes.ts";
import type { Program, ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { inputs } from "./streams.ts";

async function allLines(
  context: ProgramContext,
  names: readonly string[],
): Promise<{ lines: string[]; status: number }> {
  const lines: string[] = [];
  let status = 0;
  for await (const { input } of inputs(context, names, () => (status = 1))) {
    for await (const line of input.lines()) lines.push(line.replace(/\n$/, ""));
  }
  return { lines, status };
}

interface SortKey {
  readonly from: number;
  readonly to: number;
  readonly flags: string;
}

async function sort(context: ProgramContext): Promise<number> {
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

async function uniq(context: ProgramContext): Promise<number> {
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

async function cut(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
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
  });
  if (typeof parsed === "number") return parsed;
  const list = parsed.value("f") ?? parsed.value("c") ?? parsed.value("b");
  const hint = `\nTry '${context.argv0} --help' for more information.`;
  if (list === undefined)
    return context.fail(`${context.argv0}: you must specify a list of bytes, characters, or fields${hint}`);
  const wanted = ranges(list);
  if (wanted === undefined)
    return context.fail(
      `${context.argv0}: invalid ${parsed.has("f") ? "field" : "byte or character"} range${hint}`.replace(
        "byte or character range",
        "byte/character position or range",
      ),
    );
  const chosen = (index: number) => wanted(index) !== parsed.has("complement");
  const delimiter = parsed.value("d") ?? "\t";
  if ([...delimiter].length !== 1 && parsed.has("d"))
    return context.fail(`${context.argv0}: the delimiter must be a single character${hint}`);
  let status = 0;
  for await (const { input } of inputs(context, parsed.rest, () => (status = 1))) {
    for await (const raw of input.lines()) {
      const line = raw.replace(/\n$/, "");
      if (!parsed.has("f"))
        await context.out(`${[...line].filter((_each, index) => chosen(index + 1)).join("")}\n`);
      else if (!line.includes(delimiter)) {
        if (!parsed.has("s")) await context.out(`${line}\n`);
      } else {
        const fields = line.split(delimiter).filter((_each, index) => chosen(index + 1));
        await context.out(`${fields.join(parsed.value("o") ?? delimiter)}\n`);
      }
    }
  }
  return status;
}

function characterSet(spec: string): string[] {
  const names: Readonly<Record<string, string>> = {
    lower: "a-z",
    upper: "A-Z",
    digit: "0-9",
    alpha: "A-Za-z",
    alnum: "0-9A-Za-z",
    space: "\t-\r ",
    punct: "!-/:-@[-`{-~",
    blank: "\t ",
    cntrl: "\0-\x1f\x7f",
    xdigit: "0-9A-Fa-f",
    print: " -~",
    graph: "!-~",
  };
  const text = [
    ...unescapeEcho(
      spec
        .replace(/\[:(\w+):\]/g, (whole, name: string) => names[name] ?? whole)
        .replace(/\\([0-7]{1,3})/g, "\\0$1"),
      { hex: false },
    ).text,
  ];
  const out: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const start = text[at] ?? "";
    const end = text[at + 2];
    if (text[at + 1] === "-" && end !== undefined && start <= end) {
      for (let code = start.codePointAt(0) ?? 0; code <= (end.codePointAt(0) ?? 0); code++)
        out.push(String.fromCodePoint(code));
      at += 2;
    } else out.push(start);
  }
  return out;
}

async function tr(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "+cCdst",
    long: { complement: "c", delete: "d", "squeeze-repeats": "s", "truncate-set1": "t" },
  });
  if (typeof parsed === "number") return parsed;
  const [first, second, extra] = parsed.rest;
  const hint = `Try '${context.argv0} --help' for more information.`;
  if (first === undefined) return context.fail(`${context.argv0}: missing operand\n${hint}`);
  if (second === undefined && !parsed.has("d") && !parsed.has("s")) {
    return context.fail(
      `${context.argv0}: missing operand after ‘${first}’\nTwo strings must be given when translating.\n${hint}`,
    );
  }
  if (extra !== undefined) return context.fail(`${context.argv0}: extra operand ‘${extra}’\n${hint}`);
  const from = characterSet(first);
  const to = characterSet(second ?? "");
  const complement = parsed.has("c") || parsed.has("C");
  const inFirst = new Set(from);
  const member = (character: string) => inFirst.has(character) !== complement;
  const map = new Map(
    from
      .map((character, index) => [character, to[Math.min(index, to.length - 1)] ?? character])
      .reverse() as [string, string][],
  );
  const squeezed = parsed.has("s")
    ? new Set(second === undefined || parsed.has("d") ? (second === undefined ? from : to) : to)
    : undefined;
  let last = "";
  for await (const line of context.stdin.lines()) {
    let out = "";
    for (const character of line) {
      if (parsed.has("d") && member(character)) continue;
      const next =
        parsed.has("d") || second === undefined || !member(character)
          ? character
          : complement
            ? (to.at(-1) ?? character)
            : (map.get(character) ?? character);
      if (
        squeezed !== undefined &&
        next === last &&
        (squeezed.has(next) || (complement && second === undefined && member(next)))
      )
        continue;
      out += next;
      last = next;
    }
    await context.out(out);
  }
  return 0;
}

async function simple(
  context: ProgramContext,
  transform: (line: string, index: number) => string,
): Promise<number> {
  let status = 0;
  let index = 0;
  for await (const { input } of inputs(
    context,
    context.args.filter((arg) => !/^-./.test(arg)),
    () => (status = 1),
  )) {
    for await (const raw of input.lines())
      await context.out(`${transform(raw.replace(/\n$/, ""), index++)}${raw.endsWith("\n") ? "\n" : ""}`);
  }
  return status;
}

async function nl(context: ProgramContext): Promise<number> {
  const all = context.args.some((arg) => /^-b ?a$/.test(arg));
  let number = 0;
  return simple(context, (line) =>
    line === "" && !all ? "       " : `${String(++number).padStart(6)}\t${line}`,
  );
}

async function fold(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "bsw:",
    long: { "width=": "w", bytes: "b", spaces: "s" },
    digits: "w",
  });
  if (typeof parsed === "number") return parsed;
  const width = Number(parsed.value("w") ?? 80) || 80;
  let status = 0;
  for await (const { input } of inputs(context, parsed.rest, () => (status = 1))) {
    for await (const line of input.lines())
      await context.out(
        line.replace(new RegExp(`([^\\n]{${Math.min(width, 10_000)}})(?=[^\\n])`, "gu"), "$1\n"),
      );
  }
  return status;
}

async function paste(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "d:sz", long: { "delimiters=": "d", serial: "s" } });
  if (typeof parsed === "number") return parsed;
  const delimiters = [...unescapeEcho(parsed.value("d") ?? "\t", { hex: false }).text];
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

async function comm(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "123z", long: {} });
  if (typeof parsed === "number") return parsed;
  if (parsed.rest.length < 2)
    return context.fail(
      `${context.argv0}: missing operand${parsed.rest[0] === undefined ? "" : ` after ‘${parsed.rest[0]}’`}\nTry '${context.argv0} --help' for more information.`,
    );
  const left = await allLines(context, parsed.rest.slice(0, 1));
  const right = await allLines(context, parsed.rest.slice(1, 2));
  let a = 0;
  let b = 0;
  while (a < left.lines.length || b < right.lines.length) {
    const one = left.lines[a];
    const two = right.lines[b];
    const column =
      two === undefined || (one !== undefined && one < two) ? 1 : one === undefined || two < one ? 2 : 3;
    if (column !== 2) a += 1;
    if (column !== 1) b += 1;
    const indent = [1, 2].filter((each) => each < column && !parsed.has(String(each))).length;
    if (!parsed.has(String(column)))
      await context.out(`${"\t".repeat(indent)}${(column === 2 ? two : one) ?? ""}\n`);
  }
  return left.status || right.status;
}

export const lines: readonly Program[] = [
  { names: ["sort"], run: sort },
  { names: ["uniq"], run: uniq },
  { names: ["cut"], run: cut },
  { names: ["tr"], run: tr },
  { names: ["rev"], run: (context) => simple(context, (line) => [...line].reverse().join("")) },
  { names: ["nl"], run: nl },
  { names: ["fold"], run: fold },
  { names: ["paste"], run: paste },
  { names: ["comm"], run: comm },
];
