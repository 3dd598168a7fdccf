import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { Schema, SessionCommandsTable, SessionsTable } from "../schema.ts";
import { countRows, cutPage, keyset, type Page, type PageRequest } from "./keyset.ts";

export interface SessionFilter {
  readonly attackerUuid?: string | undefined;
  readonly decky?: string | undefined;
  readonly service?: string | undefined;
  readonly state?: "open" | "closed" | undefined;
  readonly class?: string | undefined;
  readonly hasTranscript?: boolean | undefined;
  readonly minCommands?: number | undefined;
  /** Of the start, half-open. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
}

type Session = Selectable<SessionsTable>;

export type SessionRow = Session & { readonly country_code: string | null };

export type CommandRow = Selectable<SessionCommandsTable>;

export interface CommandFilter {
  readonly attackerUuid?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly service?: string | undefined;
  /** Parts of the text that must all be there, whatever the case. */
  readonly words: readonly string[];
}

type Joined = Schema & { s: SessionsTable };
type Sessions = SelectQueryBuilder<Joined, "s", object>;

/** The filter that leads the plan keeps its index; the others are only tested. */
function filtered(db: Kysely<Schema>, filter: SessionFilter): Sessions {
  let query: Sessions = db.selectFrom("sessions as s");
  let led = false;
  for (const [column, value] of [
    ["s.attacker_uuid", filter.attackerUuid],
    ["s.class", filter.class],
    ["s.decky", filter.decky],
    ["s.service", filter.service],
  ] as const) {
    if (value === undefined) continue;
    query = query.where(
      led ? sql<boolean>`+${sql.ref(column)} = ${value}` : sql<boolean>`${sql.ref(column)} = ${value}`,
    );
    led = true;
  }
  if (filter.state !== undefined) query = query.where(sql<boolean>`+s.state = ${filter.state}`);
  if (filter.hasTranscript !== undefined)
    query = query.where("s.transcript_available", "=", filter.hasTranscript ? 1 : 0);
  if (filter.minCommands !== undefined) query = query.where("s.command_count", ">=", filter.minCommands);
  if (filter.startUs !== undefined) query = query.where("s.started_at", ">=", filter.startUs);
  if (filter.endUs !== undefined) query = query.where("s.started_at", "<", filter.endUs);
  return query;
}

async function withCountry(db: Kysely<Schema>, rows: readonly Session[]): Promise<readonly SessionRow[]> {
  const uuids = [...new Set(rows.map((row) => row.attacker_uuid).filter((uuid) => uuid !== null))];
  const attackers = await db
    .selectFrom("attackers")
    .select(["uuid", "country_code"])
    .where("uuid", "in", sql<string>`(select value from json_each(${JSON.stringify(uuids)}))`)
    .execute();
  const countries = new Map(attackers.map(({ uuid, country_code }) => [uuid, country_code]));
  return rows.map((row) => ({ ...row, country_code: countries.get(row.attacker_uuid ?? "") ?? null }));
}

const like = (text: string): string => `%${text.replaceAll(/[\\%_]/gu, (char) => `\\${char}`)}%`;

export const sessionsRead = (db: Kysely<Schema>) => ({
  async page(query: {
    readonly filter: SessionFilter;
    readonly descending: boolean;
    readonly page: PageRequest;
  }): Promise<Page<SessionRow>> {
    const sessions = filtered(db, query.filter);
    const order = { columns: ["s.started_at", "s.session_id"], descending: query.descending };
    const read = await keyset(sessions, order, query.page).selectAll("s").execute();
    const counted = await countRows(db, sessions, query.page.count);
    const cut = cutPage<Session>(read, query.page);
    return { ...cut, rows: await withCountry(db, cut.rows), ...counted };
  },

  async byId(sessionId: string): Promise<SessionRow | null> {
    const row = await db
      .selectFrom("sessions")
      .selectAll()
      .where("session_id", "=", sessionId)
      .executeTakeFirst();
    return row === undefined ? null : ((await withCountry(db, [row]))[0] ?? null);
  },

  /** The session of a recording, or of a connection that has none. */
  async idOf(place: {
    readonly decky: string;
    readonly service: string;
    readonly sid: string | null;
    readonly conn: string | null;
    readonly seq: number;
  }): Promise<string | null> {
    let query = db.selectFrom("sessions").select("session_id");
    if (place.sid !== null) query = query.where("sid", "=", place.sid);
    else if (place.conn !== null)
      query = query
        .where("conn", "=", place.conn)
        .where("first_seq", "<=", place.seq)
        .orderBy("first_seq", "desc");
    else return null;
    const row = await query
      .where(sql<boolean>`+decky = ${place.decky} and +service = ${place.service}`)
      .limit(1)
      .executeTakeFirst();
    return row?.session_id ?? null;
  },

  /** Where a recording is: by its own row, else by the day on which its session began. */
  async recordingOf(
    decky: string,
    sid: string,
  ): Promise<{ readonly service: string; readonly shard: string; readonly isOpen: boolean } | null> {
    const row = await db
      .selectFrom("sessions as s")
      .leftJoin("recordings as r", (join) =>
        join
          .onRef("r.decky", "=", "s.decky")
          .onRef("r.service", "=", "s.service")
          .onRef("r.sid", "=", "s.sid"),
      )
      .select(["s.service", "s.state", "s.started_at", "r.shard"])
      .where("s.sid", "=", sid)
      .where(sql<boolean>`+s.decky = ${decky}`)
      .orderBy("s.sid")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    const day = new Date(row.started_at / 1000).toISOString().slice(0, 10);
    const shard = row.shard?.split("/").at(-1) ?? `sessions-${day}.jsonl`;
    return { service: row.service, shard, isOpen: row.state === "open" };
  },

  /** Of an attacker newest first if `descending`, of a session always in order. */
  async commands(query: {
    readonly descending?: boolean;
    readonly filter: CommandFilter;
    readonly page: PageRequest;
  }): Promise<Page<CommandRow>> {
    const { filter, page } = query;
    const byAttacker = filter.attackerUuid !== undefined;
    let commands = db.selectFrom("session_commands as c");
    if (filter.attackerUuid !== undefined)
      commands = commands.where("c.attacker_uuid", "=", filter.attackerUuid);
    if (filter.sessionId !== undefined)
      commands = byAttacker
        ? commands.where(sql<boolean>`+c.session_id = ${filter.sessionId}`)
        : commands.where("c.session_id", "=", filter.sessionId);
    if (filter.service !== undefined) commands = commands.where("c.service", "=", filter.service);
    for (const word of filter.words)
      commands = commands.where(sql<boolean>`c.command_text like ${like(word)} escape '\\'`);
    const order = byAttacker
      ? { columns: ["c.event_seq", "c.id"], descending: query.descending ?? true }
      : { columns: ["c.n"], descending: false };
    const read = await keyset(commands, order, page).selectAll("c").execute();
    return { ...cutPage(read, page), ...(await countRows(db, commands, page.count)) };
  },
});
