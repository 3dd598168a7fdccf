import type { Query, QueryClient } from "@tanstack/react-query";
import { keys } from "../query-keys.ts";
import { feed } from "./live.ts";

/** Lists that a frame of the stream makes old, by its type. The only place where the stream touches queries. */
const madeOld: Readonly<Record<string, readonly (readonly [string])[]>> = {
  "session.started": [keys.sessions],
  "session.ended": [
    keys.sessions,
    keys.sessionOne,
    keys.sessionCommands,
    keys.attackerSessions,
    keys.attackerTimeline,
  ],
  "attacker.observed": [keys.attackers],
};

const GATHER_MS = 1000;
/** Counts and top lists follow the traffic, but never faster than this. */
const FOLLOW_MS = 10_000;
const following = [
  keys.top,
  keys.histogram,
  keys.topCredentials,
  keys.attacker,
  keys.attackerTimeline,
  keys.attackerCommands,
] as const;

/** A reader deep in a list keeps the rows under the eyes: only lists still on their first page follow. */
function isShallow({ state }: Query): boolean {
  const data: unknown = state.data;
  if (typeof data !== "object" || data === null || !("pages" in data)) return true;
  return Array.isArray(data.pages) && data.pages.length <= 1;
}

const named = (names: ReadonlySet<string>) => (query: Query) =>
  names.has(String(query.queryKey[0])) && isShallow(query);

/** Keeps what the page shows as fresh as the stream; bursts become one refresh. */
export function refreshByStream(queries: QueryClient): Disposable {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFresh = true;

  const flush = () => {
    timer = undefined;
    const names = new Set(waiting);
    waiting.clear();
    void queries.invalidateQueries({ predicate: named(names) });
  };
  const stopTopics = feed.onTopic((type) => {
    if (type === "reset") {
      void queries.invalidateQueries();
      return;
    }
    if (type === "bye") {
      void queries.invalidateQueries({ queryKey: keys.session });
      return;
    }
    for (const [name] of madeOld[type] ?? []) waiting.add(name);
    if (waiting.size > 0) timer ??= setTimeout(flush, GATHER_MS);
  });
  let lastReceived = feed.snapshot().received;
  const stopFeed = feed.subscribe(() => {
    const { received, stats } = feed.snapshot();
    if (received !== lastReceived) isFresh = false;
    lastReceived = received;
    if (stats && queries.getQueryData(keys.stats) !== stats) queries.setQueryData(keys.stats, stats);
  });
  const follow = setInterval(() => {
    if (isFresh || document.hidden) return;
    isFresh = true;
    const names = new Set<string>(following.map(([name]) => name));
    void queries.invalidateQueries({ predicate: named(names) });
  }, FOLLOW_MS);

  return {
    [Symbol.dispose]() {
      stopTopics();
      stopFeed();
      clearTimeout(timer);
      clearInterval(follow);
    },
  };
}
