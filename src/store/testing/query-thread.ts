import { parentPort, Worker, workerData } from "node:worker_threads";
import type { SpawnThread } from "#kernel/thread.ts";
import type { QueryThreadData } from "../calls.ts";
import { serveQueries } from "../query-thread.ts";
import { testRepositories } from "./repositories.ts";

/** Starts real query threads for tests. `shared` answers with the product's repositories, else with the test ones. */
export const spawnQueryThread =
  (repositories: "product" | "test"): SpawnThread =>
  (_role, data, transfer) =>
    new Worker(new URL(import.meta.url), {
      workerData: { ...(data as QueryThreadData), repositories },
      transferList: [...transfer],
    });

if (parentPort !== null && workerData !== null) {
  const { path, repositories } = workerData as QueryThreadData & { readonly repositories: string };
  if (repositories === "test") serveQueries({ path }, parentPort, testRepositories);
  else serveQueries({ path }, parentPort);
}
