import type { ProgramContext } from "../command.ts";
import { options } from "../options.ts";
import { inputs } from "./streams.ts";

async function simple(
  context: ProgramContext,
  transform: (line: string, index: number) => string,
): Promise<number> {
  let status = 0;
  let index = 0;
  for await (const { input } of inputs(
    context,
    context.args.filter((arg) => !/^-./.test(arg)),
    () => (status = 1),
  )) {
    for await (const raw of input.lines())
      await context.out(`${transform(raw.replace(/\n$/, ""), index++)}${raw.endsWith("\n") ? "\n" : ""}`);
  }
  return status;
}

export async function nl(context: ProgramContext): Promise<number> {
  const all = context.args.some((arg) => /^-b ?a$/.test(arg));
  let number = 0;
  return simple(context, (line) =>
    line === "" && !all ? "       " : `${String(++number).padStart(6)}\t${line}`,
  );
}

export async function fold(context: ProgramContext): Promise<number> {
  const parsed = await options(context, {
    short: "bsw:",
    long: { "width=": "w", bytes: "b", spaces: "s" },
    digits: "w",
  });
  if (typeof parsed === "number") return parsed;
  const width = Number(parsed.value("w") ?? 80) || 80;
  let status = 0;
  for await (const { input } of inputs(context, parsed.rest, () => (status = 1))) {
    for await (const line of input.lines())
      await context.out(
        line.replace(new RegExp(`([^\\n]{${Math.min(width, 10_000)}})(?=[^\\n])`, "gu"), "$1\n"),
      );
  }
  return status;
}

export function rev(context: ProgramContext): Promise<number> {
  return simple(context, (line) => Array.from(line).reverse().join(""));
}
