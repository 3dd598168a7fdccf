import { compact, number, text } from "../../api/search-params.ts";

/** Filters of the live feed, and the event whose drawer is open. */
export interface OverviewSearch {
  readonly severity?: number;
  readonly service?: string;
  readonly decky?: string;
  readonly open?: string;
}

export function parseOverviewSearch(raw: Record<string, unknown>): OverviewSearch {
  return compact({
    severity: number(raw, "severity", 0, 7),
    service: text(raw, "service", 32),
    decky: text(raw, "decky", 80),
    open: text(raw, "open", 32),
  });
}
