import { unescapeEcho } from "../../shell/escapes.ts";
import { formatPrintf, general } from "../../shell/printf.ts";
import type { Program, ProgramContext } from "../command.ts";

const hint = (context: ProgramContext) => `\nTry '${context.argv0} --help' for more information.`;

async function echo(context: ProgramContext): Promise<number> {
  let newline = true;
  let escapes = false;
  let at = 0;
  for (; /^-[neE]+$/.test(context.args[at] ?? ""); at++) {
    for (const letter of (context.args[at] ?? "").slice(1)) {
      if (letter === "n") newline = false;
      else escapes = letter === "e";
    }
  }
  const text = context.args.slice(at).join(" ");
  const decoded = escapes ? unescapeEcho(text, { hex: true }) : { text, end: false };
  await context.out(newline && !decoded.end ? `${decoded.text}\n` : decoded.text);
  return 0;
}

async function printf(context: ProgramContext): Promise<number> {
  const [format, ...rest] = context.args;
  if (format === undefined) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  const problems: string[] = [];
  await context.out(formatPrintf(format, rest, { problems, now: context.world.now() }));
  for (const problem of problems)
    await context.err(
      `${context.argv0}: ${problem.replace(/^(.*): invalid number$/, "‘$1’: expected a numeric value")}\n`,
    );
  return problems.length > 0 ? 1 : 0;
}

async function seq(context: ProgramContext): Promise<number> {
  let separator = "\n";
  let equal = false;
  let format: string | undefined;
  const numbers: string[] = [];
  for (let at = 0; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (arg.startsWith("-s")) separator = arg.length > 2 ? arg.slice(2) : (context.args[++at] ?? "");
    else if (arg.startsWith("-f")) format = arg.length > 2 ? arg.slice(2) : context.args[++at];
    else if (arg === "-w" || arg === "--equal-width") equal = true;
    else numbers.push(arg);
  }
  if (numbers.length === 0) return context.fail(`${context.argv0}: missing operand${hint(context)}`);
  if (numbers.length > 3)
    return context.fail(`${context.argv0}: extra operand ‘${numbers[3] ?? ""}’${hint(context)}`);
  const bad = numbers.find((text) => text.trim() === "" || Number.isNaN(Number(text)));
  if (bad !== undefined)
    return context.fail(`${context.argv0}: invalid floating point argument: ‘${bad}’${hint(context)}`);
  const [first, step, lastNumber] =
    numbers.length === 1
      ? [1, 1, Number(numbers[0])]
      : numbers.length === 2
        ? [Number(numbers[0]), 1, Number(numbers[1])]
        : numbers.map(Number);
  if (step === 0)
    return context.fail(
      `${context.argv0}: invalid Zero increment value: ‘${numbers[1] ?? ""}’${hint(context)}`,
    );
  const places = Math.max(0, ...numbers.map((text) => /\.(\d+)/.exec(text)?.[1]?.length ?? 0));
  const width = equal
    ? Math.max((first ?? 0).toFixed(places).length, (lastNumber ?? 0).toFixed(places).length)
    : 0;
  const count = Math.floor(((lastNumber ?? 0) - (first ?? 1)) / (step ?? 1) + 1e-10) + 1;
  for (let index = 0; index < count; index++) {
    const value = ((first ?? 1) + index * (step ?? 1)).toFixed(places);
    const text =
      format === undefined
        ? value.padStart(width, "0")
        : formatPrintf(format, [value], { problems: [], now: 0 });
    await context.out(index === 0 ? text : separator + text);
    await context.tick();
  }
  if (count > 0) await context.out("\n");
  return 0;
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
    if (token === "length" && this.#at < this.#tokens.length) return String([...this.#atom()].length);
    if (token === "substr" && this.#at + 2 < this.#tokens.length) {
      const [text, from, count] = [this.#atom(), Number(this.#atom()), Number(this.#atom())];
      return text.slice(from - 1, from - 1 + count);
    }
    if (token === "index" && this.#at + 1 < this.#tokens.length) {
      const [text, characters] = [this.#atom(), this.#atom()];
      return String([...text].findIndex((each) => characters.includes(each)) + 1);
    }
    if (token === "match" && this.#at + 1 < this.#tokens.length)
      return apply(":", this.#atom(), this.#atom());
    return token;
  }
}

function apply(operator: string, left: string, right: string): string {
  const truthy = (text: string) => text !== "" && text !== "0";
  if (operator === "|") return truthy(left) ? left : truthy(right) ? right : "0";
  if (operator === "&") return truthy(left) && truthy(right) ? left : "0";
  if (operator === ":") {
    const expression = right
      .slice(0, 500)
      .replace(/\\\(/g, "(")
      .replace(/\\\)/g, ")")
      .replace(/\\\{/g, "{")
      .replace(/\\\}/g, "}");
    const match = new RegExp(`^(?:${expression})`).exec(left.slice(0, 5000));
    return /\(/.test(expression) ? (match?.[1] ?? "") : String(match?.[0].length ?? 0);
  }
  const numeric = /^-?\d+$/;
  if (/^[<>=!]/.test(operator)) {
    const order =
      numeric.test(left) && numeric.test(right)
        ? Number(BigInt(left) - BigInt(right))
        : left < right
          ? -1
          : left > right
            ? 1
            : 0;
    const result =
      {
        "<": order < 0,
        "<=": order <= 0,
        "=": order === 0,
        "==": order === 0,
        "!=": order !== 0,
        ">=": order >= 0,
        ">": order > 0,
      }[operator] ?? false;
    return result ? "1" : "0";
  }
  if (!numeric.test(left) || !numeric.test(right)) throw new SyntaxError("non-integer argument");
  const [a, b] = [BigInt(left), BigInt(right)];
  if (b === 0n && /[/%]/.test(operator)) throw new SyntaxError("division by zero");
  return String(
    { "+": a + b, "-": a - b, "*": a * b, "/": b === 0n ? 0n : a / b, "%": b === 0n ? 0n : a % b }[
      operator
    ] ?? 0n,
  );
}

async function expr(context: ProgramContext): Promise<number> {
  try {
    const value = new Expr(context.args[0] === "--" ? context.args.slice(1) : context.args).value();
    await context.out(`${value}\n`);
    return value === "" || value === "0" ? 1 : 0;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return context.fail(
      `${context.argv0}: ${error.message}${error.message === "missing operand" ? hint(context) : ""}`,
      2,
    );
  }
}

async function xargs(context: ProgramContext): Promise<number> {
  let count = 5000;
  let replace: string | undefined;
  let zero = false;
  let trace = false;
  let skipEmpty = false;
  let lineMode = false;
  let at = 0;
  for (; at < context.args.length; at++) {
    const arg = context.args[at] ?? "";
    if (!arg.startsWith("-")) break;
    const value = () => (arg.length > 2 ? arg.slice(2) : (context.args[++at] ?? ""));
    if (arg.startsWith("-n")) count = Number(value()) || 1;
    else if (arg.startsWith("-I")) replace = value();
    else if (arg.startsWith("-i")) replace = "{}";
    else if (arg.startsWith("-L")) {
      lineMode = true;
      count = Number(value()) || 1;
    } else if (/^-(P|d|s|E)/.test(arg)) value();
    else if (arg === "-0" || arg === "--null") zero = true;
    else if (arg === "-t") trace = true;
    else if (arg === "-r" || arg === "--no-run-if-empty") skipEmpty = true;
    else if (arg.startsWith("--"))
      return context.fail(`${context.argv0}: unrecognized option '${arg}'${hint(context)}`);
    else return context.fail(`${context.argv0}: invalid option -- '${arg[1] ?? ""}'${hint(context)}`);
  }
  const command = context.args.slice(at);
  const text = await context.stdin.text();
  const words = zero
    ? text.split("\0").filter((word) => word !== "")
    : replace !== undefined || lineMode
      ? text
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line !== "")
      : splitWords(text);
  const base = command.length === 0 ? ["echo"] : command;
  const batches: string[][] = [];
  if (replace !== undefined)
    for (const word of words) batches.push(base.map((part) => part.replaceAll(replace ?? "{}", word)));
  else {
    for (let start = 0; start < words.length; start += count)
      batches.push([
        ...base,
        ...words.slice(start, start + count).flatMap((word) => (lineMode ? splitWords(word) : [word])),
      ]);
    if (words.length === 0 && !skipEmpty) batches.push([...base]);
  }
  let status = 0;
  for (const argv of batches) {
    if (trace) await context.err(`${argv.join(" ")}\n`);
    const result = await context.spawn(argv, { files: {} });
    if (result === 127)
      return context.fail(`${context.argv0}: ${argv[0] ?? ""}: No such file or directory`, 127);
    if (result === 126) return context.fail(`${context.argv0}: ${argv[0] ?? ""}: Permission denied`, 126);
    if (result !== 0) status = result === 255 ? 124 : 123;
  }
  return status;
}

function splitWords(text: string): string[] {
  return (text.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? []).map((word) =>
    word.replace(
      /"([^"]*)"|'([^']*)'|\\(.)/gs,
      (_whole, a: string | undefined, b: string | undefined, c: string | undefined) => a ?? b ?? c ?? "",
    ),
  );
}

async function bc(context: ProgramContext): Promise<number> {
  const text = (context.args.some((arg) => !arg.startsWith("-")) ? "" : await context.stdin.text()).slice(
    0,
    10_000,
  );
  let scale = context.args.includes("-l") ? 20 : 0;
  for (const statement of text.split(/[\n;]/)) {
    const line = statement.trim();
    const set = /^scale\s*=\s*(\d+)$/.exec(line);
    if (set) scale = Math.min(Number(set[1]), 50);
    else if (/^[\d\s.+\-*/%^()]+$/.test(line) && line !== "")
      await context.out(`${arithmetic(line, scale)}\n`);
    else if (/^(quit|exit)$/.test(line)) return 0;
    else if (line !== "") context.unknown();
  }
  return 0;
}

function arithmetic(text: string, scale: number): string {
  const tokens = text.match(/\d+\.?\d*|\.\d+|[-+*/%^()]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at++];
    if (token === "-") return -power();
    if (token === "(") {
      const value = sum();
      at += 1;
      return value;
    }
    return Number(token ?? 0);
  };
  const power = (): number => {
    const base = atom();
    if (tokens[at] !== "^") return base;
    at += 1;
    return base ** power();
  };
  const product = (): number => {
    let value = power();
    while (/^[*/%]$/.test(tokens[at] ?? "")) {
      const operator = tokens[at++];
      const right = power();
      const factor = 10 ** scale;
      value =
        operator === "*"
          ? value * right
          : operator === "/"
            ? Math.trunc((value / right) * factor) / factor
            : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/^[-+]$/.test(tokens[at] ?? ""))
      value = tokens[at++] === "+" ? value + product() : value - product();
    return value;
  };
  const value = sum();
  return Number.isInteger(value) ? BigInt(value).toString() : general(value, 15).replace(/^(-?)0\./, "$1.");
}

export const small: readonly Program[] = [
  { names: ["echo"], run: echo },
  { names: ["printf"], run: printf },
  { names: ["true"], run: () => 0 },
  { names: ["false"], run: () => 1 },
  { names: ["seq"], run: seq },
  { names: ["expr"], run: expr },
  { names: ["xargs"], run: xargs },
  { names: ["bc"], run: bc },
  { names: ["pwd"], run: async (context) => (await context.out(`${context.fs.realpath(context.cwd)}\n`), 0) },
  { names: ["sync"], run: () => 0 },
  { names: ["clear"], run: async (context) => (await context.out("\x1b[H\x1b[2J\x1b[3J"), 0) },
];
