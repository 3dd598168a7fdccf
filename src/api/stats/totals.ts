import type { z } from "zod";
import type { ApiDeps } from "../deps.ts";
import type { statsShape } from "./contract.ts";

/** The numbers of the overview, for the route and for the stream. */
export async function readTotals(
  deps: Pick<ApiDeps, "store" | "deckies">,
): Promise<z.input<typeof statsShape>> {
  const [totals, deckies] = await Promise.all([deps.store.statsRead.totals(), deps.deckies()]);
  return {
    ...totals,
    active_deckies: deckies.filter(({ state }) => state === "running").length,
    deployed_deckies: deckies.length,
  };
}
