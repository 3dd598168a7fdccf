import type { DeadLetter, OutboxMessage } from "../evidence.ts";
import type { StoreWriter } from "./writer.ts";

/** Open dead letters kept; older ones are counted and dropped. */
const MAX_DEAD_LETTERS = 100_000;
const CHECK_EVERY = 500;
const MAX_ERROR = 1024;
const MAX_BODY = 64 * 1024;

/** Inside the caller's transaction. A message whose key is there already is the same message. */
export function addOutbox(writer: StoreWriter, messages: readonly OutboxMessage[], nowUs: number): void {
  const insert = writer.statement(
    "INSERT INTO outbox (topic, dedupe_key, payload, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (topic, dedupe_key) DO NOTHING",
  );
  for (const { topic, dedupeKey, payload } of messages) {
    insert.run(topic, dedupeKey, JSON.stringify(payload), nowUs);
  }
}

/** Inside the caller's transaction. */
export function addCounters(writer: StoreWriter, counters: ReadonlyMap<string, number>): void {
  const add = writer.statement(
    "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
  );
  for (const [name, value] of counters) if (value !== 0) add.run(name, value);
}

/** Inside the caller's transaction. The place of a record is its key, so a repeated read leaves one letter. */
export function addDeadLetters(writer: StoreWriter, letters: readonly DeadLetter[], nowUs: number): void {
  if (letters.length === 0) return;
  const insert = writer.statement(
    `INSERT INTO dead_letters
       (consumer, family, segment, offset, event_seq, reason, error, body, body_bytes, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (consumer, family, segment, offset, event_seq) DO NOTHING`,
  );
  let last = 0;
  for (const { consumer, family, segment, offset, eventSeq, reason, error, body, bodyBytes } of letters) {
    const text = error.slice(0, MAX_ERROR);
    const kept = body.subarray(0, MAX_BODY);
    const { changes, lastInsertRowid } = insert.run(
      consumer,
      family,
      segment,
      offset,
      eventSeq,
      reason,
      text.toWellFormed(),
      kept,
      bodyBytes,
      nowUs,
    );
    if (changes === 1) last = Number(lastInsertRowid);
  }
  if (last % CHECK_EVERY < letters.length) dropOldest(writer);
}

function dropOldest(writer: StoreWriter): void {
  const { changes } = writer
    .statement(
      `DELETE FROM dead_letters WHERE resolved_at IS NULL AND id <= (
         SELECT id FROM dead_letters WHERE resolved_at IS NULL ORDER BY id DESC LIMIT 1 OFFSET ${MAX_DEAD_LETTERS})`,
    )
    .run();
  if (changes !== 0) addCounters(writer, new Map([["dead_letters_dropped", Number(changes)]]));
}
