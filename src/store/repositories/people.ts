import { createHash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import type { AuditTable, Schema, UsersTable, WebSessionsTable } from "../schema.ts";

export interface NewUser {
  readonly uuid: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly role: "admin" | "viewer";
  readonly mustChangePassword: boolean;
  readonly nowUs: number;
}

export type UserRow = Selectable<UsersTable>;
export type WebSessionRow = Selectable<WebSessionsTable>;

export interface SignedIn {
  readonly user: UserRow;
  readonly session: WebSessionRow;
}

export interface AuditEntry {
  readonly at: number;
  readonly actorUuid: string | null;
  readonly actor: string;
  readonly via: "cookie" | "token" | "cli" | "system";
  readonly ip: string | null;
  readonly action: string;
  readonly object: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly result: string;
  readonly requestId: string | null;
}

/** Sessions one user may hold; the oldest leave first. */
const MAX_SESSIONS = 100;

const usernameKey = (username: string): string => username.normalize("NFKC").toLowerCase();

/** What the next row states as `prev_hash`: a hash over all words of this one. */
const auditHash = (row: Selectable<AuditTable>): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        row.seq,
        row.at,
        row.actor_uuid,
        row.actor,
        row.via,
        row.ip,
        row.action,
        row.object,
        row.before,
        row.after,
        row.result,
        row.request_id,
        row.prev_hash,
      ]),
    )
    .digest("hex");

const FIRST_HASH = "0".repeat(64);

/** Users, their sessions and the audit log. */
export const people = (db: Kysely<Schema>) => ({
  async hasUsers(): Promise<boolean> {
    return (await db.selectFrom("users").select("uuid").limit(1).executeTakeFirst()) !== undefined;
  },

  async userByName(username: string): Promise<UserRow | null> {
    const row = await db
      .selectFrom("users")
      .selectAll()
      .where("username_key", "=", usernameKey(username))
      .executeTakeFirst();
    return row ?? null;
  },

  /** @returns false when the name is taken */
  async createUser(user: NewUser): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("users")
      .values({
        uuid: user.uuid,
        username: user.username,
        username_key: usernameKey(user.username),
        password_hash: user.passwordHash,
        role: user.role,
        must_change_password: Number(user.mustChangePassword),
        preferences: null,
        created_at: user.nowUs,
        last_login_at: null,
      })
      .onConflict((conflict) => conflict.column("username_key").doNothing())
      .executeTakeFirstOrThrow();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  },

  /** Sets a new password and ends every session of the user but one. */
  async setPassword(
    userUuid: string,
    password: { readonly hash: string; readonly mustChange: boolean },
    keepSession: string | null,
  ): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("users")
        .set((eb) => ({
          password_hash: password.hash,
          must_change_password: Number(password.mustChange),
          version: eb("version", "+", 1),
        }))
        .where("uuid", "=", userUuid)
        .execute();
      let sessions = tx.deleteFrom("web_sessions").where("user_uuid", "=", userUuid);
      if (keepSession !== null) sessions = sessions.where("token_sha256", "<>", keepSession);
      await sessions.execute();
    });
  },

  /** Stores the same password under better parameters; ends nothing. */
  async rehash(userUuid: string, oldHash: string, newHash: string): Promise<void> {
    await db
      .updateTable("users")
      .set({ password_hash: newHash })
      .where("uuid", "=", userUuid)
      .where("password_hash", "=", oldHash)
      .execute();
  },

  /** Opens a session; sessions that are over, and the oldest above the limit, leave. */
  async openSession(session: WebSessionRow): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await tx.deleteFrom("web_sessions").where("expires_at", "<=", session.created_at).execute();
      const kept = await tx
        .selectFrom("web_sessions")
        .select("token_sha256")
        .where("user_uuid", "=", session.user_uuid)
        .orderBy("last_seen", "desc")
        .execute();
      const surplus = kept.slice(MAX_SESSIONS - 1).map((row) => row.token_sha256);
      if (surplus.length > 0)
        await tx.deleteFrom("web_sessions").where("token_sha256", "in", surplus).execute();
      await tx.insertInto("web_sessions").values(session).execute();
      await tx
        .updateTable("users")
        .set({ last_login_at: session.created_at })
        .where("uuid", "=", session.user_uuid)
        .execute();
    });
  },

  async signedIn(tokenSha256: string): Promise<SignedIn | null> {
    const session = await db
      .selectFrom("web_sessions")
      .selectAll()
      .where("token_sha256", "=", tokenSha256)
      .executeTakeFirst();
    if (session === undefined) return null;
    const user = await db
      .selectFrom("users")
      .selectAll()
      .where("uuid", "=", session.user_uuid)
      .executeTakeFirst();
    return user === undefined ? null : { user, session };
  },

  async touchSession(tokenSha256: string, lastSeen: number, expiresAt: number): Promise<void> {
    await db
      .updateTable("web_sessions")
      .set({ last_seen: lastSeen, expires_at: expiresAt })
      .where("token_sha256", "=", tokenSha256)
      .execute();
  },

  async closeSession(tokenSha256: string): Promise<void> {
    await db.deleteFrom("web_sessions").where("token_sha256", "=", tokenSha256).execute();
  },

  /** Appends to the audit log; each row holds the hash of the one before. */
  async audit(entry: AuditEntry): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const last = await tx
        .selectFrom("audit")
        .selectAll()
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      await tx
        .insertInto("audit")
        .values({
          at: entry.at,
          actor_uuid: entry.actorUuid,
          actor: entry.actor,
          via: entry.via,
          ip: entry.ip,
          action: entry.action,
          object: entry.object,
          before: entry.before,
          after: entry.after,
          result: entry.result,
          request_id: entry.requestId,
          prev_hash: last === undefined ? FIRST_HASH : auditHash(last),
        })
        .execute();
    });
  },

  /** @returns the number of the first row whose chain is broken, or null */
  async verifyAudit(): Promise<number | null> {
    let previous = FIRST_HASH;
    let after = 0;
    for (;;) {
      const rows = await db
        .selectFrom("audit")
        .selectAll()
        .where("seq", ">", after)
        .orderBy("seq")
        .limit(1000)
        .execute();
      for (const row of rows) {
        if (row.prev_hash !== previous) return row.seq;
        previous = auditHash(row);
        after = row.seq;
      }
      if (rows.length === 0) return null;
    }
  },
});

export const peopleWrites = [
  "createUser",
  "setPassword",
  "rehash",
  "openSession",
  "touchSession",
  "closeSession",
  "audit",
] as const;
