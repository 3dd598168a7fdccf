import { http } from "./http/index.ts";
import { https } from "./https/index.ts";
import type { AnyDecoy } from "./runtime/decky.ts";
import { ssh } from "./ssh/index.ts";
import { telnet } from "./telnet/index.ts";

/** One line per decoy, in order of start. */
const registered = [ssh, telnet, http, https] as const;

export const decoys: readonly AnyDecoy[] = registered;
