import { join } from "node:path";
import * as z from "zod";

/** Names separated by commas; set but empty means none. */
const list = (byDefault: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .default(byDefault)
    .transform((names) =>
      typeof names === "string"
        ? names
            .split(",")
            .map((name) => name.trim())
            .filter((name) => name !== "")
        : names,
    );

export const collectorSettings = z.strictObject({
  logFile: z
    .string()
    .default("")
    .meta({
      description:
        "raw log, every line as it came; the journal lies beside it; unset = `log/decnet.log` in the data folder",
      env: "DECNET_INGEST_LOG_FILE",
      aliases: ["DECNET_AGENT_LOG_FILE"],
    }),
  dropApps: list("sshd,sshd-session,pam_unix,sudo,su,CRON,cron,systemd,kernel,rsyslogd,dbus-daemon").meta({
    description: "APP-NAMEs whose lines are counted and kept in the raw log, but not recorded",
    env: "DECNET_COLLECTOR_DROP_APPS",
  }),
  rlEventTypes: list("connect,disconnect,connection,accept,close").meta({
    description: "event types that the rate limit looks at",
    env: "DECNET_COLLECTOR_RL_EVENT_TYPES",
  }),
  rlWindowSec: z.coerce.number().min(-1).max(86_400).default(1).meta({
    description: "seconds after an accepted event in which its like is counted instead; 0 = no limit",
    env: "DECNET_COLLECTOR_RL_WINDOW_SEC",
  }),
  rlMaxKeys: z.coerce.number().int().min(8).max(16_777_216).default(65_536).meta({
    description: "slots of the rate limit's table",
    env: "DECNET_COLLECTOR_RL_MAX_KEYS",
  }),
  sessionTtlSec: z.coerce.number().int().min(1).max(604_800).default(3600).meta({
    description: "seconds without a record after which an open session is forgotten for attribution",
    env: "DECNET_COLLECTOR_SESSION_AGG_TTL_SEC",
  }),
  maxLineBytes: z.coerce.number().int().min(4096).max(8_388_608).default(1_048_576).meta({
    description: "a longer line is cut and flagged",
    env: "DECNET_COLLECTOR_MAX_LINE_BYTES",
  }),
  flushMs: z.coerce.number().int().min(0).max(10_000).default(50).meta({
    description: "longest time a line waits for its file",
    env: "DECNET_COLLECTOR_FLUSH_MS",
  }),
  syncMs: z.coerce.number().int().min(0).max(60_000).default(1000).meta({
    description:
      "milliseconds between checkpoints, each with its files synced; 0 = never sync: exact when processes die, not when power fails",
    env: "DECNET_COLLECTOR_SYNC_MS",
  }),
  logRotateMb: z.coerce.number().int().min(0).max(1_048_576).default(100).meta({
    description: "size in MiB at which the raw log is rotated; 0 = leave it to logrotate",
    env: "DECNET_COLLECTOR_LOG_ROTATE_MB",
  }),
  logKeep: z.coerce.number().int().min(1).max(1000).default(7).meta({
    description: "rotated raw logs that are kept",
    env: "DECNET_COLLECTOR_LOG_KEEP",
  }),
  stderr: z.enum(["log", "both", "drop"]).default("log").meta({
    description: "where a container's standard error goes: raw log only, raw log and journal, nowhere",
    env: "DECNET_COLLECTOR_STDERR",
  }),
  diskMinFreeMb: z.coerce.number().int().min(0).max(1_048_576).default(512).meta({
    description: "free MiB below which the collector warns; below half of it reading pauses",
    env: "DECNET_DISK_MIN_FREE_MB",
  }),
});

export type CollectorSettings = z.output<typeof collectorSettings>;

/** The raw log's path; the journal is `journalFileOf` of it. */
export const rawLogFileOf = (dataDir: string, settings: Pick<CollectorSettings, "logFile">): string =>
  settings.logFile === "" ? join(dataDir, "log", "decnet.log") : settings.logFile;

/** The raw log's path with its last suffix replaced by `.json`. */
export const journalFileOf = (rawLogFile: string): string => `${rawLogFile.replace(/\.[^./]*$/, "")}.json`;
