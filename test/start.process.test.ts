import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deckyPids, entry, freePort, freshFolder, query, startProduct } from "./harness.ts";

const up = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  spawnSync(process.execPath, [entry, "up", ...args], {
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  });

test("a busy dashboard port is one line with the fix and exit code 2, and nothing is touched", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const dataDir = freshFolder();
  const { status, stderr } = up({ DECNET_DATA_DIR: dataDir, DECNET_API_PORT: String(port) });
  server.close();
  expect(status).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain(`Port ${port} on 127.0.0.1`);
  expect(stderr).toContain("DECNET_API_PORT");
  rmSync(dataDir, { recursive: true });
});

test("a data folder that cannot be written is named with its setting", () => {
  const folder = freshFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { status, stderr } = up({ DECNET_DATA_DIR: join(file, "data") });
  expect(status).toBe(2);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("DECNET_DATA_DIR");
  rmSync(folder, { recursive: true });
});

test("a mistyped setting is named with the one that was meant", () => {
  const { status, stderr } = up({ DECNET_API_PROT: "8000" });
  expect(status).toBe(2);
  expect(stderr).toContain("did you mean DECNET_API_PORT?");
});

test("a second instance on the same folder is refused; a stop leaves no process and no port; a start goes on with the data", async () => {
  const dataDir = freshFolder();
  const first = await startProduct({ dataDir, keep: true });
  const second = up({ DECNET_DATA_DIR: dataDir, DECNET_API_PORT: String(await freePort()) });
  expect(second.status).toBe(2);
  expect(second.stderr).toContain(`(pid ${first.process.pid})`);

  const events = query<{ n: number }>(dataDir, "SELECT count(*) AS n FROM events")[0]?.n ?? 0;
  const ports = first.ready.deckies.flatMap(({ services }) => services.map(({ port }) => port));
  expect(ports.length).toBeGreaterThan(3);
  expect(await first.stop()).toBe(0);
  expect(deckyPids(dataDir)).toEqual([]);

  await using again = await startProduct({ dataDir });
  expect(again.ready.deckies.flatMap(({ services }) => services.map(({ port }) => port))).toEqual(ports);
  expect(again.output()).not.toMatch(/password\s+\S+.*first start/i);
  expect(query<{ n: number }>(dataDir, "SELECT count(*) AS n FROM events")[0]?.n ?? 0).toBeGreaterThanOrEqual(
    events,
  );
});

test("a fleet wish that cannot be fulfilled says what there is", () => {
  const dataDir = freshFolder();
  mkdirSync(dataDir, { recursive: true });
  const { status, stderr } = up({ DECNET_DATA_DIR: dataDir }, "--archetypes", "web-sever");
  expect(status).toBe(2);
  expect(stderr).toContain("did you mean web-server?");
  rmSync(dataDir, { recursive: true });
});
