import type { FileFacts } from "../contract.ts";
import { FsError } from "../errors.ts";
import { WorldNode } from "../worlds/world-tree.ts";
import type { BaseNode, ReadContext } from "./base-node.ts";

/** Devices that swallow what is written: null, zero, random, urandom, tty, console, ptmx. */
const SINKS: ReadonlySet<string> = new Set(["1:3", "1:5", "1:8", "1:9", "5:0", "5:1", "5:2"]);
/** Devices that never end. */
export const ENDLESS: ReadonlySet<string> = new Set(["1:5", "1:7", "1:8", "1:9"]);

export const deviceOf = (node: BaseNode): string =>
  `${String(node.rdev?.major ?? 0)}:${String(node.rdev?.minor ?? 0)}`;

/** Some links of `/proc` show where they lead only to their owner. */
function targetOf(node: BaseNode, context: ReadContext): { readonly target?: string } {
  if (node.kind !== "symlink") return {};
  try {
    return { target: node.target(context) };
  } catch (error) {
    if (error instanceof FsError) return {};
    throw error;
  }
}

/** A folder has one link for its name, one for `.` and one for each folder in it. */
function linksOf(node: BaseNode, context: ReadContext): number {
  if (node.kind !== "directory" || !(node instanceof WorldNode)) return node.nlink;
  let links = node.origin?.nlink ?? 2;
  for (const [name, entry] of node.entries) {
    const below = node.origin?.lookup(name, context)?.kind === "directory" ? 1 : 0;
    links += (entry?.kind === "directory" ? 1 : 0) - below;
  }
  return links;
}

function timesOf(
  node: BaseNode,
  context: ReadContext,
  installedAt: number,
): Pick<FileFacts, "atime" | "ctime"> {
  if (node instanceof WorldNode && node.attributes.ctime !== 0)
    return { atime: node.attributes.atime, ctime: node.attributes.ctime };
  const changed = Math.max(node.mtime(context), installedAt);
  return { atime: changed, ctime: changed };
}

/** What `stat` says of an entry. Nothing of the base changed before the machine was installed. */
export function factsOf(node: BaseNode, context: ReadContext, installedAt: number): FileFacts {
  const device = node.kind === "character" || node.kind === "block";
  return {
    kind: node.kind,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    size: node.size(context),
    nlink: linksOf(node, context),
    mtime: node.mtime(context),
    ...timesOf(node, context, installedAt),
    inode: node.ino,
    ...targetOf(node, context),
    ...(device ? { rdev: node.rdev ?? { major: 0, minor: 0 } } : {}),
  };
}

/** @throws {FsError} for devices that take nothing */
export function writeDevice(node: BaseNode, path: string): void {
  const device = deviceOf(node);
  if (device === "1:7") throw new FsError("ENOSPC", path);
  const terminal = node.rdev?.major === 136 || node.rdev?.major === 4;
  if (!SINKS.has(device) && node.kind !== "block" && !terminal) throw new FsError("ENXIO", path);
}
