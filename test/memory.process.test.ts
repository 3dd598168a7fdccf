import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deckyPids, entry, freshFolder, query, startProduct, waitFor } from "./harness.ts";

const LIMIT_KIB = 450 * 1_024;

const pss = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);

const EVENTS = 100_000;

/** A journal family of its own, as another writer would leave it: the ingester reads every family of the folder. */
function leaveEvents(dataDir: string): void {
  const lines = Array.from({ length: EVENTS }, (_, n) => {
    const time = new Date(1_790_000_000_000 + n * 50).toISOString().replace("Z", "000+00:00");
    const address = `198.51.${(n >> 8) % 100}.${n % 250}`;
    return `<134>1 ${time} web-01 http - request [relay@55555 src_ip="${address}" src_port="40000" method="GET" path="/page/${n}" status="404" user_agent="Mozilla/5.0 (X11; Linux x86_64)"]`;
  });
  const parsed = spawnSync(process.execPath, [entry, "parse", "--decky", "web-01", "--service", "http"], {
    input: `${lines.join("\n")}\n`,
    maxBuffer: 1 << 30,
  });
  mkdirSync(join(dataDir, "log"), { recursive: true });
  writeFileSync(join(dataDir, "log", "decnet.seed.json"), parsed.stdout);
}

test("three deckies, collector, store, API and dashboard together stay under 450 MiB when idle with 100 000 events", async () => {
  const dataDir = freshFolder();
  leaveEvents(dataDir);
  await using product = await startProduct({ dataDir });
  await waitFor(
    () =>
      (query<{ n: number }>(dataDir, "SELECT count(*) AS n FROM events")[0]?.n ?? 0) >= EVENTS
        ? true
        : undefined,
    90_000,
    () => "the events are not stored",
  );
  const pids = [product.ready.pid, ...deckyPids(product.dataDir)];
  expect(pids).toHaveLength(4);
  // What is idle settles: the garbage of a burst is collected once the threads rest.
  const sum = await waitFor(
    async () => {
      // Counting pages keeps the counted process from its work.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const now = pids.reduce((all, pid) => all + pss(pid), 0);
      return now < LIMIT_KIB ? now : undefined;
    },
    60_000,
    () => `PSS in KiB by process: ${pids.map((pid) => `${pid}=${pss(pid)}`).join(" ")}`,
  );
  expect(sum).toBeGreaterThan(0);
});
