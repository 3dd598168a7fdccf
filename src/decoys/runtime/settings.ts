import * as z from "zod";

const count = (byDefault: number, description: string, env: string) =>
  z.coerce.number().int().min(1).default(byDefault).meta({ description, env });

/** Limits of every decoy's sockets, files and recordings (`docs/decoys.md`). */
export const limitsSchema = z.strictObject({
  perService: count(512, "open connections per service", "DECNET_DECOYS_CONNECTIONS"),
  perSource: count(
    32,
    "open connections per source (/32, /64) and service",
    "DECNET_DECOYS_CONNECTIONS_PER_SOURCE",
  ),
  newPerSourcePerSecond: count(
    20,
    "new connections a second per source, lasting rate",
    "DECNET_DECOYS_NEW_PER_SECOND",
  ),
  newPerSourceBurst: count(60, "new connections per source at once", "DECNET_DECOYS_NEW_BURST"),
  idleMs: count(
    600_000,
    "milliseconds without a byte before a connection is closed",
    "DECNET_DECOYS_IDLE_MS",
  ),
  totalMs: count(3_600_000, "longest life of a connection in milliseconds", "DECNET_DECOYS_TOTAL_MS"),
  bytesIn: count(8_388_608, "bytes taken from one connection", "DECNET_DECOYS_BYTES_IN"),
  bytesOut: count(67_108_864, "bytes sent on one connection", "DECNET_DECOYS_BYTES_OUT"),
  eventsPerConnection: count(
    2_000,
    "events of one connection; the rest is summed",
    "DECNET_DECOYS_EVENTS_PER_CONNECTION",
  ),
  eventsPerSourcePerSecond: count(
    50,
    "events a second per source, lasting rate",
    "DECNET_DECOYS_EVENTS_PER_SECOND",
  ),
  eventsPerSourceBurst: count(500, "events per source at once", "DECNET_DECOYS_EVENTS_BURST"),
  recordingBytes: count(
    10_485_760,
    "bytes recorded of one session; then it is marked as cut",
    "DECNET_DECOYS_RECORDING_BYTES",
  ),
  freeDiskBytes: count(
    209_715_200,
    "free disk space below which nothing is recorded or captured",
    "DECNET_DECOYS_FREE_DISK_BYTES",
  ),
  captureBytes: count(52_428_800, "largest captured file", "DECNET_DECOYS_CAPTURE_BYTES"),
  captureFilesPerSession: count(64, "captured files per session", "DECNET_DECOYS_CAPTURE_FILES"),
  captureBytesPerSession: count(
    134_217_728,
    "captured bytes per session",
    "DECNET_DECOYS_CAPTURE_SESSION_BYTES",
  ),
  captureBytesPerSource: count(
    536_870_912,
    "captured bytes per source and day",
    "DECNET_DECOYS_CAPTURE_SOURCE_BYTES",
  ),
  captureBytesPerDecky: count(2_147_483_648, "captured bytes per decky", "DECNET_DECOYS_CAPTURE_DECKY_BYTES"),
});

export type Limits = z.output<typeof limitsSchema>;

export const defaultLimits: Limits = limitsSchema.parse({});
