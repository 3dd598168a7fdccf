import type { Exchange } from "./contract.ts";
import { headerOf } from "./request.ts";

export type Range = { readonly from: number; readonly to: number } | "unsatisfiable" | undefined;

/** One byte range of RFC 9110 §14; several ranges or nonsense count as none. */
export function rangeOf(exchange: Exchange, size: number): Range {
  if (exchange.head.method !== "GET") return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(headerOf(exchange.head, "range")?.trim() ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const tail = Math.min(Number(last), size);
    return tail === 0 ? "unsatisfiable" : { from: size - tail, to: size - 1 };
  }
  const from = Number(first);
  const to = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (from >= size) return "unsatisfiable";
  return to < from ? undefined : { from, to };
}

/** Whether the client's copy is good: If-None-Match before If-Modified-Since; `exact` = only the very same date counts. */
export function isNotModified(exchange: Exchange, etag: string, mtime: number, exact: boolean): boolean {
  const { head } = exchange;
  if (head.method !== "GET" && head.method !== "HEAD") return false;
  const tags = headerOf(head, "if-none-match");
  if (tags !== undefined)
    return tags === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
  const since = Date.parse(headerOf(head, "if-modified-since") ?? "");
  if (Number.isNaN(since)) return false;
  const seconds = Math.floor(mtime / 1000) * 1000;
  return exact ? since === seconds : since >= seconds && since <= exchange.now;
}

export const acceptsGzip = (exchange: Pick<Exchange, "head">): boolean =>
  /(?:^|[\s,])gzip(?:$|[\s,;](?!\s*q=0(?:\.0*)?(?:$|,)))/i.test(
    headerOf(exchange.head, "accept-encoding") ?? "",
  );
