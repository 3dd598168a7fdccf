import { type Disk, systemDisk } from "#journal/file/disk.ts";

/** Thrown by everything behind the instruction at which a process was "killed". */
export class Killed extends Error {}

/**
 * A disk that stops at a chosen call, as kill -9 does: a write may have gone in partly, everything after it does
 * not happen. Or that refuses writes for a while.
 */
export class FaultyDisk {
  /** Calls until the kill; `Infinity` = never. */
  killIn = Number.POSITIVE_INFINITY;
  /** Share of the last write that still goes in. */
  killedPart = 0;
  isDead = false;
  /** Bytes that still fit; writes beyond fail with ENOSPC. */
  room = Number.POSITIVE_INFINITY;
  calls = 0;
  readonly #open = new Set<number>();

  readonly disk: Disk = {
    ...systemDisk,
    open: (path, flags, mode) => {
      this.#step();
      const fd = systemDisk.open(path, flags, mode);
      this.#open.add(fd);
      return fd;
    },
    close: (fd) => {
      if (!this.#open.delete(fd)) return;
      systemDisk.close(fd);
    },
    write: (fd, bytes, start, length) => {
      const fits = Math.min(length, this.room);
      if (!this.isDead && this.calls + 1 >= this.killIn) {
        const part = Math.min(fits, Math.floor(length * this.killedPart));
        if (part > 0) systemDisk.write(fd, bytes, start, part);
      }
      this.#step();
      if (fits <= 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      const count = systemDisk.write(fd, bytes, start, fits);
      this.room -= count;
      return count;
    },
    truncate: (fd, size) => {
      this.#step();
      systemDisk.truncate(fd, size);
    },
    sync: (fd) => {
      this.#step();
      systemDisk.sync(fd);
    },
    rename: (from, to) => {
      this.#step();
      systemDisk.rename(from, to);
    },
    link: (existing, path) => {
      this.#step();
      systemDisk.link(existing, path);
    },
    remove: (path) => {
      this.#step();
      systemDisk.remove(path);
    },
    makeFolder: (folder) => {
      this.#step();
      systemDisk.makeFolder(folder);
    },
    syncFolder: () => this.#step(),
  };

  /** One more instruction, also of parts that do not go through the disk. */
  step(): void {
    this.#step();
  }

  /** What the kernel does when a process is gone. */
  releaseAll(): void {
    for (const fd of this.#open) systemDisk.close(fd);
    this.#open.clear();
  }

  #step(): void {
    if (this.isDead) throw new Killed("dead");
    this.calls++;
    if (this.calls >= this.killIn) {
      this.isDead = true;
      throw new Killed("killed here");
    }
  }
}
