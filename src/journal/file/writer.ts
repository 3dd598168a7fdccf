import { basename, join } from "node:path";
import type { JournalPosition, JournalWriter } from "../contract.ts";
import { JournalLockedError, JournalWriteError } from "../errors.ts";
import { type Disk, type FileFacts, systemDisk } from "./disk.ts";
import {
  type FamilyPaths,
  familyPaths,
  HEAD_BYTES,
  hashHead,
  lookAtFamily,
  type Place,
  samePlace,
  sealedNumber,
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
  /** Called when others renamed, deleted, cut or grew the active file. */
  readonly onForeignSeal?: (event: ForeignSeal) => void;
  readonly disk?: Disk;
}

export interface ForeignSeal {
  readonly kind: "renamed" | "deleted" | "cut" | "grown";
  readonly family: string;
  readonly segment: number;
  /** Bytes that we had written to the segment. */
  readonly offset: number;
}

export interface FileJournalWriter extends JournalWriter {
  /** Seals when size or age ask for it. @throws {JournalWriteError} */
  sealIfDue(): boolean;
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
  let lock: Disposable | undefined;
  try {
    disk.makeFolder(paths.folder);
    lock = takeLock(disk, paths.lock);
    return new Writer(disk, paths, lock, options);
  } catch (error) {
    lock?.[Symbol.dispose]();
    if (error instanceof JournalWriteError || error instanceof JournalLockedError) throw error;
    throw new JournalWriteError(0, error);
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
      onForeignSeal: options.onForeignSeal ?? (() => {}),
    };
    this.#openActive(this.#firstSegment());
  }

  append(lines: Uint8Array): void {
    let written = 0;
    try {
      if (this.#options.seal === "auto") this.sealIfDue();
      else this.#settle();
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
    try {
      this.#settle();
      if (this.#offset === 0) return false;
      if (this.#offset < segmentBytes && now() - this.#sinceMs < segmentAgeMs) return false;
      this.#seal();
      return true;
    } catch (error) {
      throw error instanceof JournalWriteError ? error : new JournalWriteError(0, error);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    using stack = new DisposableStack();
    stack.use(this.#lock);
    stack.defer(() => {
      this.#disk.close(this.#fd);
      this.#fd = -1;
    });
    try {
      this.#settle(); // what others did is told and repaired now: the next writer knows less
    } catch {
      // A disk that refuses now: the next writer finds what it can.
    }
  }

  /** Makes sure that the descriptor is the file under our name and ends where we think it ends. */
  #settle(): void {
    if (this.#tornFrom !== undefined) {
      this.#disk.truncate(this.#fd, this.#tornFrom);
      this.#tornFrom = undefined;
    }
    const { isNamed, size } = this.#look();
    if (isNamed && size === this.#offset) return;
    const event = { family: this.family, segment: this.#segment, offset: this.#offset };
    let found: ForeignSeal["kind"] | "sealed" = size < this.#offset ? "cut" : "grown";
    if (isNamed)
      this.#seal(); // what is in the file stays readable under the number it has
    else {
      const fate = this.#rescue(this.#facts, this.#segment);
      if (found !== "cut") found = fate;
      this.#replace(this.#segment + 1);
    }
    if (found !== "sealed") this.#options.onForeignSeal({ ...event, kind: found });
  }

  #look(): { readonly isNamed: boolean; readonly size: number } {
    const named = this.#disk.factsOf(this.#paths.active);
    if (named !== undefined && samePlace(named, this.#facts)) return { isNamed: true, size: named.size };
    return { isNamed: false, size: this.#disk.facts(this.#fd).size };
  }

  /** A number whose file was taken away while nobody wrote is not given again: a cursor may still name it. */
  #firstSegment(): number {
    const { meta, activeNumber } = lookAtFamily(this.#disk, this.#paths);
    const named = this.#disk.factsOf(this.#paths.active);
    if (meta.inode === "" || (named !== undefined && (named.size > 0 || samePlace(named, meta))))
      return activeNumber;
    // Its inode may belong to another file by now: only a name like ours is believed.
    const found = this.#rescue(meta, meta.active, basename(this.#paths.active));
    if (found !== "sealed") {
      this.#options.onForeignSeal({ kind: found, family: this.family, segment: meta.active, offset: 0 });
    }
    return Math.max(activeNumber, meta.active + 1);
  }

  /** Gives a renamed segment its sealed name as a second one, so that every reader finds it. */
  #rescue(lost: Place, segment: number, prefix = ""): "renamed" | "deleted" | "sealed" {
    const { folder, active } = this.#paths;
    for (const name of this.#disk.list(folder)) {
      const path = join(folder, name);
      const facts = this.#disk.factsOf(path);
      if (facts === undefined || path === active || !name.startsWith(prefix) || !samePlace(facts, lost))
        continue;
      if (sealedNumber(basename(active), name) !== undefined) return "sealed"; // by us, before a crash or an error
      try {
        this.#disk.link(path, sealedPath(this.#paths, segment));
      } catch (error) {
        if (isCode(error, "ENOSPC")) throw error;
        // No hard links here: a reader that has the file open still finishes it.
      }
      return "renamed";
    }
    return "deleted";
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
    const { meta } = lookAtFamily(disk, this.#paths);
    if (meta.active !== segment) writeMeta(disk, this.#paths, { active: segment, device: "", inode: "" });
    const fd = disk.open(this.#paths.active, "a+", 0o640);
    try {
      let facts = disk.facts(fd);
      const whole = wholeLines(disk, fd, facts.size);
      if (whole < facts.size) {
        disk.truncate(fd, whole);
        facts = disk.facts(fd);
      }
      if (facts.size > 0) disk.read(fd, this.#head, 0, Math.min(HEAD_BYTES, facts.size), 0);
      if (meta.active !== segment || !samePlace(facts, meta)) this.#noteIdentity(segment, facts);
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

  #noteIdentity(segment: number, { device, inode }: FileFacts): void {
    try {
      writeMeta(this.#disk, this.#paths, { active: segment, device, inode });
    } catch (error) {
      // Only needed to find a file that is renamed while nobody writes; the full disk must not keep us from opening.
      if (!isCode(error, "ENOSPC")) throw error;
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

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

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
