import { type Kysely, sql } from "kysely";
import type { Schema } from "../schema.ts";
import { allConditions, type FilterConditions, filterConditions, ofSession } from "./event-conditions.ts";
import type { EventFilter } from "./event-filter.ts";
import { type EventRow, eventsAfter, eventsBySeq, type FullEventRow, fullEvent } from "./event-row.ts";
import { countIndexed, indexedEvents, indexedUpTo, unindexedEvents } from "./event-search.ts";
import { beyond, countRows, cutPage, keyset, type Page, type PageRequest } from "./keyset.ts";

/** Events that are looked at one by one for a total; a page looks at as many as it needs. */
const MAX_COUNTED = 10_000;
const ALL_NEWER = { down: true, begin: undefined, wanted: Number.MAX_SAFE_INTEGER } as const;
const FACET_SAMPLE = 5000;
const FACET_VALUES = 20;

export interface EventQuery {
  readonly filter: EventFilter;
  readonly descending: boolean;
  readonly page: PageRequest;
}

export interface FacetCounts {
  readonly decky: readonly (readonly [string, number])[];
  readonly service: readonly (readonly [string, number])[];
  readonly event_type: readonly (readonly [string, number])[];
  readonly attacker: readonly (readonly [string, number])[];
  readonly country: readonly (readonly [string, number])[];
  readonly scanned: number;
  readonly exact: boolean;
}

export interface EventPosition {
  readonly seq: number;
  readonly received: number;
}

const events = (db: Kysely<Schema>, filter: FilterConditions) => {
  const { unmatch } = filter;
  let query = db.selectFrom("events as e").select(["e.seq", "e.received"]);
  for (const condition of allConditions(filter)) query = query.where(condition);
  return unmatch === null
    ? query
    : query.where(
        "e.seq",
        "not in",
        sql<number>`(select rowid from events_text where events_text match ${unmatch})`,
      );
};

/** One page of numbers over the index and the events that are newer than it. */
async function textPage(
  db: Kysely<Schema>,
  filter: FilterConditions,
  { page, descending }: EventQuery,
): Promise<Page<EventPosition>> {
  const upTo = await indexedUpTo(db);
  const down = page.start?.backwards === true ? !descending : descending;
  const key = page.start?.key[0];
  const begin = typeof key === "number" ? key : undefined;
  const offset = page.start === null ? page.offset : 0;
  const wanted = page.limit + 1 + offset;
  const readIndexed = (): Promise<readonly EventPosition[]> => {
    let indexed = indexedEvents(db, filter, upTo);
    if (begin !== undefined)
      indexed = indexed.where(sql<boolean>`t.rowid ${sql.raw(down ? "<" : ">")} ${begin}`);
    return indexed
      .orderBy(sql`t.rowid`, down ? "desc" : "asc")
      .limit(wanted)
      .execute();
  };
  const readNewer = async (rest: number): Promise<readonly EventPosition[]> =>
    (await unindexedEvents(db, filter, upTo, { down, begin, wanted: rest, maxRead: Number.MAX_SAFE_INTEGER }))
      .rows;
  const first = down ? await readNewer(wanted) : await readIndexed();
  const second =
    first.length >= wanted ? [] : down ? await readIndexed() : await readNewer(wanted - first.length);
  const cut = cutPage([...first, ...second].slice(offset, wanted), page);
  return withTotal(cut, page, await countText(db, filter, upTo, page.count));
}

async function countText(
  db: Kysely<Schema>,
  filter: FilterConditions,
  upTo: number,
  count: PageRequest["count"],
): Promise<Pick<Page<never>, "total" | "totalExact">> {
  if (count === "none") return { total: null, totalExact: false };
  const walk = count === "exact" ? Number.MAX_SAFE_INTEGER : MAX_COUNTED;
  const indexed = await countIndexed(db, filter, upTo, walk);
  const newer = await unindexedEvents(db, filter, upTo, { ...ALL_NEWER, maxRead: walk });
  return {
    total: indexed.total + newer.rows.length,
    totalExact: indexed.totalExact && newer.complete,
  };
}

/** Counts what an index alone can count; of anything else it looks at the newest 10 000 and says so. */
async function countPlain(
  db: Kysely<Schema>,
  filter: FilterConditions,
  count: PageRequest["count"],
): Promise<Pick<Page<never>, "total" | "totalExact">> {
  if (count === "none") return { total: null, totalExact: false };
  if (filter.lead.length + filter.rest.length === 0 && filter.unmatch === null) return countAll(db);
  if (count === "exact" || (filter.rest.length === 0 && filter.unmatch === null))
    return countRows(db, events(db, filter), count);
  let led = db.selectFrom("events as e");
  for (const condition of filter.lead) led = led.where(condition);
  const unwanted =
    filter.unmatch === null
      ? []
      : [sql`e.seq not in (select rowid from events_text where events_text match ${filter.unmatch})`];
  const walked = led
    .select(sql<number>`(${sql.join([...filter.rest, ...unwanted], sql` and `)})`.as("ok"))
    .orderBy(filter.byReceived ? "e.received" : "e.seq", "desc")
    .limit(MAX_COUNTED);
  const { rows } = await sql<{ n: number; walked: number }>`
    select coalesce(sum(ok), 0) as n, count(*) as walked from (${walked})`.execute(db);
  return { total: rows[0]?.n ?? 0, totalExact: (rows[0]?.walked ?? 0) < MAX_COUNTED };
}

async function plainPage(
  db: Kysely<Schema>,
  filter: FilterConditions,
  { page, descending }: EventQuery,
): Promise<Page<EventPosition>> {
  const columns = filter.byReceived ? ["e.received", "e.seq"] : ["e.seq"];
  const rows = await keyset(events(db, filter), { columns, descending }, page).execute();
  return withTotal(cutPage(rows, page), page, await countPlain(db, filter, page.count));
}

/** A total that was only looked for among the newest is at least what the page itself shows. */
function withTotal(
  cut: Pick<Page<EventPosition>, "rows" | "hasBefore" | "hasAfter">,
  { offset }: PageRequest,
  { total, totalExact }: Pick<Page<never>, "total" | "totalExact">,
): Page<EventPosition> {
  const least = cut.rows.length === 0 ? 0 : offset + cut.rows.length;
  return { ...cut, total: total === null || totalExact ? total : Math.max(total, least), totalExact };
}

async function countAll(
  db: Kysely<Schema>,
): Promise<{ readonly total: number; readonly totalExact: boolean }> {
  const row = await db
    .selectFrom("counters")
    .select("value")
    .where("name", "=", "total_events")
    .executeTakeFirst();
  return { total: row?.value ?? 0, totalExact: true };
}

async function facetRows(db: Kysely<Schema>, filter: FilterConditions) {
  const columns = ["e.decky", "e.service", "e.event_type", "e.attacker_ip"] as const;
  if (filter.match === null)
    return events(db, filter)
      .select(columns)
      .orderBy(filter.byReceived ? "e.received" : "e.seq", "desc")
      .limit(FACET_SAMPLE)
      .execute();
  const upTo = await indexedUpTo(db);
  const newer = await unindexedEvents(db, filter, upTo, { ...ALL_NEWER, maxRead: FACET_SAMPLE });
  const indexed = await indexedEvents(db, filter, upTo)
    .select(columns)
    .orderBy(sql`t.rowid`, "desc")
    .limit(FACET_SAMPLE - newer.rows.length)
    .execute();
  return [...newer.rows, ...indexed];
}

async function facetCounts(db: Kysely<Schema>, filter: FilterConditions): Promise<FacetCounts> {
  const rows = await facetRows(db, filter);
  const byAddress = tally(rows.map((row) => row.attacker_ip));
  const countries = await db
    .selectFrom("attackers")
    .select(["ip", "country_code"])
    .where("ip", "in", sql<string>`(select value from json_each(${JSON.stringify([...byAddress.keys()])}))`)
    .execute();
  const byCountry = new Map<string, number>();
  for (const { ip, country_code } of countries)
    if (country_code !== null)
      byCountry.set(country_code, (byCountry.get(country_code) ?? 0) + (byAddress.get(ip) ?? 0));
  return {
    decky: most(tally(rows.map((row) => row.decky))),
    service: most(tally(rows.map((row) => row.service))),
    event_type: most(tally(rows.map((row) => row.event_type))),
    attacker: most(byAddress),
    country: most(byCountry),
    scanned: rows.length,
    exact: rows.length < FACET_SAMPLE,
  };
}

function tally(values: readonly (string | null)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const most = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, FACET_VALUES);

/** Reading events: lists, one event, counts per interval, and what is behind a number. */
export const eventsRead = (db: Kysely<Schema>) => ({
  /** @throws {StoreDataError} the filter asks too wide a range of addresses */
  async page(query: EventQuery): Promise<Page<EventRow> & { readonly byReceived: boolean }> {
    const filter = await filterConditions(db, query.filter);
    const page = await (filter.match === null ? plainPage(db, filter, query) : textPage(db, filter, query));
    const found = new Map(
      (
        await eventsBySeq(
          db,
          page.rows.map(({ seq }) => seq),
        )
      ).map((row) => [row.seq, row]),
    );
    return {
      ...page,
      rows: page.rows.map(({ seq }) => found.get(seq)).filter((row) => row !== undefined),
      byReceived: filter.byReceived,
    };
  },

  async byId(id: Uint8Array): Promise<FullEventRow | null> {
    return fullEvent(db, id);
  },

  /** Up to `count` events before and after one, in the same session, oldest first. */
  async neighbours(seq: number, sessionId: string, count: number): Promise<readonly EventRow[]> {
    const condition = await ofSession(db, sessionId);
    const side = (operator: "<" | ">") =>
      db
        .selectFrom("events as e")
        .select("e.seq")
        .where(condition)
        .where(beyond(["e.seq"], operator, [seq]))
        .orderBy("e.seq", operator === "<" ? "desc" : "asc")
        .limit(count)
        .execute();
    const seqs = [...(await side("<")), ...(await side(">"))].map((row) => row.seq);
    return (await eventsBySeq(db, seqs)).toSorted((a, b) => a.seq - b.seq);
  },

  /** Events behind a number, oldest first. */
  async after(seq: number, limit: number): Promise<readonly EventRow[]> {
    return eventsAfter(db, seq, limit);
  },

  /** The newest number; 0 in an empty store. */
  async newestSeq(): Promise<number> {
    const row = await db
      .selectFrom("events")
      .select("seq")
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    return row?.seq ?? 0;
  },

  /** Counts per interval and group, straight from the events. Bars without events are left out. */
  async histogram(
    filter: EventFilter,
    widthUs: number,
    groupBy: "service" | "decky" | "event_type" | null,
  ): Promise<readonly { readonly bucket: number; readonly group: string | null; readonly count: number }[]> {
    const conditions = await filterConditions(db, filter);
    const isText = conditions.match !== null;
    const upTo = isText ? await indexedUpTo(db) : 0;
    const base = isText ? indexedEvents(db, conditions, upTo) : events(db, conditions);
    const group = groupBy === null ? sql<string | null>`null` : sql<string>`${sql.ref(`e.${groupBy}`)}`;
    const bars = await base
      .clearSelect()
      .select([
        sql<number>`e.received - e.received % ${widthUs}`.as("bucket"),
        group.as("group"),
        sql<number>`count(*)`.as("count"),
      ])
      .groupBy([sql`1`, sql`2`])
      .orderBy(sql`1`)
      .execute();
    if (!isText) return bars;
    const newer = await unindexedEvents(db, conditions, upTo, { ...ALL_NEWER, maxRead: FACET_SAMPLE });
    const single = newer.rows.map((row) => ({
      bucket: row.received - (row.received % widthUs),
      group: groupBy === null ? null : row[groupBy],
      count: 1,
    }));
    return [...bars, ...single];
  },

  async facets(filter: EventFilter): Promise<FacetCounts> {
    return facetCounts(db, await filterConditions(db, filter));
  },
});
