import { compact, oneOf, text } from "../../api/search-params.ts";

export interface LogsSearch {
  /** In the grammar of the API; every filter of the page is a part of it. */
  readonly search?: string;
  readonly sort?: "-seq" | "seq";
  /** Event whose drawer is open. */
  readonly open?: string;
}

export function parseLogsSearch(raw: Record<string, unknown>): LogsSearch {
  const sort = oneOf(raw, "sort", ["-seq", "seq"]);
  return compact({
    search: text(raw, "search"),
    sort: sort === "seq" ? sort : undefined,
    open: text(raw, "open", 32),
  });
}
