import type { Program, ProgramContext } from "./command.ts";

type Answer = readonly [stdout: string, stderr: string, status: number];

interface Recording {
  readonly programs: Readonly<
    Record<
      string,
      { readonly help?: Answer; readonly none?: Answer; readonly bad?: Answer; readonly version?: Answer }
    >
  >;
}

let loaded: Promise<Recording> | undefined;

/** Usage texts of the release's programs, recorded from it; read when first needed. */
function recording(): Promise<Recording> {
  loaded ??= import("./recorded/debian-12-usage.json", { with: { type: "json" } }).then(
    (module) => module.default as unknown as Recording,
  );
  return loaded;
}

/** Answers a usage question with the release's recorded text. @returns undefined when it is none */
export async function recordedUsage(context: ProgramContext): Promise<number | undefined> {
  const first = context.args[0];
  const entry = (await recording()).programs[context.name];
  const asked = first === "--help" ? entry?.help : first === "--version" ? entry?.version : undefined;
  return asked === undefined ? undefined : say(context, asked);
}

async function say(context: ProgramContext, answer: Answer): Promise<number> {
  const [stdout, stderr, status] = answer;
  const named = (text: string) =>
    context.argv0 === context.name
      ? text
      : text.replace(
          new RegExp(`^(Usage: |usage: |)${context.name.replace(/\W/g, "\\$&")}(?=[: ])`, "gm"),
          `$1${context.argv0}`,
        );
  await context.out(named(stdout));
  if (stderr !== "") await context.err(named(stderr));
  return status;
}

/** A program of the release that has no rule of its own: recorded usage, else silence that is marked. */
export function fallbackProgram(name: string): Program {
  return {
    names: [name],
    run: async (context) => {
      const asked = await recordedUsage(context);
      if (asked !== undefined) return asked;
      const entry = (await recording()).programs[name];
      if (context.args.length === 0 && entry?.none !== undefined) return say(context, entry.none);
      context.unknown();
      const unknownOption = context.args.find((arg) => arg.startsWith("--"));
      if (unknownOption !== undefined && entry?.bad !== undefined) {
        const [stdout, stderr, status] = entry.bad;
        return say(context, [
          stdout.replaceAll("--zzz", unknownOption),
          stderr.replaceAll("--zzz", unknownOption),
          status,
        ]);
      }
      return 0;
    },
  };
}

/** Puts the recorded `--help` and `--version` before a program's own code. */
export function withUsage(program: Program): Program {
  return {
    names: program.names,
    run: async (context) => {
      const only = context.args.length === 1 && /^--(help|version)$/.test(context.args[0] ?? "");
      const asked = only ? await recordedUsage(context) : undefined;
      return asked ?? program.run(context);
    },
  };
}
