import * as z from "zod";
import type { WorldSettings } from "./model.ts";

/** Caps of `worlds.sqlite` (`docs/machine.md`). */
export const machineSettings = z.strictObject({
  worldTtlDays: z.coerce.number().int().min(1).max(3650).default(30).meta({
    description: "days after which a world that nobody used is retired",
    env: "DECNET_WORLD_TTL_D",
  }),
});

export const defaultWorldSettings: WorldSettings = {
  ttlDays: 30,
  maxWorlds: 2000,
  maxBytes: 384 * 1_048_576,
  maxWorldBytes: 16 * 1_048_576,
  maxWorldEntries: 4000,
};
