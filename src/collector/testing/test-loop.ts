import { join } from "node:path";
import { silentLog } from "#kernel/log.ts";
import { Wake } from "#kernel/wake.ts";
import { CollectorLoop, type LoopParts } from "../collector-loop.ts";
import { Counters } from "../counters.ts";
import { collectorSettings } from "../settings.ts";
import { openStateStore } from "../state-store.ts";
import type { FaultyDisk } from "./faulty-disk.ts";

/** A clock that only the test moves. */
export class TestClock {
  ns = 1_790_000_000_000_000_000n;

  now(): number {
    return Number(this.ns / 1_000_000n);
  }

  nowNs(): bigint {
    return this.ns;
  }

  advance(ms: number): void {
    this.ns += BigInt(Math.round(ms * 1_000_000));
  }
}

export interface TestLoopOptions {
  readonly folder: string;
  readonly clock: TestClock;
  readonly faulty: FaultyDisk;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly segmentBytes?: number;
  /** Smaller than the setting allows. */
  readonly logRotateBytes?: number;
  readonly freeBytes?: () => number;
  /** `<decky>/<service>/<file>` of what decoys have open. */
  readonly held: () => ReadonlySet<string>;
  readonly onHint?: () => void;
}

export const paths = (folder: string) => ({
  log: join(folder, "log", "decnet.log"),
  journal: join(folder, "log", "decnet.json"),
  spool: join(folder, "spool"),
});

/** The real loop on real files, with a disk and a state store that can be stopped at any call. */
export function openTestLoop(options: TestLoopOptions): {
  readonly loop: CollectorLoop;
  readonly counters: Counters;
} {
  const { folder, faulty } = options;
  const counters = new Counters();
  const parts: LoopParts = {
    bus: { publish: () => options.onHint?.() },
    log: silentLog,
    clock: options.clock,
    progress: () => {},
    facts: () => undefined,
    isSlug: (name) => name === "ssh" || name === "http",
    counters,
    wake: new Wake(),
    settings: {
      ...collectorSettings.parse({ syncMs: 0, diskMinFreeMb: 0, ...options.settings }),
      ...(options.logRotateBytes === undefined ? {} : { logRotateMb: options.logRotateBytes / 1024 / 1024 }),
    },
    host: "host-1",
    disk: faulty.disk,
    findHolders: () => options.held(),
    watch: false,
    freeBytes: options.freeBytes ?? (() => Number.POSITIVE_INFINITY),
    stateFile: join(folder, "collector", "state.db"),
    reserveFile: join(folder, "collector", "reserve"),
    spoolRoot: paths(folder).spool,
    logFile: paths(folder).log,
    journalFile: paths(folder).journal,
    segmentBytes: options.segmentBytes ?? 1 << 27,
    openStore: (path, isDurable) => {
      const store = openStateStore(path, isDurable);
      return {
        load: () => store.load(),
        commit(change) {
          faulty.step();
          const added = store.commit(change);
          faulty.step(); // killed between the commit and whoever waits for it
          return added;
        },
        noteOutputs(outputs) {
          faulty.step();
          store.noteOutputs(outputs);
          faulty.step();
        },
        [Symbol.dispose]: () => store[Symbol.dispose](),
      };
    },
  };
  return { loop: new CollectorLoop(parts), counters };
}
