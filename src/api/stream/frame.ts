import type { EventRow } from "#store/repositories/event-row.ts";
import type { OutboxRow } from "#store/repositories/outbox-read.ts";
import { showEvent } from "../logs/show.ts";
import type { StreamTopic } from "./contract.ts";

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly reason: "slow_client" | "rate";
}

/** Bytes for one client, with what is needed to stand in for them when they are dropped. */
export interface OutFrame {
  readonly bytes: Buffer;
  /** The events inside, for log frames; these may be dropped. */
  readonly span: Omit<Gap, "reason"> | null;
}

const encode = (id: string | null, event: string | null, data: unknown): Buffer =>
  Buffer.from(
    `${id === null ? "" : `id: ${id}\n`}${event === null ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`,
  );

export const logsFrame = (id: string, rows: readonly EventRow[], withSecrets: boolean): Buffer =>
  encode(id, null, { type: "logs", data: rows.map((row) => showEvent(row, withSecrets)) });

export const statsFrame = (totals: unknown): Buffer => encode(null, null, { type: "stats", data: totals });

/** A gap for a slow client has no id: who reconnects then is given what was dropped. */
export const gapFrame = (gap: Gap, id: string | null): Buffer => encode(id, "gap", gap);

export const controlFrame = (event: "reset" | "bye" | "error", reason: string): Buffer =>
  encode(null, event, { reason });

/** Which outbox topics viewers of the stream are told, and under which name. */
const told: Readonly<Record<string, { readonly topic: StreamTopic; readonly type: string }>> = {
  "attacker.observed": { topic: "attackers", type: "attacker.observed" },
  "attacker.session.started": { topic: "sessions", type: "session.started" },
  "attacker.session.ended": { topic: "sessions", type: "session.ended" },
};

export const outboxTopic = (row: Pick<OutboxRow, "topic">): StreamTopic | null =>
  Object.hasOwn(told, row.topic) ? (told[row.topic]?.topic ?? null) : null;

export function outboxFrame(id: string, row: OutboxRow): Buffer {
  const { topic, type } = told[row.topic] ?? { topic: null, type: row.topic };
  return encode(id, type, {
    topic,
    type,
    ts: row.created_at / 1e6,
    payload: JSON.parse(row.payload) as unknown,
  });
}

export const spanOf = (rows: readonly EventRow[]): Omit<Gap, "reason"> => ({
  from: rows[0]?.seq ?? 0,
  to: rows.at(-1)?.seq ?? 0,
  count: rows.length,
});

const MAX_ROWS = 100;
const MAX_BYTES = 256 * 1024;

/** Cuts a batch so that no frame fills a client's whole buffer. */
export function cutRows(rows: readonly EventRow[]): readonly (readonly EventRow[])[] {
  const parts: EventRow[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.fields.length + row.msg.length + 500;
    const part = parts.at(-1);
    if (part === undefined || part.length >= MAX_ROWS || bytes + size > MAX_BYTES) {
      parts.push([row]);
      bytes = size;
    } else {
      part.push(row);
      bytes += size;
    }
  }
  return parts;
}
