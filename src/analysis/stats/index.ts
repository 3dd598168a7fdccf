import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer, EventBatch, Fold, StoredEvent } from "../contract.ts";

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;

/** Keys one hour may have; an attacker who can name event types cannot make more rows than this. */
const MAX_KEYS_AN_HOUR = 5000;
const HOURS_KEPT = 4;
const EVENT_TYPE = /^[a-z][a-z0-9_]{0,31}$/;
const OTHER = "other";

interface Count {
  readonly bucket: number;
  readonly decky: string;
  readonly service: string;
  readonly eventType: string;
  count: number;
  bytes: number;
}

/** Rollups by minute and hour; overview, histogram and top lists read only these. */
export const statsConsumer: Consumer = {
  name: "stats",
  after: [],
  open: (writer) => new StatsFold(writer),
};

class StatsFold implements Fold {
  readonly #writer: StoreWriter;
  readonly #minutes = new Map<string, Count>();
  readonly #hours = new Map<string, Count>();
  /** Keys an hour has, by its begin. */
  readonly #keys = new Map<number, Set<string>>();

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  reduce({ events }: EventBatch): void {
    for (const event of events) {
      const eventType = this.#typeFor(event);
      add(this.#minutes, event, eventType, MINUTE_US);
      add(this.#hours, event, eventType, HOUR_US);
    }
  }

  write(): void {
    for (const [table, counts] of [
      ["stats_minute", this.#minutes],
      ["stats_hour", this.#hours],
    ] as const) {
      const upsert = this.#writer.statement(
        `INSERT INTO ${table} (bucket, decky, service, event_type, count, bytes) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (bucket, decky, service, event_type) DO UPDATE SET
           count = count + excluded.count, bytes = bytes + excluded.bytes`,
      );
      for (const { bucket, decky, service, eventType, count, bytes } of counts.values()) {
        upsert.run(bucket, decky, service, eventType, count, bytes);
      }
      counts.clear();
    }
    for (const bucket of [...this.#keys.keys()].slice(0, -HOURS_KEPT)) this.#keys.delete(bucket);
  }

  discard(): void {
    this.#minutes.clear();
    this.#hours.clear();
    this.#keys.clear();
  }

  /** The type under which an event counts: its own while the hour has room for it. */
  #typeFor({ received, decky, service, eventType }: StoredEvent): string {
    if (!EVENT_TYPE.test(eventType)) return OTHER;
    const bucket = received - (received % HOUR_US);
    const keys = this.#keysOf(bucket);
    const key = JSON.stringify([decky, service, eventType]);
    if (keys.has(key)) return eventType;
    if (keys.size >= MAX_KEYS_AN_HOUR) return OTHER;
    keys.add(key);
    return eventType;
  }

  #keysOf(bucket: number): Set<string> {
    let keys = this.#keys.get(bucket);
    if (keys === undefined) {
      const rows = this.#writer
        .statement(
          "SELECT decky, service, event_type FROM stats_hour WHERE bucket = ? AND event_type <> 'other'",
        )
        .all(bucket);
      keys = new Set(
        rows.map(({ decky, service, event_type }) => JSON.stringify([decky, service, event_type])),
      );
      this.#keys.set(bucket, keys);
    }
    return keys;
  }
}

function add(counts: Map<string, Count>, event: StoredEvent, eventType: string, lengthUs: number): void {
  const { received, decky, service, bytes } = event;
  const bucket = received - (received % lengthUs);
  const key = JSON.stringify([bucket, decky, service, eventType]);
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { bucket, decky, service, eventType, count: 1, bytes });
  else {
    known.count += 1;
    known.bytes += bytes;
  }
}
