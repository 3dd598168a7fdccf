import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deckyPids, startProduct, waitFor } from "./harness.ts";

const LIMIT_KIB = 450 * 1_024;

const pss = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);

test("three deckies, collector, store, API and dashboard together stay under 450 MiB when idle", async () => {
  await using product = await startProduct();
  const pids = [product.ready.pid, ...deckyPids(product.dataDir)];
  expect(pids).toHaveLength(4);
  // What is idle settles: the garbage of the start is collected once the processes rest.
  const sum = await waitFor(
    () => {
      const now = pids.reduce((all, pid) => all + pss(pid), 0);
      return now < LIMIT_KIB ? now : undefined;
    },
    60_000,
    () => `PSS in KiB by process: ${pids.map((pid) => `${pid}=${pss(pid)}`).join(" ")}`,
  );
  expect(sum).toBeGreaterThan(0);
});
