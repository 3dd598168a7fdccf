import * as z from "zod";
import { CodedError } from "./errors.ts";

/** Variables that do not exist or hold what they must not; all of them are named. */
export class ConfigError extends CodedError {
  readonly code = "CONFIG_INVALID";
}

const PREFIX = "DECNET";

interface Setting {
  readonly path: readonly string[];
  readonly env: string;
  readonly schema: z.core.$ZodType;
}

interface SettingMeta {
  readonly description?: string;
  /** The variable's name where it is fixed by the specification; else it follows from the path. */
  readonly env?: string;
  /** Older names that mean the same; the main name wins. */
  readonly aliases?: readonly string[];
}

const metaOf = (schema: z.core.$ZodType): SettingMeta => (z.globalRegistry.get(schema) ?? {}) as SettingMeta;

const envName = (path: readonly string[]): string =>
  [PREFIX, ...path].map((word) => word.replaceAll(/[a-z](?=[A-Z])/g, "$&_").toUpperCase()).join("_");

/** Every setting of a schema, in declaration order. Sections are plain `z.strictObject`s. */
function* settings(schema: z.ZodObject, path: readonly string[] = []): Generator<Setting> {
  for (const [key, child] of Object.entries(schema.shape)) {
    const here = [...path, key];
    if (child instanceof z.ZodObject) yield* settings(child, here);
    else yield { path: here, env: metaOf(child).env ?? envName(here), schema: child };
  }
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The known name nearest to a mistyped one, when it is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  return best !== undefined && best.distance <= Math.max(2, name.length / 4) ? best.name : undefined;
}

function readEnv(setting: Setting, env: NodeJS.ProcessEnv): string | undefined {
  for (const name of [setting.env, ...(metaOf(setting.schema).aliases ?? [])])
    if (env[name] !== undefined) return env[name];
  return undefined;
}

/**
 * Reads the whole configuration once, at start. `ignored` are variables of other programs of ours
 * (decoys, development) that may be set and mean nothing here.
 * @throws {ConfigError} naming every bad or unknown variable, not only the first.
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
  ignored: readonly string[] = [],
): Readonly<z.output<S>> {
  const all = [...settings(schema)];
  const input: Record<string, unknown> = {};
  for (const setting of all) {
    let section = input;
    for (const key of setting.path.slice(0, -1)) section = (section[key] ??= {}) as Record<string, unknown>;
    const raw = readEnv(setting, env);
    if (raw !== undefined) section[setting.path.at(-1) as string] = raw;
  }
  const known = new Set([...all.flatMap((s) => [s.env, ...(metaOf(s.schema).aliases ?? [])]), ...ignored]);
  const byPath = new Map(all.map((s) => [s.path.join("."), s.env]));
  const parsed = schema.safeParse(input);
  const problems = [
    ...Object.keys(env)
      .filter((name) => name.startsWith(`${PREFIX}_`) && !known.has(name))
      .map((name) => {
        const meant = nearest(name, known);
        return `${name}: no such setting${meant === undefined ? "" : `; did you mean ${meant}?`}`;
      }),
    ...(parsed.error?.issues.map(({ path, message }) => {
      const name = byPath.get(path.join(".")) ?? envName(path.map(String));
      return `${name}: ${message}`;
    }) ?? []),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join("\n"));
  return parsed.data;
}

/** A value as one writes it into the environment. */
function inEnvironment(value: unknown): string {
  if (value === undefined || value === "") return "unset";
  return `\`${typeof value === "string" || Array.isArray(value) ? value.toString() : JSON.stringify(value)}\``;
}

/** The settings table of the manual. `npm run docs` writes it; the check fails when it differs. */
export function* settingsTable(schema: z.ZodObject): Generator<string> {
  yield "| variable | default | meaning |";
  yield "| --- | --- | --- |";
  for (const setting of settings(schema)) {
    const { data: value } = z.safeParse(setting.schema, undefined);
    yield `| \`${setting.env}\` | ${inEnvironment(value)} | ${metaOf(setting.schema).description ?? ""} |`;
  }
}

/** Settings without a description; the documents' test fails on any. */
export function undescribed(schema: z.ZodObject): readonly string[] {
  return [...settings(schema)].filter((s) => !metaOf(s.schema).description).map((s) => s.env);
}

/** `true/1/yes/on` and `false/0/no/off`, as people write them in the environment. */
export const flag = (byDefault: boolean): z.ZodType<boolean, string | boolean | undefined> =>
  z
    .union([
      z.boolean(),
      z.stringbool({ truthy: ["true", "1", "yes", "on"], falsy: ["false", "0", "no", "off"] }),
    ])
    .default(byDefault);
