import * as z from "zod";
import { type MachinePersona, machinePersonaSchema } from "#machine/persona.ts";

export { type MachinePersona, machinePersonaSchema } from "#machine/persona.ts";

/** What the fleet hands to one decky: `config.json` of its process or container. */
export const deckyConfigSchema = z.strictObject({
  /** Internal name: HOST of every line, folder names. Never sent to anybody. */
  decky: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,79}$/),
  persona: machinePersonaSchema,
  site: z.strictObject({ organisation: z.string(), domain: z.string() }),
  /** Slug → that service's own options, validated by the decoy's schema. */
  services: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Where to bind: slug → declared port → bound address and port. */
  bind: z.record(
    z.string(),
    z.record(z.string(), z.strictObject({ address: z.string(), port: z.int().min(0).max(65_535) })),
  ),
  /** Spool root of this decky: `<dir>/<slug>/<run>-00001.log`; `-` = lines on standard output (containers). */
  spoolDir: z.string(),
  /** The only folder it may write captured files to: `<dir>/<slug>/…`. */
  dropDir: z.string(),
  /** Keys, certificates, worlds. */
  stateDir: z.string(),
  /** Days after which a world that nobody used is retired. */
  worldTtlDays: z.int().min(1).max(3_650).optional(),
  emitSequence: z.boolean().default(true),
  /** Limits that differ from the defaults (`runtime/settings.ts`, `DECNET_DECOYS_*`). */
  limits: z.record(z.string(), z.number().int()).optional(),
});

export type DeckyConfig = z.output<typeof deckyConfigSchema>;
export type Persona = MachinePersona;
