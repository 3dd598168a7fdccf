import type { AnyDecoy } from "./runtime/decky.ts";
import { ssh } from "./ssh/index.ts";

/** One line per decoy, in order of start. */
const registered = [ssh] as const;

export const decoys: readonly AnyDecoy[] = registered;
