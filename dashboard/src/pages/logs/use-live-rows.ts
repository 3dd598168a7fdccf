import { useEffect, useMemo, useState } from "react";
import type { LogEvent } from "../../api/model.ts";
import { Feed, type FeedRow, type FeedSnapshot, RING } from "../../api/stream/feed.ts";
import { filteredUrl, openOwn, feed as shared } from "../../api/stream/live.ts";

/** The page's own filtered stream; without a filter the shared one serves. */
export function useStreamFor(search: string, canFollow: boolean): Feed {
  const own = useMemo(() => (search === "" ? undefined : new Feed()), [search]);
  useEffect(() => {
    if (!own || !canFollow) return;
    const connection = openOwn(filteredUrl(search), own);
    return () => connection[Symbol.dispose]();
  }, [own, search, canFollow]);
  return own ?? shared;
}

export interface LiveRows {
  /** Stream above store, joined by sequence number: none twice, none missing. */
  readonly rows: readonly FeedRow[];
  /** How many came in while paused. */
  readonly waiting: number;
}

/**
 * @param stored what the list gave, newest first when `canFollow`
 * @param canFollow whether new events belong to the list: newest first, and the span has no end
 */
export function useLiveRows(
  live: FeedSnapshot,
  stored: readonly LogEvent[],
  { canFollow, isPaused }: { readonly canFollow: boolean; readonly isPaused: boolean },
): LiveRows {
  const [frozen, setFrozen] = useState<FeedSnapshot>();
  if (isPaused && frozen === undefined) setFrozen(live);
  if (!isPaused && frozen !== undefined) setFrozen(undefined);
  const shown = isPaused ? (frozen ?? live) : live;
  const rows = useMemo(() => joinRows(canFollow ? shown.rows : [], stored), [shown.rows, stored, canFollow]);
  const waiting = canFollow && frozen !== undefined ? live.received - frozen.received : 0;
  return { rows, waiting: Math.max(0, waiting) };
}

/**
 * Puts what the stream brought above what the list gave.
 *
 * @param fresh newest first, ≤ RING
 * @param stored newest first
 */
export function joinRows(fresh: readonly FeedRow[], stored: readonly LogEvent[]): readonly FeedRow[] {
  const below = stored.map((event): FeedRow => ({ kind: "event", key: event.id, event }));
  const newest = stored[0]?.seq;
  if (newest === undefined) return fresh;
  const end = fresh.findIndex((row) => row.kind === "event" && row.event.seq <= newest);
  if (end !== -1) return [...fresh.slice(0, end), ...below];
  // The ring has let go of rows that the list never had: say so instead of closing the gap in silence.
  return fresh.length < RING ? [...fresh, ...below] : [...fresh, { kind: "reset", key: "seam" }, ...below];
}
