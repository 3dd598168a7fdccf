import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, given } from "./client.ts";
import type { AttackerQuery, CredentialQuery, LogQuery, PageOf, SessionQuery, TopTopic } from "./model.ts";
import { keys } from "./query-keys.ts";
import { intervalMinutes, presetOf, type RangeSearch, rangeQuery } from "./range.ts";

const PAGE = 100;
/** Pages kept for one list: 20 000 rows. What is further is reached by a narrower filter. */
const MOST_PAGES = 200;

type Fetch<Row> = (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<Row>>;

/** A list that comes in pages by key. */
function pages<Row>(key: readonly unknown[], fetchPage: Fetch<Row>) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last, all) => (all.length >= MOST_PAGES ? undefined : (last.next_cursor ?? undefined)),
    placeholderData: keepPreviousData,
  });
}

/** Filters of the event views: all of them in one search text, plus the time range. */
export interface EventFilter {
  readonly search: string;
  readonly range: RangeSearch;
}

const eventQuery = ({ search, range }: EventFilter) => ({ ...given({ search }), ...rangeQuery(range) });

export const logPages = (filter: EventFilter, sort: NonNullable<LogQuery["sort"]> = "-seq") =>
  pages([...keys.logs, filter, sort], (cursor, signal) =>
    get("/api/v1/logs", {
      params: { query: { ...eventQuery(filter), sort, limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export const newestLogs = (limit: number) =>
  queryOptions({
    queryKey: [...keys.logs, "newest", limit],
    queryFn: ({ signal }) => get("/api/v1/logs", { params: { query: { limit, count: "none" } }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const logOne = (id: string) =>
  queryOptions({
    queryKey: [...keys.log, id],
    queryFn: ({ signal }) => get("/api/v1/logs/{id}", { params: { path: { id } }, signal }),
    staleTime: 60_000,
  });

export const histogram = (filter: EventFilter) =>
  queryOptions({
    queryKey: [...keys.histogram, filter],
    queryFn: ({ signal }) =>
      get("/api/v1/logs/histogram", {
        params: { query: { ...eventQuery(filter), interval_minutes: intervalMinutes(filter.range) } },
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export const facets = (filter: EventFilter) =>
  queryOptions({
    queryKey: [...keys.facets, filter],
    queryFn: ({ signal }) => get("/api/v1/logs/facets", { params: { query: eventQuery(filter) }, signal }),
    placeholderData: keepPreviousData,
  });

export const stats = () =>
  queryOptions({
    queryKey: keys.stats,
    queryFn: ({ signal }) => get("/api/v1/stats", { signal }),
  });

/** Top lists know the presets only; a custom span shows totals. */
export const top = (what: TopTopic, range: RangeSearch, limit = 8) =>
  queryOptions({
    queryKey: [...keys.top, what, presetOf(range) ?? "ever", limit],
    queryFn: ({ signal }) =>
      get("/api/v1/stats/top", {
        params: { query: { what, limit, ...given({ window: presetOf(range) }) } },
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export type AttackerFilter = Pick<
  AttackerQuery,
  "search" | "sort" | "service" | "decky" | "country" | "asn" | "activity" | "behavior_class" | "actor_kind"
>;

export const attackerPages = (filter: AttackerFilter, range: RangeSearch) =>
  pages([...keys.attackers, filter, range], (cursor, signal) =>
    get("/api/v1/attackers", {
      params: { query: { ...given({ ...filter, cursor }), ...rangeQuery(range), limit: PAGE } },
      signal,
    }),
  );

export const attackersMatching = (search: string) =>
  queryOptions({
    queryKey: [...keys.attackers, "matching", search],
    queryFn: ({ signal }) =>
      get("/api/v1/attackers", { params: { query: { search, limit: 6, count: "none" } }, signal }),
    enabled: search.length >= 2,
    retry: false,
  });

export const attackerOne = (uuid: string) =>
  queryOptions({
    queryKey: [...keys.attacker, uuid],
    queryFn: ({ signal }) => get("/api/v1/attackers/{uuid}", { params: { path: { uuid } }, signal }),
  });

export const attackerTimeline = (uuid: string) =>
  pages([...keys.attackerTimeline, uuid], (cursor, signal) =>
    get("/api/v1/attackers/{uuid}/timeline", {
      params: { path: { uuid }, query: { limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export const attackerCommands = (uuid: string, search: string, service: string | undefined) =>
  pages([...keys.attackerCommands, uuid, search, service], (cursor, signal) =>
    get("/api/v1/attackers/{uuid}/commands", {
      params: { path: { uuid }, query: { limit: PAGE, sort: "at", ...given({ cursor, search, service }) } },
      signal,
    }),
  );

export const attackerSessions = (uuid: string) =>
  pages([...keys.attackerSessions, uuid], (cursor, signal) =>
    get("/api/v1/attackers/{uuid}/sessions", {
      params: { path: { uuid }, query: { limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export const attackerCredentials = (uuid: string) =>
  pages([...keys.attackerCredentials, uuid], (cursor, signal) =>
    get("/api/v1/attackers/{uuid}/credentials", {
      params: { path: { uuid }, query: { limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export const attackerArtifacts = (uuid: string) =>
  pages([...keys.attackerArtifacts, uuid], (cursor, signal) =>
    get("/api/v1/attackers/{uuid}/artifacts", {
      params: { path: { uuid }, query: { limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export type SessionFilter = Pick<
  SessionQuery,
  "attacker" | "decky" | "service" | "state" | "class" | "has_transcript" | "min_commands" | "sort"
>;

export const sessionPages = (filter: SessionFilter, range: RangeSearch) =>
  pages([...keys.sessions, filter, range], (cursor, signal) =>
    get("/api/v1/sessions", {
      params: { query: { ...given({ ...filter, cursor }), ...rangeQuery(range), limit: PAGE } },
      signal,
    }),
  );

export const openSessions = (limit: number) =>
  queryOptions({
    queryKey: [...keys.sessions, "open", limit],
    queryFn: ({ signal }) => get("/api/v1/sessions", { params: { query: { state: "open", limit } }, signal }),
  });

export const sessionOne = (id: string) =>
  queryOptions({
    queryKey: [...keys.sessionOne, id],
    queryFn: ({ signal }) => get("/api/v1/sessions/{id}", { params: { path: { id } }, signal }),
  });

const SESSION_COMMANDS = 1000;

/** The first 1000 commands in order; the reply says when there are more. */
export const sessionCommands = (id: string) =>
  queryOptions({
    queryKey: [...keys.sessionCommands, id],
    queryFn: ({ signal }) =>
      get("/api/v1/sessions/{id}/commands", {
        params: { path: { id }, query: { limit: SESSION_COMMANDS } },
        signal,
      }),
  });

export const sessionEvents = (id: string) =>
  pages([...keys.sessionEvents, id], (cursor, signal) =>
    get("/api/v1/sessions/{id}/events", {
      params: { path: { id }, query: { limit: PAGE, ...given({ cursor }) } },
      signal,
    }),
  );

export type CredentialFilter = Pick<
  CredentialQuery,
  "search" | "service" | "decky" | "attacker_ip" | "outcome" | "secret_kind" | "sort"
>;

export const credentialPages = (filter: CredentialFilter, range: RangeSearch) =>
  pages([...keys.credentials, filter, range], (cursor, signal) =>
    get("/api/v1/credentials", {
      params: { query: { ...given({ ...filter, cursor }), ...rangeQuery(range), limit: PAGE } },
      signal,
    }),
  );

export const topCredentials = (by: "principal" | "secret" | "pair", range: RangeSearch, limit = 20) =>
  queryOptions({
    queryKey: [...keys.topCredentials, by, presetOf(range) ?? "ever", limit],
    queryFn: ({ signal }) =>
      get("/api/v1/credentials/top", {
        params: { query: { by, limit, ...given({ since: presetOf(range) }) } },
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export const deckies = () =>
  queryOptions({
    queryKey: keys.deckies,
    queryFn: ({ signal }) => get("/api/v1/deckies", { signal }),
    staleTime: 15_000,
  });
