import type { JournalBatch, JournalGap, JournalLine, JournalPosition, JournalReader } from "../contract.ts";
import { type Disk, systemDisk } from "./disk.ts";
import {
  type FamilyPaths,
  listFamilies,
  lookAtFamily,
  pathOfFamily,
  samePlace,
  sealedPath,
} from "./family.ts";
import {
  headMatches,
  headOf,
  numberOf,
  numbersOf,
  type OpenSegment,
  openNumber,
  openPosition,
} from "./segment.ts";

const LF = 0x0a;
const MIB = 1024 * 1024;

export interface FileJournalReaderOptions {
  /** `<base>.json` and `<base>.*.json` are read. Default `decnet`. */
  readonly base?: string;
  /** Bytes per read. Default 1 MiB. */
  readonly pieceBytes?: number;
  /** A longer run without an LF is given as one torn line of this size, its rest is skipped. Default 16 MiB. */
  readonly lineBytes?: number;
  readonly disk?: Disk;
}

type Limits = Parameters<JournalReader["read"]>[2];

/** @param folder where the families lie; it need not exist yet */
export function openFileJournalReader(folder: string, options: FileJournalReaderOptions = {}): JournalReader {
  return new Reader(folder, options);
}

interface Batch {
  readonly lines: JournalLine[];
  readonly gaps: JournalGap[];
  bytes: number;
}

class Reader implements JournalReader {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #base: string;
  readonly #pieceBytes: number;
  readonly #lineBytes: number;
  readonly #open = new Map<string, OpenSegment>();

  constructor(folder: string, options: FileJournalReaderOptions) {
    this.#folder = folder;
    this.#disk = options.disk ?? systemDisk;
    this.#base = options.base ?? "decnet";
    this.#pieceBytes = options.pieceBytes ?? MIB;
    this.#lineBytes = options.lineBytes ?? 16 * MIB;
  }

  families(): readonly string[] {
    return listFamilies(this.#disk, this.#folder, this.#base);
  }

  read(family: string, from: JournalPosition | undefined, limits: Limits): JournalBatch {
    const paths = pathOfFamily(this.#folder, family);
    const batch: Batch = { lines: [], gaps: [], bytes: 0 };
    let segment = this.#attach(paths, from, batch);
    if (segment === undefined) return { lines: [], next: from, gaps: batch.gaps, behindBytes: 0 };
    let offset = from !== undefined && batch.gaps.length === 0 ? from.offset : 0;
    for (;;) {
      offset = this.#fill(segment, offset, batch, limits);
      if (batch.lines.length >= limits.lines || batch.bytes >= limits.bytes) break;
      const next = this.#successor(paths, segment);
      if (next === undefined) break;
      // Another read now that the successor was seen: whatever the writer put here before it is visible.
      const end = this.#fill(segment, offset, batch, limits);
      if (end === offset) {
        this.#takeTorn(segment, offset, batch);
        if (!segment.foreign && next.segment > segment.segment + 1)
          batch.gaps.push(hole(family, segment, next));
        this.#disk.close(segment.fd);
        this.#open.set(family, next);
        segment = next;
        offset = 0;
      } else {
        offset = end;
        this.#disk.close(next.fd);
        if (batch.lines.length >= limits.lines || batch.bytes >= limits.bytes) break;
      }
    }
    return {
      lines: batch.lines,
      gaps: batch.gaps,
      next: this.#position(family, segment, offset),
      behindBytes: this.#behind(paths, segment, offset),
    };
  }

  end(family: string): JournalPosition | undefined {
    const paths = pathOfFamily(this.#folder, family);
    const last = numbersOf(this.#disk, paths).at(-1);
    const segment = last === undefined ? undefined : openNumber(this.#disk, paths, last);
    if (segment === undefined) return undefined;
    try {
      return this.#position(family, segment, this.#lastLineEnd(segment));
    } finally {
      this.#disk.close(segment.fd);
    }
  }

  retire(position: JournalPosition, keep: number): number {
    const paths = pathOfFamily(this.#folder, position.family);
    const { sealed, meta } = lookAtFamily(this.#disk, paths);
    let retired = 0;
    for (const segment of sealed.slice(0, Math.max(0, sealed.length - keep))) {
      // Numbers are counted from the files: the newest goes only when the meta file counts on without it.
      const isCounted = segment !== sealed.at(-1) || meta.active > segment;
      if (segment >= position.segment || !isCounted) break;
      this.#disk.remove(sealedPath(paths, segment));
      retired++;
    }
    return retired;
  }

  [Symbol.dispose](): void {
    for (const segment of this.#open.values()) this.#disk.close(segment.fd);
    this.#open.clear();
  }

  /** The segment to read from, already open or found again; notes a gap when its content is gone. */
  #attach(paths: FamilyPaths, from: JournalPosition | undefined, batch: Batch): OpenSegment | undefined {
    let segment = this.#open.get(paths.family);
    const isSame = (open: OpenSegment): boolean =>
      from !== undefined && samePlace(open.facts, from) && headMatches(this.#disk, open.fd, from);
    if (segment !== undefined && !isSame(segment)) {
      this.#disk.close(segment.fd);
      this.#open.delete(paths.family);
      segment = undefined;
    }
    segment ??= from === undefined ? this.#first(paths, 0) : openPosition(this.#disk, paths, from);
    if (segment === undefined && from !== undefined) {
      segment = this.#first(paths, from.segment);
      if (segment === undefined) return undefined; // nothing to go on with yet: the position stays, the gap is told then
      batch.gaps.push(lost(from, "the segment is not in the folder any more"));
    } else if (
      segment !== undefined &&
      from !== undefined &&
      this.#disk.facts(segment.fd).size < from.offset
    ) {
      batch.gaps.push(lost(from, "the segment is shorter than what was read"));
    }
    if (segment !== undefined) this.#open.set(paths.family, segment);
    return segment;
  }

  /** The oldest segment with at least this number. */
  #first(paths: FamilyPaths, atLeast: number): OpenSegment | undefined {
    for (const number of numbersOf(this.#disk, paths)) {
      const segment = number < atLeast ? undefined : openNumber(this.#disk, paths, number);
      if (segment !== undefined) return segment;
    }
    return undefined;
  }

  /** Opens the segment that follows; `undefined` while ours is the newest. */
  #successor(paths: FamilyPaths, segment: OpenSegment): OpenSegment | undefined {
    const disk = this.#disk;
    const numbers = numbersOf(disk, paths);
    if (!numbers.some((number) => number >= segment.segment)) return undefined;
    const present = numberOf(disk, paths, segment.facts);
    segment.foreign = present === undefined;
    segment.segment = present ?? segment.segment;
    const least = segment.foreign ? segment.segment : segment.segment + 1;
    for (const number of numbers) {
      const next = number < least ? undefined : openNumber(disk, paths, number);
      if (next === undefined) continue;
      if (!samePlace(next.facts, segment.facts)) return next;
      disk.close(next.fd);
    }
    return undefined;
  }

  /** Adds complete lines behind `offset` to the batch. @returns the place behind the last one */
  #fill(segment: OpenSegment, offset: number, batch: Batch, limits: Limits): number {
    let at = offset;
    while (batch.lines.length < limits.lines && batch.bytes < limits.bytes) {
      const piece = Buffer.allocUnsafeSlow(
        Math.min(this.#pieceBytes, Math.max(4096, limits.bytes - batch.bytes)),
      );
      const count = this.#disk.read(segment.fd, piece, 0, piece.length, at);
      if (count === 0) return at;
      const end = takeLines(piece.subarray(0, count), { segment: segment.segment, at, batch, limits });
      if (end > at) at = end;
      else if (count < piece.length) return at;
      else {
        const behind = this.#takeLong(segment, at, batch);
        if (behind === at) return at;
        at = behind;
      }
    }
    return at;
  }

  /** A line longer than one piece. @returns the place behind it, or `at` while it has no LF yet */
  #takeLong(segment: OpenSegment, at: number, batch: Batch): number {
    const parts: Buffer[] = [];
    let kept = 0;
    for (let position = at; ; ) {
      const piece = Buffer.allocUnsafeSlow(this.#pieceBytes);
      const count = this.#disk.read(segment.fd, piece, 0, piece.length, position);
      if (count === 0) return at;
      const read = piece.subarray(0, count);
      const lf = read.indexOf(LF);
      const part = read.subarray(0, Math.min(lf < 0 ? count : lf, this.#lineBytes - kept));
      if (part.length > 0) parts.push(part);
      kept += part.length;
      position += lf < 0 ? count : lf + 1;
      if (lf < 0) continue;
      const torn = position - 1 - at > kept;
      batch.lines.push({ bytes: Buffer.concat(parts), segment: segment.segment, offset: at, torn });
      batch.bytes += kept + 1;
      return position;
    }
  }

  /** The rest of a finished segment that never got its LF. */
  #takeTorn(segment: OpenSegment, offset: number, batch: Batch): void {
    const rest = Math.min(this.#disk.facts(segment.fd).size - offset, this.#lineBytes);
    if (rest <= 0) return;
    const bytes = Buffer.allocUnsafeSlow(rest);
    const count = this.#disk.read(segment.fd, bytes, 0, rest, offset);
    if (count === 0) return;
    batch.lines.push({ bytes: bytes.subarray(0, count), segment: segment.segment, offset, torn: true });
    batch.bytes += count;
  }

  #position(family: string, segment: OpenSegment, offset: number): JournalPosition {
    return {
      family,
      segment: segment.segment,
      offset,
      device: segment.facts.device,
      inode: segment.facts.inode,
      headHash: headOf(this.#disk, segment.fd, offset),
    };
  }

  #behind(paths: FamilyPaths, segment: OpenSegment, offset: number): number {
    const disk = this.#disk;
    let behind = Math.max(0, disk.facts(segment.fd).size - offset);
    const state = lookAtFamily(disk, paths);
    for (const number of state.sealed) {
      if (number > segment.segment) behind += disk.factsOf(sealedPath(paths, number))?.size ?? 0;
    }
    const active = disk.factsOf(paths.active);
    return active !== undefined && !samePlace(active, segment.facts) ? behind + active.size : behind;
  }

  #lastLineEnd(segment: OpenSegment): number {
    let end = this.#disk.facts(segment.fd).size;
    const piece = Buffer.allocUnsafe(Math.min(this.#pieceBytes, Math.max(1, end)));
    while (end > 0) {
      const start = Math.max(0, end - piece.length);
      const count = this.#disk.read(segment.fd, piece, 0, end - start, start);
      const last = piece.subarray(0, count).lastIndexOf(LF);
      if (last >= 0) return start + last + 1;
      end = start;
    }
    return 0;
  }
}

const lost = (from: JournalPosition, detail: string): JournalGap => ({
  reason: "journal_lost",
  family: from.family,
  segment: from.segment,
  offset: from.offset,
  detail,
});

/** Numbers are given without holes, so a missing one is a segment that somebody took away. */
const hole = (family: string, last: OpenSegment, next: OpenSegment): JournalGap => ({
  reason: "journal_lost",
  family,
  segment: last.segment + 1,
  offset: 0,
  detail: `segments up to ${next.segment - 1} are not in the folder any more`,
});

/** @returns the place in the file behind the last line taken */
function takeLines(
  read: Buffer,
  to: { readonly segment: number; readonly at: number; readonly batch: Batch; readonly limits: Limits },
): number {
  const { segment, at, batch, limits } = to;
  let start = 0;
  while (batch.lines.length < limits.lines && batch.bytes < limits.bytes) {
    const lf = read.indexOf(LF, start);
    if (lf < 0) break;
    if (lf > start)
      batch.lines.push({ bytes: read.subarray(start, lf), segment, offset: at + start, torn: false });
    batch.bytes += lf + 1 - start;
    start = lf + 1;
  }
  return at + start;
}
