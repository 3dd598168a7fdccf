import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { StoreDataError } from "../errors.ts";
import type { Schema } from "../schema.ts";
import { inIpv6, textRanges } from "./address-range.ts";
import type { EventFilter, SearchTerm } from "./event-filter.ts";
import { matchPhrase } from "./event-text.ts";

export type Condition = RawBuilder<SqlBool>;

const MAX_IPV6 = 10_000;
/** Up to this many events the index of addresses is better than a walk by number. */
const FEW_EVENTS = 20_000;

const jsonList = (values: readonly (string | number)[]) =>
  sql`(select value from json_each(${JSON.stringify(values)}))`;

/** Text that begins with a prefix, as a range that an index can answer. */
const begins = (column: RawBuilder<unknown>, prefix: string): Condition =>
  sql<SqlBool>`(${column} >= ${prefix} and ${column} < ${`${prefix}\u{10ffff}`})`;

/**
 * Addresses of a network in a column of canonical addresses.
 *
 * @throws {StoreDataError} an IPv6 network with more than 10 000 known addresses
 */
export async function inNetwork(
  db: Kysely<Schema>,
  column: string,
  network: { readonly address: string; readonly bits: number | null },
): Promise<Condition> {
  const ref = sql.ref(column);
  if (network.bits === null) return sql<SqlBool>`${ref} = ${network.address}`;
  const { address, bits } = network;
  const ranges = textRanges({ address, bits });
  if (ranges === undefined) {
    const known = await db.selectFrom("attackers").select("ip").where("ip_version", "=", 6).execute();
    const inside = known.map(({ ip }) => ip).filter((ip) => inIpv6({ address, bits }, ip));
    if (inside.length > MAX_IPV6)
      throw new StoreDataError(`The network holds more than ${MAX_IPV6} known addresses; ask a smaller one.`);
    return sql<SqlBool>`${ref} in ${jsonList(inside)}`;
  }
  if (ranges.kind === "any") return sql<SqlBool>`instr(${ref}, '.') > 0`;
  if (ranges.kind === "addresses") return sql<SqlBool>`${ref} in ${jsonList(ranges.addresses)}`;
  return sql<SqlBool>`(${sql.join(
    ranges.prefixes.map((prefix) => begins(sql`${ref}`, prefix)),
    sql` or `,
  )})`;
}

/** Few addresses with few events go by index; many are tested while the events are walked by number. */
async function eventsOfNetwork(
  db: Kysely<Schema>,
  network: { readonly address: string; readonly bits: number | null },
): Promise<Condition> {
  if (network.bits === null) return sql<SqlBool>`e.attacker_ip = ${network.address}`;
  const inside = await inNetwork(db, "ip", network);
  const known = await db
    .selectFrom("attackers")
    .select(["ip", "event_count"])
    .where(inside)
    .limit(200)
    .execute();
  const events = known.reduce((sum, { event_count }) => sum + event_count, 0);
  if (known.length < 200 && events < FEW_EVENTS)
    return sql<SqlBool>`e.attacker_ip in ${jsonList(known.map(({ ip }) => ip))}`;
  return sql<SqlBool>`e.seq > 0 and +e.attacker_ip in (select ip from attackers where ${inside})`;
}

const not = (condition: Condition): Condition => sql<SqlBool>`coalesce(not (${condition}), 1)`;

/** Path of a member of `fields`; the name was checked to hold no quote. */
const fieldValue = (name: string) => sql`json_extract(e.fields, ${`$."${name}"`})`;

function fieldCondition(term: Extract<SearchTerm, { kind: "field" }>): Condition {
  const value = fieldValue(term.name);
  if (term.range !== null)
    return sql<SqlBool>`(${value} glob '[-0-9]*' and cast(${value} as real) between ${term.range.from} and ${term.range.to})`;
  return term.prefix ? begins(value, term.value) : sql<SqlBool>`${value} = ${term.value}`;
}

/** Events of a session: by the recorder's id, else by its connection or its span of numbers. */
export async function ofSession(db: Kysely<Schema>, sessionId: string): Promise<Condition> {
  const session = await db
    .selectFrom("sessions")
    .select(["sid", "conn", "decky", "service", "attacker_ip", "first_seq", "last_seq"])
    .where("session_id", "=", sessionId)
    .executeTakeFirst();
  if (session === undefined || session.sid !== null)
    return sql<SqlBool>`e.sid = ${session?.sid ?? sessionId}`;
  const place = sql<SqlBool>`+e.decky = ${session.decky} and +e.service = ${session.service}
    and e.seq between ${session.first_seq} and ${session.last_seq}`;
  return session.conn !== null
    ? sql<SqlBool>`(${place} and e.conn = ${session.conn})`
    : sql<SqlBool>`(${place} and +e.attacker_ip = ${session.attacker_ip})`;
}

const columns = { decky: "e.decky", service: "e.service", event_type: "e.event_type" } as const;

async function positive(
  db: Kysely<Schema>,
  term: Exclude<SearchTerm, { kind: "text" }>,
  leads: boolean,
): Promise<Condition> {
  switch (term.kind) {
    case "column": {
      if (term.column === "session" && !term.prefix) return ofSession(db, term.value);
      const column =
        term.column === "session" ? sql`e.sid` : sql`${led(columns[term.column], leads && !term.prefix)}`;
      return term.prefix ? begins(column, term.value) : sql<SqlBool>`${column} = ${term.value}`;
    }
    case "number":
      return term.column === "severity"
        ? sql<SqlBool>`e.severity between ${term.from} and ${term.to}`
        : sql<SqlBool>`+e.attacker_ip in (select ip from attackers where asn between ${term.from} and ${term.to})`;
    case "country":
      return sql<SqlBool>`+e.attacker_ip in (select ip from attackers where country_code = ${term.value})`;
    case "address":
      return eventsOfNetwork(db, term);
    case "field":
      return fieldCondition(term);
  }
}

export interface FilterConditions {
  /** Order by (received, seq) instead of seq. */
  readonly byReceived: boolean;
  /** Over `events as e`; all must hold. */
  readonly conditions: readonly Condition[];
  /** For FTS5, or null when no text must be there. */
  readonly match: string | null;
  /** For FTS5: what must not be there, or null. */
  readonly unmatch: string | null;
  readonly text: readonly Extract<SearchTerm, { kind: "text" }>[];
}

/** By time of arrival where a range says so and nothing narrower leads; else by number. */
const isByReceived = (filter: EventFilter): boolean =>
  (filter.startUs !== undefined || filter.endUs !== undefined) &&
  filter.sid === undefined &&
  (filter.address === undefined || filter.address.bits !== null) &&
  !filter.terms.some(
    (term) =>
      !term.not &&
      (term.kind === "text" ||
        (term.kind === "address" && term.bits === null) ||
        (term.kind === "column" && term.column === "session")),
  );

/** A column that must not lead the plan carries a `+`: its index would need a sort. */
const led = (column: string, leads: boolean) => (leads ? sql.ref(column) : sql`+${sql.ref(column)}`);

function plainConditions(filter: EventFilter, byReceived: boolean): Condition[] {
  const conditions: Condition[] = [];
  const { decky, service, eventType, severity, origin, startUs, endUs } = filter;
  const received = led("e.received", byReceived);
  for (const [column, value] of [
    ["e.decky", decky],
    ["e.service", service],
    ["e.event_type", eventType],
  ] as const)
    if (value !== undefined) conditions.push(sql<SqlBool>`${led(column, !byReceived)} = ${value}`);
  if (severity !== undefined) conditions.push(sql<SqlBool>`e.severity <= ${severity}`);
  if (origin !== undefined) conditions.push(sql<SqlBool>`e.origin = ${origin}`);
  if (startUs !== undefined) conditions.push(sql<SqlBool>`${received} >= ${startUs}`);
  if (endUs !== undefined) conditions.push(sql<SqlBool>`${received} < ${endUs}`);
  return conditions;
}

/** @throws {StoreDataError} an address range that is too wide to ask */
export async function filterConditions(db: Kysely<Schema>, filter: EventFilter): Promise<FilterConditions> {
  const byReceived = isByReceived(filter);
  const conditions = plainConditions(filter, byReceived);
  if (filter.address !== undefined) conditions.push(await eventsOfNetwork(db, filter.address));
  if (filter.sid !== undefined) conditions.push(await ofSession(db, filter.sid));
  const text: Extract<SearchTerm, { kind: "text" }>[] = [];
  for (const term of filter.terms) {
    if (term.kind === "text") text.push(term);
    else {
      const condition = await positive(db, term, !byReceived);
      conditions.push(term.not ? not(condition) : condition);
    }
  }
  const phrases = (negated: boolean): readonly string[] =>
    text.filter((term) => term.not === negated).map((term) => matchPhrase(term.text, term.prefix));
  const wanted = phrases(false);
  const unwanted = phrases(true);
  return {
    byReceived,
    conditions,
    match: wanted.length === 0 ? null : wanted.join(" AND "),
    unmatch: unwanted.length === 0 ? null : unwanted.join(" OR "),
    text,
  };
}
