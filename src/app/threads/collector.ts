import { hostname } from "node:os";
import type { MessagePort } from "node:worker_threads";
import { createThreadBus } from "#bus/local/bus.ts";
import { createCollector } from "#collector/collector.ts";
import { createKeeper } from "#collector/keeper/keeper.ts";
import { artifactsRootOf, dropRootOf } from "#collector/keeper/settings.ts";
import { rawLogFileOf } from "#collector/settings.ts";
import { systemClock } from "#kernel/clock.ts";
import { createLog } from "#kernel/log.ts";
import { collectWhenIdle } from "#kernel/memory.ts";
import { Supervisor } from "#kernel/supervisor.ts";
import { reportStatus, serveThread } from "#kernel/thread.ts";
import { openKeeperReports } from "../keeper-reports.ts";
import type { ThreadData } from "./contract.ts";

/** Spools become raw log and journal; captured files come into custody. */
export async function runCollectorThread(data: ThreadData, port: MessagePort): Promise<void> {
  const { settings, busPort, facts, slugs } = data;
  const { dataDir, collector, journal, keeper } = settings;
  const supervisor = new Supervisor({
    log: createLog("collector", settings.logLevel),
    onChange: reportStatus,
  });
  using reports = openKeeperReports(rawLogFileOf(dataDir, collector), systemClock);
  const known = new Set(slugs);
  supervisor.add(
    createCollector(
      {
        bus: createThreadBus(busPort, systemClock),
        facts: (decky) => facts[decky],
        isSlug: (name) => known.has(name),
      },
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
  collectWhenIdle();
  await serveThread(supervisor, port);
}
