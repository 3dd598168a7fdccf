import { Worker as NodeWorker } from "node:worker_threads";
import { expect, test } from "vitest";
import { silentLog } from "./log.ts";
import type { WorkerStatus } from "./supervisor.ts";
import { openThreadHost } from "./thread.ts";

const entry = new URL("./testing/thread.ts", import.meta.url);

function host(crashes: boolean[]) {
  const seen: string[] = [];
  const waiting: { state: string; count: number; resolve: () => void }[] = [];
  const opened = openThreadHost({
    role: "test",
    names: ["inner"],
    spawn: (_role, workerData) => new NodeWorker(entry, { workerData }),
    data: () => ({ data: { crash: crashes.shift() ?? false }, transfer: [] }),
    log: silentLog,
    backoff: { firstMs: 1, maxMs: 5 },
    onChange: ({ state }: WorkerStatus) => {
      seen.push(state);
      for (const wait of waiting)
        if (seen.filter((s) => s === wait.state).length >= wait.count) wait.resolve();
    },
  });
  const reached = (state: string, count: number) =>
    new Promise<void>((resolve) => {
      if (seen.filter((s) => s === state).length >= count) resolve();
      else waiting.push({ state, count, resolve });
    });
  return { opened, reached };
}

test("workers in a thread are started, controlled and stopped from outside", async () => {
  const { opened } = host([]);
  expect(await opened.startAll()).toEqual([]);
  expect(await opened.control("inner", "stop")).toEqual({ accepted: true, state: "stopped" });
  expect(await opened.control("inner", "start")).toEqual({ accepted: true, state: "running" });
  expect(await opened.control("nobody", "start")).toMatchObject({ accepted: false });
  await opened[Symbol.asyncDispose]();
  expect(opened.statuses()).toMatchObject([{ name: "inner", state: "stopped" }]);
});

test("a thread that dies is started again and its workers run", async () => {
  const { opened, reached } = host([true, true, false]);
  await opened.startAll();
  await reached("backing_off", 2);
  await reached("running", 3);
  expect(opened.statuses()).toMatchObject([
    { state: "running", lastError: { code: "THREAD_EXIT", message: "planned" } },
  ]);
  await opened[Symbol.asyncDispose]();
});
