import { unescapeEcho } from "../../shell/escapes.ts";
import type { ProgramContext } from "../command.ts";
import { type Options, options } from "../options.ts";

const characterClasses: Readonly<Record<string, string>> = {
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

function characterSet(spec: string): string[] {
  const text = Array.from(
    unescapeEcho(
      spec
        .replace(/\[:(\w+):\]/g, (whole, name: string) => characterClasses[name] ?? whole)
        .replace(/\\([0-7]{1,3})/g, "\\0$1"),
      { hex: false },
    ).text,
  );
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

export async function tr(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "+cCdst",
    long: { complement: "c", delete: "d", "squeeze-repeats": "s", "truncate-set1": "t" },
  });
  if (typeof parsed === "number") return parsed;
  const problem = operandProblem(parsed);
  if (problem !== undefined)
    return context.fail(`${context.argv0}: ${problem}\nTry '${context.argv0} --help' for more information.`);
  const rules = rulesOf(parsed);
  let last = "";
  for await (const line of context.stdin.lines()) {
    let out = "";
    for (const character of line) {
      if (rules.drops(character)) continue;
      const next = rules.becomes(character);
      if (next === last && rules.squeezes(next)) continue;
      out += next;
      last = next;
    }
    await context.out(out);
  }
  return 0;
}

function operandProblem(parsed: Options): string | undefined {
  const [first, second, extra] = parsed.rest;
  if (first === undefined) return "missing operand";
  if (second === undefined && !parsed.has("d") && !parsed.has("s"))
    return `missing operand after ‘${first}’\nTwo strings must be given when translating.`;
  return extra === undefined ? undefined : `extra operand ‘${extra}’`;
}

interface Rules {
  drops(character: string): boolean;
  becomes(character: string): string;
  squeezes(character: string): boolean;
}

function rulesOf(parsed: Options): Rules {
  const [first = "", second] = parsed.rest;
  const has = (key: string) => parsed.has(key);
  const from = characterSet(first);
  const to = characterSet(second ?? "");
  const inFirst = new Set(from);
  const complement = has("c") || has("C");
  const member = (character: string) => inFirst.has(character) !== complement;
  const squeezed = new Set(second === undefined ? from : to);
  const wholeComplement = complement && second === undefined;
  const becomes = complement
    ? (character: string) => (member(character) ? (to.at(-1) ?? character) : character)
    : translation(from, to);
  return {
    drops: (character) => has("d") && member(character),
    becomes: has("d") || second === undefined ? (character) => character : becomes,
    squeezes: (character) => has("s") && (squeezed.has(character) || (wholeComplement && member(character))),
  };
}

/** The first of two places of a character counts; a short second set repeats its last. */
function translation(from: readonly string[], to: readonly string[]): (character: string) => string {
  const map = new Map<string, string>();
  for (const [index, character] of from.entries()) {
    const target = to[Math.min(index, to.length - 1)] ?? character;
    if (!map.has(character)) map.set(character, target);
  }
  return (character) => map.get(character) ?? character;
}
