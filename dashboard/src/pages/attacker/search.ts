import { compact, oneOf, text } from "../../api/search-params.ts";

export const tabs = ["timeline", "commands", "credentials", "sessions", "files"] as const;
export type TabId = (typeof tabs)[number];

export interface AttackerSearch {
  readonly tab?: TabId;
  /** Filter of the command list. */
  readonly search?: string;
  readonly service?: string;
}

export function parseAttackerSearch(raw: Record<string, unknown>): AttackerSearch {
  const tab = oneOf(raw, "tab", tabs);
  return compact({
    tab: tab === "timeline" ? undefined : tab,
    search: text(raw, "search"),
    service: text(raw, "service", 32),
  });
}
