import { unescapeEcho } from "../../shell/escapes.ts";
import { formatPrintf } from "../../shell/printf.ts";
import type { ProgramContext } from "../command.ts";

export async function echo(context: ProgramContext): Promise<number> {
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

export async function printf(context: ProgramContext): Promise<number> {
  const [format, ...rest] = context.args;
  if (format === undefined)
    return context.fail(
      `${context.argv0}: missing operand${`\nTry '${context.argv0} --help' for more information.`}`,
    );
  const problems: string[] = [];
  await context.out(formatPrintf(format, rest, { problems, now: context.world.now() }));
  for (const problem of problems)
    await context.err(
      `${context.argv0}: ${problem.replace(/^(.*): invalid number$/, "‘$1’: expected a numeric value")}\n`,
    );
  return problems.length > 0 ? 1 : 0;
}

export async function yes(context: ProgramContext): Promise<number> {
  const line = `${context.args.length === 0 ? "y" : context.args.join(" ")}\n`;
  const block = line.repeat(Math.max(1, Math.floor(4096 / line.length)));
  for (;;) {
    await context.out(block);
    await context.tick();
  }
}
