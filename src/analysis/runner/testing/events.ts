import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttackerAnchor, EventRow } from "#store/evidence.ts";
import { sqliteEvidence } from "#store/sqlite/evidence-store.ts";
import { openStoreWriter, type StoreWriter } from "#store/sqlite/writer.ts";

/** 2026-07-19T14:22:31Z, microseconds. */
export const START_US = Date.UTC(2026, 6, 19, 14, 22, 31) * 1000;
export const S = 1_000_000;

export interface EventInput {
  readonly at?: number;
  readonly type: string;
  readonly ip?: string | null;
  readonly decky?: string;
  readonly service?: string;
  readonly origin?: string;
  readonly sid?: string;
  readonly conn?: string;
  readonly benign?: boolean;
  readonly fields?: Readonly<Record<string, string>>;
  readonly command?: object;
  readonly attribution?: string;
}

export interface TestStore extends Disposable {
  readonly writer: StoreWriter;
  /** Stores events as ingest does, with their attackers. The n-th of a store has an id of its own. */
  add(...events: readonly EventInput[]): void;
  all(sql: string): readonly Readonly<Record<string, unknown>>[];
}

export function openTestStore(): TestStore {
  const folder = mkdtempSync(join(tmpdir(), "decnet-analysis-"));
  const writer = openStoreWriter(`sqlite:${join(folder, "store.db")}`);
  const evidence = sqliteEvidence(writer);
  let n = 0;
  return {
    writer,
    add(...events) {
      const rows = events.map((event) => eventRow(event, n++));
      evidence.commit(
        {
          cursor: undefined,
          events: rows,
          deadLetters: [],
          gaps: [],
          derive: (_fresh, seqs) => ({
            attackers: anchors(rows, seqs),
            credentials: [],
            artifacts: [],
            sightings: [],
            gaps: [],
            counters: new Map(),
            outbox: [],
          }),
        },
        0,
      );
    },
    all: (sql) =>
      writer
        .statement(sql)
        .all()
        .map((row) => ({ ...row })),
    [Symbol.dispose]() {
      writer[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function anchors(rows: readonly EventRow[], seqs: readonly number[]): AttackerAnchor[] {
  const byIp = new Map<string, AttackerAnchor>();
  for (const [i, { attacker_ip: ip, received }] of rows.entries()) {
    if (ip === null || byIp.has(ip)) continue;
    byIp.set(ip, { ip, confirmed: true, benign: false, seq: seqs[i] ?? 0, received });
  }
  return [...byIp.values()];
}

function eventRow(event: EventInput, n: number): EventRow {
  const received = START_US + (event.at ?? n) * S;
  return {
    id: createHash("sha256").update(`event ${n}`).digest().subarray(0, 16),
    received,
    time: received,
    time_source: "line",
    decky: event.decky ?? "quill-07",
    service: event.service ?? "ssh",
    event_type: event.type,
    attacker_ip: event.ip === undefined ? "192.0.2.41" : event.ip,
    attribution: event.attribution ?? "field",
    origin: event.origin ?? "attacker",
    fields: JSON.stringify(event.fields ?? {}),
    msg: "",
    raw_line: `line ${n}`,
    app: null,
    procid: null,
    severity: null,
    sid: event.sid ?? null,
    conn: event.conn ?? null,
    user_name: null,
    benign: Number(event.benign ?? false),
    host: "h1",
    container: "c1",
    stream: null,
    claimed: null,
    command: event.command === undefined ? null : JSON.stringify(event.command),
    flags: null,
    line_seq: null,
    trace_id: null,
    span_id: null,
  };
}
