import { evaluateText } from "../arithmetic.ts";
import { ShellError } from "../control.ts";
import { expandWords } from "../expand.ts";
import { doubleQuote, quoteWhenNeeded, singleQuote } from "../quote.ts";
import type { ShellProcess } from "../shell-process.ts";
import { copyVariable, type Variable } from "../state.ts";
import { parseShell } from "../syntax.ts";
import { isName } from "../variables.ts";

interface Flags {
  readonly on: Set<string>;
  readonly off: Set<string>;
  readonly names: readonly string[];
}

async function flagsOf(
  sh: ShellProcess,
  builtin: string,
  args: readonly string[],
  allowed: string,
): Promise<Flags | number> {
  const on = new Set<string>();
  const off = new Set<string>();
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      at += 1;
      break;
    }
    if (!/^[-+][A-Za-z]+$/.test(arg)) break;
    for (const letter of arg.slice(1)) {
      if (!allowed.includes(letter)) return usage(sh, builtin, `${arg[0]}${letter}`);
      (arg.startsWith("-") ? on : off).add(letter);
    }
  }
  return { on, off, names: args.slice(at) };
}

const usages: Readonly<Record<string, string>> = {
  declare: "declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]",
  typeset: "typeset [-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]",
  local: "local [option] name[=value] ...",
  export: "export [-fn] [name[=value] ...] or export -p",
  readonly: "readonly [-aAf] [name[=value] ...] or readonly -p",
  unset: "unset [-f] [-v] [-n] [name ...]",
};

async function usage(sh: ShellProcess, builtin: string, option: string): Promise<number> {
  if (sh.state.dialect !== "bash") throw new ShellError(`${builtin}: Illegal option ${option}`, 2);
  await sh.complain(`${builtin}: ${option}: invalid option`);
  await sh.err(`${builtin}: usage: ${usages[builtin] ?? builtin}\n`);
  return 2;
}

/** Applies `name`, `name=value`, `name=(…)`, `name[i]=value`. */
async function assignArgument(sh: ShellProcess, builtin: string, arg: string): Promise<string | undefined> {
  const match = /^([^=[+]*)(\[[^\]]*\])?(\+)?=([^]*)$/.exec(arg);
  const name = match?.[1] ?? arg;
  if (!isName(name)) {
    await sh.complain(
      sh.state.dialect === "bash"
        ? `${builtin}: \`${arg}': not a valid identifier`
        : `${builtin}: ${name}: bad variable name`,
    );
    return undefined;
  }
  if (!match) return name;
  const value = match[4] ?? "";
  const list = /^\(([^]*)\)$/.exec(value);
  if (list && sh.state.dialect === "bash" && match[2] === undefined) {
    await assignList(sh, name, list[1] ?? "", match[3] !== undefined);
    return name;
  }
  const integer = sh.variable(name)?.integer === true;
  const final = integer ? String(await evaluateText(sh, value)) : value;
  if (match[2] !== undefined) sh.vars.setElement(name, match[2].slice(1, -1), final, match[3] !== undefined);
  else sh.vars.set(name, final, match[3] !== undefined);
  return name;
}

async function assignList(sh: ShellProcess, name: string, body: string, append: boolean): Promise<void> {
  const parsed = parseShell(`${name}${append ? "+" : ""}=(${body})`);
  const command =
    parsed.kind === "script" ? parsed.script.statements[0]?.pipelines[0]?.commands[0] : undefined;
  const words = command?.type === "SimpleCommand" ? (command.assignments[0]?.array ?? []) : [];
  const values: [string | undefined, string][] = [];
  for (const word of await expandWords(sh, words)) {
    const keyed = /^\[([^\]]+)\]=([^]*)$/.exec(word);
    values.push(keyed ? [keyed[1] ?? "", keyed[2] ?? ""] : [undefined, word]);
  }
  sh.vars.setList(name, values, append);
}

export async function exportVariables(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const flags = await flagsOf(sh, "export", args, sh.state.dialect === "bash" ? "fnp" : "p");
  if (typeof flags === "number") return flags;
  if (flags.names.length === 0) {
    await sh.out(
      listing(
        sh,
        (variable) => variable.exported === true,
        sh.state.dialect === "bash" ? "declare" : "export",
      ),
    );
    return 0;
  }
  let status = 0;
  for (const arg of flags.names) {
    const name = await assignArgument(sh, "export", arg);
    if (name === undefined) status = 1;
    else if (flags.on.has("n")) delete sh.vars.declare(name).exported;
    else if (!flags.on.has("f")) sh.vars.declare(name).exported = true;
  }
  return status;
}

export async function readonlyVariables(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const flags = await flagsOf(sh, "readonly", args, "aAfp");
  if (typeof flags === "number") return flags;
  if (flags.names.length === 0) {
    await sh.out(
      listing(
        sh,
        (variable) => variable.readonly === true,
        sh.state.dialect === "bash" ? "declare" : "readonly",
      ),
    );
    return 0;
  }
  let status = 0;
  for (const arg of flags.names) {
    const name = await assignArgument(sh, "readonly", arg);
    if (name === undefined) status = 1;
    else sh.vars.declare(name).readonly = true;
  }
  return status;
}

function attributeLetters(variable: Variable): string {
  const letters = [
    variable.list !== undefined ? "a" : "",
    variable.keys !== undefined ? "A" : "",
    variable.integer === true ? "i" : "",
    variable.casing === "lower" ? "l" : "",
    variable.reference === true ? "n" : "",
    variable.readonly === true ? "r" : "",
    variable.casing === "upper" ? "u" : "",
    variable.exported === true ? "x" : "",
  ].join("");
  return letters === "" ? "--" : `-${letters}`;
}

function declaration(name: string, variable: Variable): string {
  const head = `declare ${attributeLetters(variable)} ${name}`;
  if (variable.keys !== undefined)
    return `${head}=(${[...variable.keys].map(([key, value]) => `[${key}]=${doubleQuote(value)} `).join("")})`;
  if (variable.list !== undefined) {
    const items = [...variable.list]
      .sort(([a], [b]) => a - b)
      .map(([index, value]) => `[${index}]=${doubleQuote(value)}`);
    return `${head}=(${items.join(" ")})`;
  }
  return variable.value === undefined ? head : `${head}=${doubleQuote(variable.value)}`;
}

function listing(
  sh: ShellProcess,
  wanted: (variable: Variable) => boolean,
  style: "declare" | "export" | "readonly",
): string {
  let out = "";
  for (const name of sh.vars.names()) {
    const variable = sh.state.variables.get(name);
    if (variable === undefined || !wanted(variable)) continue;
    if (style === "declare") out += `${declaration(name, variable)}\n`;
    else
      out +=
        variable.value === undefined
          ? `${style} ${name}\n`
          : `${style} ${name}=${singleQuote(variable.value)}\n`;
  }
  return out;
}

export async function declareVariables(
  sh: ShellProcess,
  args: readonly string[],
  builtin = "declare",
): Promise<number> {
  const flags = await flagsOf(sh, builtin, args, "aAfFgiIlnrtuxp");
  if (typeof flags === "number") return flags;
  if (flags.on.has("f") || flags.on.has("F")) return declareFunctions(sh, flags);
  if (flags.on.has("p") || flags.names.length === 0) return printDeclarations(sh, flags, builtin);
  let status = 0;
  for (const arg of flags.names) {
    const name = /^[^=[+]*/.exec(arg)?.[0] ?? arg;
    if (sh.state.locals.length > 0 && !flags.on.has("g")) makeLocal(sh, name);
    if (isName(name)) applyFlags(sh, name, flags);
    if ((await assignArgument(sh, builtin, arg)) === undefined) status = 1;
    else if (flags.on.has("r")) sh.vars.declare(name).readonly = true;
  }
  return status;
}

function applyFlags(sh: ShellProcess, name: string, flags: Flags): void {
  const variable = flags.on.has("n") ? rawVariable(sh, name) : sh.vars.declare(name);
  if (flags.on.has("a") && variable.list === undefined)
    variable.list = new Map(variable.value === undefined ? [] : [[0, variable.value]]);
  if (flags.on.has("A")) variable.keys ??= new Map();
  if (flags.on.has("i")) variable.integer = true;
  if (flags.off.has("i")) delete variable.integer;
  if (flags.on.has("l")) variable.casing = "lower";
  if (flags.on.has("u")) variable.casing = "upper";
  if (flags.on.has("x")) variable.exported = true;
  if (flags.off.has("x")) delete variable.exported;
  if (flags.on.has("n")) variable.reference = true;
}

function rawVariable(sh: ShellProcess, name: string): Variable {
  const found = sh.state.variables.get(name) ?? {};
  sh.state.variables.set(name, found);
  return found;
}

async function printDeclarations(sh: ShellProcess, flags: Flags, builtin: string): Promise<number> {
  let status = 0;
  if (flags.names.length === 0) {
    const wanted = (variable: Variable) =>
      (!flags.on.has("x") || variable.exported === true) &&
      (!flags.on.has("r") || variable.readonly === true);
    const plain = !flags.on.has("p") && flags.on.size === 0;
    await sh.out(plain ? settings(sh) : listing(sh, wanted, "declare"));
  }
  for (const name of flags.names) {
    const variable = sh.state.variables.get(name);
    if (variable === undefined) {
      await sh.complain(`${builtin}: ${name}: not found`);
      status = 1;
    } else await sh.out(`${declaration(name, variable)}\n`);
  }
  return status;
}

async function declareFunctions(sh: ShellProcess, flags: Flags): Promise<number> {
  const names = flags.names.length > 0 ? flags.names : [...sh.state.functions.keys()].sort();
  let status = 0;
  for (const name of names) {
    if (!sh.state.functions.has(name)) status = 1;
    else await sh.out(flags.on.has("F") && flags.names.length > 0 ? `${name}\n` : `declare -f ${name}\n`);
  }
  return status;
}

function makeLocal(sh: ShellProcess, name: string): void {
  const scope = sh.state.locals[0];
  if (scope === undefined || scope.has(name)) return;
  const former = sh.state.variables.get(name);
  scope.set(name, former === undefined ? undefined : copyVariable(former));
  sh.state.variables.set(name, former?.exported === true ? { exported: true } : {});
}

export async function localVariables(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (sh.state.locals.length === 0) {
    if (sh.state.dialect === "bash") throw new ShellError("local: can only be used in a function");
    throw new ShellError("local: not in a function", 2, true);
  }
  if (sh.state.dialect === "bash") return declareVariables(sh, args, "local");
  for (const arg of args) {
    makeLocal(sh, /^[^=]*/.exec(arg)?.[0] ?? arg);
    await assignArgument(sh, "local", arg);
  }
  return 0;
}

export async function unset(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const flags = await flagsOf(sh, "unset", args, "fvn");
  if (typeof flags === "number") return flags;
  let status = 0;
  for (const arg of flags.names) {
    const problem = await unsetOne(sh, arg, flags.on);
    if (problem === undefined) continue;
    await sh.complain(`unset: ${problem}`);
    status = 1;
  }
  return status;
}

/** @returns what is wrong with the name, for people */
async function unsetOne(
  sh: ShellProcess,
  name: string,
  flags: ReadonlySet<string>,
): Promise<string | undefined> {
  const bash = sh.state.dialect === "bash";
  const element = /^(\w+)\[(.*)\]$/.exec(name);
  if (flags.has("f")) sh.state.functions.delete(name);
  else if (element) await unsetElement(sh, element[1] ?? "", element[2] ?? "");
  else if (!isName(name)) return bash ? `\`${name}': not a valid identifier` : `${name}: bad variable name`;
  else if (sh.state.variables.has(name)) {
    if (!sh.vars.unset(name)) return `${name}: ${bash ? "cannot unset: readonly variable" : "is read only"}`;
  } else if (!flags.has("v")) sh.state.functions.delete(name);
  return undefined;
}

async function unsetElement(sh: ShellProcess, name: string, key: string): Promise<void> {
  const variable = sh.variable(name);
  if (variable?.keys !== undefined) variable.keys.delete(key);
  else if (key === "@" || key === "*") sh.vars.unset(name);
  else variable?.list?.delete(Number(await evaluateText(sh, key)));
}

/** What `set` alone prints. */
export function settings(sh: ShellProcess): string {
  let out = "";
  for (const name of sh.vars.names()) {
    const variable = sh.state.variables.get(name);
    if (variable === undefined) continue;
    if (sh.state.dialect !== "bash") out += `${name}=${singleQuote(variable.value ?? "")}\n`;
    else if (variable.list !== undefined) {
      out += `${name}=(${[...variable.list].map(([index, value]) => `[${index}]=${doubleQuote(value)}`).join(" ")})\n`;
    } else if (variable.value !== undefined) out += `${name}=${quoteWhenNeeded(variable.value)}\n`;
  }
  return out;
}
