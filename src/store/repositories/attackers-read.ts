import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { AttackersTable, Schema } from "../schema.ts";
import { inNetwork } from "./event-conditions.ts";
import { countRows, cutPage, keyset, type Order, type Page, type PageRequest } from "./keyset.ts";

export type Activity = "active" | "passive" | "inactive";

/** One word of a search over attackers. */
export type AttackerTerm =
  | { readonly kind: "network"; readonly address: string; readonly bits: number | null }
  | { readonly kind: "asn"; readonly value: number }
  | { readonly kind: "text"; readonly value: string };

interface AttackerFilter {
  readonly terms: readonly AttackerTerm[];
  readonly service?: string | undefined;
  readonly decky?: string | undefined;
  readonly country?: string | undefined;
  readonly asn?: number | undefined;
  readonly activity?: Activity | undefined;
  readonly behaviorClass?: string | undefined;
  readonly actorKind?: string | undefined;
  readonly benign: boolean;
  /** Seen within this range at all. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
  readonly nowUs: number;
}

export type AttackerSort = "last_seen" | "first_seen" | "event_count" | "decky_count";

export interface AttackerQuery {
  readonly filter: AttackerFilter;
  readonly sort: AttackerSort;
  readonly descending: boolean;
  readonly page: PageRequest;
}

interface ServiceSeen {
  readonly service: string;
  readonly interacted: number;
  readonly count: number;
  readonly first_seen: number;
  readonly last_seen: number;
}

interface DeckySeen {
  readonly decky: string;
  readonly count: number;
  readonly first_seen: number;
  readonly last_seen: number;
}

type Profile = Selectable<AttackersTable>;

export type AttackerRow = Profile & {
  readonly services: readonly ServiceSeen[];
  readonly deckies: readonly DeckySeen[];
};

export interface AttackerCounts {
  readonly sessions_open: number;
  readonly artifacts: number;
}

const MINUTE_US = 60_000_000;
const DAY_US = 24 * 60 * MINUTE_US;

/** `active` ≥ 50 events and seen within the hour; `passive` ≥ 5 within the day; else `inactive`. */
export function activityOf(row: Pick<Profile, "event_count" | "last_seen">, nowUs: number): Activity {
  if (row.event_count >= 50 && row.last_seen >= nowUs - 60 * MINUTE_US) return "active";
  return row.event_count >= 5 && row.last_seen >= nowUs - DAY_US ? "passive" : "inactive";
}

type Attackers = SelectQueryBuilder<Schema & { a: AttackersTable }, "a", object>;

const hour = (nowUs: number): number => nowUs - 60 * MINUTE_US;

function withActivity(query: Attackers, activity: Activity, nowUs: number): Attackers {
  const active = sql<boolean>`(a.event_count >= 50 and a.last_seen >= ${hour(nowUs)})`;
  const passive = sql<boolean>`(a.event_count >= 5 and a.last_seen >= ${nowUs - DAY_US})`;
  if (activity === "active") return query.where(active);
  return activity === "passive"
    ? query.where(passive).where(sql<boolean>`not ${active}`)
    : query.where(sql<boolean>`not ${active} and not ${passive}`);
}

const like = (text: string): string => `%${text.replaceAll(/[\\%_]/gu, (char) => `\\${char}`)}%`;

async function withTerms(
  db: Kysely<Schema>,
  query: Attackers,
  terms: readonly AttackerTerm[],
): Promise<Attackers> {
  let narrowed = query;
  for (const term of terms) {
    if (term.kind === "network") narrowed = narrowed.where(await inNetwork(db, "a.ip", term));
    else if (term.kind === "asn") narrowed = narrowed.where("a.asn", "=", term.value);
    else {
      const pattern = like(term.value);
      narrowed = narrowed.where(
        sql<boolean>`(a.country_code = ${term.value.toUpperCase()} or a.ip like ${pattern} escape '\\'
          or a.as_name like ${pattern} escape '\\' or a.ptr_record like ${pattern} escape '\\')`,
      );
    }
  }
  return narrowed;
}

async function filtered(db: Kysely<Schema>, filter: AttackerFilter): Promise<Attackers> {
  let query: Attackers = db.selectFrom("attackers as a").where("a.benign", "=", filter.benign ? 1 : 0);
  if (filter.country !== undefined) query = query.where("a.country_code", "=", filter.country);
  if (filter.asn !== undefined) query = query.where("a.asn", "=", filter.asn);
  if (filter.behaviorClass !== undefined) query = query.where("a.behavior_class", "=", filter.behaviorClass);
  if (filter.actorKind !== undefined) query = query.where("a.actor_kind", "=", filter.actorKind);
  if (filter.startUs !== undefined) query = query.where("a.last_seen", ">=", filter.startUs);
  if (filter.endUs !== undefined) query = query.where("a.first_seen", "<", filter.endUs);
  if (filter.activity !== undefined) query = withActivity(query, filter.activity, filter.nowUs);
  if (filter.service !== undefined)
    query = query.where(
      sql<boolean>`exists (select 1 from attacker_services s where s.attacker_uuid = a.uuid and s.service = ${filter.service})`,
    );
  if (filter.decky !== undefined)
    query = query.where(
      sql<boolean>`exists (select 1 from attacker_deckies d where d.attacker_uuid = a.uuid and d.decky = ${filter.decky})`,
    );
  return withTerms(db, query, filter.terms);
}

/** Adds the services and deckies of each attacker, two queries for all. */
async function withPlaces(db: Kysely<Schema>, rows: readonly Profile[]): Promise<readonly AttackerRow[]> {
  const uuids = sql<string>`(select value from json_each(${JSON.stringify(rows.map(({ uuid }) => uuid))}))`;
  const services = await db
    .selectFrom("attacker_services")
    .selectAll()
    .where("attacker_uuid", "in", uuids)
    .execute();
  const deckies = await db
    .selectFrom("attacker_deckies")
    .selectAll()
    .where("attacker_uuid", "in", uuids)
    .execute();
  const servicesOf = Map.groupBy(services, (row) => row.attacker_uuid);
  const deckiesOf = Map.groupBy(deckies, (row) => row.attacker_uuid);
  return rows.map((row) => ({
    ...row,
    services: (servicesOf.get(row.uuid) ?? []).toSorted((a, b) => (a.service < b.service ? -1 : 1)),
    deckies: (deckiesOf.get(row.uuid) ?? []).toSorted((a, b) => a.first_seq - b.first_seq),
  }));
}

export const attackersRead = (db: Kysely<Schema>) => ({
  /** @throws {StoreDataError} the search asks too wide a range of addresses */
  async page({ filter, sort, descending, page }: AttackerQuery): Promise<Page<AttackerRow>> {
    const order: Order = { columns: [`a.${sort}`, "a.uuid"], descending };
    const query = await filtered(db, filter);
    const read = await keyset(query, order, page).selectAll("a").execute();
    const counted = await countRows(db, query, page.count);
    const cut = cutPage<Profile>(read, page);
    return { ...cut, rows: await withPlaces(db, cut.rows), ...counted };
  },

  async byUuid(uuid: string): Promise<AttackerRow | null> {
    const row = await db.selectFrom("attackers").selectAll().where("uuid", "=", uuid).executeTakeFirst();
    return row === undefined ? null : ((await withPlaces(db, [row]))[0] ?? null);
  },

  async uuidOf(ip: string): Promise<string | null> {
    const row = await db.selectFrom("attackers").select("uuid").where("ip", "=", ip).executeTakeFirst();
    return row?.uuid ?? null;
  },

  /** What the profile itself does not count. */
  async counts(uuid: string): Promise<AttackerCounts> {
    const open = await db
      .selectFrom("sessions")
      .select(sql<number>`count(*)`.as("n"))
      .where("attacker_uuid", "=", uuid)
      .where("state", "=", "open")
      .executeTakeFirstOrThrow();
    const files = await db
      .selectFrom("artifact_sightings")
      .select(sql<number>`count(*)`.as("n"))
      .where("attacker_uuid", "=", uuid)
      .executeTakeFirstOrThrow();
    return { sessions_open: open.n, artifacts: files.n };
  },
});
