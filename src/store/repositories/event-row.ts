import { type Kysely, sql } from "kysely";
import type { EventsTable, Schema } from "../schema.ts";

/** An event for lists, with what is known about its source. Times in microseconds. */
export interface EventRow {
  readonly seq: number;
  readonly id: Uint8Array;
  readonly received: number;
  readonly time: number;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  readonly attacker_ip: string | null;
  readonly attribution: string;
  readonly origin: string;
  /** JSON object of strings. */
  readonly fields: string;
  readonly msg: string;
  readonly raw_line: string;
  readonly severity: number | null;
  readonly sid: string | null;
  readonly conn: string | null;
  readonly user_name: string | null;
  readonly benign: number;
  readonly attacker_uuid: string | null;
  readonly country_code: string | null;
  readonly asn: number | null;
}

/** An event with every column. */
export type FullEventRow = EventRow &
  Pick<
    EventsTable,
    "time_source" | "app" | "procid" | "host" | "container" | "stream" | "claimed" | "command" | "flags"
  >;

const listed = [
  "e.seq",
  "e.id",
  "e.received",
  "e.time",
  "e.decky",
  "e.service",
  "e.event_type",
  "e.attacker_ip",
  "e.attribution",
  "e.origin",
  "e.fields",
  "e.msg",
  "e.raw_line",
  "e.severity",
  "e.sid",
  "e.conn",
  "e.user_name",
  "e.benign",
] as const;

const source = [
  sql<string | null>`a.uuid`.as("attacker_uuid"),
  sql<string | null>`a.country_code`.as("country_code"),
  sql<number | null>`a.asn`.as("asn"),
] as const;

/** Events by their numbers, with the facts of their sources, in any order. */
export async function eventsBySeq(db: Kysely<Schema>, seqs: readonly number[]): Promise<readonly EventRow[]> {
  if (seqs.length === 0) return [];
  const rows = await db
    .selectFrom("events as e")
    .leftJoin("attackers as a", "a.ip", "e.attacker_ip")
    .where("e.seq", "in", sql<number>`(select value from json_each(${JSON.stringify(seqs)}))`)
    .select(listed)
    .select(source)
    .execute();
  return rows as readonly EventRow[];
}

/** Events behind a number, oldest first. */
export async function eventsAfter(
  db: Kysely<Schema>,
  seq: number,
  limit: number,
): Promise<readonly EventRow[]> {
  const rows = await db
    .selectFrom("events as e")
    .leftJoin("attackers as a", "a.ip", "e.attacker_ip")
    .where("e.seq", ">", seq)
    .orderBy("e.seq")
    .limit(limit)
    .select(listed)
    .select(source)
    .execute();
  return rows as readonly EventRow[];
}

export async function fullEvent(db: Kysely<Schema>, id: Uint8Array): Promise<FullEventRow | null> {
  const row = await db
    .selectFrom("events as e")
    .leftJoin("attackers as a", "a.ip", "e.attacker_ip")
    .where("e.id", "=", id)
    .select(listed)
    .select([
      "e.time_source",
      "e.app",
      "e.procid",
      "e.host",
      "e.container",
      "e.stream",
      "e.claimed",
      "e.command",
      "e.flags",
    ])
    .select(source)
    .executeTakeFirst();
  return (row as FullEventRow | undefined) ?? null;
}
