import {
  type BigIntStats,
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";

export interface FileFacts {
  readonly device: string;
  readonly inode: string;
  readonly size: number;
  readonly isFile: boolean;
  /** Nanoseconds since 1970; 0 where the file system does not tell. */
  readonly birthNs: bigint;
}

/**
 * What writers and readers of ours do to a disk; everything throws the system's errors. Synchronous: the caller's
 * thread does nothing else. An interface so that a test can fail or stop at every step.
 */
export interface Disk {
  open(path: string, flags: "r" | "a" | "a+" | "w" | "wx" | number, mode?: number): number;
  close(fd: number): void;
  /** @returns bytes written, perhaps fewer than asked */
  write(fd: number, bytes: Uint8Array, start: number, length: number): number;
  /** @returns bytes read at `position`, 0 at the end */
  read(fd: number, into: Uint8Array, start: number, length: number, position: number): number;
  facts(fd: number): FileFacts;
  /** `undefined` = no such file. */
  factsOf(path: string): FileFacts | undefined;
  truncate(fd: number, size: number): void;
  sync(fd: number): void;
  rename(from: string, to: string): void;
  link(existing: string, path: string): void;
  /** No such file is no error. */
  remove(path: string): void;
  /** Names; empty when the folder does not exist. */
  list(folder: string): readonly string[];
  makeFolder(folder: string): void;
  /** `undefined` = no such file. */
  readText(path: string): string | undefined;
  /** Makes renames and new names durable; best effort where folders cannot be synced. */
  syncFolder(folder: string): void;
}

const toFacts = (stats: BigIntStats): FileFacts => ({
  device: stats.dev.toString(),
  inode: stats.ino.toString(),
  size: Number(stats.size),
  isFile: stats.isFile(),
  birthNs: stats.birthtimeNs,
});

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

export const systemDisk: Disk = {
  open: openSync,
  close: closeSync,
  write: writeSync,
  read: readSync,
  facts: (fd) => toFacts(fstatSync(fd, { bigint: true })),
  factsOf(path) {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && toFacts(stats);
  },
  truncate: ftruncateSync,
  sync: fdatasyncSync,
  rename: renameSync,
  link: linkSync,
  remove(path) {
    try {
      unlinkSync(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  makeFolder(folder) {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  },
  readText(path) {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  syncFolder(folder) {
    let fd: number | undefined;
    try {
      fd = openSync(folder, "r");
      fsyncSync(fd);
    } catch {
      // Some file systems refuse to open or sync a folder; a rename is then as durable as they make it.
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  },
};
