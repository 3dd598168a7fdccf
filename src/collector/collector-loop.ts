import type { Bus } from "#bus/contract.ts";
import type { Disk } from "#journal/file/disk.ts";
import type { ForeignSeal } from "#journal/file/writer.ts";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Wake } from "#kernel/wake.ts";
import { ArrivalClock } from "./arrival.ts";
import type { FrameBatch } from "./contract.ts";
import type { Counters } from "./counters.ts";
import { errorCode } from "./errors.ts";
import { FlushHint } from "./flush-hint.ts";
import { PartialBudget } from "./framing.ts";
import { Gate } from "./gate.ts";
import { Outbox } from "./outbox.ts";
import { isWriteError, Outputs } from "./outputs.ts";
import type { OwnRecord } from "./own-record.ts";
import { Pause } from "./pause.ts";
import { SessionTotal } from "./sessions.ts";
import type { CollectorSettings } from "./settings.ts";
import type { FindHolders } from "./sources/process/holders.ts";
import { SpoolSource } from "./sources/process/spool-source.ts";
import { openStateStore, type StateStore } from "./state-store.ts";
import type { HostFacts, PipeShared, StreamPipe } from "./stream-pipe.ts";
import { StreamSet } from "./stream-set.ts";
import { SuppressedCounts } from "./suppression.ts";

export interface LoopParts {
  readonly bus: Pick<Bus, "publish">;
  readonly log: Log;
  readonly clock: Clock;
  readonly progress: (done: number, behind: number) => void;
  readonly facts: (decky: string, service: string) => HostFacts | undefined;
  readonly isSlug: (name: string) => boolean;
  readonly counters: Counters;
  readonly wake: Wake;
  readonly settings: CollectorSettings;
  readonly host: string;
  readonly disk: Disk;
  readonly findHolders?: FindHolders;
  /** Ask the system for hints about spool folders; default true. */
  readonly watch?: boolean;
  readonly openStore?: typeof openStateStore;
  readonly freeBytes: (path: string) => number;
  readonly stateFile: string;
  readonly reserveFile: string;
  readonly spoolRoot: string;
  readonly logFile: string;
  readonly journalFile: string;
  readonly segmentBytes: number;
}

const FLUSH_BYTES = 256 * 1024;
const TURN_BYTES = 2 * 1024 * 1024;
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
const CHECKPOINT_MS = 1000;
/** More than one checkpoint interval can have written: a stream read so far has nothing of before the crash left. */
const REPLAY_BYTES = 2 * CHECKPOINT_BYTES;
const SUPPRESSED_MS = 60_000;

/** The collector between its start and its stop; every call is synchronous and short. */
export class CollectorLoop implements Disposable {
  readonly #parts: LoopParts;
  readonly #store: StateStore;
  readonly #outputs: Outputs;
  readonly #source: SpoolSource;
  readonly #shared: PipeShared;
  readonly #pause: Pause;
  readonly #streams: StreamSet;
  readonly #outbox: Outbox;
  readonly #hint = new FlushHint();
  /** Parts of the journal that others took away, not told yet. */
  #lost: { readonly from: string; readonly to: string }[] = [];
  #pollAt = 0;
  #flushedAt = 0;
  #checkpointAt = 0;
  #checkpointBytes = 0;
  #suppressedAt = 0;

  /** @throws {CollectorLockedError} @throws {OutputWriteError} @throws {JournalWriteError} @throws {JournalLockedError} */
  constructor(parts: LoopParts) {
    const { settings, disk, clock, log } = parts;
    this.#parts = parts;
    this.#store = (parts.openStore ?? openStateStore)(parts.stateFile, settings.syncMs > 0);
    try {
      const before = this.#store.load();
      this.#outputs = new Outputs(
        {
          logFile: parts.logFile,
          journalFile: parts.journalFile,
          rotateBytes: settings.logRotateMb * 1024 * 1024,
          logKeep: settings.logKeep,
          segmentBytes: parts.segmentBytes,
          disk,
          now: () => this.#now(),
          onForeignSeal: (event) => this.#foreignSeal(event),
        },
        this.#store,
        before.outputs,
      );
      const due = before.outbox.filter(({ id }) => !this.#outputs.replay.takeId(id));
      this.#outbox = new Outbox(due, before.outbox.at(-1)?.seq ?? 0);
      const suppressed = new SuppressedCounts();
      if (before.suppressed !== undefined) suppressed.restore(before.suppressed);
      this.#shared = {
        raw: this.#outputs.raw,
        journal: this.#outputs.journal,
        replay: this.#outputs.replay,
        gate: new Gate(settings, (hash) => suppressed.evicted(hash)),
        suppressed,
        arrival: new ArrivalClock(() => clock.nowNs()),
        counters: parts.counters,
        partials: new PartialBudget(),
        sessions: new SessionTotal(),
        host: parts.host,
        maxLineBytes: settings.maxLineBytes,
        sessionTtlMs: settings.sessionTtlSec * 1000,
        stderr: settings.stderr,
        facts: parts.facts,
        isSlug: parts.isSlug,
      };
      this.#streams = new StreamSet({
        shared: this.#shared,
        rows: before.streams,
        log,
        counters: parts.counters,
        wake: () => {
          this.#pollAt = 0;
          parts.wake.call();
        },
      });
    } catch (error) {
      this.#store[Symbol.dispose]();
      throw error;
    }
    this.#pause = new Pause({
      minFreeBytes: settings.diskMinFreeMb * 1024 * 1024,
      reserveFile: parts.reserveFile,
      disk,
      log,
      freeBytes: () => parts.freeBytes(parts.logFile),
    });
    this.#source = new SpoolSource({
      root: parts.spoolRoot,
      host: this.#streams,
      disk,
      log,
      watch: parts.watch ?? true,
      ...(parts.findHolders === undefined ? {} : { findHolders: parts.findHolders }),
    });
    this.#suppressedAt = this.#now();
    this.#tellLosses();
  }

  /** Works for a short while. @returns milliseconds until there may be more to do; 0 = at once */
  step(): number {
    const now = this.#now();
    if (this.#pause.isPaused(now)) return this.#retry(now);
    try {
      if (now >= this.#pollAt) this.#pollAt = now + this.#source.poll(now);
      this.#outbox.queueInto(this.#shared.journal);
      this.#turn();
      this.#endReplayWhenOver();
      return this.#write(now);
    } catch (error) {
      if (!isWriteError(error)) throw error;
      this.#writeFailed(now, error);
      return Math.max(1, this.#pause.waitMs(now));
    }
  }

  /** Writes what is in hand and the last checkpoint. */
  finish(): void {
    if (this.#pause.state === "full" || this.#pause.state === "denied") return; // the next start reads on from the last one
    try {
      this.#checkpoint(true);
      this.#outbox.queueInto(this.#shared.journal);
      this.#checkpoint(false);
    } catch (error) {
      if (!isWriteError(error)) throw error;
      this.#parts.log.warn(
        { error },
        "The last checkpoint could not be written; the next start reads some lines again.",
      );
    }
  }

  health(): Readonly<Record<string, unknown>> {
    const { expected, streaming } = this.#source.status();
    const total = this.#parts.counters.total();
    return {
      sources_expected: expected,
      sources_streaming: streaming,
      lines_total: total.lines,
      records_total: total.accepted,
      suppressed_total: total.suppressed + total.dropped,
      rejected_total: total.rejected,
      gaps_total: total.gaps,
      disk: this.#pause.state,
    };
  }

  [Symbol.dispose](): void {
    using stack = new DisposableStack();
    stack.use(this.#store);
    stack.use(this.#outputs);
    stack.defer(() => this.#streams.close());
    stack.use(this.#source);
  }

  /** Milliseconds that never run backwards: a step of the system's clock must not stop a timer. */
  #now(): number {
    return Number(this.#parts.clock.nowNs() / 1_000_000n);
  }

  #turn(): void {
    let bytes = 0;
    this.#streams.turn((pipe, batch) => {
      this.#take(pipe, batch);
      for (const frame of batch.frames) bytes += frame.bytes.length;
      if (this.#outputs.bufferedBytes >= FLUSH_BYTES) this.#flush();
      if (this.#checkpointBytes >= CHECKPOINT_BYTES) this.#checkpoint(false);
      return bytes < TURN_BYTES;
    });
  }

  #take(pipe: StreamPipe, batch: FrameBatch): void {
    const before = { ...pipe.counts };
    if (batch.gap !== undefined) {
      const { gap } = batch;
      pipe.counts.gaps++;
      this.#parts.counters.reason(`gap:${gap.reason}`);
      this.#parts.log.warn({ source: pipe.stream.key, ...gap }, "Part of a source's history is missing.");
      this.#note(pipe, { type: "gap", fields: { ...gap } });
    }
    pipe.take(batch);
    this.#hint.add(pipe.stream.decky, before, pipe.counts);
  }

  /** @returns milliseconds until the next step */
  #write(now: number): number {
    const { flushMs, syncMs } = this.#parts.settings;
    const isIdle = this.#streams.waiting === 0;
    if (this.#outputs.bufferedBytes > 0 && now - this.#flushedAt >= flushMs) this.#flush();
    const interval = syncMs > 0 ? syncMs : CHECKPOINT_MS;
    const isDue =
      now - this.#checkpointAt >= interval || now < this.#checkpointAt || this.#outputs.wasDisturbed;
    if (isDue && this.#hasNews(now)) this.#checkpoint(false);
    this.#pause.keepReserve(now);
    const { lines, rejected } = this.#parts.counters.total();
    this.#parts.progress(lines + rejected, this.#streams.waiting);
    if (!isIdle) return 0;
    const flushIn =
      this.#outputs.bufferedBytes > 0
        ? Math.max(1, this.#flushedAt + flushMs - now)
        : Number.POSITIVE_INFINITY;
    const checkpointIn = this.#hasChanges
      ? Math.max(1, this.#checkpointAt + interval - now)
      : Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(this.#pollAt - now, flushIn, checkpointIn));
  }

  get #hasChanges(): boolean {
    return this.#streams.hasChanges || !this.#outbox.isIdle || this.#lost.length > 0;
  }

  #hasNews(now: number): boolean {
    return this.#hasChanges || now - this.#suppressedAt >= SUPPRESSED_MS;
  }

  #flush(): void {
    const bytes = this.#outputs.flush();
    this.#flushedAt = this.#now();
    this.#checkpointBytes += bytes;
    this.#outbox.flushed();
    if (bytes > 0) this.#hint.publish(this.#parts.bus);
  }

  /** Sums that are due go into the outbox of this checkpoint and from there into the journal. */
  #checkpoint(isLast: boolean): void {
    this.#flush();
    const now = this.#now();
    if (this.#parts.settings.syncMs > 0) this.#outputs.sync();
    const isDue = isLast || now - this.#suppressedAt >= SUPPRESSED_MS || now < this.#suppressedAt;
    this.#noteSums(now, isLast, isDue);
    const rows = this.#streams.rows();
    const places = this.#outputs.places();
    const added = this.#store.commit({
      streams: rows.map(({ row }) => row),
      removed: [...this.#streams.removed],
      outputs: places,
      outbox: this.#outbox.fresh,
      delivered: this.#outbox.delivered,
      suppressed: this.#shared.suppressed.toJson(),
    });
    this.#outbox.committed(added);
    this.#checkpointAt = now;
    this.#checkpointBytes = 0;
    if (isDue) this.#suppressedAt = now;
    this.#parts.counters.checkpoints++;
    this.#streams.committed(rows);
    this.#outputs.committed(places);
  }

  #noteSums(now: number, isLast: boolean, isDue: boolean): void {
    for (const {
      ip,
      attribution,
      decky,
      service,
      type,
      reason,
      count,
      first,
      last,
    } of this.#shared.suppressed.take(isDue)) {
      const own: OwnRecord = {
        type: "suppressed",
        fields: { suppressed_type: type, reason, count, first, last },
        ip,
        attribution,
      };
      this.#noteFor(decky, service, own);
    }
    for (const { from, to } of this.#lost) {
      const own: OwnRecord = { type: "gap", fields: { reason: "output_lost", from, to } };
      this.#noteFor(this.#parts.host, "collector", own);
    }
    this.#lost = [];
    for (const pipe of isDue ? this.#streams.pipes.values() : this.#streams.dirty) {
      for (const own of pipe.takeDue(now, isLast)) this.#note(pipe, own);
    }
  }

  #note(pipe: StreamPipe, own: OwnRecord): void {
    this.#shared.arrival.turn();
    this.#outbox.add(own, pipe.sourceFacts(this.#shared.arrival.next()), this.#parts.clock.nowNs());
    this.#streams.dirty.add(pipe);
  }

  #noteFor(decky: string, service: string, own: OwnRecord): void {
    const received = this.#shared.arrival.next();
    const facts = {
      kind: "worker",
      host: this.#parts.host,
      decky,
      service,
      aliases: [],
      addresses: [],
      received,
    } as const;
    this.#outbox.add(own, facts, this.#parts.clock.nowNs());
  }

  #retry(now: number): number {
    const wait = this.#pause.waitMs(now);
    this.#parts.progress(0, 0);
    if (wait > 0) return wait;
    try {
      if (!this.#pause.hasRoom()) throw Object.assign(new Error("little room"), { code: "ENOSPC" });
      this.#checkpoint(false);
      this.#pause.recovered();
      return 0;
    } catch (error) {
      if (!isWriteError(error) && errorCode(error) !== "ENOSPC") throw error;
      this.#writeFailed(now, error);
      return Math.max(1, this.#pause.waitMs(now));
    }
  }

  #writeFailed(now: number, error: unknown): void {
    this.#parts.counters.writeErrors++;
    this.#pause.failed(now, isWriteError(error) ? error.reason : errorCode(error), error);
  }

  #endReplayWhenOver(): void {
    const { replay } = this.#outputs;
    if (replay.isEmpty) return;
    for (const pipe of this.#streams.pipes.values()) {
      if (!pipe.hasDrained && pipe.readBytes < REPLAY_BYTES) return;
    }
    this.#parts.log.info(
      { kept: replay.size },
      "Outputs hold lines of before the crash that no source has any more.",
    );
    this.#outputs.endReplay();
  }

  #foreignSeal(event: ForeignSeal): void {
    this.#parts.log.warn({ ...event }, "Others touched the active journal file; the next segment begins.");
    if (event.kind !== "deleted" && event.kind !== "cut") return;
    this.#outputLost(`segment ${event.segment}:0`, `segment ${event.segment}:${event.offset}`);
  }

  #tellLosses(): void {
    const { log, journal } = this.#outputs.losses;
    for (const place of log) {
      this.#parts.log.warn({ ...place }, "The raw log was cut or taken away while the collector was down.");
    }
    for (const gap of journal) this.#outputLost(`segment ${gap.segment}:${gap.offset}`, "the next segment");
  }

  #outputLost(from: string, to: string): void {
    this.#parts.counters.reason("gap:output_lost");
    this.#lost.push({ from, to });
  }
}
