import type { SQLInputValue } from "node:sqlite";
import type { EventRow } from "../evidence.ts";
import type { StoreWriter } from "./writer.ts";

const COLUMNS = [
  "id",
  "received",
  "time",
  "time_source",
  "decky",
  "service",
  "event_type",
  "attacker_ip",
  "attribution",
  "origin",
  "fields",
  "msg",
  "raw_line",
  "app",
  "procid",
  "severity",
  "sid",
  "conn",
  "user_name",
  "benign",
  "host",
  "container",
  "stream",
  "claimed",
  "command",
  "flags",
  "line_seq",
  "trace_id",
  "span_id",
] as const satisfies readonly (keyof EventRow)[];

/** Rows a statement: few texts to prepare, and most rows of a batch go by the largest. */
const SIZES = [50, 10, 1] as const;

const ROW = `(${COLUMNS.map(() => "?").join(",")})`;
const INSERTS = new Map(
  SIZES.map((size) => [
    size,
    `INSERT INTO events (${COLUMNS.join(",")}) VALUES ${Array.from({ length: size }, () => ROW).join(",")}
     ON CONFLICT (id) DO NOTHING`,
  ]),
);
const FOUND = new Map(
  SIZES.map((size) => [
    size,
    `SELECT seq, id FROM events WHERE id IN (${Array.from({ length: size }, () => "?").join(",")})`,
  ]),
);

export interface InsertedEvents {
  /** Positions in `rows` of those that are new, rising. */
  readonly fresh: readonly number[];
  readonly seqs: readonly number[];
}

/** Inserts inside the caller's transaction and says which rows are new. */
export function insertEvents(writer: StoreWriter, rows: readonly EventRow[]): InsertedEvents {
  const fresh: number[] = [];
  const seqs: number[] = [];
  if (rows.length === 0) return { fresh, seqs };
  let before = lastSeq(writer);
  let at = 0;
  for (const size of SIZES) {
    for (; rows.length - at >= size; at += size) {
      const part = rows.slice(at, at + size);
      const { changes, lastInsertRowid } = writer.statement(INSERTS.get(size) ?? "").run(...values(part));
      if (changes === size) {
        const last = Number(lastInsertRowid);
        for (let i = 0; i < size; i += 1) {
          fresh.push(at + i);
          seqs.push(last - size + 1 + i);
        }
        before = last;
      } else if (changes !== 0) {
        before = findFresh(writer, part, { at, before, fresh, seqs });
      }
    }
  }
  return { fresh, seqs };
}

function values(rows: readonly EventRow[]): SQLInputValue[] {
  const all: SQLInputValue[] = [];
  for (const row of rows) for (const column of COLUMNS) all.push(row[column]);
  return all;
}

/** Some rows of the part were there already: the new ones are those whose number is higher than any before the part. */
function findFresh(
  writer: StoreWriter,
  part: readonly EventRow[],
  into: { readonly at: number; readonly before: number; readonly fresh: number[]; readonly seqs: number[] },
): number {
  const stored = writer
    .statement(FOUND.get(part.length as (typeof SIZES)[number]) ?? "")
    .all(...part.map(({ id }) => id));
  const seqById = new Map<string, number>();
  for (const { seq, id } of stored as unknown as readonly {
    readonly seq: number;
    readonly id: Uint8Array;
  }[]) {
    if (seq > into.before) seqById.set(Buffer.from(id).toString("latin1"), seq);
  }
  let last = into.before;
  for (const [i, { id }] of part.entries()) {
    const key = Buffer.from(id).toString("latin1");
    const seq = seqById.get(key);
    if (seq === undefined) continue;
    // The same id twice in one part is one event: the first place has it.
    seqById.delete(key);
    into.fresh.push(into.at + i);
    into.seqs.push(seq);
    last = Math.max(last, seq);
  }
  return last;
}

function lastSeq(writer: StoreWriter): number {
  const row = writer.statement("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
  return Number(row?.["seq"] ?? 0);
}
