import { basename, dirname } from "node:path";
import type { JournalGap } from "#journal/contract.ts";
import { JournalWriteError } from "#journal/errors.ts";
import type { Disk } from "#journal/file/disk.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";
import { type FileJournalWriter, type ForeignSeal, openFileJournalWriter } from "#journal/file/writer.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import { OutputWriteError } from "./errors.ts";
import { type LogPlace, RawLog } from "./raw-log.ts";
import { Replay, replayJournal, replayLog } from "./recovery.ts";
import type { Outputs as OutputPlaces, StateStore } from "./state-store.ts";

export interface OutputOptions {
  readonly logFile: string;
  readonly journalFile: string;
  readonly rotateBytes: number;
  readonly logKeep: number;
  readonly segmentBytes: number;
  readonly disk: Disk;
  readonly now: () => number;
  readonly onForeignSeal: (event: ForeignSeal) => void;
}

export interface OutputLosses {
  readonly log: readonly LogPlace[];
  readonly journal: readonly JournalGap[];
}

/** Is this a refusal of the disk, after which the same call may be tried again? */
export const isWriteError = (error: unknown): error is OutputWriteError | JournalWriteError =>
  error instanceof OutputWriteError || error instanceof JournalWriteError;

const samePlace = (a: LogPlace, b: LogPlace): boolean => a.inode === b.inode && a.device === b.device;

/**
 * The raw log and the journal: filled line by line, written together, and compared with the checkpoint after a
 * crash. `base` is where the checkpoint's positions stand in them; what lies behind it was written for lines that
 * would be read again.
 */
export class Outputs implements Disposable {
  readonly raw = new ByteBuffer();
  readonly journal = new ByteBuffer();
  readonly replay = new Replay();
  readonly losses: OutputLosses;
  readonly #options: OutputOptions;
  readonly #store: StateStore;
  readonly #log: RawLog;
  readonly #writer: FileJournalWriter;
  #base: OutputPlaces;
  #isNoted = true;
  /** Others replaced or cut the raw log: a checkpoint is wanted soon. */
  wasDisturbed = false;

  /** @throws {OutputWriteError} @throws {JournalWriteError} @throws {JournalLockedError} */
  constructor(options: OutputOptions, store: StateStore, before: OutputPlaces | undefined) {
    const { disk, journalFile, segmentBytes, now, onForeignSeal } = options;
    this.#options = options;
    this.#store = store;
    this.#writer = openFileJournalWriter(journalFile, {
      segmentBytes,
      seal: "caller",
      now,
      disk,
      onForeignSeal,
    });
    let log: RawLog | undefined;
    try {
      log = this.#log = new RawLog(options.logFile, disk);
      const places = before?.log ?? [];
      const lost = replayLog(disk, log, places, this.replay);
      this.losses = { log: lost, journal: before === undefined ? [] : this.#replayJournal(before) };
      const isKnown = places.some((place) => samePlace(place, log?.place ?? place));
      const kept = places.filter((place) => !lost.some((each) => samePlace(each, place)));
      const isLost = lost.some((place) => samePlace(place, log?.place ?? place));
      this.#base = {
        log: isKnown && !isLost ? kept : [...kept, log.place],
        journal:
          before === undefined || this.losses.journal.length > 0 ? this.#writer.position() : before.journal,
      };
      this.#note();
    } catch (error) {
      log?.[Symbol.dispose]();
      this.#writer[Symbol.dispose]();
      throw error;
    }
  }

  get bufferedBytes(): number {
    return this.raw.length + this.journal.length;
  }

  /** Writes what is buffered. @returns bytes. @throws {OutputWriteError} @throws {JournalWriteError} the rest stays buffered */
  flush(): number {
    const before = this.bufferedBytes;
    if (this.raw.length > 0) {
      this.#settleLog();
      drain(this.raw, (bytes) => this.#log.append(bytes));
    }
    if (this.journal.length > 0) drain(this.journal, (bytes) => this.#writer.append(bytes));
    return before;
  }

  sync(): void {
    this.#log.sync();
    this.#writer.sync();
  }

  /** What a checkpoint taken now has to hold about the outputs; everything must be flushed. */
  places(): OutputPlaces {
    return this.replay.isEmpty ? { log: [this.#log.place], journal: this.#writer.position() } : this.#base;
  }

  /** The checkpoint with these places is durable: rotate and seal when due, now that nothing lies behind it. */
  committed(places: OutputPlaces): void {
    this.#base = places;
    this.wasDisturbed = false;
    if (!this.replay.isEmpty) return;
    const { rotateBytes, logKeep } = this.#options;
    const isRotated = rotateBytes > 0 && this.#log.place.length >= rotateBytes;
    if (isRotated) this.#log.rotate(logKeep);
    const isSealed = this.#writer.sealIfDue();
    if (!isRotated && !isSealed) return;
    this.#base = { log: [this.#log.place], journal: this.#writer.position() };
    this.#isNoted = false;
    this.#note();
  }

  /** Nothing of before the crash is awaited any more. */
  endReplay(): void {
    this.replay.clear();
  }

  [Symbol.dispose](): void {
    using stack = new DisposableStack();
    stack.use(this.#writer);
    stack.use(this.#log);
  }

  #replayJournal(before: OutputPlaces): readonly JournalGap[] {
    const { journalFile, disk } = this.#options;
    const base = basename(journalFile).slice(0, -".json".length);
    using reader = openFileJournalReader(dirname(journalFile), { base, disk });
    return replayJournal(reader, before.journal, this.replay);
  }

  #settleLog(): void {
    const change = this.#log.settle();
    if (change !== "none") {
      this.wasDisturbed = true;
      this.#isNoted = false;
      const others = this.#base.log.filter(
        (place) => change === "replaced" || !samePlace(place, this.#log.place),
      );
      this.#base = { ...this.#base, log: [...others, this.#log.place] };
    }
    // Before the first byte goes into another file the state has to know of it: a crash would look for it there.
    if (!this.#isNoted) this.#note();
  }

  #note(): void {
    this.#store.noteOutputs(this.#base);
    this.#isNoted = true;
  }
}

function drain(buffer: ByteBuffer, append: (bytes: Uint8Array) => void): void {
  const { length } = buffer;
  try {
    append(buffer.view);
  } catch (error) {
    if (isWriteError(error)) buffer.consume(error.written);
    throw error;
  }
  buffer.consume(length);
}
