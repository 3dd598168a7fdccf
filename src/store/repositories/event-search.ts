import { type Kysely, sql } from "kysely";
import type { EventsTable, Schema } from "../schema.ts";
import { allConditions, type FilterConditions } from "./event-conditions.ts";
import { matchesText } from "./event-match.ts";

/** Rows read at once while walking events that the full-text index has not seen yet. */
const CHUNK = 1000;

export interface Walk {
  readonly down: boolean;
  /** Only numbers behind this one, in the direction of the walk; undefined = from the end. */
  readonly begin: number | undefined;
  /** Rows that fit, after which the walk ends. */
  readonly wanted: number;
  /** Rows looked at, after which the walk ends. */
  readonly maxRead: number;
}

type Found = Pick<EventsTable, "received" | "decky" | "service" | "event_type" | "attacker_ip"> & {
  readonly seq: number;
};

/** Up to which number the full-text index has seen the events; 0 before its first batch. */
export async function indexedUpTo(db: Kysely<Schema>): Promise<number> {
  const cursor = await db.selectFrom("cursors").select("seq").where("name", "=", "search").executeTakeFirst();
  return cursor?.seq ?? 0;
}

/** The index hands out numbers in order, so the first page of a frequent word costs as little as of a rare one. */
export const indexedEvents = (db: Kysely<Schema>, filter: FilterConditions, upTo: number) => {
  const { match, unmatch } = filter;
  const expression = unmatch === null ? (match ?? "") : `(${match}) NOT (${unmatch})`;
  let query = db
    .selectFrom(sql<{ rowid: number }>`events_text`.as("t"))
    .innerJoin("events as e", (join) => join.on(sql<boolean>`e.seq = t.rowid`))
    .select([sql<number>`t.rowid`.as("seq"), "e.received"])
    .where(sql<boolean>`events_text match ${expression}`)
    .where(sql<boolean>`t.rowid <= ${upTo}`);
  for (const condition of allConditions(filter)) query = query.where(condition);
  return query;
};

/** How many of the newest events with these words also fit the rest, looking at so many at most. */
export async function countIndexed(
  db: Kysely<Schema>,
  filter: FilterConditions,
  upTo: number,
  limit: number,
): Promise<{ readonly total: number; readonly totalExact: boolean }> {
  const { match, unmatch } = filter;
  const expression = unmatch === null ? (match ?? "") : `(${match}) NOT (${unmatch})`;
  const found = sql`select rowid from events_text where events_text match ${expression} and rowid <= ${upTo}
    order by rowid desc limit ${limit}`;
  const conditions = allConditions(filter);
  const fits = conditions.length === 0 ? sql`1` : sql.join(conditions, sql` and `);
  const joined =
    conditions.length === 0
      ? sql`select 1 as ok from (${found})`
      : sql`select (${fits}) as ok from (${found}) as f cross join events e on e.seq = f.rowid`;
  const { rows } = await sql<{ n: number; walked: number }>`
    select coalesce(sum(ok), 0) as n, count(*) as walked from (${joined})`.execute(db);
  return { total: rows[0]?.n ?? 0, totalExact: (rows[0]?.walked ?? 0) < limit };
}

/**
 * Events behind the index whose text fits, read themselves, in the order of the walk.
 *
 * @returns also whether all of them were looked at
 */
export async function unindexedEvents(
  db: Kysely<Schema>,
  filter: FilterConditions,
  upTo: number,
  walk: Walk,
): Promise<{ readonly rows: readonly Found[]; readonly complete: boolean }> {
  const rows: Found[] = [];
  let begin = walk.begin;
  let read = 0;
  while (rows.length < walk.wanted) {
    if (read >= walk.maxRead) return { rows, complete: false };
    let query = db
      .selectFrom("events as e")
      .select(["e.seq", "e.received", "e.decky", "e.service", "e.event_type", "e.attacker_ip"])
      .select(["e.raw_line", "e.msg", "e.fields"])
      .where("e.seq", ">", upTo)
      .orderBy("e.seq", walk.down ? "desc" : "asc")
      .limit(Math.min(CHUNK, walk.maxRead - read));
    for (const condition of allConditions(filter)) query = query.where(condition);
    if (begin !== undefined) query = query.where("e.seq", walk.down ? "<" : ">", begin);
    const chunk = await query.execute();
    if (chunk.length === 0) return { rows, complete: true };
    read += chunk.length;
    begin = chunk.at(-1)?.seq;
    for (const { raw_line, msg, fields, ...row } of chunk)
      if (matchesText({ raw_line, msg, fields }, filter.text)) rows.push(row);
  }
  return { rows: rows.slice(0, walk.wanted), complete: false };
}
