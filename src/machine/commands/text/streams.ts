import type { Input, ProgramContext } from "../command.ts";

/** Opens each operand, standard input without any; complaints go to standard error. */
export async function* inputs(
  context: ProgramContext,
  names: readonly string[],
  failed: () => void,
  quote = (name: string) => name,
): AsyncGenerator<{ readonly name: string; readonly input: Input }> {
  for (const name of names.length === 0 ? ["-"] : names) {
    const opened = context.attempt(() => {
      const directory = name !== "-" && context.stat(name)?.kind === "directory";
      return { input: context.open(name), directory };
    });
    if (opened.error !== undefined) {
      failed();
      await context.err(`${context.argv0}: ${quote(name)}: ${opened.error}\n`);
    } else if (opened.value.directory) {
      failed();
      await context.err(`${context.argv0}: ${quote(name)}: Is a directory\n`);
    } else yield { name, input: opened.value.input };
  }
}

export async function allLines(
  context: ProgramContext,
  names: readonly string[],
): Promise<{ lines: string[]; status: number }> {
  const lines: string[] = [];
  let status = 0;
  for await (const { input } of inputs(context, names, () => (status = 1))) {
    for await (const line of input.lines()) lines.push(line.replace(/\n$/, ""));
  }
  return { lines, status };
}
