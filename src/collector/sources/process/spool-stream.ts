import { constants } from "node:fs";
import { join } from "node:path";
import type { Disk } from "#journal/file/disk.ts";
import type { Frame, FrameBatch, SourceGap, SourceStream } from "../../contract.ts";
import { parseSpoolName, runOrigin, spoolFile } from "./spool-name.ts";

export interface SpoolPosition {
  readonly file: number;
  readonly offset: number;
  /** The run is over and delivered: its files are not needed any more. */
  readonly done?: boolean;
}

export interface SpoolPlace {
  readonly folder: string;
  readonly decky: string;
  readonly service: string;
  readonly run: string;
}

export const spoolKey = ({ decky, service, run }: SpoolPlace): string => `spool:${decky}/${service}/${run}`;

/** One buffer for all spools: frames are taken before the next read. */
const piece = new Uint8Array(256 * 1024);
/** A file that others cut is noticed within so many looks at its end. */
const CUT_CHECK_READS = 8;
const OPEN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * One run of a decoy process, read file by file. A file is finished when a later one of its run has bytes, or when no
 * process has the run open any more, and a read at its end gave nothing after that was seen. It is deleted when the
 * checkpoint is behind it, so nothing that can still grow is ever deleted.
 */
export class SpoolStream implements SourceStream {
  readonly key: string;
  readonly kind = "process";
  readonly decky: string;
  readonly service: string;
  readonly name: string;
  readonly joins = "always";
  readonly #place: SpoolPlace;
  readonly #disk: Disk;
  #numbers: readonly number[] = [];
  #file: number;
  #offset: number;
  #fd: number | undefined;
  #gap: SourceGap | undefined;
  #emptyReads = 0;
  #isReleased = false;
  #isDone = false;
  #isDeleted = false;
  #hasLooked = false;
  /** Bytes came since the source asked last; it resets this. */
  hasGrown = false;
  /** Milliseconds; when the source last found it grown. */
  grewAt = 0;

  constructor(place: SpoolPlace, disk: Disk, position: SpoolPosition | undefined) {
    this.key = spoolKey(place);
    this.decky = place.decky;
    this.service = place.service;
    this.name = place.run;
    this.#place = place;
    this.#disk = disk;
    this.#file = position?.file ?? 1;
    this.#offset = position?.offset ?? 0;
    this.#isDone = position?.done ?? false;
  }

  /** Everything was delivered and nobody can write more. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The files are gone too: the checkpoint may forget this run. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Bytes that lie there unread, without looking at later files. */
  get behind(): number {
    return this.#fd === undefined ? 0 : Math.max(0, this.#disk.facts(this.#fd).size - this.#offset);
  }

  /** The folder changed: look again at the end of the present file. */
  lookAgain(): void {
    this.#hasLooked = false;
  }

  /** No process has a file of this run open: what is there now is all there will be. */
  release(): void {
    this.#isReleased = true;
    this.#hasLooked = false;
  }

  read(budget: number): FrameBatch | undefined {
    if (this.#isDone) return undefined;
    const fd = (this.#fd ??= this.#openCurrent());
    if (this.#gap !== undefined) {
      const gap = this.#gap;
      this.#gap = undefined;
      return { frames: [], gap, ended: true };
    }
    if (fd === undefined) return this.#isReleased ? this.#finish() : undefined;
    const first = this.#readPiece(fd, budget);
    if (first !== undefined) return first;
    if (this.#emptyReads++ % CUT_CHECK_READS === 0 && this.#disk.facts(fd).size < this.#offset) {
      return this.#truncated(fd);
    }
    const next = this.#successor();
    if (next === undefined && !this.#isReleased) return undefined;
    // Once more: what was written before the next file or the end of the process is visible now.
    return this.#readPiece(fd, budget) ?? (next === undefined ? this.#finish() : this.#advance(next));
  }

  position(unfinished: number): string {
    const position: SpoolPosition = { file: this.#file, offset: this.#offset - unfinished };
    return JSON.stringify(this.#isDone ? { ...position, done: true } : position);
  }

  committed(text: string): void {
    this.#look();
    const { file, done = false } = JSON.parse(text) as SpoolPosition;
    const { folder, run } = this.#place;
    this.#numbers = this.#numbers.filter((number) => {
      if (!done && number >= file) return true;
      this.#disk.remove(join(folder, spoolFile(run, number)));
      return false;
    });
    if (done) {
      this.close();
      this.#isDeleted = true;
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#disk.close(this.#fd);
    this.#fd = undefined;
  }

  #readPiece(fd: number, budget: number): FrameBatch | undefined {
    const count = this.#disk.read(fd, piece, 0, Math.min(piece.length, Math.max(4096, budget)), this.#offset);
    if (count === 0) return undefined;
    const origin = runOrigin(this.#place.run, this.#file);
    const frame: Frame = {
      stream: "stdout",
      stamp: undefined,
      bytes: piece.subarray(0, count),
      origin: { ...origin, nano: origin.nano + this.#offset },
    };
    this.#offset += count;
    this.hasGrown = true;
    this.#emptyReads = 0;
    this.#hasLooked = false;
    return { frames: [frame], ended: false };
  }

  #openCurrent(): number | undefined {
    this.#look();
    const first = this.#numbers.find((number) => number >= this.#file);
    if (first !== undefined && first !== this.#file) this.#skipTo(first);
    else if (first === undefined && this.#isReleased && this.#offset > 0) {
      this.#gap = this.#hole("the end", this.#offset);
      this.#offset = 0;
    }
    if (first === undefined) return undefined;
    try {
      return this.#disk.open(join(this.#place.folder, spoolFile(this.#place.run, first)), OPEN);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The next number whose file has bytes, or lies before one that has. */
  #successor(): number | undefined {
    this.#look();
    const later = this.#numbers.filter((number) => number > this.#file);
    const hasBytes = later.some(
      (number) =>
        (this.#disk.factsOf(join(this.#place.folder, spoolFile(this.#place.run, number)))?.size ?? 0) > 0,
    );
    return hasBytes ? later[0] : undefined;
  }

  #look(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    const numbers: number[] = [];
    for (const name of this.#disk.list(this.#place.folder)) {
      const parsed = parseSpoolName(name);
      if (parsed?.run === this.#place.run) numbers.push(parsed.number);
    }
    this.#numbers = numbers.toSorted((a, b) => a - b);
  }

  #advance(next: number): FrameBatch {
    this.close();
    if (next > this.#file + 1) this.#skipTo(next);
    this.#file = next;
    this.#offset = 0;
    const gap = this.#gap;
    this.#gap = undefined;
    return gap === undefined ? { frames: [], ended: true } : { frames: [], gap, ended: true };
  }

  #skipTo(file: number): void {
    // A new run that is first seen at a later file has had a reader that kept no checkpoint of it.
    this.#gap = this.#hole(`${file}:0`, undefined);
    this.#file = file;
    this.#offset = 0;
  }

  #truncated(fd: number): FrameBatch {
    const gap = this.#hole(`${this.#file}:0`, this.#offset - this.#disk.facts(fd).size);
    this.#offset = 0;
    return { frames: [], gap, ended: true };
  }

  #hole(to: string, bytes: number | undefined): SourceGap {
    const gap = { reason: "spool_lost", from: `${this.#file}:${this.#offset}`, to } as const;
    return bytes === undefined ? gap : { ...gap, bytes };
  }

  #finish(): FrameBatch {
    this.#isDone = true;
    return { frames: [], ended: true };
  }
}
