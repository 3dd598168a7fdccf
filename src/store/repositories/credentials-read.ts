import { type Kysely, sql } from "kysely";
import type { CredentialsTable, Schema } from "../schema.ts";
import { inNetwork } from "./event-conditions.ts";
import { countRows, cutPage, keyset, type Page, type PageRequest } from "./keyset.ts";

export interface CredentialFilter {
  /** Parts of the account name that must all be there. */
  readonly words: readonly string[];
  /** Words are also looked for in the secret. */
  readonly searchSecrets: boolean;
  readonly attackerUuid?: string | undefined;
  readonly network?: { readonly address: string; readonly bits: number | null } | undefined;
  readonly service?: string | undefined;
  readonly decky?: string | undefined;
  readonly secretKind?: string | undefined;
  readonly outcome?: string | undefined;
  /** Of the last attempt, half-open. */
  readonly startUs?: number | undefined;
  readonly endUs?: number | undefined;
}

export type CredentialRow = Omit<CredentialsTable, "fields" | "first_event_id" | "last_event_id"> & {
  readonly country_code: string | null;
};

export interface TopCredentialRow {
  readonly principal: string | null;
  readonly secret: string | null;
  readonly attempts: number;
  readonly attackers: number;
  readonly successes: number;
}

const columns = [
  "c.id",
  "c.attacker_uuid",
  "c.attacker_ip",
  "c.decky_name",
  "c.service",
  "c.principal",
  "c.principal_key",
  "c.secret_kind",
  "c.secret_sha256",
  "c.secret_b64",
  "c.secret_printable",
  "c.outcome",
  "c.first_seen",
  "c.last_seen",
  "c.attempt_count",
  "c.success_count",
] as const;

const like = (text: string): string => `%${text.replaceAll(/[\\%_]/gu, (char) => `\\${char}`)}%`;

async function filtered(db: Kysely<Schema>, filter: CredentialFilter) {
  let query = db.selectFrom("credentials as c");
  if (filter.attackerUuid !== undefined) query = query.where("c.attacker_uuid", "=", filter.attackerUuid);
  if (filter.network !== undefined) query = query.where(await inNetwork(db, "c.attacker_ip", filter.network));
  if (filter.service !== undefined) query = query.where("c.service", "=", filter.service);
  if (filter.decky !== undefined) query = query.where("c.decky_name", "=", filter.decky);
  if (filter.secretKind !== undefined) query = query.where("c.secret_kind", "=", filter.secretKind);
  if (filter.outcome !== undefined) query = query.where("c.outcome", "=", filter.outcome);
  if (filter.startUs !== undefined) query = query.where("c.last_seen", ">=", filter.startUs);
  if (filter.endUs !== undefined) query = query.where("c.last_seen", "<", filter.endUs);
  for (const word of filter.words) {
    const pattern = like(word);
    query = query.where(
      filter.searchSecrets
        ? sql<boolean>`(c.principal like ${pattern} escape '\\' or c.secret_printable like ${pattern} escape '\\')`
        : sql<boolean>`c.principal like ${pattern} escape '\\'`,
    );
  }
  return query;
}

const groups = {
  principal: ["principal"],
  secret: ["secret_sha256", "secret_printable"],
  pair: ["principal", "secret_sha256", "secret_printable"],
} as const;

export const credentialsRead = (db: Kysely<Schema>) => ({
  async page(query: {
    readonly filter: CredentialFilter;
    readonly sort: "last_seen" | "attempt_count";
    readonly descending: boolean;
    readonly page: PageRequest;
  }): Promise<Page<CredentialRow>> {
    const credentials = await filtered(db, query.filter);
    const order = { columns: [`c.${query.sort}`, "c.id"], descending: query.descending };
    const read = await keyset(credentials, order, query.page)
      .leftJoin("attackers as a", "a.uuid", "c.attacker_uuid")
      .select(columns)
      .select("a.country_code")
      .execute();
    return { ...cutPage(read, query.page), ...(await countRows(db, credentials, query.page.count)) };
  },

  /** @param sinceUs only those tried again since then; the counts are of all time */
  async top(
    by: "principal" | "secret" | "pair",
    sinceUs: number | null,
    limit: number,
  ): Promise<readonly TopCredentialRow[]> {
    return db
      .selectFrom("credentials")
      .select([
        by === "secret" ? sql<string | null>`null`.as("principal") : "principal",
        (by === "principal" ? sql<string | null>`null` : sql<string | null>`secret_printable`).as("secret"),
        sql<number>`sum(attempt_count)`.as("attempts"),
        sql<number>`count(distinct attacker_ip)`.as("attackers"),
        sql<number>`sum(success_count)`.as("successes"),
      ])
      .where("last_seen", ">=", sinceUs ?? 0)
      .groupBy([...groups[by]])
      .orderBy("attempts", "desc")
      .orderBy("principal")
      .orderBy("secret")
      .limit(limit)
      .execute();
  },
});
