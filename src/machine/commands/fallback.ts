import type { Program, ProgramContext } from "./command.ts";

type Answer = readonly [stdout: string, stderr: string, status: number];

interface Entry {
  readonly help?: Answer;
  readonly none?: Answer;
  readonly bad?: Answer;
  readonly version?: Answer;
}

interface Recording {
  readonly programs: Readonly<Record<string, Entry>>;
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
        return sayAbout(context, entry.bad, unknownOption);
      }
      return 0;
    },
  };
}

/** Programs whose recorded complaints come from a place without /sys, a bus or an argument of the right name. */
const unrecordable = new Set("lscpu iptables ip6tables xtables-nft-multi nslookup".split(" "));

/** Programs whose bare call depends on the terminal or the machine, not on a usage text. */
const bare = new Set(
  "passwd su top tty logname systemctl chsh login newgrp mesg journalctl stty clear less more env crontab tee cat".split(
    " ",
  ),
);

/**
 * Puts recorded texts before a program's own code: `--help`, `--version`, the complaint about a missing
 * operand, and the one about a long option that does not exist.
 */
export function withUsage(program: Program): Program {
  return {
    names: program.names,
    run: async (context) => (await recordedAnswer(context)) ?? program.run(context),
  };
}

async function recordedAnswer(context: ProgramContext): Promise<number | undefined> {
  const [only, more] = context.args;
  if (more !== undefined) return undefined;
  if (only === "--help" || only === "--version") return recordedUsage(context);
  const name = calledName(context);
  const entry = (await recording()).programs[name];
  if (entry === undefined || unrecordable.has(name)) return undefined;
  return only === undefined ? answerToNothing(context, entry) : answerToNonsense(context, entry, only);
}

/** What it says about a missing operand. */
function answerToNothing(context: ProgramContext, { none }: Entry): Promise<number> | undefined {
  if (bare.has(context.name) || none === undefined || none[2] === 0) return undefined;
  return say(context, none);
}

/** What it says about a long option that none of its texts names. */
function answerToNonsense(
  context: ProgramContext,
  entry: Entry,
  option: string,
): Promise<number> | undefined {
  const isNamed = Object.values(entry).some((answer) => answer[0].includes(option));
  if (!/^--[a-z]/.test(option) || isNamed || entry.bad === undefined) return undefined;
  return sayAbout(context, entry.bad, option);
}

/** `pkill` is a link to `pgrep`, `nc` to one of several: what was typed decides about the words. */
function calledName(context: ProgramContext): string {
  const called = context.argv0.split("/").at(-1) ?? context.name;
  return context.launcher.programs.names.has(called) ? called : context.name;
}

function sayAbout(
  context: ProgramContext,
  [stdout, stderr, status]: Answer,
  option: string,
): Promise<number> {
  return say(context, [stdout.replaceAll("--zzz", option), stderr.replaceAll("--zzz", option), status]);
}
