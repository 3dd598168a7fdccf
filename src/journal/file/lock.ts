import { readdirSync, readFileSync, statSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { JournalLockedError } from "../errors.ts";
import type { Disk } from "./disk.ts";

interface Holder {
  readonly pid: number;
  readonly boot: string;
  /** Start of the process in clock ticks since boot: a number that is used again has another one. */
  readonly started: string;
  readonly thread: number;
}

const readSystem = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return ""; // no /proc on this system: that part of the comparison is left out
  }
};

const bootId = (): string => readSystem("/proc/sys/kernel/random/boot_id");

/** Field 22 of `/proc/<pid>/stat`; the name in field 2 may hold blanks and brackets. */
function startOf(pid: number): string {
  const stat = readSystem(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** A thread that died takes its descriptors along, so an own lock file that nobody has open is free. */
function isOpenInThisProcess(path: string): boolean {
  const lock = statSync(path, { throwIfNoEntry: false });
  if (lock === undefined) return false;
  let names: readonly string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    return false; // no such view on this system: the supervisor never runs one worker twice
  }
  return names.some((name) => {
    try {
      const open = statSync(`/proc/self/fd/${name}`, { throwIfNoEntry: false });
      return open !== undefined && open.ino === lock.ino && open.dev === lock.dev;
    } catch {
      return false; // closed meanwhile
    }
  });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, boot, started, thread } = value as Record<string, unknown>;
    if (typeof pid !== "number" || typeof boot !== "string") return undefined;
    return {
      pid,
      boot,
      started: typeof started === "string" ? started : "",
      thread: typeof thread === "number" ? thread : 0,
    };
  } catch {
    return undefined; // torn by a crash while it was written
  }
}

function holds(holder: Holder | undefined, path: string): boolean {
  if (holder === undefined || holder.boot !== bootId() || !isAlive(holder.pid)) return false;
  if (holder.pid === process.pid) return isOpenInThisProcess(path);
  return holder.started === "" || holder.started === startOf(holder.pid);
}

/**
 * Claims a path for this thread until disposed. A lock whose process or thread is gone is taken over.
 * @throws {JournalLockedError} while another one holds it
 */
export function takeLock(disk: Disk, path: string): Disposable {
  const mine = `${path}.${process.pid}.${threadId}`;
  const text = JSON.stringify({
    pid: process.pid,
    boot: bootId(),
    started: startOf(process.pid),
    thread: threadId,
  });
  disk.remove(mine);
  const fd = disk.open(mine, "wx", 0o640);
  try {
    const bytes = Buffer.from(`${text}\n`);
    disk.write(fd, bytes, 0, bytes.length);
    claim(disk, path, mine);
  } catch (error) {
    disk.close(fd);
    disk.remove(mine);
    throw error;
  }
  disk.remove(mine);
  return {
    [Symbol.dispose]() {
      disk.remove(path);
      disk.close(fd);
    },
  };
}

function claim(disk: Disk, path: string, mine: string): void {
  for (let attempt = 0; attempt < 8; attempt++) {
    try {
      disk.link(mine, path);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const found = disk.readText(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holds(holder, path)) throw new JournalLockedError(`${path} is held by process ${holder?.pid}`);
    // Two may find the same dead lock: whoever moves away a living one puts it back.
    const aside = `${mine}.stale`;
    try {
      disk.rename(path, aside);
    } catch {
      continue; // the other one was faster
    }
    if (disk.readText(aside) !== found) disk.link(aside, path);
    disk.remove(aside);
  }
  throw new JournalLockedError(`${path} changes hands all the time`);
}
