import type { Program, ProgramContext } from "../command.ts";
import { inputs } from "../text/streams.ts";

async function strings(context: ProgramContext): Promise<number> {
  let status = 0;
  const minimum = Number(/-n ?(\d+)/.exec(context.args.join(" "))?.[1] ?? 4);
  for await (const { input } of inputs(
    context,
    context.args.filter((arg) => !/^(-|\d+$)/.test(arg)),
    () => (status = 1),
  )) {
    const text = Buffer.from(await input.bytes()).toString("latin1");
    for (const match of text.matchAll(new RegExp(`[\\t -~]{${Math.max(1, Math.min(minimum, 1000))},}`, "g")))
      await context.out(`${match[0]}\n`);
  }
  return status;
}

export const stringsPrograms: readonly Program[] = [
  { names: ["strings", "x86_64-linux-gnu-strings"], run: strings },
];
