import type { AnyDecoy } from "./runtime/decky.ts";

/** One line per decoy, in order of start. */
const registered = [] as const;

export const decoys: readonly AnyDecoy[] = registered;
