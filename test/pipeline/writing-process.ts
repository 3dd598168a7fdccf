import { createAnalysis } from "#analysis/profiler.ts";
import { createLocalBus } from "#bus/local/bus.ts";
import { createIngester } from "#ingest/ingester.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { openStoreWriter } from "#store/sqlite/writer.ts";

/** The writing thread of the product as a process of its own, so that it can be killed at any instruction. */
const [folder, url] = process.argv.slice(2);
if (folder === undefined || url === undefined) throw new Error("usage: writing-process FOLDER URL");

const log = createLog("writing-process", "warn");
const bus = createLocalBus(systemClock);
using writer = openStoreWriter(url);
using reader = openFileJournalReader(folder);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const context = { log, clock: systemClock, progress: () => {} };
process.send?.("ready");
await Promise.all([
  createIngester(
    { writer, reader, bus },
    { batchSize: 200, keepSegments: 10_000, artifactsRoot: folder },
  ).run(context, stop.signal),
  createAnalysis({ writer, bus }, { sessionGapS: 300, sessionLostS: 3600 }).run(context, stop.signal),
]);
process.disconnect?.();
