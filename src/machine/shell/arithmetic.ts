import { ShellError } from "./control.ts";
import type { ShellProcess } from "./shell-process.ts";
import { type ArithmeticExpression, isKind, parseShell } from "./syntax.ts";

type Of<T extends ArithmeticExpression["type"]> = Extract<ArithmeticExpression, { type: T }>;

const operations = [
  "ArithGroup",
  "ArithNested",
  "ArithBinary",
  "ArithUnary",
  "ArithTernary",
  "ArithAssignment",
] as const;

const named = ["ArithVariable", "ArithArrayElement"] as const;

const expansions = [
  "ArithSpecialVar",
  "ArithBracedExpansion",
  "ArithCommandSubst",
  "ArithConcat",
  "ArithDynamicBase",
  "ArithDynamicNumber",
] as const;

type Expansion = Of<(typeof expansions)[number]>;

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);
const MAX_DEPTH = 64;

const binary: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  "<": (a, b) => truth(a < b),
  "<=": (a, b) => truth(a <= b),
  ">": (a, b) => truth(a > b),
  ">=": (a, b) => truth(a >= b),
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  ",": (_a, b) => b,
};

/** Evaluates shell arithmetic in 64-bit integers. */
export async function evaluateArithmetic(
  sh: ShellProcess,
  expression: ArithmeticExpression,
  text = "",
): Promise<bigint> {
  return wrap(await new Calculation(sh, text).value(expression, 0));
}

/** Evaluates text as `$((text))` would: values of variables, `let`, subscripts, `declare -i`. */
export async function evaluateText(sh: ShellProcess, text: string, depth = 0): Promise<bigint> {
  const trimmed = text.trim();
  if (trimmed === "") return 0n;
  const plain = numberOf(trimmed);
  if (plain !== undefined) return plain;
  const parsed = parseShell(`((${trimmed}\n))`);
  const command =
    parsed.kind === "script" ? parsed.script.statements[0]?.pipelines[0]?.commands[0] : undefined;
  if (command?.type !== "ArithmeticCommand") {
    throw new ShellError(`${trimmed}: syntax error: operand expected (error token is "${trimmed}")`);
  }
  return wrap(await new Calculation(sh, trimmed).value(command.expression.expression, depth));
}

function numberOf(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (!match) return undefined;
  const digits = match[2] ?? "0";
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return wrap(match[1] === "-" ? -value : value);
}

class Calculation {
  readonly #sh: ShellProcess;
  readonly #text: string;

  constructor(sh: ShellProcess, text: string) {
    this.#sh = sh;
    this.#text = text;
  }

  async value(node: ArithmeticExpression, depth: number): Promise<bigint> {
    if (depth > MAX_DEPTH)
      throw new ShellError(
        `${this.#text}: expression recursion level exceeded (error token is "${this.#text}")`,
      );
    await this.#sh.tick();
    if (node.type === "ArithNumber") return Number.isFinite(node.value) ? BigInt(Math.trunc(node.value)) : 0n;
    if (node.type === "ArithSingleQuote") return BigInt(Math.trunc(node.value));
    if (isKind(node, operations)) return this.#operation(node, depth);
    if (isKind(node, named)) return this.#fromText(await this.#read(node, depth), depth);
    if (isKind(node, expansions)) return this.#fromText(await this.#expanded(node), depth);
    throw new ShellError(
      node.type === "ArithSyntaxError"
        ? `${this.#text}: syntax error: ${/operand/.test(node.message) ? "operand expected" : "invalid arithmetic operator"} (error token is "${node.errorToken}")`
        : `${this.#text}: syntax error in expression (error token is "${this.#text}")`,
    );
  }

  async #operation(node: Of<(typeof operations)[number]>, depth: number): Promise<bigint> {
    switch (node.type) {
      case "ArithGroup":
      case "ArithNested":
        return this.value(node.expression, depth + 1);
      case "ArithBinary":
        return this.#binary(node, depth);
      case "ArithUnary":
        return this.#unary(node, depth);
      case "ArithTernary":
        return this.value(
          (await this.value(node.condition, depth + 1)) === 0n ? node.alternate : node.consequent,
          depth + 1,
        );
      case "ArithAssignment":
        return this.#assign(node, depth);
    }
  }

  async #read(node: Of<(typeof named)[number]>, depth: number): Promise<string | undefined> {
    return node.type === "ArithVariable"
      ? this.#variable(node.name)
      : this.#sh.vars.element(node.array, await this.#index(node, depth));
  }

  #variable(name: string): string | undefined {
    const value = /^\d+$/.test(name) ? this.#sh.state.positional[Number(name) - 1] : this.#sh.vars.get(name);
    if (value === undefined && this.#sh.option("nounset")) throw this.#sh.unbound(name);
    return value;
  }

  async #expanded(node: Expansion): Promise<string> {
    const source = sourceOf(node);
    const parsed = parseShell(`: ${source}`);
    const command =
      parsed.kind === "script" ? parsed.script.statements[0]?.pipelines[0]?.commands[0] : undefined;
    const word = command?.type === "SimpleCommand" ? command.args[0] : undefined;
    return word === undefined ? "0" : this.#sh.evaluator.expand(this.#sh, word);
  }

  async #fromText(text: string | undefined, depth: number): Promise<bigint> {
    if (text === undefined || text === "") return 0n;
    return evaluateText(this.#sh, text, depth + 1);
  }

  async #index(node: Of<"ArithArrayElement">, depth: number): Promise<string> {
    if (node.stringKey !== undefined) return node.stringKey;
    if (this.#sh.variable(node.array)?.keys !== undefined && node.index?.type === "ArithVariable")
      return node.index.name;
    return node.index === undefined ? "0" : String(await this.value(node.index, depth + 1));
  }

  async #binary(node: Of<"ArithBinary">, depth: number): Promise<bigint> {
    const left = await this.value(node.left, depth + 1);
    if (node.operator === "&&" && left === 0n) return 0n;
    if (node.operator === "||" && left !== 0n) return 1n;
    const right = await this.value(node.right, depth + 1);
    return this.#apply(node.operator, left, right);
  }

  #apply(operator: string, left: bigint, right: bigint): bigint {
    if (operator === "&&" || operator === "||") return truth(right !== 0n);
    if (operator === "/" || operator === "%") {
      if (right === 0n) {
        const token = /[/%]\s*(.*)$/.exec(this.#text)?.[1] ?? "0";
        throw new ShellError(`${this.#text}: division by 0 (error token is "${token}")`);
      }
      return wrap(operator === "/" ? left / right : left % right);
    }
    if (operator === "**") {
      if (right < 0n) throw new ShellError(`${this.#text}: exponent less than 0 (error token is "${right}")`);
      return power(left, right);
    }
    return wrap(binary[operator]?.(left, right) ?? 0n);
  }

  async #unary(node: Of<"ArithUnary">, depth: number): Promise<bigint> {
    if (node.operator === "++" || node.operator === "--") {
      const before = await this.value(node.operand, depth + 1);
      const after = wrap(before + (node.operator === "++" ? 1n : -1n));
      await this.#store(node.operand, after, depth);
      return node.prefix ? after : before;
    }
    const operand = await this.value(node.operand, depth + 1);
    if (node.operator === "-") return wrap(-operand);
    if (node.operator === "!") return truth(operand === 0n);
    return node.operator === "~" ? ~operand : operand;
  }

  async #store(target: ArithmeticExpression, value: bigint, depth: number): Promise<void> {
    if (target.type === "ArithVariable") this.#sh.vars.set(target.name, String(value));
    else if (target.type === "ArithArrayElement") {
      this.#sh.vars.setElement(target.array, await this.#index(target, depth), String(value));
    }
  }

  async #assign(node: Of<"ArithAssignment">, depth: number): Promise<bigint> {
    const right = await this.value(node.value, depth + 1);
    const index =
      node.stringKey ??
      (node.subscript === undefined ? undefined : String(await this.value(node.subscript, depth + 1)));
    let result = right;
    if (node.operator !== "=") {
      const former =
        index === undefined ? this.#sh.vars.get(node.variable) : this.#sh.vars.element(node.variable, index);
      result = this.#apply(node.operator.slice(0, -1), await this.#fromText(former, depth), right);
    }
    result = wrap(result);
    if (index === undefined) this.#sh.vars.set(node.variable, String(result));
    else this.#sh.vars.setElement(node.variable, index, String(result));
    return result;
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base;
  let rest = exponent;
  while (rest > 0n) {
    if (rest & 1n) result = wrap(result * factor);
    factor = wrap(factor * factor);
    rest >>= 1n;
  }
  return result;
}

function sourceOf(node: ArithmeticExpression): string {
  if (node.type === "ArithNumber") return String(node.value);
  if (node.type === "ArithVariable") return node.hasDollarPrefix === true ? `\${${node.name}}` : node.name;
  return isKind(node, expansions) ? expansionSource(node) : "0";
}

function expansionSource(node: Expansion): string {
  switch (node.type) {
    case "ArithSpecialVar":
      return `$${node.name.replace(/^\$/, "")}`;
    case "ArithBracedExpansion":
      return `"\${${node.content}}"`;
    case "ArithCommandSubst":
      return `$(${node.command})`;
    case "ArithConcat":
      return node.parts.map(sourceOf).join("");
    case "ArithDynamicBase":
      return `\${${node.baseExpr}}#${node.value}`;
    case "ArithDynamicNumber":
      return `\${${node.prefix}}${node.suffix}`;
  }
}
