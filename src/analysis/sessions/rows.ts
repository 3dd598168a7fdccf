import type { SQLInputValue } from "node:sqlite";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Place } from "./assemble.ts";
import type { SessionSource } from "./book.ts";
import {
  type CommandEnd,
  type CommandRow,
  type RecordingEnd,
  type RecordingStart,
  type Session,
} from "./session.ts";

/** Written by `classes`, after the fact: this consumer makes them empty and never touches them again. */
const CLASS_COLUMNS = ["class", "class_score", "class_reasons"] as const;

export const SESSION_COLUMNS = [
  "session_id",
  "sid",
  "conn",
  "decky",
  "service",
  "source",
  "attacker_uuid",
  "attacker_ip",
  "attacker_seq",
  "remote_port",
  "benign",
  "kind",
  "tty",
  "state",
  "started_at",
  "last_event_at",
  "ended_at",
  "duration_s",
  "end_reason",
  "event_count",
  "contact_count",
  "command_count",
  "auth_attempts",
  "auth_failures",
  "auth_success",
  "login_user",
  "bytes_in",
  "bytes_out",
  "files_captured",
  "mails_stored",
  "hassh",
  "ja4",
  "ja4h",
  "client_banner",
  "transcript_available",
  "transcript_truncated",
  "transcript_bytes",
  "transcript_width",
  "transcript_height",
  "last_command",
  "last_command_at",
  "last_command_known",
  "left_after_ms",
  "out_of_order",
  "revision",
  "reopened",
  "first_seq",
  "last_seq",
] as const satisfies readonly Exclude<keyof Session, (typeof CLASS_COLUMNS)[number]>[];

const COMMAND_COLUMNS = [
  "id",
  "session_id",
  "n",
  "attacker_uuid",
  "decky",
  "service",
  "at",
  "command_text",
  "text_hash",
  "truncated",
  "uid",
  "user",
  "src",
  "pwd",
  "exit_code",
  "known",
  "decoy_n",
  "event_seq",
] as const satisfies readonly (keyof CommandRow)[];

const marks = (columns: readonly string[]): string => columns.map(() => "?").join(", ");

const UPSERT = `INSERT INTO sessions (${SESSION_COLUMNS.join(", ")}) VALUES (${marks(SESSION_COLUMNS)})
  ON CONFLICT (session_id) DO UPDATE SET ${SESSION_COLUMNS.slice(1)
    .map((column) => `${column} = excluded.${column}`)
    .join(", ")}`;
const ADD_COMMAND = `INSERT INTO session_commands (${COMMAND_COLUMNS.join(", ")}) VALUES (${marks(COMMAND_COLUMNS)})`;

/** Rows of `sessions` as objects to fold. */
export class SessionRows implements SessionSource {
  readonly #writer: StoreWriter;

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  byId(sessionId: string): Session | undefined {
    return this.#one("session_id = ?", [sessionId]);
  }

  bySid(decky: string, service: string, sid: string): Session | undefined {
    return this.#one("decky = ? AND service = ? AND sid = ?", [decky, service, sid]);
  }

  byConn({ decky, service, source }: Place, conn: string): Session | undefined {
    const where = "conn = ? AND decky = ? AND service = ? AND source = ? ORDER BY first_seq DESC LIMIT 1";
    return this.#one(where, [conn, decky, service, source]);
  }

  byContact(attackerUuid: string, decky: string, service: string): Session | undefined {
    return this.#one(
      `attacker_uuid = ? AND decky = ? AND service = ? AND sid IS NULL AND conn IS NULL
       ORDER BY last_seq DESC LIMIT 1`,
      [attackerUuid, decky, service],
    );
  }

  unendedAt({ decky, service, source }: Place, sinceUs: number): readonly Session[] {
    const place = "decky = ? AND service = ? AND source = ?";
    const open = this.#all(`${place} AND state = 'open'`, [decky, service, source]);
    const lost = this.#all(`${place} AND last_event_at >= ? AND end_reason = 'lost'`, [
      decky,
      service,
      source,
      sinceUs,
    ]);
    return [...open, ...lost];
  }

  /** Open contacts without an event since `contactsUs`, other open sessions without one since `othersUs`; oldest first. */
  silentSince(contactsUs: number, othersUs: number, limit: number): readonly Session[] {
    const contacts = this.#all(
      `state = 'open' AND last_event_at < ? AND sid IS NULL AND conn IS NULL ORDER BY last_event_at LIMIT ?`,
      [contactsUs, limit],
    );
    const others = this.#all(
      `state = 'open' AND last_event_at < ? AND (sid IS NOT NULL OR conn IS NOT NULL) ORDER BY last_event_at LIMIT ?`,
      [othersUs, limit],
    );
    return [...contacts, ...others];
  }

  save(session: Session): void {
    this.#writer.statement(UPSERT).run(...SESSION_COLUMNS.map((column) => session[column]));
  }

  addCommand(row: CommandRow): void {
    this.#writer.statement(ADD_COMMAND).run(...COMMAND_COLUMNS.map((column) => row[column]));
  }

  endCommand({ sessionId, decoyN, exitCode }: CommandEnd): void {
    this.#writer
      .statement("UPDATE session_commands SET exit_code = ? WHERE session_id = ? AND decoy_n = ?")
      .run(exitCode, sessionId, decoyN);
  }

  /** Those that were typed when the session was as given, in order. */
  commands({ session_id, last_seq }: Session, limit: number): readonly CommandRow[] {
    return this.#writer
      .statement("SELECT * FROM session_commands WHERE session_id = ? AND event_seq <= ? ORDER BY n LIMIT ?")
      .all(session_id, last_seq, limit) as unknown as readonly CommandRow[];
  }

  saveRecording(change: RecordingStart | RecordingEnd): void {
    const { decky, service, sid } = change;
    if (change.kind === "start") {
      this.#writer
        .statement(
          `INSERT INTO recordings (decky, service, sid, shard, width, height, state, started_at)
           VALUES (?, ?, ?, ?, ?, ?, 'open', ?) ON CONFLICT (decky, service, sid) DO NOTHING`,
        )
        .run(decky, service, sid, change.shard, change.width, change.height, change.startedAt);
    } else {
      this.#writer
        .statement(
          `UPDATE recordings SET state = ?, bytes = ?, truncated = ? WHERE decky = ? AND service = ? AND sid = ?`,
        )
        .run(change.state, change.bytes, change.truncated, decky, service, sid);
    }
  }

  loseRecording({ decky, service, sid }: Session): void {
    if (sid === null) return;
    this.#writer
      .statement(
        "UPDATE recordings SET state = 'lost' WHERE decky = ? AND service = ? AND sid = ? AND state = 'open'",
      )
      .run(decky, service, sid);
  }

  shardOf({ decky, service, sid }: Session): string | null {
    if (sid === null) return null;
    const row = this.#writer
      .statement("SELECT shard FROM recordings WHERE decky = ? AND service = ? AND sid = ?")
      .get(decky, service, sid);
    return row === undefined ? null : String(row["shard"]);
  }

  #one(where: string, values: readonly SQLInputValue[]): Session | undefined {
    const row = this.#writer.statement(`SELECT * FROM sessions WHERE ${where}`).get(...values);
    return row === undefined ? undefined : ({ ...row } as unknown as Session);
  }

  #all(where: string, values: readonly SQLInputValue[]): readonly Session[] {
    const rows = this.#writer.statement(`SELECT * FROM sessions WHERE ${where}`).all(...values);
    return rows.map((row) => ({ ...row }) as unknown as Session);
  }
}
