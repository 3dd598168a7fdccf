import { type Kysely, sql } from "kysely";
import { CodedError } from "#kernel/errors.ts";
import { repository } from "../repositories/contract.ts";
import type { Schema } from "../schema.ts";

class TestRefusal extends CodedError {
  readonly code = "TEST_REFUSED";
}

const probe = (db: Kysely<Schema>) => ({
  async get(key: string): Promise<string | undefined> {
    const row = await db.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
    return row?.value;
  },
  async put(key: string, value: string): Promise<void> {
    await db.insertInto("settings").values({ key, value, updated_at: 1, updated_by: null }).execute();
  },
  /** Not listed as a write: the reading connection must refuse it. */
  async sneak(key: string): Promise<void> {
    await db.insertInto("settings").values({ key, value: "1", updated_at: 1, updated_by: null }).execute();
  },
  async spin(rows: number): Promise<void> {
    const counted = sql`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      SELECT count(*) AS c FROM n`;
    await counted.execute(db);
  },
  async refuse(): Promise<void> {
    await Promise.reject(new TestRefusal("no"));
  },
});

export const testRepositories = { probe: repository(probe, ["put"]) };

export type TestRepositories = { readonly probe: ReturnType<typeof probe> };
