import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#kernel/clock.ts";
import { AppendQueue, closeAppend, openAppend } from "./append-file.ts";

/** Where encoded lines go. `write` takes the line or refuses it; it never blocks. */
export interface LineSink {
  write(line: Buffer): boolean;
  /** Called whenever there is room again. */
  onRoom(listener: () => void): void;
  close(deadlineMs: number): Promise<void>;
}

const QUEUE_BYTES = 4 * 1024 * 1024;
const FILE_BYTES = 16 * 1024 * 1024;

/** A name that sorts by start time and is unique: two runs never share a file. */
const runName = (now: number): string =>
  `${new Date(now).toISOString().replaceAll(/[-:.]/g, "")}-${randomBytes(3).toString("hex")}`;

/**
 * Append-only files `<dir>/<run>-00001.log`, the next one above 16 MiB. What a `write(2)` took survives
 * kill -9 of every process of ours.
 */
export function openSpool(dir: string, clock: Clock, fileBytes = FILE_BYTES): LineSink {
  mkdirSync(dir, { recursive: true });
  const run = runName(clock.now());
  let listener = (): void => {};
  const queue = new AppendQueue({ maxBytes: QUEUE_BYTES, onRoom: () => listener() });
  const fds: number[] = [];
  let written = 0;
  const open = (): number => {
    const fd = openAppend(join(dir, `${run}-${String(fds.length + 1).padStart(5, "0")}.log`), 0o640);
    fds.push(fd);
    written = 0;
    return fd;
  };
  let fd = open();
  return {
    write: (line) => {
      if (written > 0 && written + line.length > fileBytes) fd = open();
      const taken = queue.push(fd, line);
      if (taken) written += line.length;
      return taken;
    },
    onRoom: (next) => {
      listener = next;
    },
    close: async (deadlineMs) => {
      await queue.drain(deadlineMs);
      for (const each of fds) closeAppend(each);
    },
  };
}

/** Lines on a file descriptor that somebody else keeps: a container's standard output. */
export function descriptorSink(fd: number): LineSink {
  let listener = (): void => {};
  const queue = new AppendQueue({ maxBytes: QUEUE_BYTES, onRoom: () => listener() });
  return {
    write: (line) => queue.push(fd, line),
    onRoom: (next) => {
      listener = next;
    },
    close: async (deadlineMs) => void (await queue.drain(deadlineMs)),
  };
}
