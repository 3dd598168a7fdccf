import { compact, number, oneOf } from "../../api/search-params.ts";

export interface SessionSearch {
  /** Position of the replay, seconds. */
  readonly t?: number;
  /** Command that was asked for, by its number. */
  readonly n?: number;
  readonly tab?: "commands" | "events";
}

export function parseSessionSearch(raw: Record<string, unknown>): SessionSearch {
  const tab = oneOf(raw, "tab", ["commands", "events"]);
  return compact({
    t: number(raw, "t", 0, 10_000_000),
    n: number(raw, "n", 0, 1_000_000_000),
    tab: tab === "events" ? tab : undefined,
  });
}
