import type { JournalPosition, JournalWriter } from "../contract.ts";
import { JournalWriteError } from "../errors.ts";
import { type Disk, type FileFacts, systemDisk } from "./disk.ts";
import {
  type FamilyPaths,
  familyPaths,
  HEAD_BYTES,
  hashHead,
  lookAtFamily,
  sealedPath,
  writeMeta,
} from "./family.ts";
import { takeLock } from "./lock.ts";

const LF = 0x0a;
const CUT_PIECE = 64 * 1024;

export interface FileJournalWriterOptions {
  /** Size at which the active file is sealed. Default 128 MiB. */
  readonly segmentBytes?: number;
  /** Age at which a file that is not empty is sealed. Default one hour. */
  readonly segmentAgeMs?: number;
  /** `auto` (default): before an append. `caller`: only by `sealIfDue`, for a writer that seals behind its checkpoints. */
  readonly seal?: "auto" | "caller";
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly disk?: Disk;
}

export interface FileJournalWriter extends JournalWriter {
  /** Seals when size or age ask for it. @throws {JournalWriteError} */
  sealIfDue(): boolean;
  /** How often others renamed, deleted or cut the active file. */
  readonly foreignSeals: number;
}

/**
 * Opens a family for appending: takes its lock, cuts off a torn last line, goes on in the active file.
 *
 * @param path of the active file, `<folder>/<family>.json`; the folder is made when missing
 * @throws {JournalLockedError} another living process writes this family
 * @throws {JournalWriteError} the disk refused
 */
export function openFileJournalWriter(
  path: string,
  options: FileJournalWriterOptions = {},
): FileJournalWriter {
  const disk = options.disk ?? systemDisk;
  const paths = familyPaths(path);
  try {
    disk.makeFolder(paths.folder);
  } catch (error) {
    throw new JournalWriteError(0, error);
  }
  const lock = takeLock(disk, paths.lock);
  try {
    return new Writer(disk, paths, lock, options);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error instanceof JournalWriteError ? error : new JournalWriteError(0, error);
  }
}

class Writer implements FileJournalWriter {
  readonly family: string;
  readonly #disk: Disk;
  readonly #paths: FamilyPaths;
  readonly #lock: Disposable;
  readonly #options: Required<Omit<FileJournalWriterOptions, "disk">>;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #fd = -1;
  #facts: FileFacts = { device: "", inode: "", size: 0, isFile: true, birthNs: 0n };
  #segment = 1;
  #offset = 0;
  /** When the first byte of this segment came, as far as we know. */
  #sinceMs = 0;
  /** A torn rest that could not be cut off yet begins here. */
  #tornFrom: number | undefined;
  #foreignSeals = 0;

  constructor(disk: Disk, paths: FamilyPaths, lock: Disposable, options: FileJournalWriterOptions) {
    this.family = paths.family;
    this.#disk = disk;
    this.#paths = paths;
    this.#lock = lock;
    this.#options = {
      segmentBytes: options.segmentBytes ?? 128 * 1024 * 1024,
      segmentAgeMs: options.segmentAgeMs ?? 3_600_000,
      seal: options.seal ?? "auto",
      now: options.now ?? Date.now,
    };
    const state = lookAtFamily(disk, paths);
    // A number that the meta file gave to a file that is gone is not given again: a cursor may still name it.
    this.#openActive(state.hasActive || state.metaNumber === 0 ? state.activeNumber : state.activeNumber + 1);
  }

  get foreignSeals(): number {
    return this.#foreignSeals;
  }

  append(lines: Uint8Array): void {
    let written = 0;
    try {
      this.#settle();
      if (this.#options.seal === "auto") this.sealIfDue();
      if (this.#offset === 0 && lines.length > 0) this.#sinceMs = this.#options.now();
      while (written < lines.length) {
        const count = this.#disk.write(this.#fd, lines, written, lines.length - written);
        this.#remember(lines, written, count);
        written += count;
        this.#offset += count;
        if (count === 0) throw Object.assign(new Error("nothing written"), { code: "ENOSPC" });
      }
    } catch (error) {
      if (error instanceof JournalWriteError) throw error;
      throw new JournalWriteError(this.#cutBack(lines, written), error);
    }
  }

  sync(): void {
    try {
      this.#disk.sync(this.#fd);
    } catch (error) {
      throw new JournalWriteError(0, error);
    }
  }

  position(): JournalPosition {
    return {
      family: this.family,
      segment: this.#segment,
      offset: this.#offset,
      device: this.#facts.device,
      inode: this.#facts.inode,
      headHash: hashHead(this.#head.subarray(0, Math.min(HEAD_BYTES, this.#offset))),
    };
  }

  sealIfDue(): boolean {
    const { segmentBytes, segmentAgeMs, now } = this.#options;
    if (this.#offset === 0) return false;
    if (this.#offset < segmentBytes && now() - this.#sinceMs < segmentAgeMs) return false;
    try {
      this.#settle();
      if (this.#offset > 0) this.#seal();
      return true;
    } catch (error) {
      throw error instanceof JournalWriteError ? error : new JournalWriteError(0, error);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    this.#disk.close(this.#fd);
    this.#fd = -1;
    this.#lock[Symbol.dispose]();
  }

  /** Makes sure that the descriptor is the file under our name and ends where we think it ends. */
  #settle(): void {
    if (this.#tornFrom !== undefined) {
      this.#disk.truncate(this.#fd, this.#tornFrom);
      this.#tornFrom = undefined;
    }
    const named = this.#disk.factsOf(this.#paths.active);
    const own =
      named !== undefined && named.inode === this.#facts.inode && named.device === this.#facts.device;
    if (own && named.size === this.#offset) return;
    this.#foreignSeals++;
    // Cut or grown by others: what is in the file stays readable under the number it has.
    if (own) this.#seal();
    else this.#replace(this.#segment + 1);
  }

  /** Order: the sealed name exists before the meta file counts on, that before the next file exists. */
  #seal(): void {
    this.#disk.sync(this.#fd);
    this.#disk.rename(this.#paths.active, sealedPath(this.#paths, this.#segment));
    this.#replace(this.#segment + 1);
  }

  #replace(segment: number): void {
    const old = this.#fd;
    this.#openActive(segment);
    this.#disk.close(old);
  }

  #openActive(segment: number): void {
    const disk = this.#disk;
    disk.makeFolder(this.#paths.folder);
    if (lookAtFamily(disk, this.#paths).metaNumber !== segment) writeMeta(disk, this.#paths, segment);
    const fd = disk.open(this.#paths.active, "a+", 0o640);
    try {
      let facts = disk.facts(fd);
      const whole = wholeLines(disk, fd, facts.size);
      if (whole < facts.size) {
        disk.truncate(fd, whole);
        facts = disk.facts(fd);
      }
      if (facts.size > 0) disk.read(fd, this.#head, 0, Math.min(HEAD_BYTES, facts.size), 0);
      disk.syncFolder(this.#paths.folder);
      this.#fd = fd;
      this.#facts = facts;
      this.#segment = segment;
      this.#offset = facts.size;
      const bornMs = Number(facts.birthNs / 1_000_000n);
      this.#sinceMs = facts.size > 0 && bornMs > 0 ? bornMs : this.#options.now();
    } catch (error) {
      disk.close(fd);
      throw error;
    }
  }

  #remember(lines: Uint8Array, start: number, count: number): void {
    if (this.#offset >= HEAD_BYTES) return;
    const part = lines.subarray(start, start + Math.min(count, HEAD_BYTES - this.#offset));
    this.#head.set(part, this.#offset);
  }

  /** @returns bytes of complete lines that stay */
  #cutBack(lines: Uint8Array, written: number): number {
    const keep = written === 0 ? 0 : lines.lastIndexOf(LF, written - 1) + 1;
    if (keep === written) return keep;
    this.#offset -= written - keep;
    try {
      this.#disk.truncate(this.#fd, this.#offset);
    } catch {
      this.#tornFrom = this.#offset; // cut before the next append
    }
    return keep;
  }
}

/** Length of the file up to its last LF. */
function wholeLines(disk: Disk, fd: number, size: number): number {
  const piece = new Uint8Array(Math.min(CUT_PIECE, size));
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CUT_PIECE);
    const count = disk.read(fd, piece, 0, end - start, start);
    const last = piece.subarray(0, count).lastIndexOf(LF);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}
