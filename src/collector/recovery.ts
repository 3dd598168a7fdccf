import { basename, dirname, join } from "node:path";
import { xxh32 } from "#events/xxh32.ts";
import type { JournalGap, JournalPosition, JournalReader } from "#journal/contract.ts";
import type { Disk } from "#journal/file/disk.ts";
import type { LogPlace, RawLog } from "./raw-log.ts";

const LF = 0x0a;
const PIECE = 1024 * 1024;

/**
 * What the outputs hold beyond the checkpoint: work of lines that will be read again. A line found here is taken
 * out and not written a second time.
 */
export class Replay {
  /** Hash of a raw line → how often it is there. */
  readonly #lines = new Map<string, number>();
  readonly #ids = new Set<string>();
  #lineCount = 0;

  get isEmpty(): boolean {
    return this.#lineCount === 0 && this.#ids.size === 0;
  }

  get size(): number {
    return this.#lineCount + this.#ids.size;
  }

  addLine(line: Uint8Array): void {
    const hash = hashOf(line);
    this.#lines.set(hash, (this.#lines.get(hash) ?? 0) + 1);
    this.#lineCount++;
  }

  addId(id: string): void {
    this.#ids.add(id);
  }

  takeLine(line: Uint8Array): boolean {
    if (this.#lineCount === 0) return false;
    const hash = hashOf(line);
    const count = this.#lines.get(hash);
    if (count === undefined) return false;
    if (count === 1) this.#lines.delete(hash);
    else this.#lines.set(hash, count - 1);
    this.#lineCount--;
    return true;
  }

  takeId(id: string): boolean {
    return this.#ids.delete(id);
  }

  /** All sources are past what they had given before the crash: what is left, they lost and we still have. */
  clear(): void {
    this.#lines.clear();
    this.#ids.clear();
    this.#lineCount = 0;
  }
}

const hashOf = (line: Uint8Array): string => `${xxh32(line, 0)}:${xxh32(line, 0x9e3779b1)}:${line.length}`;

/**
 * Notes the raw log's lines behind the checkpoint and cuts a torn last line off.
 * @returns places of the checkpoint that are gone or shorter than they were
 */
export function replayLog(
  disk: Disk,
  log: RawLog,
  places: readonly LogPlace[],
  replay: Replay,
): readonly LogPlace[] {
  const lost: LogPlace[] = [];
  const folder = dirname(log.path);
  const present = log.place;
  if (places.length === 0) log.endLine(); // somebody's file: nothing in it is ours to cut
  for (const place of places) {
    const isPresent = place.inode === present.inode && place.device === present.device;
    const path = isPresent ? log.path : findFile(disk, folder, basename(log.path), place);
    if (path === undefined) {
      if (place.length > 0) lost.push(place);
      continue;
    }
    const fd = disk.open(path, "r");
    try {
      const { size } = disk.facts(fd);
      if (size < place.length) lost.push(place);
      const end = readLines(disk, fd, Math.min(place.length, size), (line) => replay.addLine(line));
      if (isPresent && end < size) log.cutTorn(end);
    } finally {
      disk.close(fd);
    }
  }
  return lost;
}

function findFile(disk: Disk, folder: string, name: string, place: LogPlace): string | undefined {
  return disk
    .list(folder)
    .filter((each) => each.startsWith(name.replace(/\.[^.]*$/, "")))
    .map((each) => join(folder, each))
    .find((path) => {
      const facts = disk.factsOf(path);
      return facts !== undefined && facts.inode === place.inode && facts.device === place.device;
    });
}

/** @returns the place behind the last LF, or `from` when there is none */
function readLines(disk: Disk, fd: number, from: number, take: (line: Uint8Array) => void): number {
  let piece = new Uint8Array(PIECE);
  let at = from;
  for (;;) {
    const count = disk.read(fd, piece, 0, piece.length, at);
    if (count === 0) return at;
    let start = 0;
    for (let lf = piece.indexOf(LF); lf >= 0 && lf < count; lf = piece.indexOf(LF, start)) {
      take(piece.subarray(start, lf));
      start = lf + 1;
    }
    if (start === 0 && count === piece.length) piece = new Uint8Array(piece.length * 2);
    else if (start === 0) return at;
    at += start;
  }
}

/** Notes the ids of the journal's records behind the checkpoint. @returns what is not there any more */
export function replayJournal(
  reader: JournalReader,
  from: JournalPosition,
  replay: Replay,
): readonly JournalGap[] {
  const gaps: JournalGap[] = [];
  let position = from;
  for (;;) {
    const batch = reader.read(from.family, position, { lines: 4096, bytes: 8 * PIECE });
    gaps.push(...batch.gaps);
    for (const { bytes, torn } of batch.lines) {
      const id = torn ? undefined : idOf(bytes);
      if (id !== undefined) replay.addId(id);
    }
    if (batch.next === undefined || (batch.lines.length === 0 && batch.gaps.length === 0)) return gaps;
    position = batch.next;
  }
}

function idOf(line: Uint8Array): string | undefined {
  try {
    const record: unknown = JSON.parse(Buffer.from(line).toString());
    if (typeof record !== "object" || record === null || !("id" in record)) return undefined;
    return typeof record.id === "string" ? record.id : undefined;
  } catch {
    return undefined; // not written by us
  }
}
