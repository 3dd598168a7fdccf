import { compact, number, oneOf, text } from "../../api/search-params.ts";

export interface SessionsSearch {
  readonly attacker?: string;
  readonly state?: "open" | "closed";
  readonly service?: string;
  readonly decky?: string;
  readonly has_transcript?: "true" | "false";
  readonly min_commands?: number;
  readonly sort?: "-started_at" | "started_at";
}

export function parseSessionsSearch(raw: Record<string, unknown>): SessionsSearch {
  const sort = oneOf(raw, "sort", ["-started_at", "started_at"]);
  return compact({
    attacker: text(raw, "attacker", 64),
    state: oneOf(raw, "state", ["open", "closed"]),
    service: text(raw, "service", 32),
    decky: text(raw, "decky", 80),
    has_transcript: oneOf(raw, "has_transcript", ["true", "false"]),
    min_commands: number(raw, "min_commands", 1, 1_000_000),
    sort: sort === "started_at" ? sort : undefined,
  });
}
