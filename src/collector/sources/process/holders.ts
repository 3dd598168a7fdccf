import { readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";

/**
 * Files below a folder that processes other than ours have open: a spool file that somebody holds may still grow.
 * `undefined` = this system does not tell.
 */
export type FindHolders = (root: string) => ReadonlySet<string> | undefined;

export const findHolders: FindHolders = (root) => {
  let prefix: string;
  let processes: readonly string[];
  try {
    prefix = `${realpathSync(root)}/`;
    processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return undefined;
  }
  if (processes.length === 0 || !canSeeWriters(root)) return undefined;
  const held = new Set<string>();
  for (const pid of processes) {
    for (const path of openFiles(pid)) {
      if (path.startsWith(prefix)) held.add(path.slice(prefix.length));
    }
  }
  return held;
};

/** Only root and the spools' own user see who has them open. */
function canSeeWriters(root: string): boolean {
  const own = process.getuid?.();
  return own === 0 || (own !== undefined && statSync(root, { throwIfNoEntry: false })?.uid === own);
}

function openFiles(pid: string): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  let descriptors: readonly string[];
  try {
    descriptors = readdirSync(folder);
  } catch {
    return []; // gone, or another user's
  }
  return descriptors.map((each) => {
    try {
      return readlinkSync(`${folder}/${each}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
}
