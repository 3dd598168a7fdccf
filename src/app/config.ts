import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as z from "zod";
import { analysisSettings } from "#analysis/settings.ts";
import { apiSettings } from "#api/settings.ts";
import { keeperSettings } from "#collector/keeper/settings.ts";
import { collectorSettings } from "#collector/settings.ts";
import { limitsSchema } from "#decoys/runtime/settings.ts";
import { fleetSettings } from "#fleet/settings.ts";
import { ingestSettings } from "#ingest/settings.ts";
import { journalSettings } from "#journal/settings.ts";
import { loadConfig } from "#kernel/config.ts";
import { machineSettings } from "#machine/settings.ts";

/** Every setting of the product: each room declares its own beside its code, this file joins them. */
export const configSchema = z.strictObject({
  dataDir: z.string().default("~/.decnet").meta({
    description: "folder of everything that is kept: evidence, store, identities, spools",
    env: "DECNET_DATA_DIR",
  }),
  storeUrl: z.string().default("").meta({
    description: "where rows live: `sqlite:PATH`; unset = `decnet.db` in the data folder",
    env: "DECNET_STORE_URL",
  }),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("warn").meta({
    description: "least severe level of the program's own log on standard error",
    env: "DECNET_LOG_LEVEL",
  }),
  dockerHost: z.string().default("unix:///var/run/docker.sock").meta({
    description: "the engine that `decnet doctor` looks for; empty = none",
    env: "DECNET_DOCKER_HOST",
  }),
  api: apiSettings,
  collector: collectorSettings,
  keeper: keeperSettings,
  journal: journalSettings,
  ingest: ingestSettings,
  analysis: analysisSettings,
  local: fleetSettings,
  decoys: limitsSchema,
  machine: machineSettings,
});

type Parsed = z.output<typeof configSchema>;
export type Settings = Readonly<Parsed>;

/** Set by our own scripts and tests; they mean nothing to the product. */
const IGNORED = ["DECNET_TEST_REQUIRE_ALL"];

const absolute = (path: string): string =>
  resolve(path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path);

/**
 * The whole configuration, read once.
 * @throws {ConfigError} naming every bad or unknown variable
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const settings = loadConfig(configSchema, env, IGNORED);
  const dataDir = absolute(settings.dataDir);
  return {
    ...settings,
    dataDir,
    storeUrl: settings.storeUrl === "" ? `sqlite:${join(dataDir, "decnet.db")}` : settings.storeUrl,
  };
}
