import type { MachineFs } from "../model.ts";
import { errnoOf } from "./errors.ts";
import { absolute } from "./host.ts";
import { hasPattern, matches } from "./pattern.ts";

export interface GlobOptions {
  readonly cwd: string;
  readonly dotglob: boolean;
  readonly insensitive: boolean;
  readonly tick: () => Promise<void> | undefined;
}

/** Directory entries that one pattern may visit. */
const MAX_VISITED = 100_000;

/** File names that match, sorted; empty when there are none. */
export async function expandGlob(fs: MachineFs, pattern: string, options: GlobOptions): Promise<string[]> {
  let found: string[] = [pattern.startsWith("/") ? "/" : ""];
  let visited = 0;
  const parts = pattern.split("/").filter((part, index) => part !== "" || index > 0);
  const trailing = pattern.endsWith("/") && parts.at(-1) === "";
  for (const [index, part] of parts.entries()) {
    if (part === "") continue;
    const last = index === parts.length - 1 || (trailing && index === parts.length - 2);
    const next: string[] = [];
    for (const base of found) {
      await options.tick();
      const step = extend(fs, base, { part, last, options, trailing });
      visited += step.visited;
      next.push(...step.names);
      if (visited > MAX_VISITED) return [];
    }
    found = next;
    if (found.length === 0) return [];
  }
  return found.map((name) => (trailing ? `${name}/` : name)).sort(byName);
}

/** The order of names in the C.UTF-8 locale, which servers without locales have. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function extend(
  fs: MachineFs,
  base: string,
  step: { part: string; last: boolean; trailing: boolean; options: GlobOptions },
): { names: string[]; visited: number } {
  const { part, options } = step;
  const join = (name: string) => (base === "" || base.endsWith("/") ? `${base}${name}` : `${base}/${name}`);
  if (!hasPattern(part)) {
    const path = join(part.replace(/\\(.)/gs, "$1"));
    return { names: exists(fs, absolute(path, options.cwd)) ? [path] : [], visited: 1 };
  }
  const names = list(fs, absolute(base === "" ? "." : base, options.cwd));
  const hidden = options.dotglob || part.startsWith(".") || part.startsWith("\\.");
  const matching = names.filter(
    (name) => (hidden || !name.startsWith(".")) && matches(part, name, options.insensitive),
  );
  if (part.startsWith("."))
    matching.push(...[".", ".."].filter((name) => matches(part, name) && !options.dotglob && part !== ".*"));
  const paths = matching.map(join);
  if (step.last && !step.trailing) return { names: paths, visited: names.length };
  return {
    names: paths.filter((path) => isDirectory(fs, absolute(path, options.cwd))),
    visited: names.length + paths.length,
  };
}

function list(fs: MachineFs, path: string): readonly string[] {
  try {
    return fs.readdir(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

function exists(fs: MachineFs, path: string): boolean {
  try {
    fs.lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function isDirectory(fs: MachineFs, path: string): boolean {
  try {
    return fs.stat(path).kind === "directory";
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
