import { evaluateText } from "./arithmetic.ts";
import { ShellError } from "./control.ts";
import { type Operation, transform, type WordExpander } from "./parameter-transform.ts";
import type { ShellProcess } from "./shell-process.ts";
import { specialValues } from "./special-parameters.ts";
import { isKind, type ParameterPart } from "./syntax.ts";

/** Operations for a parameter that is perhaps not set. */
const fallbacks = ["DefaultValue", "UseAlternative", "AssignDefault", "ErrorIfUnset"] as const;

interface Reference {
  readonly name: string;
  readonly subscript: string | undefined;
}

function reference(parameter: string): Reference {
  const match = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(parameter);
  return match ? { name: match[1] ?? "", subscript: match[2] } : { name: parameter, subscript: undefined };
}

/** Joined as `"$*"` joins when there are several. */
export async function parameterText(
  sh: ShellProcess,
  part: ParameterPart,
  words: WordExpander,
): Promise<string> {
  const values = await parameterValues(sh, part, words);
  if (values.length <= 1) return values[0] ?? "";
  const star = part.parameter === "*" || part.parameter.endsWith("[*]");
  return values.join(star ? (sh.vars.get("IFS") ?? " ").slice(0, 1) : " ");
}

/** One string for a plain parameter, several for `@`, `*` and whole arrays, none when unset. */
export async function parameterValues(
  sh: ShellProcess,
  part: ParameterPart,
  words: WordExpander,
  quiet = false,
): Promise<readonly string[]> {
  const { operation, parameter } = part;
  if (operation === null) return (await plain(sh, parameter, quiet)) ?? [];
  if (operation.type === "VarNamePrefix")
    return sh.vars.names().filter((name) => name.startsWith(operation.prefix));
  if (operation.type === "ArrayKeys") return (sh.vars.elements(operation.array) ?? []).map(([key]) => key);
  if (operation.type === "Indirection") return indirect(sh, { parameter, operation }, words);
  if (operation.type === "BadSubstitution") throw badSubstitution(operation.text);
  if (operation.type === "LengthSliceError") throw badSubstitution(parameter);
  if (isKind(operation, fallbacks)) {
    const values = await plain(sh, parameter, true);
    return fallback(sh, { parameter, operation, values }, words);
  }
  const values = (await plain(sh, parameter, quiet)) ?? [];
  return transform(sh, { parameter, values, words }, operation);
}

function badSubstitution(text: string): ShellError {
  return new ShellError(`\${${text}}: bad substitution`, 1, true);
}

/** `${!name…}` */
async function indirect(
  sh: ShellProcess,
  part: { readonly parameter: string; readonly operation: Operation<"Indirection"> },
  words: WordExpander,
): Promise<readonly string[]> {
  const target = (await plain(sh, part.parameter, true))?.[0] ?? "";
  if (target === "") return [];
  const operation = part.operation.innerOp ?? null;
  return parameterValues(sh, { type: "ParameterExpansion", parameter: target, operation }, words);
}

/** Undefined when the parameter is not set. */
async function plain(
  sh: ShellProcess,
  parameter: string,
  lenient: boolean,
): Promise<readonly string[] | undefined> {
  const special = specialValues(sh, parameter);
  if (special !== undefined) return special.values;
  const { name, subscript } = reference(parameter);
  let values: readonly string[] | undefined;
  if (subscript === "@" || subscript === "*") values = sh.vars.elements(name)?.map(([, value]) => value);
  else {
    const value =
      subscript === undefined
        ? sh.vars.get(name)
        : sh.vars.element(name, await subscriptOf(sh, name, subscript));
    values = value === undefined ? undefined : [value];
  }
  if (values === undefined && !lenient && sh.option("nounset") && subscript !== "@" && subscript !== "*")
    throw sh.unbound(parameter);
  return values;
}

export async function subscriptOf(sh: ShellProcess, name: string, subscript: string): Promise<string> {
  if (sh.variable(name)?.keys !== undefined) {
    const inner = subscript.replace(/^(["'])(.*)\1$/s, "$2");
    return inner.startsWith("$") ? (sh.vars.get(inner.replace(/^\$\{?(\w+)\}?$/, "$1")) ?? inner) : inner;
  }
  return String(await evaluateText(sh, subscript));
}

interface Fallback {
  readonly parameter: string;
  readonly operation: Operation<(typeof fallbacks)[number]>;
  readonly values: readonly string[] | undefined;
}

async function fallback(
  sh: ShellProcess,
  { parameter, operation, values }: Fallback,
  words: WordExpander,
): Promise<readonly string[]> {
  const present =
    values !== undefined &&
    values.length > 0 &&
    !(operation.checkEmpty && values.every((value) => value === ""));
  switch (operation.type) {
    case "DefaultValue":
      return present ? values : [await words.single(sh, operation.word)];
    case "UseAlternative":
      return present ? [await words.single(sh, operation.word)] : [];
    case "AssignDefault":
      return present ? values : [await assignDefault(sh, parameter, await words.single(sh, operation.word))];
    case "ErrorIfUnset": {
      if (present) return values;
      const text = operation.word === null ? "" : await words.single(sh, operation.word);
      throw unsetError(sh, parameter, text === "" ? notSet(operation.checkEmpty) : text);
    }
  }
}

async function assignDefault(sh: ShellProcess, parameter: string, value: string): Promise<string> {
  const { name, subscript } = reference(parameter);
  if (subscript === undefined) sh.vars.set(name, value);
  else sh.vars.setElement(name, await subscriptOf(sh, name, subscript), value);
  return value;
}

function notSet(checkEmpty: boolean): string {
  return `parameter ${checkEmpty ? "null or " : ""}not set`;
}

function unsetError(sh: ShellProcess, parameter: string, text: string): ShellError {
  return new ShellError(`${parameter}: ${text}`, sh.state.dialect === "bash" ? 127 : 2, true);
}
