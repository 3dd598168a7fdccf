import { ShellError } from "../control.ts";
import { singleQuote } from "../quote.ts";
import type { ShellProcess } from "../shell-process.ts";
import { isBuiltin, isKeyword, isSpecial } from "./names.ts";

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

/** What a name means to the shell, what it would run first. */
function kinds(sh: ShellProcess, name: string, all: boolean): Found[] {
  const out = [aliasOf(sh, name), keywordOf(name), functionOf(sh, name), builtinOf(sh, name)].filter(
    (found) => found !== undefined,
  );
  if (out.length > 0 && !all) return out;
  const file = fileOf(sh, name, all);
  return file === undefined ? out : [...out, file];
}

function aliasOf(sh: ShellProcess, name: string): Found | undefined {
  const value = sh.state.aliases.get(name);
  if (value === undefined) return undefined;
  const bash = sh.state.dialect === "bash";
  return {
    kind: "alias",
    text: bash ? `${name} is aliased to \`${value}'` : `${name} is an alias for ${value}`,
  };
}

function keywordOf(name: string): Found | undefined {
  return isKeyword(name) ? { kind: "keyword", text: `${name} is a shell keyword` } : undefined;
}

function functionOf(sh: ShellProcess, name: string): Found | undefined {
  if (!sh.state.functions.has(name)) return undefined;
  return { kind: "function", text: `${name} is a ${sh.state.dialect === "bash" ? "" : "shell "}function` };
}

function builtinOf(sh: ShellProcess, name: string): Found | undefined {
  if (!isBuiltin(sh.state.dialect, name)) return undefined;
  const kind = sh.state.dialect !== "bash" && isSpecial(name) ? "special " : "";
  return { kind: "builtin", text: `${name} is a ${kind}shell builtin` };
}

function fileOf(sh: ShellProcess, name: string, all: boolean): Found | undefined {
  if (name.includes("/")) {
    const runs = sh.fs.access(sh.path(name), "execute");
    return runs ? { kind: "file", text: `${name} is ${name}`, path: name } : undefined;
  }
  const hashed = sh.state.hashed.get(name);
  const path = sh.evaluator.lookup(sh, name);
  if (path === undefined) return undefined;
  if (hashed === undefined || all) return { kind: "file", text: `${name} is ${path}`, path };
  const text =
    sh.state.dialect === "bash"
      ? `${name} is hashed (${hashed.path})`
      : `${name} is a tracked alias for ${hashed.path}`;
  return { kind: "file", text, path };
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
