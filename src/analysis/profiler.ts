import type { Bus } from "#bus/contract.ts";
import { Wake } from "#kernel/wake.ts";
import type { Worker } from "#kernel/worker.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import { profilerConsumers } from "./registry.ts";
import { Consumers } from "./runner/run-consumers.ts";
import type { AnalysisSettings } from "./settings.ts";

export interface AnalysisDeps {
  /** Shared with the ingester: one writing connection, one thread. */
  readonly writer: StoreWriter;
  readonly bus: Pick<Bus, "subscribe">;
}

/** The worker `profiler`: sessions, profiles and rollups, each by its own cursor. */
export function createAnalysis(deps: AnalysisDeps, config: AnalysisSettings): Worker {
  let running: Consumers | undefined;
  return {
    name: "profiler",
    policy: "required",
    async run(context, signal) {
      const wake = new Wake();
      // The bus tells of ingesters elsewhere, the connection of the one in this thread.
      using hints = await deps.bus.subscribe("system.log");
      using _commits = deps.writer.watch(() => wake.call());
      const listening = callOnHints(hints, wake);
      running = new Consumers(deps.writer, profilerConsumers(config), context);
      await running.run(signal, wake, (done, behind) => context.progress(done, behind));
      hints[Symbol.dispose]();
      await listening;
    },
    health: () => ({ consumers: running?.report() ?? [] }),
  };
}

async function callOnHints(hints: AsyncIterable<unknown>, wake: Wake): Promise<void> {
  for await (const _ of hints) wake.call();
}
