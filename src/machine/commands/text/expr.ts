import type { ProgramContext } from "../command.ts";

const truthy = (text: string) => text !== "" && text !== "0";
const integer = /^-?\d+$/;

function matched(text: string, pattern: string): string {
  // A basic expression: grouping and counting are the escaped ones.
  const expression = pattern.slice(0, 500).replace(/\\([(){}])/g, "$1");
  const match = new RegExp(`^(?:${expression})`).exec(text.slice(0, 5000));
  return expression.includes("(") ? (match?.[1] ?? "") : String(match?.[0].length ?? 0);
}

function either(left: string, right: string): string {
  if (truthy(left)) return left;
  return truthy(right) ? right : "0";
}

const ofTexts: Readonly<Record<string, (left: string, right: string) => string>> = {
  "|": either,
  "&": (left, right) => (truthy(left) && truthy(right) ? left : "0"),
  ":": matched,
};

const ofOrder: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "=": (order) => order === 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
};

const ofIntegers: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

function orderOf(left: string, right: string): number {
  if (integer.test(left) && integer.test(right)) return Number(BigInt(left) - BigInt(right));
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function apply(operator: string, left: string, right: string): string {
  const text = ofTexts[operator];
  if (text !== undefined) return text(left, right);
  const holds = ofOrder[operator];
  if (holds !== undefined) return holds(orderOf(left, right)) ? "1" : "0";
  if (!integer.test(left) || !integer.test(right)) throw new SyntaxError("non-integer argument");
  if (BigInt(right) === 0n && /[/%]/.test(operator)) throw new SyntaxError("division by zero");
  return String(ofIntegers[operator]?.(BigInt(left), BigInt(right)) ?? 0n);
}

/** `expr`: strings and integers with the usual priorities. */
class Expr {
  readonly #tokens: readonly string[];
  #at = 0;
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }
  value(): string {
    const value = this.#binary(0);
    if (this.#at < this.#tokens.length)
      throw new SyntaxError(`syntax error: unexpected argument ‘${this.#tokens[this.#at] ?? ""}’`);
    return value;
  }
  #binary(level: number): string {
    const levels = [
      ["|"],
      ["&"],
      ["<", "<=", "=", "==", "!=", ">=", ">"],
      ["+", "-"],
      ["*", "/", "%"],
      [":"],
    ];
    const operators = levels[level];
    if (operators === undefined) return this.#atom();
    let left = this.#binary(level + 1);
    while (operators.includes(this.#tokens[this.#at] ?? "")) {
      const operator = this.#tokens[this.#at++] ?? "";
      left = apply(operator, left, this.#binary(level + 1));
    }
    return left;
  }
  #atom(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined)
      throw new SyntaxError(
        this.#tokens.length === 0
          ? "missing operand"
          : `syntax error: missing argument after ‘${this.#tokens.at(-1) ?? ""}’`,
      );
    if (token === "(") {
      const value = this.#binary(0);
      if (this.#tokens[this.#at++] !== ")")
        throw new SyntaxError("syntax error: expecting ')' after ‘" + (this.#tokens.at(-1) ?? "") + "’");
      return value;
    }
    if (token === "length" && this.#at < this.#tokens.length) return String(Array.from(this.#atom()).length);
    if (token === "substr" && this.#at + 2 < this.#tokens.length) {
      const [text, from, count] = [this.#atom(), Number(this.#atom()), Number(this.#atom())];
      return text.slice(from - 1, from - 1 + count);
    }
    if (token === "index" && this.#at + 1 < this.#tokens.length) {
      const [text, characters] = [this.#atom(), this.#atom()];
      return String(Array.from(text).findIndex((each) => characters.includes(each)) + 1);
    }
    if (token === "match" && this.#at + 1 < this.#tokens.length)
      return apply(":", this.#atom(), this.#atom());
    return token;
  }
}

export async function expr(context: ProgramContext): Promise<number> {
  try {
    const value = new Expr(context.args[0] === "--" ? context.args.slice(1) : context.args).value();
    await context.out(`${value}\n`);
    return value === "" || value === "0" ? 1 : 0;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return context.fail(
      `${context.argv0}: ${error.message}${error.message === "missing operand" ? `\nTry '${context.argv0} --help' for more information.` : ""}`,
      2,
    );
  }
}
