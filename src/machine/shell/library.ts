import { createRequire } from "node:module";
import type * as JustBash from "just-bash";

let loaded: typeof JustBash | undefined;

/**
 * The library of the grammar, `sed` and `awk`. Loaded with the first shell: it takes as much memory as
 * the rest of a decky, and most deckies wait for their first visitor.
 */
export function library(): typeof JustBash {
  loaded ??= createRequire(import.meta.url)("just-bash") as typeof JustBash;
  return loaded;
}
