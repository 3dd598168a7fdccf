import type { ShellAudit } from "#events/record.ts";
import { attackerUuid } from "#store/ids.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { EventBatch, StoredEvent } from "../contract.ts";

const SQL = `SELECT seq, lower(hex(id)) AS id, received, decky, service, event_type, attacker_ip, attribution, origin,
    fields, octet_length(raw_line) AS bytes, sid, conn, app, benign, host, container, command
  FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly received: number;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  readonly attacker_ip: string | null;
  readonly attribution: string;
  readonly origin: string;
  readonly fields: string;
  readonly bytes: number;
  readonly sid: string | null;
  readonly conn: string | null;
  readonly app: string | null;
  readonly benign: number;
  readonly host: string;
  readonly container: string | null;
  readonly command: string | null;
}

/** Batches kept: consumers walk close behind each other and read the same rows. */
const MAX_KEPT = 4;

/** Reads events by row number; one for all consumers of a thread. */
export class EventSource {
  readonly #writer: StoreWriter;
  readonly #kept: EventBatch[] = [];

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  lastSeq(): number {
    const row = this.#writer.statement("SELECT seq FROM events ORDER BY seq DESC LIMIT 1").get();
    return Number(row?.["seq"] ?? 0);
  }

  /** Host time of the newest event up to `seq`; undefined when there is none. */
  receivedAt(seq: number): number | undefined {
    const row = this.#writer
      .statement("SELECT received FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1")
      .get(seq);
    return row === undefined ? undefined : Number(row["received"]);
  }

  /** Host time of the oldest event above `seq`. */
  receivedAfter(seq: number): number | undefined {
    const row = this.#writer
      .statement("SELECT received FROM events WHERE seq > ? ORDER BY seq LIMIT 1")
      .get(seq);
    return row === undefined ? undefined : Number(row["received"]);
  }

  /** At most `limit` events above `after`, none above `upTo`; undefined when there are none. */
  read(after: number, upTo: number, limit: number): EventBatch | undefined {
    const kept = this.#kept.find(
      (batch) => batch.after === after && batch.upTo <= upTo && batch.events.length <= limit,
    );
    if (kept !== undefined) return kept;
    const rows = this.#writer.statement(SQL).all(after, upTo, limit) as unknown as readonly Row[];
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const batch: EventBatch = { events: rows.map(storedEvent), after, upTo: last.seq };
    this.#kept.push(batch);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    return batch;
  }
}

function storedEvent(row: Row): StoredEvent {
  let fields: StoredEvent["fields"] | undefined;
  return {
    seq: row.seq,
    id: row.id,
    received: row.received,
    decky: row.decky,
    service: row.service,
    eventType: row.event_type,
    attackerIp: row.attacker_ip,
    attackerUuid: row.attacker_ip === null ? null : attackerUuid(row.attacker_ip),
    attribution: row.attribution,
    origin: row.origin,
    /** Most events are read by several consumers and by some not at all: decoded once, when first asked for. */
    get fields() {
      fields ??= parseFields(row.fields);
      return fields;
    },
    bytes: row.bytes,
    sid: row.sid,
    conn: row.conn,
    app: row.app,
    benign: row.benign === 1,
    host: row.host,
    container: row.container,
    command: row.command === null ? undefined : (JSON.parse(row.command) as ShellAudit),
  };
}

function parseFields(json: string): StoredEvent["fields"] {
  const fields = Object.create(null) as Record<string, string>;
  // Own keys only, `__proto__` among them: JSON.parse makes it one, assignment would not.
  for (const [key, value] of Object.entries(JSON.parse(json) as Record<string, string>)) fields[key] = value;
  return fields;
}
