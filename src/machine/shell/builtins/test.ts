import { compareNumbers, unaryTest } from "../conditional.ts";
import { ShellError } from "../control.ts";
import { compareFiles, isFileTest } from "../file-tests.ts";
import type { ShellProcess } from "../shell-process.ts";

const binaryOperators = new Set([
  "=",
  "==",
  "!=",
  "<",
  ">",
  "-eq",
  "-ne",
  "-lt",
  "-le",
  "-gt",
  "-ge",
  "-nt",
  "-ot",
  "-ef",
]);

function isUnary(text: string): boolean {
  return isFileTest(text) || /^-[zntovR]$/.test(text);
}

/** `test` and `[`. */
export async function test(sh: ShellProcess, args: readonly string[]): Promise<number> {
  return evaluate(sh, args, "test");
}

export async function bracket(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.at(-1) !== "]")
    throw new ShellError(sh.state.dialect === "bash" ? "[: missing `]'" : "[: missing ]", 2);
  return evaluate(sh, args.slice(0, -1), "[");
}

function evaluate(sh: ShellProcess, args: readonly string[], name: string): number {
  const expression = new Expression(sh, args, name);
  return expression.result() ? 0 : 1;
}

class Expression {
  readonly #sh: ShellProcess;
  readonly #args: readonly string[];
  readonly #name: string;
  #at = 0;

  constructor(sh: ShellProcess, args: readonly string[], name: string) {
    this.#sh = sh;
    this.#args = args;
    this.#name = name;
  }

  result(): boolean {
    const args = this.#args;
    if (args.length === 0) return false;
    if (args.length === 1) return args[0] !== "";
    if (args.length === 2) return this.#two(args[0] ?? "", args[1] ?? "");
    if (args.length === 3) return this.#three(args[0] ?? "", args[1] ?? "", args[2] ?? "");
    if (args.length === 4 && args[0] === "!")
      return !new Expression(this.#sh, args.slice(1), this.#name).result();
    const value = this.#or();
    if (this.#at < args.length) throw this.#error("too many arguments");
    return value;
  }

  #error(text: string): ShellError {
    const bash = this.#sh.state.dialect === "bash";
    return new ShellError(
      `${this.#name}: ${
        bash
          ? text
          : text
              .replace(/^(.*): unary operator expected$/, "$1: unexpected operator")
              .replace(/^(.*): binary operator expected$/, "$1: unexpected operator")
              .replace(/^(.*): integer expression expected$/, "Illegal number: $1")
      }`,
      2,
    );
  }

  #two(first: string, second: string): boolean {
    if (first === "!") return second === "";
    if (isUnary(first)) return unaryTest(this.#sh, first, second);
    throw this.#error(
      this.#sh.state.dialect === "bash"
        ? `${first}: unary operator expected`
        : `${first}: unexpected operator`,
    );
  }

  #three(first: string, operator: string, third: string): boolean {
    if (binaryOperators.has(operator) && (operator !== "==" || this.#sh.state.dialect !== "dash"))
      return this.#compare(first, operator, third);
    if (operator === "-a") return first !== "" && third !== "";
    if (operator === "-o") return first !== "" || third !== "";
    if (first === "!") return !this.#two(operator, third);
    if (first === "(" && third === ")") return operator !== "";
    throw this.#error(
      `${operator}: ${this.#sh.state.dialect === "bash" ? "binary operator expected" : "unexpected operator"}`,
    );
  }

  #compare(left: string, operator: string, right: string): boolean {
    if (operator === "=" || operator === "==") return left === right;
    if (operator === "!=") return left !== right;
    if (operator === "<") return left < right;
    if (operator === ">") return left > right;
    if (operator === "-nt" || operator === "-ot" || operator === "-ef")
      return compareFiles(this.#sh, left, operator, right);
    return compareNumbers(this.#integer(left), operator, this.#integer(right));
  }

  #integer(text: string): bigint {
    if (/^\s*[+-]?\d+\s*$/.test(text)) return BigInt(text.trim().replace(/^\+/, ""));
    throw this.#error(`${text}: integer expression expected`);
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#args[this.#at] === "-o") {
      this.#at += 1;
      const next = this.#and();
      value ||= next;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#term();
    while (this.#args[this.#at] === "-a") {
      this.#at += 1;
      const next = this.#term();
      value &&= next;
    }
    return value;
  }

  #term(): boolean {
    const word = this.#args[this.#at];
    if (word === undefined) throw this.#error("argument expected");
    if (word === "!") {
      this.#at += 1;
      return !this.#term();
    }
    if (word === "(") {
      this.#at += 1;
      const value = this.#or();
      if (this.#args[this.#at] !== ")") throw this.#error("`)' expected");
      this.#at += 1;
      return value;
    }
    const operator = this.#args[this.#at + 1] ?? "";
    const right = this.#args[this.#at + 2];
    if (binaryOperators.has(operator) && right !== undefined) {
      this.#at += 3;
      return this.#compare(word, operator, right);
    }
    if (isUnary(word) && this.#at + 1 < this.#args.length) {
      this.#at += 2;
      return unaryTest(this.#sh, word, operator);
    }
    this.#at += 1;
    if (this.#at < this.#args.length && !/^(-[ao]|\))$/.test(operator))
      throw this.#error("too many arguments");
    return word !== "";
  }
}
