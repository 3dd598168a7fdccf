import type { Page, PageRequest } from "#store/repositories/keyset.ts";
import type { Api } from "../contract.ts";
import { ProblemError } from "../errors.ts";
import { type TimeQuery, type TimeRange, timeRange } from "./time-range.ts";

interface PageQuery extends TimeQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly offset?: number | undefined;
  readonly count: "capped" | "exact" | "none";
}

type Key = readonly (string | number)[];

/** One request for a page: what to ask the store, and how to say what it answered. */
export interface Paging {
  readonly page: PageRequest;
  readonly range: TimeRange;
  reply<Row, Out>(
    found: Page<Row>,
    shape: { readonly keyOf: (row: Row) => Key; readonly show: (row: Row) => Out },
  ): {
    data: Out[];
    next_cursor: string | null;
    prev_cursor: string | null;
    limit: number;
    offset?: number;
    total: number | null;
    total_exact: boolean;
  };
}

/**
 * @param list names the list: route and the parameters of its path
 * @throws {ProblemError} bad_cursor, invalid
 */
export function openPage(
  api: Pick<Api, "cursors" | "clock">,
  list: readonly string[],
  query: PageQuery,
): Paging {
  const { limit, cursor, offset, count, ...filter } = query;
  if (cursor !== undefined && offset !== undefined) {
    const message = "Give cursor or offset, not both.";
    throw new ProblemError("invalid", message, { errors: [{ pointer: "/query/offset", message }] });
  }
  const identity = [list, Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))];
  const start = cursor === undefined ? null : api.cursors.decode(cursor, identity);
  const fresh = timeRange(query, api.clock.now() * 1000);
  const range = start === null ? fresh : { ...fresh, startUs: start.startUs ?? undefined };
  const cursorAt = (key: Key, backwards: boolean): string =>
    api.cursors.encode({ key, backwards, startUs: range.startUs ?? null }, identity);
  return {
    page: { limit, start, offset: offset ?? 0, count },
    range,
    reply(found, { keyOf, show }) {
      const first = found.rows[0];
      const last = found.rows.at(-1);
      return {
        data: found.rows.map(show),
        next_cursor: found.hasAfter && last !== undefined ? cursorAt(keyOf(last), false) : null,
        prev_cursor: found.hasBefore && first !== undefined ? cursorAt(keyOf(first), true) : null,
        limit,
        ...(offset === undefined ? {} : { offset }),
        total: found.total,
        total_exact: found.totalExact,
      };
    },
  };
}
