import { basename, dirname } from "node:path";
import { type Disk, type FileFacts, systemDisk } from "#journal/file/disk.ts";
import { OutputWriteError } from "./errors.ts";

const LF = 0x0a;

/** A file and how much of it is ours. */
export interface LogPlace {
  readonly device: string;
  readonly inode: string;
  readonly length: number;
}

/** What others did since the last look: nothing, another file is under the path, or bytes are gone. */
export type LogChange = "none" | "replaced" | "cut";

/** `decnet.log`: appends the bytes of every line, survives rename, deletion and truncation by others. */
export class RawLog implements Disposable {
  readonly path: string;
  readonly #disk: Disk;
  #fd = -1;
  #facts: FileFacts = { device: "", inode: "", size: 0, isFile: true, birthNs: 0n };
  #length = 0;
  #tornFrom: number | undefined;

  /** @throws {OutputWriteError} */
  constructor(path: string, disk: Disk = systemDisk) {
    this.path = path;
    this.#disk = disk;
    this.#guard(() => this.#open());
  }

  get place(): LogPlace {
    return { device: this.#facts.device, inode: this.#facts.inode, length: this.#length };
  }

  /**
   * Compares the descriptor with the path. After `replaced` the caller notes the new place before it appends.
   * @throws {OutputWriteError}
   */
  settle(): LogChange {
    return this.#guard(() => {
      if (this.#tornFrom !== undefined) {
        this.#disk.truncate(this.#fd, this.#tornFrom);
        this.#tornFrom = undefined;
      }
      const named = this.#disk.factsOf(this.path);
      if (named === undefined || named.inode !== this.#facts.inode || named.device !== this.#facts.device) {
        const old = this.#fd;
        this.#open();
        this.#disk.close(old);
        return "replaced";
      }
      const before = this.#length;
      this.#length = named.size;
      return named.size < before ? "cut" : "none";
    });
  }

  /** @param lines complete lines. @throws {OutputWriteError} nothing torn is left behind */
  append(lines: Uint8Array): void {
    let written = 0;
    try {
      while (written < lines.length) {
        const count = this.#disk.write(this.#fd, lines, written, lines.length - written);
        if (count === 0) throw Object.assign(new Error("nothing written"), { code: "ENOSPC" });
        written += count;
        this.#length += count;
      }
    } catch (error) {
      throw new OutputWriteError(basename(this.path), this.#cutBack(lines, written), error);
    }
  }

  sync(): void {
    this.#guard(() => this.#disk.sync(this.#fd));
  }

  /** `decnet.log` becomes `.1`, `.1` becomes `.2`; what goes beyond `keep` is deleted. Directly behind a checkpoint. */
  rotate(keep: number): void {
    this.#guard(() => {
      this.#disk.sync(this.#fd);
      this.#disk.remove(`${this.path}.${keep}`);
      for (let number = keep - 1; number >= 0; number--) {
        const from = number === 0 ? this.path : `${this.path}.${number}`;
        if (this.#disk.factsOf(from) !== undefined) this.#disk.rename(from, `${this.path}.${number + 1}`);
      }
      const old = this.#fd;
      this.#open();
      this.#disk.close(old);
    });
  }

  /** Cuts a torn last line off, as a crash leaves it. Only before the first append. */
  cutTorn(size: number): void {
    this.#guard(() => {
      this.#disk.truncate(this.#fd, size);
      this.#length = size;
    });
  }

  /** Writes the LF that the last line lacks. */
  endLine(): void {
    const last = new Uint8Array(1);
    const isWhole = this.#guard(
      () =>
        this.#length === 0 || this.#disk.read(this.#fd, last, 0, 1, this.#length - 1) === 0 || last[0] === LF,
    );
    if (!isWhole) this.append(Uint8Array.of(LF));
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#disk.close(this.#fd);
    this.#fd = -1;
  }

  #open(): void {
    this.#disk.makeFolder(dirname(this.path));
    const fd = this.#disk.open(this.path, "a+", 0o640);
    this.#facts = this.#disk.facts(fd);
    this.#length = this.#facts.size;
    this.#fd = fd;
  }

  #cutBack(lines: Uint8Array, written: number): number {
    const keep = written === 0 ? 0 : lines.lastIndexOf(LF, written - 1) + 1;
    if (keep === written) return keep;
    this.#length -= written - keep;
    try {
      this.#disk.truncate(this.#fd, this.#length);
    } catch {
      this.#tornFrom = this.#length; // cut before the next append
    }
    return keep;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof OutputWriteError ? error : new OutputWriteError(basename(this.path), 0, error);
    }
  }
}
