import type { Disk } from "#journal/file/disk.ts";
import type { Log } from "#kernel/log.ts";

export type DiskState = "ok" | "low" | "full" | "denied";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const CHECK_MS = 1000;
const RESERVE_BYTES = 1024 * 1024;

export interface PauseOptions {
  readonly minFreeBytes: number;
  readonly reserveFile: string;
  readonly disk: Disk;
  readonly log: Log;
  readonly freeBytes: () => number;
}

/** Decides when reading stops because the disk does not take more, and when it is tried again. */
export class Pause {
  readonly #options: PauseOptions;
  #state: DiskState = "ok";
  #retryAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #checkAt = 0;
  #hasReserve = false;
  #reserveAt = 0;

  constructor(options: PauseOptions) {
    this.#options = options;
  }

  get state(): DiskState {
    return this.#state;
  }

  /** Reading is stopped: something could not be written, or hardly any room is left. */
  isPaused(now: number): boolean {
    this.#check(now);
    return this.#state === "full" || this.#state === "denied";
  }

  /** @returns milliseconds until the next attempt; 0 = now */
  waitMs(now: number): number {
    return Math.max(0, this.#retryAt - now);
  }

  /** The alarm rings once, with the first failure. */
  failed(now: number, reason: string, error: unknown): void {
    const isFirst = this.#state !== "full" && this.#state !== "denied";
    this.#state = reason === "ENOSPC" || reason === "EDQUOT" || reason === "EFBIG" ? "full" : "denied";
    this.#retryMs = isFirst ? FIRST_RETRY_MS : Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    this.#retryAt = now + this.#retryMs;
    if (!isFirst) return;
    this.#options.log.error(
      { error, reason, disk: this.#state },
      "Outputs cannot be written; reading pauses, nothing is lost.",
    );
    this.#giveReserve();
  }

  recovered(): void {
    if (this.#state === "ok" || this.#state === "low") return;
    this.#state = "ok";
    this.#checkAt = 0;
    this.#options.log.info({}, "Outputs are written again; reading goes on where it stopped.");
  }

  /** Room that is given up first when the disk is full, so that a checkpoint still fits. */
  keepReserve(now: number): void {
    if (this.#hasReserve || now < this.#reserveAt) return;
    this.#reserveAt = now + LAST_RETRY_MS;
    const { disk, reserveFile } = this.#options;
    if (disk.factsOf(reserveFile)?.size === RESERVE_BYTES) {
      this.#hasReserve = true;
      return;
    }
    try {
      const fd = disk.open(reserveFile, "w", 0o640);
      try {
        // Written, not only sized: a hole in a file reserves nothing.
        this.#hasReserve = disk.write(fd, new Uint8Array(RESERVE_BYTES), 0, RESERVE_BYTES) === RESERVE_BYTES;
      } finally {
        disk.close(fd);
      }
      if (!this.#hasReserve) disk.remove(reserveFile);
    } catch {
      this.#giveReserve(); // no room for it now
    }
  }

  #giveReserve(): void {
    this.#hasReserve = false;
    try {
      this.#options.disk.remove(this.#options.reserveFile);
    } catch {
      // A disk that refuses even that is in the state we are in already.
    }
  }

  #check(now: number): void {
    const { minFreeBytes, freeBytes, log } = this.#options;
    if (minFreeBytes === 0 || now < this.#checkAt || this.#state === "denied") return;
    this.#checkAt = now + CHECK_MS;
    let free: number;
    try {
      free = freeBytes();
    } catch {
      return; // the folder is gone: the next write tells
    }
    if (this.#state === "full") return;
    if (free < minFreeBytes / 2) this.failed(now, "ENOSPC", undefined);
    else if (free < minFreeBytes && this.#state === "ok") {
      this.#state = "low";
      log.warn({ freeBytes: free }, "Little room is left on the disk of the logs.");
    } else if (free >= minFreeBytes) this.#state = "ok";
  }

  /** Is there room again, as far as the file system tells? */
  hasRoom(): boolean {
    const { minFreeBytes, freeBytes } = this.#options;
    try {
      return minFreeBytes === 0 || freeBytes() >= minFreeBytes / 2;
    } catch {
      return true;
    }
  }
}
