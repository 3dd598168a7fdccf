import { findProgram } from "./launch.ts";
import type { ShellProcess } from "./shell-process.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Path of a program by this shell's PATH, remembered as `hash` remembers. */
export function lookupPath(sh: ShellProcess, name: string): string | undefined {
  const known = sh.state.hashed.get(name);
  if (known !== undefined && sh.fs.access(known.path, "execute")) return known.path;
  return findProgram(sh.context, sh.process, sh.run, { name, path: sh.vars.get("PATH") ?? DEFAULT_PATH });
}

export function remember(sh: ShellProcess, name: string, path: string): void {
  const known = sh.state.hashed.get(name);
  if (known?.path === path) known.hits += 1;
  else sh.state.hashed.set(name, { path, hits: 1 });
}
