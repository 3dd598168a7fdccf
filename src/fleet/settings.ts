import * as z from "zod";

/** The local fleet: decoys as processes of this machine, without Docker. */
export const fleetSettings = z.strictObject({
  deckies: z.coerce.number().int().min(0).max(5).default(3).meta({
    description: "how many local deckies `decnet up` runs; 0 = none",
    env: "DECNET_LOCAL_DECKIES",
  }),
  archetypes: z.string().default("web-server,linux-server,iot-device").meta({
    description: "what the local deckies are, in turn; names separated by commas (`decnet archetypes`)",
    env: "DECNET_LOCAL_ARCHETYPES",
  }),
  bind: z.string().default("127.0.0.1").meta({
    description: "address the local decoys listen on; anything but loopback needs `--expose`",
    env: "DECNET_LOCAL_BIND",
  }),
  memoryMb: z.coerce.number().int().min(32).max(1024).default(96).meta({
    description: "heap of one local decky, MiB",
    env: "DECNET_LOCAL_MEMORY_MB",
  }),
});
