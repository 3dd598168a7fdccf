import { type Expression, type Kysely, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { Schema } from "../schema.ts";

type SortValue = string | number | Uint8Array;

export interface PageRequest {
  readonly limit: number;
  /** The sort key of the row beside the page; null begins at the start of the list. */
  readonly start: { readonly key: readonly (string | number)[]; readonly backwards: boolean } | null;
  readonly offset: number;
  readonly count: "capped" | "exact" | "none";
}

export interface Page<Row> {
  /** In the order of the list, whichever way the page was read. */
  readonly rows: readonly Row[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** null when it was not asked for. */
  readonly total: number | null;
  readonly totalExact: boolean;
}

export interface Order {
  /** Ends in a unique column; an index has the same columns at its end. */
  readonly columns: readonly string[];
  readonly descending: boolean;
}

const COUNT_CAP = 10_000;

const list = (parts: readonly Expression<unknown>[]) => sql.join(parts);

/** The rows behind a key, in one direction. */
export const beyond = (columns: readonly string[], operator: "<" | ">", key: readonly SortValue[]) =>
  columns.length === 1
    ? sql<SqlBool>`${sql.ref(columns[0] ?? "")} ${sql.raw(operator)} ${key[0]}`
    : sql<SqlBool>`(${list(columns.map((name) => sql.ref(name)))}) ${sql.raw(operator)} (${list(key.map((value) => sql.val(value)))})`;

/** Adds the key condition, order and limit; one row more than asked tells whether there are more. */
export function keyset<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  order: Order,
  page: Pick<PageRequest, "limit" | "offset"> & {
    readonly start: { readonly key: readonly SortValue[]; readonly backwards: boolean } | null;
  },
): SelectQueryBuilder<DB, TB, O> {
  const descending = page.start?.backwards === true ? !order.descending : order.descending;
  let paged = query;
  if (page.start !== null) paged = paged.where(beyond(order.columns, descending ? "<" : ">", page.start.key));
  for (const column of order.columns) paged = paged.orderBy(sql.ref(column), descending ? "desc" : "asc");
  return paged.limit(page.limit + 1).offset(page.start === null ? page.offset : 0);
}

/** Cuts what `keyset` read to one page. */
export function cutPage<Row>(
  read: readonly Row[],
  page: Pick<PageRequest, "limit" | "start" | "offset">,
): Pick<Page<Row>, "rows" | "hasBefore" | "hasAfter"> {
  const more = read.length > page.limit;
  const rows = read.slice(0, page.limit);
  if (page.start?.backwards === true) return { rows: rows.reverse(), hasBefore: more, hasAfter: true };
  return { rows, hasBefore: page.start !== null || page.offset > 0, hasAfter: more };
}

/** Counts the rows of a query without order and limit, up to 10 000 unless exactly. */
export async function countRows<DB, TB extends keyof DB, O>(
  db: Kysely<Schema>,
  query: SelectQueryBuilder<DB, TB, O>,
  count: PageRequest["count"],
): Promise<Pick<Page<never>, "total" | "totalExact">> {
  if (count === "none") return { total: null, totalExact: false };
  const all = query.clearSelect().select(sql<number>`1`.as("one"));
  const counted = count === "exact" ? all : all.limit(COUNT_CAP + 1);
  const { rows } = await sql<{ n: number }>`select count(*) as n from (${counted}) as counted`.execute(db);
  const n = rows[0]?.n ?? 0;
  return count === "capped" && n > COUNT_CAP
    ? { total: COUNT_CAP, totalExact: false }
    : { total: n, totalExact: true };
}
