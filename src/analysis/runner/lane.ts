import { StoreBusyError, StoreDamagedError, StoreFullError } from "#store/errors.ts";
import { readSeqCursor, writeSeqCursor } from "#store/sqlite/cursors.ts";
import { addDeadLetters } from "#store/sqlite/outbox.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer, EventBatch, Fold, StoredEvent } from "../contract.ts";
import type { EventSource } from "./event-source.ts";

const LARGEST = 1000;
const SMALLEST = 25;
const TRANSACTION_BUDGET_MS = 50;

export interface LaneReport {
  readonly name: string;
  readonly lag_events: number;
  readonly lag_s: number;
  readonly last_batch_ms: number;
  readonly dead_letters: number;
}

/** One consumer on its way through `events`. Synchronous: a step is one transaction. */
export class Lane {
  readonly consumer: Consumer;
  readonly #writer: StoreWriter;
  readonly #source: EventSource;
  readonly #fold: Fold;
  #cursor: number;
  #limit = 500;
  #lastMs = 0;
  #dead = 0;
  #lastReceived: number | undefined;
  #lastReceivedAtMs = 0;

  /** @param nowMs when the newest event seen so far counts as seen */
  constructor(writer: StoreWriter, source: EventSource, consumer: Consumer, nowMs: number) {
    this.consumer = consumer;
    this.#writer = writer;
    this.#source = source;
    this.#fold = consumer.open(writer);
    this.#cursor = readSeqCursor(writer, consumer.name);
    this.#lastReceived = source.receivedAt(this.#cursor);
    this.#lastReceivedAtMs = nowMs;
  }

  /** Events given up so far. */
  get deadLetters(): number {
    return this.#dead;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** @returns events taken; 0 when nothing is there up to `bound` */
  step(bound: number, nowMs: number): number {
    const batch = this.#source.read(this.#cursor, bound, this.#limit);
    if (batch === undefined) return 0;
    const before = performance.now();
    this.#take(batch, nowMs * 1000);
    this.#lastMs = performance.now() - before;
    this.#fitToBudget(batch.events.length);
    this.#lastReceived = batch.events.at(-1)?.received ?? this.#lastReceived;
    this.#lastReceivedAtMs = nowMs;
    return batch.events.length;
  }

  /**
   * Time passes for the fold as host time does: from the newest event it has seen on. After an outage the backlog is
   * then read before anything in it counts as long silent.
   */
  tick(nowMs: number): void {
    if (this.#fold.tick === undefined || this.#lastReceived === undefined) return;
    const passed = this.#lastReceived + Math.max(0, nowMs - this.#lastReceivedAtMs) * 1000;
    this.#fold.tick(Math.min(nowMs * 1000, passed));
    this.#commit(this.#cursor, nowMs * 1000);
  }

  report(lastSeq: number, nowMs: number): LaneReport {
    const lag = Math.max(0, lastSeq - this.#cursor);
    const next = lag === 0 ? undefined : this.#source.receivedAfter(this.#cursor);
    return {
      name: this.consumer.name,
      lag_events: lag,
      lag_s: next === undefined ? 0 : Math.max(0, nowMs / 1000 - next / 1e6),
      last_batch_ms: Math.round(this.#lastMs),
      dead_letters: this.#dead,
    };
  }

  #take(batch: EventBatch, nowUs: number): void {
    try {
      this.#fold.reduce(batch);
      this.#commit(batch.upTo, nowUs);
    } catch (error) {
      this.#fold.discard();
      if (
        error instanceof StoreBusyError ||
        error instanceof StoreFullError ||
        error instanceof StoreDamagedError
      ) {
        throw error;
      }
      this.#split(batch, error, nowUs);
    }
  }

  #split({ events, after, upTo }: EventBatch, error: unknown, nowUs: number): void {
    const [only] = events;
    if (events.length <= 1) {
      if (only !== undefined) this.#bury(only, error, nowUs);
      return;
    }
    const middle = Math.floor(events.length / 2);
    const border = events[middle - 1]?.seq ?? upTo;
    this.#take({ events: events.slice(0, middle), after, upTo: border }, nowUs);
    this.#take({ events: events.slice(middle), after: border, upTo }, nowUs);
  }

  #bury(event: StoredEvent, error: unknown, nowUs: number): void {
    const body = Buffer.from(JSON.stringify({ seq: event.seq, id: event.id, event_type: event.eventType }));
    const letter = {
      consumer: this.consumer.name,
      family: "",
      segment: 0,
      offset: 0,
      eventSeq: event.seq,
      reason: "consumer_error",
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      body,
      bodyBytes: body.length,
    } as const;
    this.#writer.transaction(() => {
      addDeadLetters(this.#writer, [letter], nowUs);
      this.#move(event.seq, nowUs);
    });
    this.#cursor = event.seq;
    this.#dead += 1;
  }

  #commit(cursor: number, nowUs: number): void {
    try {
      this.#writer.transaction(() => {
        this.#fold.write(nowUs);
        if (cursor !== this.#cursor) this.#move(cursor, nowUs);
      });
    } catch (error) {
      this.#fold.discard();
      throw error;
    }
    this.#cursor = cursor;
  }

  #move(seq: number, nowUs: number): void {
    writeSeqCursor(this.#writer, { name: this.consumer.name, kind: "events", seq }, nowUs);
  }

  #fitToBudget(events: number): void {
    if (this.#lastMs > TRANSACTION_BUDGET_MS) this.#limit = Math.max(SMALLEST, Math.floor(events / 2));
    else if (this.#lastMs < TRANSACTION_BUDGET_MS / 2) this.#limit = Math.min(LARGEST, this.#limit * 2);
  }
}
