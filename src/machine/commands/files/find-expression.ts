import type { ProgramContext } from "../command.ts";
import { type FindTest, findActions, findFlags, findTests } from "./find-tests.ts";

export interface FindExpression {
  readonly test: (...at: Parameters<FindTest>) => Promise<boolean>;
  readonly minDepth: number;
  readonly maxDepth: number;
  /** It prints or acts itself, so nothing is printed by default. */
  readonly acts: boolean;
}

/** Words that change nothing here: parentheses are not nested. */
const ignored = new Set(["(", ")", "-a", "-and", "-depth", "-xdev", "-mount"]);
const runners = new Set(["-exec", "-execdir", "-ok"]);
const depths: ReadonlyMap<string, "minDepth" | "maxDepth"> = new Map([
  ["-mindepth", "minDepth"],
  ["-maxdepth", "maxDepth"],
]);

/** @returns the complaint when the words are no expression */
export function parseExpression(context: ProgramContext, words: readonly string[]): FindExpression | string {
  return new ExpressionParser(context, words).parse();
}

class ExpressionParser {
  readonly #context: ProgramContext;
  readonly #words: readonly string[];
  readonly #depths = { minDepth: 0, maxDepth: 200 };
  readonly #alternatives: FindTest[][] = [[]];
  #at = 0;
  #negate = false;
  #acts = false;

  constructor(context: ProgramContext, words: readonly string[]) {
    this.#context = context;
    this.#words = words;
  }

  parse(): FindExpression | string {
    for (; this.#at < this.#words.length; this.#at++) {
      const word = this.#words[this.#at] ?? "";
      const complaint = this.#operator(word) ? undefined : this.#primary(word);
      if (complaint !== undefined) return complaint;
    }
    return { ...this.#depths, acts: this.#acts, test: anyOf(this.#alternatives) };
  }

  #operator(word: string): boolean {
    if (word === "!" || word === "-not") this.#negate = !this.#negate;
    else if (word === "-o" || word === "-or") this.#alternatives.push([]);
    else return ignored.has(word);
    return true;
  }

  /** @returns the complaint about it, if any */
  #primary(word: string): string | undefined {
    if (runners.has(word)) return this.#runner(word);
    const context = this.#context;
    const action = findActions.get(word);
    if (action !== undefined) {
      this.#acts ||= word !== "-prune";
      this.#add((path, facts) => action(context, path, facts));
      return undefined;
    }
    const flag = findFlags.get(word);
    if (flag === undefined) return this.#valued(word);
    this.#add((path, facts) => flag(context, context.path(path), facts));
    return undefined;
  }

  #runner(word: string): string | undefined {
    const end = this.#words.findIndex((each, index) => index > this.#at && (each === ";" || each === "+"));
    if (end < 0) return `missing argument to \`${word}'`;
    const argv = this.#words.slice(this.#at + 1, end);
    this.#at = end;
    this.#acts = true;
    this.#add(
      async (path) => (await this.#context.spawn(argv.map((each) => each.replaceAll("{}", path)))) === 0,
    );
    return undefined;
  }

  #valued(word: string): string | undefined {
    const depth = depths.get(word);
    const test = findTests.get(word);
    if (depth === undefined && test === undefined) return `unknown predicate \`${word}'`;
    this.#at += 1;
    const value = this.#words[this.#at];
    if (value === undefined) return `missing argument to \`${word}'`;
    if (depth !== undefined) this.#depths[depth] = Number(value) || 0;
    this.#acts ||= word === "-printf";
    if (test !== undefined) this.#add((path, facts) => test(this.#context, value, { path, facts }));
    return undefined;
  }

  #add(test: FindTest): void {
    const negated = this.#negate;
    this.#negate = false;
    this.#alternatives.at(-1)?.push(negated ? async (path, facts) => !(await test(path, facts)) : test);
  }
}

/** Alternatives without a test do not count; with none at all everything matches. */
function anyOf(alternatives: readonly (readonly FindTest[])[]): FindExpression["test"] {
  const told = alternatives.filter((tests) => tests.length > 0);
  return async (path, facts) => {
    for (const tests of told) {
      if (await allOf(tests, path, facts)) return true;
    }
    return told.length === 0;
  };
}

async function allOf(tests: readonly FindTest[], ...at: Parameters<FindTest>): Promise<boolean> {
  for (const test of tests) {
    if (!(await test(...at))) return false;
  }
  return true;
}
