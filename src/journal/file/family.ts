import { hash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Disk } from "./disk.ts";

const SUFFIX = ".json";
/** Bytes at the head of a file that recognise it, together with device and inode. */
export const HEAD_BYTES = 256;

/** Hash of at most the first 256 bytes, cut at the position: what lies before a position never changes. */
export const hashHead = (head: Uint8Array): string => hash("sha256", head, "hex").slice(0, 32);

/** What recognises a file whatever its name. */
export interface Place {
  readonly device: string;
  readonly inode: string;
}

export const samePlace = (a: Place, b: Place): boolean => a.inode === b.inode && a.device === b.device;

/** Where the files of one family lie. */
export interface FamilyPaths {
  readonly family: string;
  readonly folder: string;
  /** `decnet.json` */
  readonly active: string;
  readonly meta: string;
  readonly lock: string;
}

/** @param path of the active file, `<folder>/<family>.json` */
export function familyPaths(path: string): FamilyPaths {
  const name = basename(path);
  if (!name.endsWith(SUFFIX) || name === SUFFIX) throw new TypeError(`not a journal file name: ${name}`);
  return {
    family: name.slice(0, -SUFFIX.length),
    folder: dirname(path),
    active: path,
    meta: `${path}.meta`,
    lock: `${path}.lock`,
  };
}

export const pathOfFamily = (folder: string, family: string): FamilyPaths =>
  familyPaths(join(folder, family + SUFFIX));

export const sealedPath = (paths: FamilyPaths, segment: number): string =>
  `${paths.active}.${String(segment).padStart(8, "0")}`;

/** Segment number of a sealed file's name, `undefined` for every other name. */
export function sealedNumber(active: string, name: string): number | undefined {
  if (!name.startsWith(`${active}.`)) return undefined;
  const digits = name.slice(active.length + 1);
  return /^\d{8,15}$/.test(digits) ? Number(digits) : undefined;
}

export interface FamilyState {
  /** Sealed segment numbers, rising. */
  readonly sealed: readonly number[];
  /** The active file is there and is the writer's: an empty file that others put in its place is not counted yet. */
  readonly hasActive: boolean;
  /** The number that the active file has, or that the next one gets. */
  readonly activeNumber: number;
  readonly meta: FamilyMeta;
}

export interface FamilyMeta {
  /** Number of the active file; 0 without a meta file. */
  readonly active: number;
  /** The active file itself; empty until it exists. */
  readonly device: string;
  readonly inode: string;
}

/** One look at the folder. Another process may seal meanwhile: compare two looks where that matters. */
export function lookAtFamily(disk: Disk, paths: FamilyPaths): FamilyState {
  const active = basename(paths.active);
  const sealed: number[] = [];
  for (const name of disk.list(paths.folder)) {
    const number = sealedNumber(active, name);
    if (number !== undefined) sealed.push(number);
  }
  sealed.sort((a, b) => a - b);
  const meta = readMeta(disk, paths);
  const file = disk.factsOf(paths.active);
  const hasActive = file !== undefined && (file.size > 0 || meta.inode === "" || samePlace(file, meta));
  return { sealed, hasActive, meta, activeNumber: Math.max(1, (sealed.at(-1) ?? 0) + 1, meta.active) };
}

const META = /^\{"active":(\d{1,15}),"device":"(\d*)","inode":"(\d*)"\}\n$/;

function readMeta(disk: Disk, paths: FamilyPaths): FamilyMeta {
  const [, active = "0", device = "", inode = ""] = META.exec(disk.readText(paths.meta) ?? "") ?? [];
  return { active: Number(active), device, inode };
}

/** Atomic: a reader sees the old text or the new one. */
export function writeMeta(disk: Disk, paths: FamilyPaths, meta: FamilyMeta): void {
  const part = `${paths.meta}.part`;
  const text = Buffer.from(`{"active":${meta.active},"device":"${meta.device}","inode":"${meta.inode}"}\n`);
  const fd = disk.open(part, "w", 0o640);
  try {
    if (disk.write(fd, text, 0, text.length) !== text.length) {
      throw Object.assign(new Error("short write"), { code: "ENOSPC" });
    }
    disk.sync(fd);
  } finally {
    disk.close(fd);
  }
  disk.rename(part, paths.meta);
  disk.syncFolder(paths.folder);
}

/** Families of a folder: `<base>.json` and `<base>.*.json`, by their active or sealed files. */
export function listFamilies(disk: Disk, folder: string, base: string): readonly string[] {
  const found = new Set<string>();
  for (const name of disk.list(folder)) {
    const family = /^(.+)\.json(?:\.\d{8,15})?$/.exec(name)?.[1];
    if (family !== undefined && (family === base || family.startsWith(`${base}.`))) found.add(family);
  }
  return [...found].sort();
}
