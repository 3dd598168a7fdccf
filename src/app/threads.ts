import { hostname } from "node:os";
import { dirname } from "node:path";
import { type MessagePort, Worker as NodeWorker, type Transferable } from "node:worker_threads";
import { createAnalysis } from "#analysis/profiler.ts";
import { createThreadBus } from "#bus/local/bus.ts";
import { createCollector } from "#collector/collector.ts";
import { createKeeper } from "#collector/keeper/keeper.ts";
import { artifactsRootOf, dropRootOf } from "#collector/keeper/settings.ts";
import { rawLogFileOf } from "#collector/settings.ts";
import type { HostFacts } from "#collector/stream-pipe.ts";
import { createIngester } from "#ingest/ingester.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { Supervisor } from "#kernel/supervisor.ts";
import { reportStatus, type SpawnThread, serveThread } from "#kernel/thread.ts";
import { QUERY_THREAD_ROLE, type QueryThreadData } from "#store/calls.ts";
import { serveQueries } from "#store/query-thread.ts";
import { openStoreWriter } from "#store/sqlite/writer.ts";
import type { Settings } from "./config.ts";
import { openKeeperReports } from "./keeper-reports.ts";

/** Threads that host workers, and which. The names are also those of the threads' roles. */
export const workersOf = {
  collector: ["collector", "keeper"],
  pipeline: ["ingester", "profiler"],
} as const;

export type ThreadRole = keyof typeof workersOf;

export interface ThreadData {
  readonly settings: Settings;
  readonly busPort: MessagePort;
  /** decky → what the host knows of it. */
  readonly facts: Readonly<Record<string, HostFacts>>;
  readonly slugs: readonly string[];
}

interface Assignment {
  readonly role: string;
  readonly data: unknown;
}

/** Starts threads that run `entry` again in another role: one file to ship, one to debug. */
export const threadSpawner =
  (entry: string): SpawnThread =>
  (role: string, data: unknown, transfer: readonly Transferable[]) =>
    new NodeWorker(entry, {
      name: role,
      workerData: { role, data } satisfies Assignment,
      transferList: [...transfer],
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });

/** What a thread does when it finds itself started. */
export async function runThread(assignment: Assignment, port: MessagePort): Promise<void> {
  if (assignment.role === QUERY_THREAD_ROLE) {
    serveQueries(assignment.data as QueryThreadData, port);
    return;
  }
  const data = assignment.data as ThreadData;
  const log = createLog(assignment.role, data.settings.logLevel);
  const supervisor = new Supervisor({ log, onChange: reportStatus });
  await using stack = new AsyncDisposableStack();
  if (assignment.role === ("collector" satisfies ThreadRole)) addCollector(supervisor, data, stack);
  else addPipeline(supervisor, data, stack);
  await serveThread(supervisor, port);
}

function addCollector(
  supervisor: Supervisor,
  { settings, busPort, facts, slugs }: ThreadData,
  stack: AsyncDisposableStack,
): void {
  const { dataDir, collector, journal, keeper } = settings;
  const known = new Set(slugs);
  const bus = createThreadBus(busPort, systemClock);
  const reports = stack.use(openKeeperReports(rawLogFileOf(dataDir, collector), systemClock));
  supervisor.add(
    createCollector(
      { bus, facts: (decky) => facts[decky], isSlug: (name) => known.has(name) },
      { settings: collector, journal, dataDir, host: hostname() },
    ),
  );
  supervisor.add(
    createKeeper(
      {
        dropRoot: dropRootOf(dataDir),
        artifactsRoot: artifactsRootOf(dataDir, keeper),
        report: reports.report,
      },
      keeper,
    ),
  );
}

function addPipeline(
  supervisor: Supervisor,
  { settings, busPort }: ThreadData,
  stack: AsyncDisposableStack,
): void {
  const { dataDir, collector, journal, keeper, ingest, analysis, storeUrl } = settings;
  const bus = createThreadBus(busPort, systemClock);
  const writer = stack.use(openStoreWriter(storeUrl));
  const reader = stack.use(openFileJournalReader(dirname(rawLogFileOf(dataDir, collector))));
  const config = {
    ...ingest,
    keepSegments: journal.keepSegments,
    artifactsRoot: artifactsRootOf(dataDir, keeper),
  };
  supervisor.add(createIngester({ writer, reader, bus }, config));
  supervisor.add(createAnalysis({ writer, bus }, analysis));
}
