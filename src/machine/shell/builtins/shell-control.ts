import { ExitJump, ShellError } from "../control.ts";
import { quoteWhenNeeded, singleQuote } from "../quote.ts";
import { applyRedirections } from "../redirect.ts";
import type { ShellProcess } from "../shell-process.ts";
import { SIGNAL, signalName, signalNumber, signalTable } from "../signals.ts";
import type { Redirection } from "../syntax.ts";
import { isBuiltin, isKeyword } from "./names.ts";

export async function alias(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const show = (name: string) =>
    `${sh.state.dialect === "bash" ? "alias " : ""}${name}=${singleQuote(sh.state.aliases.get(name) ?? "")}\n`;
  const names = args.filter((arg) => arg !== "-p");
  if (names.length === 0) {
    for (const name of [...sh.state.aliases.keys()].sort()) await sh.out(show(name));
    return 0;
  }
  let status = 0;
  for (const arg of names) {
    const at = arg.indexOf("=", 1);
    if (at > 0) sh.state.aliases.set(arg.slice(0, at), arg.slice(at + 1));
    else if (sh.state.aliases.has(arg)) await sh.out(show(arg));
    else {
      await sh.complain(`alias: ${arg}${sh.state.dialect === "bash" ? ": not found" : " not found"}`);
      status = 1;
    }
  }
  return status;
}

export async function unalias(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args[0] === "-a") {
    sh.state.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const arg of args) {
    if (sh.state.aliases.delete(arg)) continue;
    await sh.complain(`unalias: ${arg}: not found`);
    status = 1;
  }
  return status;
}

export async function type(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const flags = new Set(args.filter((arg) => /^-[tpaPf]+$/.test(arg)).flatMap((arg) => arg.slice(1)));
  let status = 0;
  for (const name of args.filter((arg) => !/^-[tpaPf]+$/.test(arg))) {
    const found = kinds(sh, name, flags.has("a"));
    const first = flags.has("P") || flags.has("p") ? found.filter((each) => each.kind === "file") : found;
    if (first.length === 0) {
      status = sh.state.dialect === "bash" ? 1 : 127;
      if (flags.size === 0 || flags.has("a")) {
        if (sh.state.dialect === "bash") await sh.complain(`type: ${name}: not found`);
        else await sh.out(`${name}: not found\n`);
      }
      continue;
    }
    for (const each of flags.has("a") ? first : first.slice(0, 1)) {
      if (flags.has("t")) await sh.out(`${each.kind}\n`);
      else if (flags.has("p") || flags.has("P")) await sh.out(`${each.path ?? ""}\n`);
      else await sh.out(`${each.text}\n`);
    }
  }
  return status;
}

interface Found {
  readonly kind: "alias" | "keyword" | "function" | "builtin" | "file";
  readonly text: string;
  readonly path?: string;
}

function kinds(sh: ShellProcess, name: string, all: boolean): Found[] {
  const out: Found[] = [];
  const bash = sh.state.dialect === "bash";
  const value = sh.state.aliases.get(name);
  if (value !== undefined)
    out.push({
      kind: "alias",
      text: bash ? `${name} is aliased to \`${value}'` : `${name} is an alias for ${value}`,
    });
  if (isKeyword(name)) out.push({ kind: "keyword", text: `${name} is a shell keyword` });
  if (sh.state.functions.has(name))
    out.push({ kind: "function", text: `${name} is a ${bash ? "" : "shell "}function` });
  if (isBuiltin(sh.state.dialect, name))
    out.push({
      kind: "builtin",
      text: `${name} is a ${!bash && /^(\.|:|break|continue|eval|exec|exit|export|readonly|return|set|shift|times|trap|unset)$/.test(name) ? "special " : ""}shell builtin`,
    });
  if (out.length > 0 && !all) return out;
  const hashed = sh.state.hashed.get(name);
  const path = name.includes("/")
    ? sh.fs.access(sh.path(name), "execute")
      ? name
      : undefined
    : sh.evaluator.lookup(sh, name);
  if (path !== undefined) {
    const text =
      hashed === undefined || name.includes("/") || all
        ? `${name} is ${path}`
        : bash
          ? `${name} is hashed (${hashed.path})`
          : `${name} is a tracked alias for ${hashed.path}`;
    out.push({ kind: "file", text, path });
  }
  return out;
}

export async function command(sh: ShellProcess, args: readonly string[]): Promise<number> {
  let at = 0;
  let mode = "";
  for (; /^-[pvV]+$/.test(args[at] ?? ""); at++) mode += args[at];
  const words = args.slice(at);
  if (!/[vV]/.test(mode)) return sh.evaluator.words(sh, words, { skipFunctions: true });
  let status = sh.state.dialect === "bash" ? 1 : 127;
  for (const name of words) {
    const [found] = kinds(sh, name, false);
    if (found === undefined) {
      if (mode.includes("V")) await sh.complain(`command: ${name}: not found`);
      continue;
    }
    status = 0;
    if (mode.includes("V")) await sh.out(`${found.text}\n`);
    else if (found.kind === "alias")
      await sh.out(`alias ${name}=${singleQuote(sh.state.aliases.get(name) ?? "")}\n`);
    else await sh.out(`${found.kind === "file" ? found.path : name}\n`);
  }
  return status;
}

export async function builtinCommand(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const name = args[0];
  if (name === undefined) return 0;
  if (!isBuiltin(sh.state.dialect, name)) throw new ShellError(`builtin: ${name}: not a shell builtin`);
  return sh.evaluator.words(sh, args, { skipFunctions: true });
}

export async function hash(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.includes("-r")) {
    sh.state.hashed.clear();
    return 0;
  }
  if (args.length === 0) {
    if (sh.state.hashed.size === 0 && sh.state.dialect === "bash") await sh.out("hash: hash table empty\n");
    else {
      if (sh.state.dialect === "bash") await sh.out("hits\tcommand\n");
      for (const { path, hits } of sh.state.hashed.values())
        await sh.out(sh.state.dialect === "bash" ? `${String(hits).padStart(4)}\t${path}\n` : `${path}\n`);
    }
    return 0;
  }
  for (const name of args.filter((arg) => !arg.startsWith("-"))) {
    const path = sh.evaluator.lookup(sh, name);
    if (path === undefined) throw new ShellError(`hash: ${name}: not found`);
    sh.state.hashed.set(name, { path, hits: 0 });
  }
  return 0;
}

export async function umask(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const value = args.find((arg) => !/^-[pS]+$/.test(arg));
  if (value === undefined) {
    const symbolic = ["u", "g", "o"].map((who, index) => {
      const bits = ~(sh.state.umask >> ((2 - index) * 3)) & 7;
      return `${who}=${bits & 4 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 1 ? "x" : ""}`;
    });
    const text = args.includes("-S") ? symbolic.join(",") : sh.state.umask.toString(8).padStart(4, "0");
    await sh.out(`${args.includes("-p") ? "umask " : ""}${text}\n`);
    return 0;
  }
  if (/^\d+$/.test(value)) {
    if (!/^[0-7]+$/.test(value) || Number.parseInt(value, 8) > 0o777)
      throw new ShellError(
        sh.state.dialect === "bash"
          ? `umask: ${value}: octal number out of range`
          : `umask: Illegal number: ${value}`,
      );
    sh.state.umask = Number.parseInt(value, 8);
    return 0;
  }
  let mask = sh.state.umask;
  for (const clause of value.split(",")) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (!match) throw new ShellError(`umask: \`${value[0]}': invalid symbolic mode operator`);
    let bits = 0;
    for (const letter of match[3] ?? "") bits |= { r: 4, w: 2, x: 1 }[letter] ?? 0;
    const who = match[1] === "" || match[1]?.includes("a") ? "ugo" : (match[1] ?? "");
    for (const each of who) {
      const shift = { u: 6, g: 3, o: 0 }[each] ?? 0;
      if (match[2] === "+") mask &= ~(bits << shift);
      else if (match[2] === "-") mask |= bits << shift;
      else mask = (mask & ~(7 << shift)) | ((~bits & 7) << shift);
    }
  }
  sh.state.umask = mask;
  return 0;
}

const resources: readonly (readonly [string, string, string, string])[] = [
  ["R", "real-time non-blocking time", "microseconds", "unlimited"],
  ["c", "core file size", "blocks", "0"],
  ["d", "data seg size", "kbytes", "unlimited"],
  ["e", "scheduling priority", "", "0"],
  ["f", "file size", "blocks", "unlimited"],
  ["i", "pending signals", "", ""],
  ["l", "max locked memory", "kbytes", ""],
  ["m", "max memory size", "kbytes", "unlimited"],
  ["n", "open files", "", "1024"],
  ["p", "pipe size", "512 bytes", "8"],
  ["q", "POSIX message queues", "bytes", "819200"],
  ["r", "real-time priority", "", "0"],
  ["s", "stack size", "kbytes", "8192"],
  ["t", "cpu time", "seconds", "unlimited"],
  ["u", "max user processes", "", ""],
  ["v", "virtual memory", "kbytes", "unlimited"],
  ["x", "file locks", "", "unlimited"],
];

function limitValue(sh: ShellProcess, letter: string, hard: boolean): string {
  const set = sh.state.limits.get(letter);
  if (set !== undefined) return set;
  const { memoryMiB } = sh.context.model.persona.hardware;
  if (letter === "i" || letter === "u") return String(Math.floor(memoryMiB * 3.9));
  if (letter === "l") return String(Math.floor((memoryMiB * 1024) / 8));
  if (hard && letter === "n") return "1048576";
  if (hard && (letter === "s" || letter === "c")) return "unlimited";
  return resources.find(([each]) => each === letter)?.[3] ?? "unlimited";
}

export async function ulimit(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const letters = args.filter((arg) => arg.startsWith("-")).flatMap((arg) => arg.slice(1));
  const hard = letters.includes("H");
  const value = args.find((arg) => !arg.startsWith("-"));
  const label = (text: string, unit: string, letter: string) =>
    `${text.padEnd(25)} ${`(${unit === "" ? "" : `${unit}, `}-${letter})`.padStart(20)} `.replace(
      /^(.{46}).*$/s,
      "$1",
    );
  if (letters.includes("a")) {
    for (const [letter, text, unit] of resources)
      await sh.out(`${label(text, unit, letter)}${limitValue(sh, letter, hard)}\n`);
    return 0;
  }
  const chosen = letters.filter((letter) => letter !== "H" && letter !== "S");
  for (const letter of chosen.length > 0 ? chosen : ["f"]) {
    if (!resources.some(([each]) => each === letter)) {
      await sh.complain(`ulimit: -${letter}: invalid option`);
      await sh.err("ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]\n");
      return 2;
    }
    if (value === undefined) await sh.out(`${limitValue(sh, letter, hard)}\n`);
    else if (!/^(\d+|unlimited|hard|soft)$/.test(value))
      throw new ShellError(`ulimit: ${value}: invalid number`);
    else if (/^\d+$|^unlimited$/.test(value)) sh.state.limits.set(letter, value);
  }
  return 0;
}

export async function times(sh: ShellProcess): Promise<number> {
  const format = (milliseconds: number) => `0m${(milliseconds / 1000).toFixed(3)}s`;
  const { cpuMs } = sh.run.budget;
  await sh.out(
    `${format(cpuMs + 12)} ${format(cpuMs / 3 + 6)}\n${format(cpuMs / 2 + 21)} ${format(cpuMs / 4 + 14)}\n`,
  );
  return 0;
}

export async function trap(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const rest = args[0] === "--" ? args.slice(1) : args;
  if (rest[0] === "-l") {
    await sh.out(signalTable());
    return 0;
  }
  const listed = rest[0] === "-p" ? rest.slice(1) : rest.length === 0 ? [] : undefined;
  if (listed !== undefined) {
    for (const [name, action] of sh.state.traps) {
      const shown = /^(EXIT|ERR|DEBUG|RETURN)$/.test(name)
        ? name
        : `${sh.state.dialect === "bash" ? "SIG" : ""}${name}`;
      if (listed.length === 0 || listed.some((each) => trapName(each) === name))
        await sh.out(`trap -- ${singleQuote(action)} ${shown}\n`);
    }
    return 0;
  }
  const reset =
    rest.length === 1 ||
    rest[0] === "-" ||
    (/^\d+$/.test(rest[0] ?? "") && trapName(rest[0] ?? "") !== undefined);
  const action = rest[0] ?? "";
  const names = reset && rest[0] !== "-" ? rest : rest.slice(1);
  let status = 0;
  for (const each of names) {
    const name = trapName(each);
    if (name === undefined) {
      await sh.complain(
        `trap: ${each}: ${sh.state.dialect === "bash" ? "invalid signal specification" : "bad trap"}`,
      );
      status = 1;
    } else setTrap(sh, name, reset ? undefined : action);
  }
  return status;
}

function trapName(text: string): string | undefined {
  const upper = text.toUpperCase().replace(/^SIG/, "");
  if (/^(EXIT|ERR|DEBUG|RETURN|0)$/.test(upper)) return upper === "0" ? "EXIT" : upper;
  const number = signalNumber(text);
  return number === undefined ? undefined : signalName(number);
}

function setTrap(sh: ShellProcess, name: string, action: string | undefined): void {
  const number = signalNumber(name);
  if (action === undefined) sh.state.traps.delete(name);
  else sh.state.traps.set(name, action);
  if (number === undefined || number === 0) return;
  if (action === undefined) sh.process.dispositions.delete(number);
  else if (action === "") sh.process.dispositions.set(number, "ignore");
  else {
    sh.process.dispositions.set(number, (signal) => {
      if (sh.pendingTraps.length < 64) sh.pendingTraps.push(signal);
    });
  }
  if (sh.state.interactive && action === undefined && number === SIGNAL.TERM)
    sh.process.dispositions.set(number, "ignore");
}

export async function exec(
  sh: ShellProcess,
  args: readonly string[],
  redirections: readonly Redirection[],
): Promise<number> {
  try {
    await applyRedirections(sh, redirections, sh.process.fds);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.text !== "") await sh.complain(error.text);
    if (!sh.state.interactive) throw new ExitJump(error.status);
    return error.status;
  }
  let at = 0;
  let clean = false;
  let arg0: string | undefined;
  for (; /^-[cla]/.test(args[at] ?? ""); at++) {
    const flag = args[at] ?? "";
    if (flag.includes("c")) clean = true;
    if (flag.includes("a")) arg0 = args[++at];
    if (flag.includes("l")) arg0 = `-${args[at + 1] ?? ""}`;
  }
  if (args[at] === "--") at += 1;
  const words = args.slice(at);
  if (words.length === 0) return 0;
  return sh.evaluator.replace(sh, words, { ...(arg0 === undefined ? {} : { arg0 }), clean });
}

export { quoteWhenNeeded };
