import type { Kysely } from "kysely";
import type { OutboxTable, Schema } from "../schema.ts";

export type OutboxRow = { readonly [K in "topic" | "payload"]: string } & {
  readonly seq: number;
  readonly created_at: OutboxTable["created_at"];
};

/** What happened, for those who tell others. */
export const outboxRead = (db: Kysely<Schema>) => ({
  /** Rows behind a number, oldest first. */
  async after(seq: number, limit: number): Promise<readonly OutboxRow[]> {
    return db
      .selectFrom("outbox")
      .select(["seq", "topic", "payload", "created_at"])
      .where("seq", ">", seq)
      .orderBy("seq")
      .limit(limit)
      .execute();
  },

  /** The newest number; 0 when there is none. */
  async newestSeq(): Promise<number> {
    const row = await db
      .selectFrom("outbox")
      .select("seq")
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    return row?.seq ?? 0;
  },
});
