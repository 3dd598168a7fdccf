import { createHash } from "node:crypto";
import type { Bus } from "#bus/contract.ts";
import type { OutboxTopics } from "#bus/topics.ts";
import type { Clock } from "#kernel/clock.ts";
import { readSeqCursor, writeSeqCursor } from "#store/sqlite/cursors.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";

const NAME = "relay";
const ROWS = 500;

interface OutboxRow {
  readonly seq: number;
  readonly topic: string;
  readonly dedupe_key: string;
  readonly payload: string;
}

/** The same row has the same envelope id, also when a crash makes it go out again. */
export const envelopeId = (topic: string, dedupeKey: string): string =>
  createHash("sha256").update(`${topic}\n${dedupeKey}`).digest("hex").slice(0, 32);

/**
 * Publishes outbox rows in order, at least once: the cursor moves after the messages are out.
 */
export class Relay {
  readonly #writer: StoreWriter;
  readonly #bus: Pick<Bus, "publish">;
  readonly #clock: Clock;
  #cursor: number | undefined;

  constructor(writer: StoreWriter, bus: Pick<Bus, "publish">, clock: Clock) {
    this.#writer = writer;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** One batch; synchronous. @returns messages published */
  step(): number {
    const after = this.#cursor ?? readSeqCursor(this.#writer, NAME);
    const rows = this.#writer
      .statement(
        `SELECT seq, topic, dedupe_key, payload FROM outbox WHERE seq > ? ORDER BY seq LIMIT ${ROWS}`,
      )
      .all(after) as unknown as readonly OutboxRow[];
    const last = rows.at(-1)?.seq;
    if (last === undefined) return 0;
    for (const { topic, dedupe_key, payload } of rows) {
      // Rows are written by our own typed writers; the topic decides the payload there.
      const known = topic as keyof OutboxTopics;
      this.#bus.publish(known, JSON.parse(payload) as OutboxTopics[typeof known], {
        id: envelopeId(topic, dedupe_key),
      });
    }
    this.#bus.publish("outbox.ready", { lastSeq: last });
    this.#writer.transaction(() =>
      writeSeqCursor(this.#writer, { name: NAME, kind: "outbox", seq: last }, this.#clock.now() * 1000),
    );
    this.#cursor = last;
    return rows.length;
  }
}
