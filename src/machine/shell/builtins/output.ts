import { evaluateText } from "../arithmetic.ts";
import { ShellError } from "../control.ts";
import { unescapeEcho } from "../escapes.ts";
import { subscriptOf } from "../parameter.ts";
import { formatPrintf, type PrintfProblem } from "../printf.ts";
import type { ShellProcess } from "../shell-process.ts";

export async function echo(sh: ShellProcess, args: readonly string[]): Promise<number> {
  const bash = sh.state.dialect !== "dash";
  let newline = true;
  let escapes = sh.state.dialect === "dash" || sh.state.shopt.has("xpg_echo");
  let at = 0;
  const option = bash ? /^-[neE]+$/ : /^-n$/;
  while (at < args.length && option.test(args[at] ?? "")) {
    for (const letter of (args[at] ?? "").slice(1)) {
      if (letter === "n") newline = false;
      else escapes = letter === "e";
    }
    at += 1;
  }
  const text = args.slice(at).join(" ");
  if (!escapes) {
    await sh.out(newline ? `${text}\n` : text);
    return 0;
  }
  const decoded = unescapeEcho(text, { hex: bash });
  await sh.out(newline && !decoded.end ? `${decoded.text}\n` : decoded.text);
  return 0;
}

export async function printf(sh: ShellProcess, args: readonly string[]): Promise<number> {
  let rest = args;
  let target: string | undefined;
  const usage =
    sh.state.dialect === "bash"
      ? "printf: usage: printf [-v var] format [arguments]"
      : "usage: printf format [arg ...]";
  if (rest[0] === "-v" && sh.state.dialect === "bash") {
    target = rest[1];
    rest = rest.slice(2);
    if (target === undefined) throw new ShellError("printf: -v: option requires an argument", 2);
  }
  if (rest[0] === "--") rest = rest.slice(1);
  const format = rest[0];
  if (format === undefined) {
    await sh.err(sh.state.dialect === "bash" ? `${usage}\n` : `${sh.prefix}printf: ${usage}\n`);
    return 2;
  }
  const problems: PrintfProblem[] = [];
  const text = formatPrintf(format, rest.slice(1), { problems, now: sh.context.world.now() });
  for (const problem of problems) await sh.complain(`printf: ${problem}`);
  if (target === undefined) await sh.out(text);
  else {
    const match = /^(\w+)\[(.*)\]$/.exec(target);
    if (match)
      sh.vars.setElement(match[1] ?? "", await subscriptOf(sh, match[1] ?? "", match[2] ?? ""), text);
    else sh.vars.set(target, text);
  }
  return problems.length > 0 ? 1 : 0;
}

export async function letBuiltin(sh: ShellProcess, args: readonly string[]): Promise<number> {
  if (args.length === 0) throw new ShellError("let: expression expected");
  let value = 0n;
  for (const arg of args) {
    try {
      value = await evaluateText(sh, arg);
    } catch (error) {
      if (error instanceof ShellError) throw new ShellError(`let: ${error.text}`);
      throw error;
    }
  }
  return value === 0n ? 1 : 0;
}
