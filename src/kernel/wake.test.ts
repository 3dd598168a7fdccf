import { expect, test } from "vitest";
import { Wake } from "./wake.ts";

const never = new AbortController().signal;

test("a call made while nobody waits ends the next wait at once", async () => {
  const wake = new Wake();
  wake.call();
  await expect(wake.wait(60_000, never)).resolves.toBeUndefined();
});

test("many calls are one, and the wait after them is a real wait", async () => {
  const wake = new Wake();
  wake.call();
  wake.call();
  await wake.wait(60_000, never);
  let woken = false;
  const waiting = wake.wait(60_000, never).then(() => {
    woken = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(woken).toBe(false);
  wake.call();
  await waiting;
  expect(woken).toBe(true);
});

test("an abort ends the wait", async () => {
  const wake = new Wake();
  const stop = new AbortController();
  const waiting = wake.wait(60_000, stop.signal);
  stop.abort();
  await expect(waiting).resolves.toBeUndefined();
  await expect(wake.wait(60_000, stop.signal)).resolves.toBeUndefined();
});
