import { type Kysely, sql } from "kysely";
import type { ArtifactSightingsTable, Schema } from "../schema.ts";
import { beyond, countRows, cutPage, keyset, type Page, type PageRequest } from "./keyset.ts";

export type SightingRow = Omit<ArtifactSightingsTable, "attribution" | "writer_comm"> & {
  readonly size: number | null;
  readonly mime: string | null;
  readonly state: string | null;
  readonly session_id: string | null;
};

/** One line of what an attacker did, whatever its kind. */
export interface TimelineRow {
  readonly at: number;
  readonly kind: "session" | "login" | "file";
  readonly id: string;
  readonly decky: string;
  readonly service: string;
  readonly ended_at: number | null;
  readonly session_id: string | null;
  readonly detail: string | null;
  readonly count: number;
}

const bytesOf = (hex: string | number | undefined): Uint8Array =>
  Uint8Array.from(Buffer.from(String(hex), "hex"));

/** Each kind in one form; `at` and `id` order them, and `kind` breaks ties between kinds. */
const sources = (uuid: string) =>
  [
    sql<TimelineRow>`select started_at as at, 'session' as kind, session_id as id, decky, service, ended_at, session_id,
      login_user as detail, command_count as count
      from sessions where attacker_uuid = ${uuid}`,
    sql<TimelineRow>`select last_seen as at, 'login' as kind, id, decky_name as decky, service, null as ended_at,
      null as session_id, principal as detail, attempt_count as count
      from credentials where attacker_uuid = ${uuid} and success_count > 0`,
    sql<TimelineRow>`select at, 'file' as kind, lower(hex(event_id)) as id, decky, service, null as ended_at,
      sid as session_id, orig_path as detail,
      coalesce((select size from artifacts f where f.sha256 = artifact_sightings.sha256), 0) as count
      from artifact_sightings where attacker_uuid = ${uuid}`,
  ] as const;

const newestFirst = (a: TimelineRow, b: TimelineRow): number =>
  b.at - a.at || (a.kind === b.kind ? (a.id < b.id ? 1 : -1) : a.kind < b.kind ? 1 : -1);

/** What attackers left behind and when they did what. */
export const sightingsRead = (db: Kysely<Schema>) => ({
  async page(attackerUuid: string, page: PageRequest): Promise<Page<SightingRow>> {
    const sightings = db.selectFrom("artifact_sightings as x").where("x.attacker_uuid", "=", attackerUuid);
    const start =
      page.start === null
        ? null
        : { key: [page.start.key[0] ?? 0, bytesOf(page.start.key[1])], backwards: page.start.backwards };
    const order = { columns: ["x.at", "x.event_id"], descending: true };
    const read = await keyset(sightings, order, { ...page, start })
      .leftJoin("artifacts as f", "f.sha256", "x.sha256")
      .select([
        "x.event_id",
        "x.sha256",
        "x.kind",
        "x.decky",
        "x.service",
        "x.stored_as",
        "x.attacker_uuid",
        "x.sid",
        "x.orig_path",
        "x.method",
        "x.at",
        "f.size",
        "f.mime",
        "f.state",
        sql<string | null>`(select s.session_id from sessions s where s.sid = x.sid limit 1)`.as(
          "session_id",
        ),
      ])
      .execute();
    return { ...cutPage(read, page), ...(await countRows(db, sightings, page.count)) };
  },

  /** Sessions, accepted log-ins and files of an attacker in one list, newest first. */
  async timeline(attackerUuid: string, page: PageRequest): Promise<Page<TimelineRow>> {
    const up = page.start?.backwards === true;
    const direction = sql.raw(up ? "asc" : "desc");
    const condition =
      page.start === null ? sql`true` : beyond(["at", "kind", "id"], up ? ">" : "<", page.start.key);
    const offset = page.start === null ? page.offset : 0;
    const wanted = page.limit + 1 + offset;
    const lists = await Promise.all(
      sources(attackerUuid).map(async (source) => {
        const { rows } = await sql<TimelineRow>`select * from (${source}) where ${condition}
          order by at ${direction}, kind ${direction}, id ${direction} limit ${wanted}`.execute(db);
        return rows;
      }),
    );
    const merged = lists.flat().sort(up ? (a, b) => newestFirst(b, a) : newestFirst);
    let total: number | null = null;
    if (page.count !== "none") {
      total = 0;
      for (const source of sources(attackerUuid)) {
        const { rows } = await sql<{ n: number }>`select count(*) as n from (${source})`.execute(db);
        total += rows[0]?.n ?? 0;
      }
    }
    return { ...cutPage(merged.slice(offset, wanted), page), total, totalExact: total !== null };
  },
});
