import { ExitJump, LoopJump, ReturnJump, ShellError } from "../control.ts";
import { errnoOf, strerror } from "../errors.ts";
import type { ShellProcess } from "../shell-process.ts";
import { decode } from "../text.ts";

const MAX_SOURCE = 1024 * 1024;
const MAX_SOURCE_DEPTH = 50;

function levels(sh: ShellProcess, name: string, args: readonly string[]): number {
  const text = args[0] ?? "1";
  if (!/^[+-]?\d+$/.test(text)) throw new ShellError(`${name}: ${text}: numeric argument required`, 128);
  const count = Number(text);
  if (count < 1) throw new ShellError(`${name}: ${text}: loop count out of range`);
  return Math.min(count, Math.max(1, sh.state.loopDepth));
}

export async function breakLoop(sh: ShellProcess, args: readonly string[]): Promise<number> {
  return jump(sh, "break", args);
}

export async function continueLoop(sh: ShellProcess, args: readonly string[]): Promise<number> {
  return jump(sh, "continue", args);
}

async function jump(sh: ShellProcess, kind: "break" | "continue", args: readonly string[]): Promise<number> {
  if (sh.state.loopDepth === 0) {
    if (sh.state.dialect === "bash")
      await sh.complain(`${kind}: only meaningful in a \`for', \`while', or \`until' loop`);
    return 0;
  }
  throw new LoopJump(kind, levels(sh, kind, args));
}

function statusArgument(
  sh: ShellProcess,
  args: readonly string[],
): { readonly status: number; readonly bad?: string } {
  const text = args[0];
  if (text === undefined) return { status: sh.state.status };
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return { status: 2, bad: text };
  return { status: Number(BigInt.asUintN(8, BigInt(text.trim().replace(/^\+/, "")))) };
}

export async function returnFrom(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const { status, bad } = statusArgument(sh, args);
  if (bad !== undefined) await sh.complain(`return: ${bad}: numeric argument required`);
  if (sh.state.calls.length === 0 && sh.state.sourceDepth === 0) {
    if (sh.state.dialect !== "bash") throw new ExitJump(status);
    throw new ShellError("return: can only `return' from a function or sourced script", 2);
  }
  throw new ReturnJump(status);
}

export async function exitShell(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const { status, bad } = statusArgument(sh, args);
  if (sh.state.interactive && sh.state.dialect === "bash")
    await sh.err(sh.state.login ? "logout\n" : "exit\n");
  if (bad !== undefined)
    await sh.complain(
      sh.state.dialect === "bash"
        ? `exit: ${bad}: numeric argument required`
        : `exit: Illegal number: ${bad}`,
    );
  if (sh.state.dialect === "bash" && args.length > 1 && bad === undefined) {
    await sh.complain("exit: too many arguments");
    return 1;
  }
  throw new ExitJump(status);
}

export async function logout(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (!sh.state.login) throw new ShellError("logout: not login shell: use `exit'");
  return exitShell(sh, args);
}

export async function evalText(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const words = args[0] === "--" ? args.slice(1) : args;
  if (words.length === 0) return 0;
  sh.depth += 1;
  try {
    if (sh.depth > sh.run.budget.limits.recursion)
      throw new ShellError("eval: maximum eval nesting level exceeded", 1, true);
    return await sh.evaluator.text(sh, words.join(" "));
  } finally {
    sh.depth -= 1;
  }
}

export async function source(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const bash = sh.state.dialect === "bash";
  const rest = args[0] === "--" ? args.slice(1) : args;
  const name = rest[0];
  if (name === undefined) {
    if (!bash) return 0;
    await sh.complain(".: filename argument required\n.: usage: . filename [arguments]".split("\n")[0] ?? "");
    await sh.err(".: usage: . filename [arguments]\n");
    return 2;
  }
  const path = sourcePath(sh, name);
  let text: string;
  try {
    if (path === undefined) throw new ShellError("");
    if (sh.fs.stat(path).kind === "directory")
      throw new ShellError(`${bash ? "" : ".: "}${name}: is a directory`);
    if (isQuietSnippet(sh, path)) return 0;
    text = decode(sh.fs.readAt(path, 0, MAX_SOURCE));
  } catch (error) {
    return unreadable(sh, name, error);
  }
  return runSourced(sh, text, rest.slice(1));
}

/** Snippets of the release that change nothing one sees (completion, locale); read again once somebody wrote there. */
function isQuietSnippet(sh: ShellProcess, path: string): boolean {
  if (!/^\/(etc\/profile\.d|usr\/share|etc\/bash_completion)/.test(path)) return false;
  return sh.fs.stat(path).mtime < sh.context.model.bootTime;
}

async function unreadable(sh: ShellProcess, name: string, error: unknown): Promise<number> {
  if (error instanceof ShellError && error.text !== "") throw error;
  const errno = errnoOf(error);
  if (errno === undefined && !(error instanceof ShellError)) throw error;
  const text = errno === undefined ? "No such file or directory" : strerror(errno);
  if (sh.state.dialect === "bash") throw new ShellError(`${name}: ${text}`);
  await sh.complain(
    name.includes("/")
      ? `.: cannot open ${name}: ${text === "No such file or directory" ? "No such file" : text}`
      : `.: ${name}: not found`,
  );
  if (!sh.state.interactive) throw new ExitJump(2);
  return 2;
}

function sourcePath(sh: ShellProcess, name: string): string | undefined {
  if (name.includes("/")) return sh.path(name);
  for (const folder of (sh.vars.get("PATH") ?? "").split(":")) {
    const path = sh.path(`${folder === "" ? "." : folder}/${name}`);
    if (sh.fs.access(path, "read") && sh.fs.stat(path).kind === "file") return path;
  }
  return sh.state.dialect === "bash" && !sh.option("posix") ? sh.path(name) : undefined;
}

async function runSourced(sh: ShellProcess, text: string, args: readonly string[]): Promise<number> {
  const { state } = sh;
  if (state.sourceDepth >= MAX_SOURCE_DEPTH)
    throw new ShellError("maximum source nesting level exceeded", 1, true);
  const saved = {
    positional: state.positional,
    lineOffset: state.lineOffset,
    interactive: state.interactive,
  };
  state.sourceDepth += 1;
  state.lineOffset = 0;
  if (args.length > 0 && state.dialect === "bash") state.positional = [...args];
  try {
    return await sh.evaluator.text(sh, text);
  } catch (error) {
    if (error instanceof ReturnJump) return error.status;
    throw error;
  } finally {
    state.sourceDepth -= 1;
    state.lineOffset = saved.lineOffset;
    if (args.length > 0 && state.dialect === "bash") state.positional = saved.positional;
  }
}
