import { dirname } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { createAnalysis } from "#analysis/profiler.ts";
import { createThreadBus } from "#bus/local/bus.ts";
import { artifactsRootOf } from "#collector/keeper/settings.ts";
import { rawLogFileOf } from "#collector/settings.ts";
import { createIngester } from "#ingest/ingester.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { collectWhenIdle } from "#kernel/memory.ts";
import { Supervisor } from "#kernel/supervisor.ts";
import { reportStatus, serveThread } from "#kernel/thread.ts";
import { openStoreWriter } from "#store/sqlite/writer.ts";
import type { ThreadData } from "./contract.ts";

/** The one thread that writes rows: journal to evidence, evidence to sessions, profiles and rollups. */
export async function runPipelineThread({ settings, busPort }: ThreadData, port: MessagePort): Promise<void> {
  const { dataDir, collector, journal, keeper, ingest, analysis, storeUrl } = settings;
  const supervisor = new Supervisor({
    log: createLog("pipeline", settings.logLevel),
    onChange: reportStatus,
  });
  const bus = createThreadBus(busPort, systemClock);
  using writer = openStoreWriter(storeUrl);
  using reader = openFileJournalReader(dirname(rawLogFileOf(dataDir, collector)));
  const config = {
    ...ingest,
    keepSegments: journal.keepSegments,
    artifactsRoot: artifactsRootOf(dataDir, keeper),
  };
  supervisor.add(createIngester({ writer, reader, bus }, config));
  supervisor.add(createAnalysis({ writer, bus }, analysis));
  collectWhenIdle();
  await serveThread(supervisor, port);
}
