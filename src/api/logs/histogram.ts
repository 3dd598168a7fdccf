import type { EventFilter, SearchTerm } from "#store/repositories/event-filter.ts";
import type { RollupFilter } from "#store/repositories/stats-read.ts";

/** The filter as the rollups can answer it, or null when only the events can. */
export function asRollupFilter(filter: EventFilter): RollupFilter | null {
  const { terms, address, sid, severity, origin } = filter;
  if (address !== undefined || sid !== undefined || severity !== undefined || origin !== undefined)
    return null;
  const columns = new Map<string, Set<string>>([
    ["decky", new Set(filter.decky === undefined ? [] : [filter.decky])],
    ["service", new Set(filter.service === undefined ? [] : [filter.service])],
    ["event_type", new Set(filter.eventType === undefined ? [] : [filter.eventType])],
  ]);
  for (const term of terms) {
    const values = simpleColumn(term) ? columns.get(term.column) : undefined;
    if (values === undefined) return null;
    values.add((term as Extract<SearchTerm, { kind: "column" }>).value);
  }
  // Two different values of one column: nothing fits, which the events answer as well.
  if ([...columns.values()].some((values) => values.size > 1)) return null;
  const only = (column: string): string | undefined => [...(columns.get(column) ?? [])][0];
  return { decky: only("decky"), service: only("service"), eventType: only("event_type") };
}

const simpleColumn = (term: SearchTerm): term is Extract<SearchTerm, { kind: "column" }> =>
  term.kind === "column" && !term.not && !term.prefix && term.column !== "session";

export interface Bar {
  readonly bucket: number;
  readonly group: string | null;
  readonly count: number;
}

function sumGroups(parts: readonly Bar[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const { group, count } of parts)
    if (group !== null) groups.set(group, (groups.get(group) ?? 0) + count);
  return groups;
}

/** Every bar of a range, empty ones included, oldest first. */
export function fillBars(
  found: readonly Bar[],
  range: { readonly startUs: number; readonly endUs: number; readonly widthUs: number },
): readonly {
  readonly bucket: number;
  readonly count: number;
  readonly groups: ReadonlyMap<string, number>;
}[] {
  const byBucket = Map.groupBy(found, (bar) => bar.bucket);
  const bars = [];
  for (let at = range.startUs - (range.startUs % range.widthUs); at < range.endUs; at += range.widthUs) {
    const parts = byBucket.get(at) ?? [];
    bars.push({
      bucket: at,
      count: parts.reduce((sum, part) => sum + part.count, 0),
      groups: sumGroups(parts),
    });
  }
  return bars;
}
