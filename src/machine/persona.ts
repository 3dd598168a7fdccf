import * as z from "zod";

const account = z.strictObject({
  user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
  password: z.string().min(1).max(256),
  services: z.array(z.string()).optional(),
});

/** Who may log in (`docs/machine.md`). */
export const authSchema = z.strictObject({
  policy: z.enum(["list", "after_tries", "mixed", "any", "none"]).default("mixed"),
  accounts: z.array(account).max(16).default([]),
  tries: z
    .strictObject({ min: z.int().min(1).max(100), max: z.int().min(1).max(100) })
    .default({ min: 3, max: 8 }),
  dictionary_only: z.boolean().default(true),
});

/**
 * What one pretend computer is made from. Generated once per decky from its secret, stored, and the
 * only source of identity: everything an attacker can ask is derived from it.
 */
export const machinePersonaSchema = z.strictObject({
  /** 64 hex digits: the decky's secret. Seeds everything that must stay the same; never shown. */
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  hostname: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/),
  domain: z.string().max(253).default(""),
  /** Data file of the release, e.g. `debian-12`. */
  release: z.enum(["debian-12", "busybox-router"]).default("debian-12"),
  timezone: z.string().default("Etc/UTC"),
  role: z.enum(["server", "web", "database", "router"]).default("server"),
  hardware: z.strictObject({
    vendor: z.string(),
    product: z.string(),
    serial: z.string(),
    arch: z.enum(["x86_64", "aarch64", "armv7l", "mips", "mipsel"]).default("x86_64"),
    cpuModel: z.string(),
    cpus: z.int().min(1).max(128),
    memoryMiB: z.int().min(16).max(1_048_576),
    diskGiB: z.int().min(1).max(65_536),
    mac: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
  }),
  /** Seconds since 1970. */
  installedAt: z.int(),
  bootedAt: z.int(),
  network: z.strictObject({
    interface: z.string(),
    address: z.string(),
    prefix: z.int().min(1).max(32),
    gateway: z.string(),
    resolver: z.string(),
    /** `filtered`: names do not resolve and addresses time out. */
    policy: z.enum(["filtered", "nat", "offline"]).default("filtered"),
  }),
  /** Ports that this decky really answers, as its own `ss` shows them. */
  listens: z.array(z.strictObject({ port: z.int(), proto: z.enum(["tcp", "udp"]), program: z.string() })),
  /** Ordinary people with accounts on it. */
  people: z.array(z.strictObject({ user: z.string(), name: z.string(), uid: z.int() })).max(50),
  auth: authSchema,
});

export type MachinePersona = z.output<typeof machinePersonaSchema>;
