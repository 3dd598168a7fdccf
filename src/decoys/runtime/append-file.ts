import { closeSync, openSync, write } from "node:fs";

type Done = () => void;

interface Chunk {
  readonly bytes: Buffer;
  readonly fd: number;
}

/**
 * Appends whole lines to files in order, one `write(2)` each, without ever blocking the caller. A full
 * disk keeps the queue and tries again; a full queue refuses.
 */
export class AppendQueue {
  readonly #maxBytes: number;
  readonly #onRoom: Done;
  readonly #queue: Chunk[] = [];
  #queued = 0;
  #writing = false;
  #idle: Done[] = [];
  #retry: NodeJS.Timeout | undefined;
  /** Failed writes so far; each was tried again. */
  failures = 0;

  constructor(options: { readonly maxBytes: number; readonly onRoom?: Done }) {
    this.#maxBytes = options.maxBytes;
    this.#onRoom = options.onRoom ?? (() => {});
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  /** @returns false when the queue is full and nothing was taken. */
  push(fd: number, bytes: Buffer): boolean {
    if (this.#queued + bytes.length > this.#maxBytes) return false;
    this.#queue.push({ fd, bytes });
    this.#queued += bytes.length;
    if (!this.#writing) this.#next();
    return true;
  }

  /** Resolves when everything taken so far is written, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<boolean> {
    if (!this.#writing) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), deadlineMs);
    this.#idle.push(() => resolve(true));
    const drained = await promise;
    clearTimeout(timer);
    if (!drained) clearTimeout(this.#retry);
    return drained;
  }

  #next(): void {
    const chunk = this.#queue[0];
    if (chunk === undefined) {
      this.#writing = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#writing = true;
    this.#write(chunk, 0);
  }

  #write(chunk: Chunk, from: number): void {
    write(chunk.fd, chunk.bytes, from, chunk.bytes.length - from, null, (error, written) => {
      if (error !== null) {
        this.failures += 1;
        this.#retry = setTimeout(() => this.#write(chunk, from), 250);
        return;
      }
      if (from + written < chunk.bytes.length) {
        this.#write(chunk, from + written);
        return;
      }
      this.#queue.shift();
      this.#queued -= chunk.bytes.length;
      this.#onRoom();
      this.#next();
    });
  }
}

/** Opens for appending, creating with `mode`. */
export const openAppend = (path: string, mode: number): number => openSync(path, "a", mode);
export const closeAppend = (fd: number): void => closeSync(fd);
