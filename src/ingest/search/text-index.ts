import type { Clock } from "#kernel/clock.ts";
import { StoreBusyError, StoreDamagedError, StoreFullError } from "#store/errors.ts";
import { readSeqCursor, writeSeqCursor } from "#store/sqlite/cursors.ts";
import { addDeadLetters } from "#store/sqlite/outbox.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";

const NAME = "search";
const LARGEST = 500;
const SMALLEST = 10;
const STEP_MS = 20;
/** Characters of one event that are found by their words. */
const MAX_TEXT = 64 * 1024;

interface Row {
  readonly seq: number;
  readonly raw_line: string;
  readonly msg: string;
  readonly fields: string;
}

/** Raw line, message and field values: what a search for plain text looks through, in this order. */
function searchText({ raw_line, msg, fields }: Pick<Row, "raw_line" | "msg" | "fields">): string {
  const values = Object.values(JSON.parse(fields) as Record<string, unknown>).map(String);
  return [raw_line, msg, ...values].join("\n").slice(0, MAX_TEXT).toWellFormed();
}

/**
 * Feeds the full-text index from `events`, by a cursor of its own and in steps so short that ingest does not notice.
 * Until it has seen an event, a search reads that event itself.
 */
export class TextIndex {
  readonly #writer: StoreWriter;
  readonly #clock: Clock;
  #cursor: number | undefined;
  #limit = 50;

  constructor(writer: StoreWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
  }

  /** One transaction. @returns events taken */
  step(): number {
    const after = (this.#cursor ??= readSeqCursor(this.#writer, NAME));
    const rows = this.#writer
      .statement("SELECT seq, raw_line, msg, fields FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
      .all(after, this.#limit) as unknown as readonly Row[];
    if (rows.length === 0) return 0;
    const before = performance.now();
    try {
      this.#add(rows);
    } catch (error) {
      if (!isDataError(error)) throw error;
      for (const row of rows) this.#addOne(row);
    }
    this.#fitToBudget(performance.now() - before);
    return rows.length;
  }

  #add(rows: readonly Row[]): void {
    const texts = rows.map((row) => [row.seq, searchText(row)] as const);
    const last = rows.at(-1)?.seq ?? 0;
    this.#writer.transaction(() => {
      const insert = this.#writer.statement("INSERT INTO events_text (rowid, body) VALUES (?, ?)");
      for (const [seq, text] of texts) insert.run(seq, text);
      this.#move(last);
    });
    this.#cursor = last;
  }

  /** What cannot be indexed becomes a dead letter; it is still found by every other filter. */
  #addOne(row: Row): void {
    try {
      this.#add([row]);
    } catch (error) {
      if (!isDataError(error)) throw error;
      const body = Buffer.from(JSON.stringify({ seq: row.seq }));
      const letter = {
        consumer: NAME,
        family: "",
        segment: 0,
        offset: 0,
        eventSeq: row.seq,
        reason: "consumer_error",
        error: error instanceof Error ? error.message : String(error),
        body,
        bodyBytes: body.length,
      } as const;
      this.#writer.transaction(() => {
        addDeadLetters(this.#writer, [letter], this.#clock.now() * 1000);
        this.#move(row.seq);
      });
      this.#cursor = row.seq;
    }
  }

  #move(seq: number): void {
    writeSeqCursor(this.#writer, { name: NAME, kind: "events", seq }, this.#clock.now() * 1000);
  }

  #fitToBudget(ms: number): void {
    if (ms > STEP_MS) this.#limit = Math.max(SMALLEST, Math.floor(this.#limit / 2));
    else if (ms < STEP_MS / 2) this.#limit = Math.min(LARGEST, this.#limit * 2);
  }
}

const isDataError = (error: unknown): boolean =>
  !(error instanceof StoreBusyError || error instanceof StoreFullError || error instanceof StoreDamagedError);
