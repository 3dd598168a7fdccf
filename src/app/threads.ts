import { type MessagePort, Worker as NodeWorker, type Transferable } from "node:worker_threads";
import type { SpawnThread } from "#kernel/thread.ts";
import { QUERY_THREAD_ROLE, type QueryThreadData } from "#store/calls.ts";
import type { ThreadData, ThreadRole } from "./threads/contract.ts";

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
      resourceLimits: { maxYoungGenerationSizeMb: role === ("collector" satisfies ThreadRole) ? 8 : 3 },
    });

/** What a thread does when it finds itself started. Each loads only what its role needs: every thread has a heap of its own. */
export async function runThread({ role, data }: Assignment, port: MessagePort): Promise<void> {
  if (role === QUERY_THREAD_ROLE) {
    const { serveQueries } = await import("#store/query-thread.ts");
    serveQueries(data as QueryThreadData, port);
  } else if (role === ("collector" satisfies ThreadRole)) {
    const { runCollectorThread } = await import("./threads/collector.ts");
    await runCollectorThread(data as ThreadData, port);
  } else {
    const { runPipelineThread } = await import("./threads/pipeline.ts");
    await runPipelineThread(data as ThreadData, port);
  }
}
