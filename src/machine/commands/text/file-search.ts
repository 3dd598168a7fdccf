import type { Input, ProgramContext } from "../command.ts";
import type { Options } from "../options.ts";

export interface Grep {
  readonly expression: RegExp;
  readonly options: Options;
  readonly names: boolean;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** How much of a line is searched. */
const SEARCHED_CHARACTERS = 100_000;

/** One file as it is searched: what was found, which lines before are held, how many after are owed. */
export class FileSearch {
  readonly #context: ProgramContext;
  readonly #grep: Grep;
  readonly #name: string;
  readonly #before: number;
  readonly #after: number;
  readonly #limit: number;
  /** Lines themselves are not shown. */
  readonly #quiet: boolean;
  #found = 0;
  #binary = false;
  #held: Line[] = [];
  #owed = 0;
  #lastShown = 0;

  constructor(context: ProgramContext, grepping: Grep, name: string) {
    const { options: set } = grepping;
    this.#context = context;
    this.#grep = grepping;
    this.#name = name;
    this.#before = Number(set.value("B") ?? set.value("C") ?? 0);
    this.#after = Number(set.value("A") ?? set.value("C") ?? 0);
    this.#limit = set.has("m") ? Number(set.value("m")) : Number.POSITIVE_INFINITY;
    this.#quiet = ["q", "l", "L", "c"].some((key) => set.has(key));
  }

  /** @returns how many lines matched */
  async run(input: Input): Promise<number> {
    let number = 0;
    for await (const raw of input.lines()) {
      if (this.#found >= this.#limit && this.#owed === 0) break;
      number += 1;
      const line = { number, text: raw.replace(/\n$/, "") };
      this.#binary ||= !this.#grep.options.has("a") && line.text.includes("\0");
      if (!this.#matches(line.text)) await this.#pass(line);
      else if (!(await this.#take(line))) break;
      else if (input.file?.kind === "pipe" && this.#context.isTerminal(1)) await this.#context.flush();
    }
    await this.#sumUp();
    return this.#found;
  }

  #matches(text: string): boolean {
    const { expression, options: set } = this.#grep;
    expression.lastIndex = 0;
    return this.#found < this.#limit && expression.test(text.slice(0, SEARCHED_CHARACTERS)) !== set.has("v");
  }

  async #show(separator: ":" | "-", number: number, text: string): Promise<void> {
    const name = this.#grep.names ? `${this.#name}${separator}` : "";
    const place = this.#grep.options.has("n") ? `${number}${separator}` : "";
    await this.#context.out(`${name}${place}${text}\n`);
  }

  /** A line that does not match: context after the last match, or held for the next. */
  async #pass(line: Line): Promise<void> {
    if (this.#owed > 0 && !this.#quiet) {
      await this.#show("-", line.number, line.text);
      this.#lastShown = line.number;
    } else if (this.#before > 0) {
      this.#held.push(line);
      if (this.#held.length > this.#before) this.#held.shift();
    }
    this.#owed = Math.max(0, this.#owed - 1);
  }

  /** A line that matches. @returns false when nothing more has to be read */
  async #take(line: Line): Promise<boolean> {
    const { options: set } = this.#grep;
    this.#found += 1;
    if (this.#quiet) return !set.has("q") && !set.has("l");
    if (this.#binary) {
      await this.#context.out(`${this.#context.argv0}: ${this.#name}: binary file matches\n`);
      return false;
    }
    await this.#showHeld(line.number);
    if (!set.has("o")) await this.#show(":", line.number, line.text);
    else if (!set.has("v")) await this.#showParts(line);
    this.#lastShown = line.number;
    this.#owed = this.#after;
    return true;
  }

  async #showHeld(number: number): Promise<void> {
    const from = this.#held[0]?.number ?? number;
    const inContext = this.#before > 0 || this.#after > 0;
    if (inContext && this.#lastShown > 0 && from > this.#lastShown + 1) await this.#context.out("--\n");
    for (const each of this.#held.splice(0)) await this.#show("-", each.number, each.text);
  }

  async #showParts(line: Line): Promise<void> {
    const { expression } = this.#grep;
    expression.lastIndex = 0;
    for (const [part] of line.text.matchAll(expression))
      if (part !== "") await this.#show(":", line.number, part);
  }

  async #sumUp(): Promise<void> {
    const { names, options: set } = this.#grep;
    if (set.has("c") && !set.has("q"))
      await this.#context.out(`${names ? `${this.#name}:` : ""}${this.#found}\n`);
    if ((set.has("l") && this.#found > 0) || (set.has("L") && this.#found === 0))
      await this.#context.out(`${this.#name}\n`);
  }
}
