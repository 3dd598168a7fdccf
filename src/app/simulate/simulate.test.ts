import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { requireLoopback, SimulateError, simulate } from "./simulate.ts";

test.each([
  "192.0.2.1",
  "10.0.0.1",
  "0.0.0.0",
  "localhost",
  "example.invalid",
  "::",
  "::ffff:10.0.0.1",
  "fe80::1",
  "",
])("%j is refused as a target", (host) => {
  expect(() => requireLoopback(host)).toThrow(SimulateError);
});

test.each(["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])("%j is loopback", (host) => {
  expect(() => requireLoopback(host)).not.toThrow();
});

test("without a fleet it says how to start one", async () => {
  const wish = {
    dataDir: join(tmpdir(), "decnet-nothing-here"),
    host: "127.0.0.1",
    seed: "1",
    attackers: 1,
    scenarios: [],
    speed: 1,
    signal: AbortSignal.abort(),
    report: () => {},
  };
  await expect(simulate(wish)).rejects.toThrow("decnet up");
});
