import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Bus } from "#bus/contract.ts";
import { type Disk, systemDisk } from "#journal/file/disk.ts";
import type { JournalSettings } from "#journal/settings.ts";
import { Wake } from "#kernel/wake.ts";
import type { Worker, WorkerContext } from "#kernel/worker.ts";
import { CollectorLoop } from "./collector-loop.ts";
import { Counters } from "./counters.ts";
import type { CollectorSettings } from "./settings.ts";
import { journalFileOf, rawLogFileOf } from "./settings.ts";
import type { FindHolders } from "./sources/process/holders.ts";
import type { HostFacts } from "./stream-pipe.ts";

export interface CollectorDeps {
  readonly bus: Pick<Bus, "publish">;
  /** What the fleet knows of a decky; `undefined` = nothing. */
  readonly facts: (decky: string, service: string) => HostFacts | undefined;
  /** Is this the slug of a decoy? An APP-NAME of another decoy is a claim. */
  readonly isSlug: (name: string) => boolean;
  /** For tests. */
  readonly disk?: Disk;
  readonly findHolders?: FindHolders;
  readonly freeBytes?: (folder: string) => number;
}

export interface CollectorConfig {
  readonly settings: CollectorSettings;
  readonly journal: JournalSettings;
  readonly dataDir: string;
  /** Name or id of this host in `source.host`. */
  readonly host: string;
}

export interface Collector extends Worker {
  readonly counters: Counters;
}

/**
 * Reads what decoys write and appends it to the raw log and the journal, each line once across any crash
 * (`docs/guarantees.md`). Made for a thread of its own: its file calls are synchronous.
 */
export function createCollector(deps: CollectorDeps, config: CollectorConfig): Collector {
  const counters = new Counters();
  let loop: CollectorLoop | undefined;
  return {
    name: "collector",
    policy: "required",
    counters,
    health: () => loop?.health() ?? { disk: "closed" },
    async run(context, signal) {
      const wake = new Wake();
      loop = openLoop({ deps, config, context, counters, wake });
      try {
        while (!signal.aborted) {
          const waitMs = loop.step();
          if (waitMs > 0) await wake.wait(waitMs, signal);
          else await new Promise((resolve) => setImmediate(resolve));
        }
        loop.finish();
      } finally {
        loop[Symbol.dispose]();
        loop = undefined;
      }
    },
  };
}

interface Parts {
  readonly deps: CollectorDeps;
  readonly config: CollectorConfig;
  readonly context: WorkerContext;
  readonly counters: Counters;
  readonly wake: Wake;
}

function openLoop({ deps, config, context, counters, wake }: Parts): CollectorLoop {
  const { settings, journal, dataDir, host } = config;
  const logFile = rawLogFileOf(dataDir, settings);
  return new CollectorLoop({
    bus: deps.bus,
    log: context.log,
    clock: context.clock,
    progress: (done, behind) => context.progress(done, behind),
    facts: deps.facts,
    isSlug: deps.isSlug,
    counters,
    wake,
    settings,
    host,
    disk: deps.disk ?? systemDisk,
    ...(deps.findHolders === undefined ? {} : { findHolders: deps.findHolders }),
    freeBytes: deps.freeBytes ?? freeBytes,
    stateFile: join(dataDir, "collector", "state.db"),
    reserveFile: join(dataDir, "collector", "reserve"),
    spoolRoot: join(dataDir, "spool"),
    logFile,
    journalFile: journalFileOf(logFile),
    segmentBytes: journal.segmentMb * 1024 * 1024,
  });
}

/** Bytes that we may still write where this file lies. */
function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
