import { evaluateText } from "./arithmetic.ts";
import { ShellError } from "./control.ts";
import { expandPattern, expandRegex, expandSingle } from "./expand.ts";
import { compareFiles, isFileTest, isTerminal, testFile } from "./file-tests.ts";
import { matches } from "./pattern.ts";
import type { ShellProcess } from "./shell-process.ts";
import type { Condition } from "./syntax.ts";

type Binary = Extract<Condition, { type: "CondBinary" }>;

/** `[[ … ]]` */
export async function evaluateCondition(sh: ShellProcess, node: Condition): Promise<boolean> {
  switch (node.type) {
    case "CondNot":
      return !(await evaluateCondition(sh, node.operand));
    case "CondGroup":
      return evaluateCondition(sh, node.expression);
    case "CondAnd":
      return (await evaluateCondition(sh, node.left)) && evaluateCondition(sh, node.right);
    case "CondOr":
      return (await evaluateCondition(sh, node.left)) || evaluateCondition(sh, node.right);
    case "CondWord":
      return (await expandSingle(sh, node.word)) !== "";
    case "CondUnary":
      return unaryTest(sh, node.operator, await expandSingle(sh, node.operand));
    case "CondBinary":
      return binary(sh, node);
    default:
      return false;
  }
}

export function unaryTest(sh: ShellProcess, operator: string, operand: string): boolean {
  switch (operator) {
    case "-z":
      return operand === "";
    case "-n":
      return operand !== "";
    case "-o":
      return sh.option(operand);
    case "-t":
      return isTerminal(sh, operand);
    case "-v": {
      const match = /^(\w+)\[(.*)\]$/.exec(operand);
      return match
        ? sh.vars.element(match[1] ?? "", match[2] ?? "") !== undefined
        : sh.vars.get(operand) !== undefined;
    }
    case "-R":
      return sh.state.variables.get(operand)?.reference === true;
    default:
      return isFileTest(operator) && testFile(sh, operator, operand);
  }
}

async function binary(sh: ShellProcess, node: Binary): Promise<boolean> {
  const left = await expandSingle(sh, node.left);
  const insensitive = sh.state.shopt.has("nocasematch");
  if (node.operator === "=" || node.operator === "==")
    return matches(await expandPattern(sh, node.right), left, insensitive);
  if (node.operator === "!=") return !matches(await expandPattern(sh, node.right), left, insensitive);
  if (node.operator === "=~") return regex(sh, left, await expandRegex(sh, node.right));
  return compare(sh, left, node.operator, await expandSingle(sh, node.right));
}

async function compare(sh: ShellProcess, left: string, operator: string, right: string): Promise<boolean> {
  if (operator === "<") return left < right;
  if (operator === ">") return left > right;
  if (operator === "-nt" || operator === "-ot" || operator === "-ef")
    return compareFiles(sh, left, operator, right);
  return compareNumbers(await evaluateText(sh, left), operator, await evaluateText(sh, right));
}

export function compareNumbers(left: bigint, operator: string, right: bigint): boolean {
  switch (operator) {
    case "-eq":
      return left === right;
    case "-ne":
      return left !== right;
    case "-lt":
      return left < right;
    case "-le":
      return left <= right;
    case "-gt":
      return left > right;
    default:
      return left >= right;
  }
}

/** Repetition of a repetition: what makes matching take exponential time. */
const NESTED_REPEAT = /\([^)]*[*+}][^)]*\)[*+{]/;

function regex(sh: ShellProcess, text: string, pattern: string): boolean {
  if (pattern.length > 1000 || (NESTED_REPEAT.test(pattern) && text.length > 24)) return false;
  let match: RegExpExecArray | null;
  try {
    const source = pattern.replace(
      /\[\[:(\w+):\]\]/g,
      (_whole, name: string) => `\\p{${unicodeClass(name)}}`,
    );
    match = new RegExp(source, sh.state.shopt.has("nocasematch") ? "iu" : "u").exec(text.slice(0, 10_000));
  } catch {
    throw new ShellError("", 2);
  }
  sh.state.variables.set("BASH_REMATCH", {
    list: new Map([...(match ?? [])].map((value, index) => [index, value ?? ""] as const)),
  });
  return match !== null;
}

function unicodeClass(name: string): string {
  const names: Readonly<Record<string, string>> = {
    digit: "Nd",
    alpha: "L",
    lower: "Ll",
    upper: "Lu",
    space: "White_Space",
    alnum: "Alphabetic",
    punct: "P",
  };
  return names[name] ?? "L";
}
