import type { Program, ProgramContext } from "../command.ts";
import { badOption, curly } from "../operands.ts";

async function env(context: ProgramContext): Promise<number> {
  const next = new Map(context.env);
  const { argv, bad } = changed(next, context.args);
  if (bad !== undefined) return badOption(context, bad, 125);
  const [program] = argv;
  if (program !== undefined) return runWith(context, argv, next);
  for (const [name, value] of next) await context.out(`${name}=${value}\n`);
  return 0;
}

/** Applies options and assignments to `next`. @returns what is left to run, or an option that is none */
function changed(
  next: Map<string, string>,
  args: readonly string[],
): { readonly argv: readonly string[]; readonly bad?: string } {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "-i" || arg === "-" || arg === "--ignore-environment") next.clear();
    else if (arg === "-u") next.delete(args[++at] ?? "");
    else if (arg === "--") return { argv: args.slice(at + 1) };
    else if (arg.startsWith("-")) return { argv: [], bad: arg };
    else if (/^[^=]+=/.test(arg)) next.set(arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1));
    else return { argv: args.slice(at) };
  }
  return { argv: [] };
}

async function runWith(
  context: ProgramContext,
  argv: readonly string[],
  next: ReadonlyMap<string, string>,
): Promise<number> {
  const [program = ""] = argv;
  const status = await context.spawn(argv, { env: next });
  const isKnown = context.launcher.programs.find(program.split("/").at(-1) ?? "") !== undefined;
  return status === 127 && !isKnown
    ? context.fail(`${context.argv0}: ${curly(program)}: No such file or directory`, 127)
    : status;
}

async function printenv(context: ProgramContext): Promise<number> {
  const names = context.args.filter((arg) => !arg.startsWith("-"));
  if (names.length === 0) for (const [name, value] of context.env) await context.out(`${name}=${value}\n`);
  for (const name of names) {
    const value = context.env.get(name);
    if (value === undefined) return 1;
    await context.out(`${value}\n`);
  }
  return 0;
}

export const envPrograms: readonly Program[] = [
  { names: ["env"], run: env },
  { names: ["printenv"], run: printenv },
];
