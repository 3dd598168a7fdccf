import { compact, number, oneOf, text } from "../../api/search-params.ts";

export const sorts = [
  "recent",
  "active",
  "traversals",
  "-last_seen",
  "last_seen",
  "-first_seen",
  "-event_count",
] as const;
export const activities = ["active", "passive", "inactive"] as const;

export interface AttackersSearch {
  readonly search?: string;
  readonly sort?: (typeof sorts)[number];
  readonly service?: string;
  readonly decky?: string;
  readonly country?: string;
  readonly asn?: number;
  readonly activity?: (typeof activities)[number];
}

export function parseAttackersSearch(raw: Record<string, unknown>): AttackersSearch {
  const country = text(raw, "country", 2);
  return compact({
    search: text(raw, "search"),
    sort: oneOf(raw, "sort", sorts),
    service: text(raw, "service", 32),
    decky: text(raw, "decky", 80),
    country: country !== undefined && /^[A-Za-z]{2}$/.test(country) ? country.toUpperCase() : undefined,
    asn: number(raw, "asn", 0, 4_294_967_295),
    activity: oneOf(raw, "activity", activities),
  });
}
