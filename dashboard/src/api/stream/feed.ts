import type { LogEvent, Stats } from "../model.ts";
import type { Gap, Message, StreamState } from "./messages.ts";

/** Rows that the page keeps; older ones fall out and are reached through the list. */
export const RING = 2000;

/** One line of the live list. */
export type FeedRow =
  | { readonly kind: "event"; readonly key: string; readonly event: LogEvent }
  | { readonly kind: "gap"; readonly key: string; readonly gap: Gap }
  | { readonly kind: "reset"; readonly key: string };

export interface FeedSnapshot {
  /** Newest first, ≤ RING. Replaced, never changed. */
  readonly rows: readonly FeedRow[];
  /** Events that ever came in here: the difference of two snapshots is what is new between them. */
  readonly received: number;
  readonly stats: Stats | undefined;
  readonly state: StreamState;
}

export interface FeedParts {
  /** Runs the action before the next frame is drawn; never twice for one frame. */
  schedule(action: () => void): void;
  now(): number;
}

type TopicListener = (type: string, payload: Readonly<Record<string, unknown>>) => void;

const frameParts: FeedParts = {
  schedule: (action) => void requestAnimationFrame(action),
  now: () => Date.now(),
};

/**
 * Holds what the stream has brought. Messages queue and are applied once per animation frame, in one
 * batch; a hidden page draws no frames, so its queue is bounded to what the ring could hold.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #listeners = new Set<() => void>();
  readonly #topicListeners = new Set<TopicListener>();
  #queue: FeedRow[] = [];
  #queuedEvents = 0;
  #queuedStats: Stats | undefined;
  #isScheduled = false;
  #lastSeq = 0;
  #marks = 0;
  #snapshot: FeedSnapshot = { rows: [], received: 0, stats: undefined, state: { phase: "connecting" } };

  constructor(parts: FeedParts = frameParts) {
    this.#parts = parts;
  }

  readonly snapshot = (): FeedSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hears of sessions and attackers as they come, not batched: they are rare. */
  readonly onTopic = (listener: TopicListener): (() => void) => {
    this.#topicListeners.add(listener);
    return () => this.#topicListeners.delete(listener);
  };

  /** Joins rows of the store with what the stream brought. Newest first, as the list gives them. */
  seed(rows: readonly LogEvent[]): void {
    const held = this.#snapshot.rows.filter((row) => row.kind === "event").map((row) => row.event.seq);
    const newest = held[0] ?? this.#lastSeq;
    const oldest = held.at(-1) ?? Number.POSITIVE_INFINITY;
    const newer = held.length === 0 ? [] : rows.filter((event) => event.seq > newest).map(toRow);
    const older = rows.filter((event) => event.seq < oldest).map(toRow);
    this.#lastSeq = Math.max(this.#lastSeq, rows[0]?.seq ?? 0);
    const joined = [...newer, ...this.#snapshot.rows, ...older].slice(0, RING);
    this.#snapshot = { ...this.#snapshot, rows: joined };
    this.#tell();
  }

  receive(messages: readonly Message[]): void {
    for (const message of messages) this.#take(message);
    if (this.#queue.length > RING) this.#queue = this.#queue.slice(-RING);
    if (this.#queue.length > 0 || this.#queuedStats) this.#schedule();
  }

  setState(state: StreamState): void {
    const { lastAt } = this.#snapshot.state;
    this.#snapshot = {
      ...this.#snapshot,
      state: lastAt === undefined ? state : { ...state, lastAt },
    };
    this.#tell();
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "logs":
        for (const event of message.rows) {
          // A replay after a break may repeat the row at the seam; sequence numbers only rise.
          if (event.seq <= this.#lastSeq) continue;
          this.#lastSeq = event.seq;
          this.#queue.push(toRow(event));
          this.#queuedEvents += 1;
        }
        return;
      case "stats":
        this.#queuedStats = message.stats;
        return;
      case "gap":
        this.#marks += 1;
        this.#queue.push({ kind: "gap", key: `gap-${this.#marks}`, gap: message.gap });
        this.#lastSeq = Math.max(this.#lastSeq, message.gap.reason === "rate" ? 0 : message.gap.to);
        return;
      case "reset":
        this.#marks += 1;
        this.#queue.push({ kind: "reset", key: `reset-${this.#marks}` });
        this.#tellTopic("reset", {});
        return;
      case "topic":
        this.#tellTopic(message.type, message.payload);
        return;
      case "bye":
        this.#tellTopic("bye", { reason: message.reason });
        return;
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.schedule(() => {
      this.#isScheduled = false;
      this.#apply();
    });
  }

  #apply(): void {
    const { rows, received, stats, state } = this.#snapshot;
    const head = rows.find((row) => row.kind === "event")?.event.seq ?? 0;
    // A list that was joined while rows waited here may already hold them.
    const fresh = this.#queue.filter((row) => row.kind !== "event" || row.event.seq > head).reverse();
    this.#snapshot = {
      rows: fresh.length > 0 ? [...fresh, ...rows].slice(0, RING) : rows,
      received: received + this.#queuedEvents,
      stats: this.#queuedStats ?? stats,
      state: { ...state, lastAt: this.#parts.now() },
    };
    this.#queue = [];
    this.#queuedEvents = 0;
    this.#queuedStats = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #tellTopic(type: string, payload: Readonly<Record<string, unknown>>): void {
    for (const listener of this.#topicListeners) listener(type, payload);
  }
}

const toRow = (event: LogEvent): FeedRow => ({ kind: "event", key: event.id, event });
