import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";

export async function tee(context: ProgramContext): Promise<number> {
  const parsed = await options(context, { short: "aip", long: { append: "a", "ignore-interrupts": "i" } });
  if (typeof parsed === "number") return parsed;
  let status = 0;
  const targets: string[] = [];
  for (const name of parsed.rest) {
    const opened = context.attempt(() => {
      if (parsed.has("a")) context.fs.append(context.path(name), new Uint8Array(0));
      else context.fs.write(context.path(name), new Uint8Array(0));
    });
    if (opened.error === undefined) targets.push(context.path(name));
    else {
      status = 1;
      await context.err(`${context.argv0}: ${name}: ${opened.error}\n`);
    }
  }
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    await context.out(chunk);
    await context.flush();
    for (const target of targets) context.attempt(() => context.fs.append(target, chunk));
  }
  for (const target of targets) context.attempt(() => context.fs.closed(target));
  return status;
}
