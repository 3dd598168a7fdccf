import { join } from "node:path";
import type { JournalPosition } from "../contract.ts";
import type { Disk, FileFacts } from "./disk.ts";
import { type FamilyPaths, HEAD_BYTES, hashHead, lookAtFamily, samePlace, sealedPath } from "./family.ts";

/** A segment that is open for reading. Its descriptor outlives every renaming. */
export interface OpenSegment {
  readonly fd: number;
  readonly facts: FileFacts;
  segment: number;
  /** Found under a name that is none of the family's: nobody counts it any more. */
  foreign: boolean;
}

const LOOKS = 8;
const LF = 0x0a;

export function headOf(disk: Disk, fd: number, offset: number): string {
  const head = new Uint8Array(Math.min(HEAD_BYTES, offset));
  let length = 0;
  while (length < head.length) {
    const count = disk.read(fd, head, length, head.length - length, length);
    if (count === 0) break;
    length += count;
  }
  return hashHead(head.subarray(0, length));
}

function openPath(disk: Disk, path: string): { readonly fd: number; readonly facts: FileFacts } | undefined {
  let fd: number;
  try {
    fd = disk.open(path, "r");
  } catch {
    return undefined; // renamed or retired since the folder was listed
  }
  const facts = disk.facts(fd);
  if (facts.isFile) return { fd, facts };
  disk.close(fd);
  return undefined;
}

/**
 * Opens a segment by number. The writer may seal while we look, so the active file is only believed
 * when the folder tells the same number before and after it was opened.
 */
export function openNumber(disk: Disk, paths: FamilyPaths, segment: number): OpenSegment | undefined {
  for (let look = 0; look < LOOKS; look++) {
    const state = lookAtFamily(disk, paths);
    if (state.sealed.includes(segment)) {
      const found = openPath(disk, sealedPath(paths, segment));
      return found && { ...found, segment, foreign: false };
    }
    if (!state.hasActive || state.activeNumber !== segment) return undefined;
    const found = openPath(disk, paths.active);
    if (found === undefined) continue;
    const again = lookAtFamily(disk, paths);
    const named = disk.factsOf(paths.active);
    if (again.activeNumber === segment && named !== undefined && samePlace(found.facts, named)) {
      return { ...found, segment, foreign: false };
    }
    disk.close(found.fd);
  }
  return undefined;
}

/** Numbers that exist now, rising; the active file's is the last. */
export function numbersOf(disk: Disk, paths: FamilyPaths): readonly number[] {
  const state = lookAtFamily(disk, paths);
  return state.hasActive ? [...state.sealed, state.activeNumber] : state.sealed;
}

/** The number under which the family knows this file at present; `undefined` when it has a foreign name or none. */
export function numberOf(disk: Disk, paths: FamilyPaths, facts: FileFacts): number | undefined {
  const state = lookAtFamily(disk, paths);
  const named = disk.factsOf(paths.active);
  if (named !== undefined && samePlace(named, facts)) return state.activeNumber;
  return state.sealed.findLast((segment) => {
    const sealed = disk.factsOf(sealedPath(paths, segment));
    return sealed !== undefined && samePlace(sealed, facts);
  });
}

/** The segment that a position names, wherever it lies in the folder now. */
export function openPosition(disk: Disk, paths: FamilyPaths, from: JournalPosition): OpenSegment | undefined {
  const byNumber = openNumber(disk, paths, from.segment);
  if (byNumber !== undefined && samePlace(byNumber.facts, from) && headMatches(disk, byNumber.fd, from))
    return byNumber;
  const elsewhere = searchFolder(disk, paths, from);
  if (elsewhere !== undefined) {
    if (byNumber !== undefined) disk.close(byNumber.fd);
    return elsewhere;
  }
  if (byNumber === undefined) return undefined;
  // Same number and same head on another device or inode: the folder was moved or restored.
  if (from.offset > 0 && byNumber.facts.size >= from.offset && headMatches(disk, byNumber.fd, from))
    return byNumber;
  disk.close(byNumber.fd);
  return undefined;
}

/**
 * Whether the file still begins as it did and has an LF before the position. A file that was cut and written again
 * fails this; one that shrank cannot show it: device and inode have to do.
 */
export function headMatches(disk: Disk, fd: number, from: JournalPosition): boolean {
  if (from.offset === 0 || disk.facts(fd).size < from.offset) return true;
  const last = new Uint8Array(1);
  const isBehindLine = disk.read(fd, last, 0, 1, from.offset - 1) === 1 && last[0] === LF;
  return isBehindLine && headOf(disk, fd, from.offset) === from.headHash;
}

/** Inodes are used again, also by files of ours that are no segments: a match needs bytes or a name to show for it. */
function searchFolder(disk: Disk, paths: FamilyPaths, from: JournalPosition): OpenSegment | undefined {
  for (const name of disk.list(paths.folder)) {
    const path = join(paths.folder, name);
    if (path === paths.meta || path === paths.lock) continue;
    if (from.offset === 0 && !path.startsWith(paths.active)) continue;
    const facts = disk.factsOf(path);
    if (facts === undefined || !facts.isFile || facts.size < from.offset || !samePlace(facts, from)) continue;
    const found = openPath(disk, path);
    if (found === undefined) continue;
    if (samePlace(found.facts, from) && headMatches(disk, found.fd, from)) {
      const segment = numberOf(disk, paths, found.facts);
      return { ...found, segment: segment ?? from.segment, foreign: segment === undefined };
    }
    disk.close(found.fd);
  }
  return undefined;
}
