import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "#kernel/log.ts";
import { openStoreClient, type StoreClientOptions } from "./client.ts";
import { spawnQueryThread } from "./testing/query-thread.ts";
import type { TestRepositories } from "./testing/repositories.ts";

// Real threads: a processor that others use too makes each start slower.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "decnet-client-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = async (options: StoreClientOptions = {}): Promise<TestRepositories & AsyncDisposable> => {
  const deps = { spawn: spawnQueryThread("test"), log: silentLog };
  const client = await openStoreClient(`sqlite:${folder}/store.db`, deps, {
    repositories: ["probe"],
    ...options,
  });
  return client as unknown as TestRepositories & AsyncDisposable;
};

test("a write in one thread is seen by reads in every thread", async () => {
  await using client = await open();
  await client.probe.put("a", '"1"');
  const seen = await Promise.all(Array.from({ length: 8 }, () => client.probe.get("a")));
  expect(seen).toEqual(Array.from({ length: 8 }, () => '"1"'));
});

test("a method that is not listed as a write cannot write", async () => {
  await using client = await open();
  await expect(client.probe.sneak("b")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  expect(await client.probe.get("b")).toBeUndefined();
});

test("an error keeps its code across the thread", async () => {
  await using client = await open();
  await expect(client.probe.refuse()).rejects.toMatchObject({ code: "TEST_REFUSED", retryable: false });
});

test("a query over its deadline ends with its thread while others are answered", async () => {
  await using client = await open({ deadlineMs: 500 });
  await client.probe.put("c", "2");
  const slow = client.probe.spin(6_000_000);
  expect(await client.probe.get("c")).toBe("2");
  await expect(slow).rejects.toMatchObject({ code: "STORE_QUERY_TIMEOUT" });
  expect(await Promise.all([client.probe.get("c"), client.probe.get("c")])).toEqual(["2", "2"]);
});

test("calls beyond the waiting room are refused at once", async () => {
  await using client = await open({ threads: 1, maxWaiting: 1, deadlineMs: 60_000 });
  const slow = client.probe.spin(2_000_000);
  const waits = client.probe.get("d");
  await expect(client.probe.get("d")).rejects.toMatchObject({ code: "STORE_OVERLOADED" });
  await Promise.all([slow, waits]);
});

test("a store that cannot be opened says why", async () => {
  writeFileSync(join(folder, "file"), "");
  const deps = { spawn: spawnQueryThread("test"), log: silentLog };
  const client = openStoreClient(`sqlite:${folder}/file/store.db`, deps, { repositories: ["probe"] });
  await expect(client).rejects.toThrow(/ENOTDIR|EEXIST/);
});
