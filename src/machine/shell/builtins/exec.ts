import { ExitJump, ShellError } from "../control.ts";
import { applyRedirections } from "../redirect.ts";
import type { ShellProcess } from "../shell-process.ts";
import type { Redirection } from "../syntax.ts";

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
