import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { StoreDataError } from "../errors.ts";
import type { Schema } from "../schema.ts";
import { inIpv6, textRanges } from "./address-range.ts";
import type { EventFilter, SearchTerm } from "./event-filter.ts";
import { matchPhrase } from "./event-text.ts";

export type Condition = RawBuilder<SqlBool>;

/** A condition, and whether an index should answer it first while the others are only tested. */
interface Placed {
  readonly condition: Condition;
  readonly leads: boolean;
}

const leading = (condition: Condition): Placed => ({ condition, leads: true });
const tested = (condition: Condition): Placed => ({ condition, leads: false });

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
): Promise<Placed> {
  if (network.bits === null) return leading(sql<SqlBool>`e.attacker_ip = ${network.address}`);
  const inside = await inNetwork(db, "ip", network);
  const known = await db
    .selectFrom("attackers")
    .select(["ip", "event_count"])
    .where(inside)
    .limit(200)
    .execute();
  const events = known.reduce((sum, { event_count }) => sum + event_count, 0);
  if (known.length < 200 && events < FEW_EVENTS)
    return leading(sql<SqlBool>`e.attacker_ip in ${jsonList(known.map(({ ip }) => ip))}`);
  return tested(sql<SqlBool>`+e.attacker_ip in (select ip from attackers where ${inside})`);
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

type Equality = readonly [column: "e.decky" | "e.service" | "e.event_type", value: string];

const columns = { decky: "e.decky", service: "e.service", event_type: "e.event_type" } as const;
const ESTIMATE = 10_000;

/** Everything a filter says must be equal, from its parameters and its terms. */
function equalities({ decky, service, eventType, terms }: EventFilter): readonly Equality[] {
  const found: Equality[] = [];
  if (decky !== undefined) found.push(["e.decky", decky]);
  if (service !== undefined) found.push(["e.service", service]);
  if (eventType !== undefined) found.push(["e.event_type", eventType]);
  for (const term of terms)
    if (term.kind === "column" && !term.not && !term.prefix && term.column !== "session")
      found.push([columns[term.column], term.value]);
  return found;
}

/** Several indexes could answer: the one with the fewest events leads. */
async function rarest(db: Kysely<Schema>, candidates: readonly Equality[]): Promise<Equality | undefined> {
  if (candidates.length < 2) return candidates[0];
  let best: { readonly candidate: Equality; readonly events: number } | undefined;
  for (const candidate of candidates) {
    const [column, value] = candidate;
    const few = db
      .selectFrom("events as e")
      .select("e.seq")
      .where(sql<SqlBool>`${sql.ref(column)} = ${value}`)
      .limit(ESTIMATE);
    const { rows } = await sql<{ n: number }>`select count(*) as n from (${few})`.execute(db);
    const events = rows[0]?.n ?? 0;
    if (best === undefined || events < best.events) best = { candidate, events };
  }
  return best?.candidate;
}

/** A column that must not lead the plan carries a `+`: its index would need a sort. */
const led = (column: string, leads: boolean) => (leads ? sql.ref(column) : sql`+${sql.ref(column)}`);

type TestedTerm = Exclude<SearchTerm, { kind: "text" }>;

async function ofTerm(db: Kysely<Schema>, term: TestedTerm): Promise<Placed> {
  switch (term.kind) {
    case "column": {
      if (term.column === "session")
        return term.prefix
          ? tested(begins(sql`+e.sid`, term.value))
          : leading(await ofSession(db, term.value));
      const column = sql`+${sql.ref(columns[term.column])}`;
      return tested(term.prefix ? begins(column, term.value) : sql<SqlBool>`${column} = ${term.value}`);
    }
    case "number":
      return tested(
        term.column === "severity"
          ? sql<SqlBool>`e.severity between ${term.from} and ${term.to}`
          : sql<SqlBool>`+e.attacker_ip in (select ip from attackers where asn between ${term.from} and ${term.to})`,
      );
    case "country":
      return tested(
        sql<SqlBool>`+e.attacker_ip in (select ip from attackers where country_code = ${term.value})`,
      );
    case "address":
      return eventsOfNetwork(db, term);
    case "field":
      return tested(fieldCondition(term));
  }
}

export interface FilterConditions {
  /** Order by (received, seq) instead of seq. */
  readonly byReceived: boolean;
  /** Over `events as e`; an index answers these in the order of the list. */
  readonly lead: readonly Condition[];
  /** Over `events as e`; tested on each row. */
  readonly rest: readonly Condition[];
  /** For FTS5, or null when no text must be there. */
  readonly match: string | null;
  /** For FTS5: what must not be there, or null. */
  readonly unmatch: string | null;
  readonly text: readonly Extract<SearchTerm, { kind: "text" }>[];
}

export const allConditions = ({ lead, rest }: FilterConditions): readonly Condition[] => [...lead, ...rest];

const isTerm = (term: SearchTerm): term is TestedTerm => term.kind !== "text";

const isEquality = (term: TestedTerm): boolean =>
  term.kind === "column" && !term.not && !term.prefix && term.column !== "session";

/** Conditions that are no equality of a column, in the order of the filter. */
async function placedConditions(db: Kysely<Schema>, filter: EventFilter): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  if (filter.sid !== undefined) placed.push(leading(await ofSession(db, filter.sid)));
  if (filter.address !== undefined) placed.push(await eventsOfNetwork(db, filter.address));
  if (filter.severity !== undefined) placed.push(tested(sql<SqlBool>`e.severity <= ${filter.severity}`));
  if (filter.origin !== undefined) placed.push(tested(sql<SqlBool>`e.origin = ${filter.origin}`));
  for (const term of filter.terms.filter(isTerm)) {
    if (isEquality(term)) continue;
    const { condition, leads } = await ofTerm(db, term);
    placed.push(term.not ? tested(not(condition)) : { condition, leads });
  }
  return placed;
}

function ofRange({ startUs, endUs }: EventFilter, leads: boolean): readonly Placed[] {
  const received = led("e.received", leads);
  const placed: Placed[] = [];
  if (startUs !== undefined) placed.push({ condition: sql<SqlBool>`${received} >= ${startUs}`, leads });
  if (endUs !== undefined) placed.push({ condition: sql<SqlBool>`${received} < ${endUs}`, leads });
  return placed;
}

/** @throws {StoreDataError} an address range that is too wide to ask */
export async function filterConditions(db: Kysely<Schema>, filter: EventFilter): Promise<FilterConditions> {
  const text = filter.terms.filter((term) => term.kind === "text");
  const phrases = (negated: boolean): readonly string[] =>
    text.filter((term) => term.not === negated).map((term) => matchPhrase(term.text, term.prefix));
  const wanted = phrases(false);
  const unwanted = phrases(true);
  const placed = await placedConditions(db, filter);
  const isLed = wanted.length > 0 || placed.some(({ leads }) => leads);
  const hasRange = filter.startUs !== undefined || filter.endUs !== undefined;
  // A range leads by time of arrival where nothing narrower does.
  const byReceived = hasRange && !isLed;
  const equal = equalities(filter);
  const leader = isLed || hasRange ? undefined : await rarest(db, equal);
  const all: readonly Placed[] = [
    ...equal.map((equality) => {
      const [column, value] = equality;
      const leads = equality === leader;
      return { condition: sql<SqlBool>`${led(column, leads)} = ${value}`, leads };
    }),
    ...placed,
    ...ofRange(filter, byReceived),
  ];
  const isLead = ({ leads }: Placed): boolean => leads && wanted.length === 0;
  return {
    byReceived,
    lead: all.filter(isLead).map(({ condition }) => condition),
    rest: all.filter((one) => !isLead(one)).map(({ condition }) => condition),
    match: wanted.length === 0 ? null : wanted.join(" AND "),
    unmatch: unwanted.length === 0 ? null : unwanted.join(" OR "),
    text,
  };
}
