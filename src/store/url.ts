import { StoreUrlError } from "./errors.ts";

export type StoreLocation = { readonly engine: "sqlite"; readonly path: string };

/**
 * `sqlite:relative/or/absolute/path` or a bare path.
 *
 * @throws {StoreUrlError} for an engine that this build does not have
 */
export function parseStoreUrl(url: string): StoreLocation {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "sqlite") {
    throw new StoreUrlError(`DECNET_STORE_URL names the engine "${scheme}"; this build stores in SQLite`);
  }
  const path = scheme === undefined ? url : url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
  if (path === "" || path.includes("\0")) throw new StoreUrlError("DECNET_STORE_URL has no path");
  return { engine: "sqlite", path };
}
