import type { ProgramContext } from "./command.ts";

/** Options of one call. Long names are mapped to their key. */
export interface Options {
  readonly set: ReadonlyMap<string, string>;
  /** In order, for options whose order counts. */
  readonly list: readonly (readonly [string, string])[];
  readonly rest: readonly string[];
  has(key: string): boolean;
  value(key: string): string | undefined;
}

export interface OptionSpec {
  /** As getopt takes it: `ab:c::`. A leading `+` stops at the first operand. */
  readonly short: string;
  /** Long name → key, with `=` behind the name when it takes a value, `?` when it may. */
  readonly long?: Readonly<Record<string, string>>;
  /** `-NUM` stands for this key (`head -3`). */
  readonly digits?: string;
}

type Parsed = { readonly ok: Options } | { readonly error: string };

/** GNU getopt_long, with its messages. */
export function parseOptions(args: readonly string[], spec: OptionSpec): Parsed {
  const list: [string, string][] = [];
  const rest: string[] = [];
  const posix = spec.short.startsWith("+");
  const shorts = posix ? spec.short.slice(1) : spec.short;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) {
      if (posix) {
        rest.push(...args.slice(at));
        break;
      }
      rest.push(arg);
      continue;
    }
    if (spec.digits !== undefined && /^-\d+$/.test(arg)) {
      list.push([spec.digits, arg.slice(1)]);
      continue;
    }
    const step = arg.startsWith("--")
      ? longOption(arg, args[at + 1], spec)
      : shortOptions(arg, args[at + 1], shorts);
    if ("error" in step) return step;
    list.push(...step.found);
    if (step.usedNext) at += 1;
  }
  const set = new Map(list);
  return { ok: { set, list, rest, has: (key) => set.has(key), value: (key) => set.get(key) } };
}

type Step = { readonly found: [string, string][]; readonly usedNext: boolean } | { readonly error: string };

const bareName = (each: string) => each.replace(/[=?]$/, "");

function longOption(arg: string, next: string | undefined, spec: OptionSpec): Step {
  const equals = arg.indexOf("=");
  const name = arg.slice(2, equals < 0 ? undefined : equals);
  const value = equals < 0 ? undefined : arg.slice(equals + 1);
  const matches = longMatches(name, spec);
  const [match] = matches;
  if (match === undefined) return { error: `unrecognized option '${arg}'` };
  if (new Set(matches.map((each) => spec.long?.[each])).size > 1) {
    const possible = matches.map((each) => `'--${bareName(each)}'`).join(" ");
    return { error: `option '${arg}' is ambiguous; possibilities: ${possible}` };
  }
  const key = spec.long?.[match] ?? name;
  if (match.endsWith("=")) return required(key, match, value, next);
  if (value !== undefined && !match.endsWith("?"))
    return { error: `option '--${match}' doesn't allow an argument` };
  return { found: [[key, value ?? ""]], usedNext: false };
}

/** The long name itself, else all that begin with it. */
function longMatches(name: string, spec: OptionSpec): readonly string[] {
  if (name === "") return [];
  const names = Object.keys(spec.long ?? {});
  const exact = names.find((each) => bareName(each) === name);
  return exact === undefined ? names.filter((each) => each.startsWith(name)) : [exact];
}

function required(key: string, match: string, value: string | undefined, next: string | undefined): Step {
  if (value !== undefined) return { found: [[key, value]], usedNext: false };
  if (next !== undefined) return { found: [[key, next]], usedNext: true };
  return { error: `option '--${bareName(match)}' requires an argument` };
}

function shortOptions(arg: string, next: string | undefined, shorts: string): Step {
  const found: [string, string][] = [];
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at] ?? "";
    const place = shorts.indexOf(letter);
    if (place < 0 || letter === ":") return { error: `invalid option -- '${letter}'` };
    if (shorts[place + 1] !== ":") {
      found.push([letter, ""]);
      continue;
    }
    const attached = arg.slice(at + 1);
    if (attached !== "" || shorts[place + 2] === ":")
      return { found: [...found, [letter, attached]], usedNext: false };
    if (next === undefined) return { error: `option requires an argument -- '${letter}'` };
    return { found: [...found, [letter, next]], usedNext: true };
  }
  return { found, usedNext: false };
}

/** Options, or the exit status after the usual complaint. */
export async function options(
  context: ProgramContext,
  spec: OptionSpec,
  status = 1,
): Promise<Options | number> {
  const parsed = parseOptions(context.args, spec);
  if ("ok" in parsed) return parsed.ok;
  const known = /^(invalid|unrecognized|ambiguous)/.test(parsed.error);
  if (known && couldBeReal(context)) context.unknown();
  return context.fail(
    `${context.argv0}: ${parsed.error}\nTry '${context.argv0} --help' for more information.`,
    status,
  );
}

/** An option the real program has but ours lacks cannot be told apart from nonsense: short ones may be real. */
function couldBeReal(context: ProgramContext): boolean {
  return context.args.some((arg) => /^-[A-Za-z]/.test(arg));
}
