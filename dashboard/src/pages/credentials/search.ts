import { compact, oneOf, text } from "../../api/search-params.ts";

export const tabs = ["attempts", "top"] as const;
export const sorts = ["-last_seen", "last_seen", "-attempt_count"] as const;

export interface CredentialsSearch {
  readonly tab?: (typeof tabs)[number];
  readonly search?: string;
  readonly service?: string;
  readonly decky?: string;
  readonly attacker_ip?: string;
  readonly outcome?: "success" | "failure";
  readonly sort?: (typeof sorts)[number];
}

export function parseCredentialsSearch(raw: Record<string, unknown>): CredentialsSearch {
  const tab = oneOf(raw, "tab", tabs);
  const sort = oneOf(raw, "sort", sorts);
  return compact({
    tab: tab === "attempts" ? undefined : tab,
    search: text(raw, "search"),
    service: text(raw, "service", 32),
    decky: text(raw, "decky", 80),
    attacker_ip: text(raw, "attacker_ip", 64),
    outcome: oneOf(raw, "outcome", ["success", "failure"]),
    sort: sort === "-last_seen" ? undefined : sort,
  });
}
