import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";

const MINUTE_US = 60_000_000;
const HOUR_US = 3_600_000_000;
const MINUTES_KEPT_US = 7 * 24 * HOUR_US;

export interface Totals {
  readonly total_logs: number;
  readonly unique_attackers: number;
  readonly sessions_open: number;
  readonly credentials: number;
  readonly artifacts: number;
}

export interface TopWindow {
  readonly sinceUs: number;
  readonly nowUs: number;
}

export interface RollupFilter {
  readonly decky?: string | undefined;
  readonly service?: string | undefined;
  readonly eventType?: string | undefined;
}

export interface TopRow {
  readonly value: string | null;
  readonly count: number;
  readonly attackers: number | null;
  readonly uuid: string | null;
  readonly country_code: string | null;
  readonly last_seen: number | null;
}

export type TopKind =
  | "attackers"
  | "usernames"
  | "passwords"
  | "services"
  | "deckies"
  | "commands"
  | "countries"
  | "asns";

const counterNames = {
  total_logs: "total_events",
  unique_attackers: "attackers",
  sessions_open: "sessions_open",
  credentials: "credentials",
  artifacts: "artifacts",
} as const;

const none = { uuid: null, country_code: null, attackers: null, last_seen: null };

/** Rollups by minute answer short ranges exactly; by hour where the minutes are gone or the bars are hours. */
const rollupTable = (startUs: number, widthUs: number, nowUs: number): "stats_minute" | "stats_hour" =>
  widthUs % HOUR_US === 0 || startUs < nowUs - MINUTES_KEPT_US ? "stats_hour" : "stats_minute";

async function topOfRollups(
  db: Kysely<Schema>,
  column: "service" | "decky",
  window: TopWindow | null,
  limit: number,
): Promise<readonly TopRow[]> {
  // By the minute up to an hour; longer windows by the hour, which counts the first hour whole.
  const short = window !== null && window.nowUs - window.sinceUs <= HOUR_US;
  const first = window === null ? 0 : window.sinceUs - (window.sinceUs % (short ? MINUTE_US : HOUR_US));
  const rows = await db
    .selectFrom(short ? "stats_minute" : "stats_hour")
    .select([sql<string>`${sql.ref(column)}`.as("value"), sql<number>`sum(count)`.as("count")])
    .where("bucket", ">=", first)
    .groupBy(sql.ref(column))
    .orderBy(sql`2`, "desc")
    .orderBy(sql`1`)
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...none, ...row }));
}

async function topCommands(
  db: Kysely<Schema>,
  sinceUs: number | null,
  limit: number,
): Promise<readonly TopRow[]> {
  let first = 0;
  if (sinceUs !== null) {
    const event = await db
      .selectFrom("events")
      .select("seq")
      .where("received", ">=", sinceUs)
      .orderBy("received")
      .limit(1)
      .executeTakeFirst();
    if (event === undefined) return [];
    first = event.seq;
  }
  const groups = await db
    .selectFrom("session_commands")
    .select([
      "text_hash",
      sql<number>`count(*)`.as("count"),
      sql<number>`count(distinct attacker_uuid)`.as("attackers"),
    ])
    .where(sinceUs === null ? sql<boolean>`true` : sql<boolean>`event_seq >= ${first}`)
    .groupBy("text_hash")
    .orderBy("count", "desc")
    .orderBy("text_hash")
    .limit(limit)
    .execute();
  return Promise.all(
    groups.map(async ({ text_hash, count, attackers }) => {
      const newest = await db
        .selectFrom("session_commands")
        .select(["command_text", "at"])
        .where("text_hash", "=", text_hash)
        .orderBy("event_seq", "desc")
        .limit(1)
        .executeTakeFirst();
      return {
        ...none,
        value: newest?.command_text ?? null,
        count,
        attackers,
        last_seen: newest?.at ?? null,
      };
    }),
  );
}

async function topOfCredentials(
  db: Kysely<Schema>,
  column: "principal" | "secret_printable",
  sinceUs: number | null,
  limit: number,
): Promise<readonly TopRow[]> {
  const rows = await db
    .selectFrom("credentials")
    .select([
      column,
      sql<number>`sum(attempt_count)`.as("count"),
      sql<number>`count(distinct attacker_uuid)`.as("attackers"),
      sql<number>`max(last_seen)`.as("last_seen"),
    ])
    .where("last_seen", ">=", sinceUs ?? 0)
    .where(column, "is not", null)
    .groupBy(column === "principal" ? ["principal"] : ["secret_sha256", "secret_printable"])
    .orderBy("count", "desc")
    .orderBy(column)
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { count, attackers, last_seen } = row;
    return { ...none, value: row[column] ?? null, count, attackers, last_seen };
  });
}

async function topOfAttackers(
  db: Kysely<Schema>,
  kind: "attackers" | "countries" | "asns",
  sinceUs: number | null,
  limit: number,
): Promise<readonly TopRow[]> {
  if (kind === "attackers") {
    const rows = await db
      .selectFrom("attackers")
      .select(["ip", "uuid", "country_code", "event_count", "last_seen"])
      .where("last_seen", ">=", sinceUs ?? 0)
      .where("benign", "=", 0)
      .orderBy("event_count", "desc")
      .orderBy("uuid", "desc")
      .limit(limit)
      .execute();
    return rows.map(({ ip, event_count, ...rest }) => ({
      ...rest,
      value: ip,
      count: event_count,
      attackers: null,
    }));
  }
  const column = kind === "countries" ? "country_code" : "asn";
  const rows = await db
    .selectFrom("attackers")
    .select([
      column,
      sql<string | null>`max(as_name)`.as("as_name"),
      sql<number>`sum(event_count)`.as("count"),
      sql<number>`count(*)`.as("attackers"),
      sql<number>`max(last_seen)`.as("last_seen"),
    ])
    .where(column, "is not", null)
    .where("last_seen", ">=", sinceUs ?? 0)
    .where("benign", "=", 0)
    .groupBy(column)
    .orderBy("count", "desc")
    .orderBy(column)
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { count, attackers, last_seen, as_name } = row;
    const known = { ...none, count, attackers, last_seen };
    const key = row[column];
    return kind === "countries"
      ? { ...known, value: String(key), country_code: String(key) }
      : { ...known, value: `AS${key}${as_name === null ? "" : ` ${as_name}`}` };
  });
}

/** Numbers over everything, from counters and rollups; nothing here counts the events table. */
export const statsRead = (db: Kysely<Schema>) => ({
  async totals(): Promise<Totals> {
    const rows = await db
      .selectFrom("counters")
      .select(["name", "value"])
      .where("name", "in", Object.values(counterNames))
      .execute();
    const values = new Map(rows.map(({ name, value }) => [name, value]));
    const entries = Object.entries(counterNames).map(([key, name]) => [
      key,
      Math.max(0, values.get(name) ?? 0),
    ]);
    return Object.fromEntries(entries) as unknown as Totals;
  },

  /** Events per interval from the rollups. Bars without events are left out. */
  async histogram(
    filter: RollupFilter,
    range: {
      readonly startUs: number;
      readonly endUs: number;
      readonly widthUs: number;
      readonly nowUs: number;
    },
    groupBy: "service" | "decky" | "event_type" | null,
  ): Promise<readonly { readonly bucket: number; readonly group: string | null; readonly count: number }[]> {
    const { startUs, endUs, widthUs, nowUs } = range;
    const group = groupBy === null ? sql<string | null>`null` : sql<string>`${sql.ref(groupBy)}`;
    let query = db
      .selectFrom(rollupTable(startUs, widthUs, nowUs))
      .select([
        sql<number>`bucket - bucket % ${widthUs}`.as("bar"),
        group.as("group"),
        sql<number>`sum(count)`.as("count"),
      ])
      .where("bucket", ">=", startUs - (startUs % widthUs))
      .where("bucket", "<", endUs);
    if (filter.decky !== undefined) query = query.where("decky", "=", filter.decky);
    if (filter.service !== undefined) query = query.where("service", "=", filter.service);
    if (filter.eventType !== undefined) query = query.where("event_type", "=", filter.eventType);
    const rows = await query.groupBy([sql`1`, sql`2`]).orderBy(sql`1`).execute();
    return rows.map(({ bar, ...rest }) => ({ bucket: bar, ...rest }));
  },

  /** First sights per interval. */
  async firstSights(
    what: "attackers" | "sessions" | "credentials",
    startUs: number,
    widthUs: number,
  ): Promise<readonly { readonly bucket: number; readonly count: number }[]> {
    const column = sql.ref(what === "sessions" ? "started_at" : "first_seen");
    // No index leads by first_seen of credentials; who was first seen since then was also last seen since then.
    const narrowed =
      what === "credentials"
        ? sql`last_seen >= ${startUs} and +${column} >= ${startUs}`
        : sql`${column} >= ${startUs}`;
    const { rows } = await sql<{ bucket: number; count: number }>`
      select ${column} - ${column} % ${widthUs} as bucket, count(*) as count
      from ${sql.table(what)} where ${narrowed} group by 1 order by 1`.execute(db);
    return rows;
  },

  /** @param window null = ever */
  async top(kind: TopKind, window: TopWindow | null, limit: number): Promise<readonly TopRow[]> {
    const sinceUs = window?.sinceUs ?? null;
    switch (kind) {
      case "services":
        return topOfRollups(db, "service", window, limit);
      case "deckies":
        return topOfRollups(db, "decky", window, limit);
      case "commands":
        return topCommands(db, sinceUs, limit);
      case "usernames":
        return topOfCredentials(db, "principal", sinceUs, limit);
      case "passwords":
        return topOfCredentials(db, "secret_printable", sinceUs, limit);
      case "attackers":
      case "countries":
      case "asns":
        return topOfAttackers(db, kind, sinceUs, limit);
    }
  },

  /** Events of attackers per decky, ever, and the arrival of the newest event of each. */
  async deckyActivity(
    names: readonly string[],
  ): Promise<
    readonly { readonly decky: string; readonly hits: number; readonly last_event_at: number | null }[]
  > {
    const hits = await db
      .selectFrom("attacker_deckies")
      .select(["decky", sql<number>`sum(count)`.as("hits")])
      .where("decky", "in", sql<string>`(select value from json_each(${JSON.stringify(names)}))`)
      .groupBy("decky")
      .execute();
    const byName = new Map(hits.map((row) => [row.decky, row.hits]));
    return Promise.all(
      names.map(async (decky) => {
        const newest = await db
          .selectFrom("events")
          .select("received")
          .where("decky", "=", decky)
          .orderBy("seq", "desc")
          .limit(1)
          .executeTakeFirst();
        return { decky, hits: byName.get(decky) ?? 0, last_event_at: newest?.received ?? null };
      }),
    );
  },
});
