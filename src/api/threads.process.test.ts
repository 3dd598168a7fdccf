import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, it } from "vitest";
import { silentLog } from "#kernel/log.ts";
import { openStoreClient } from "#store/client.ts";
import { openMigrated } from "#store/sqlite/prepare.ts";
import { spawnQueryThread } from "#store/testing/query-thread.ts";
import { Passwords } from "./auth/passwords.ts";
import { openTestApi, PASSWORD, TEST_SCRYPT_LN } from "./testing/open-api.ts";

const ROWS = 300_000;

/** Many events that a slow search must read one by one. */
function fill(path: string): void {
  const db = openMigrated(path, "writer");
  db.exec(`INSERT INTO events (id, received, time, time_source, decky, service, event_type, attacker_ip, attribution,
      origin, fields, msg, raw_line, severity, host)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    SELECT randomblob(16), 1790000000000000 + i, 1, 'line', 'd' || (i % 5), 'ssh', 'connect', '192.0.2.1', 'field',
      'attacker', '{"a":"' || i || '","b":"x"}', '', 'line ' || i, 6, 'h' FROM n`);
  db.close();
}

it("stops a search that takes too long, and meanwhile answers others without holding the event loop", async () => {
  const folder = mkdtempSync(join(tmpdir(), "decnet-api-"));
  const path = join(folder, "decnet.db");
  fill(path);
  const store = await openStoreClient(
    `sqlite:${path}`,
    { spawn: spawnQueryThread("product"), log: silentLog },
    { deadlineMs: 1000, threads: 2 },
  );
  await store.people.createUser({
    uuid: randomUUID(),
    username: "admin",
    passwordHash: await new Passwords(TEST_SCRYPT_LN).hash(PASSWORD, { client: "test", known: true }),
    role: "admin",
    mustChangePassword: false,
    nowUs: Date.now() * 1000,
  });
  {
    await using api = await openTestApi({ store });
    const token = await api.token("admin");
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    // Nothing is in the text index yet, so each event is read for this word.
    const slow = api.get("/logs?search=nowhere", token);
    let answered = 0;
    let done = false;
    const others = (async () => {
      while (!done) {
        const response = await api.get("/logs?limit=20&count=none", token);
        if (response.status === 200) answered += 1;
        await response.arrayBuffer();
      }
    })();
    const response = await slow;
    done = true;
    await others;
    delay.disable();
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      503,
      "query_timeout",
    ]);
    expect(answered).toBeGreaterThan(10);
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
    const after = await api.get("/logs?limit=1&decky=d3", token);
    expect(after.status).toBe(200);
  }
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
