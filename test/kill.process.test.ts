import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshFolder, query, spawnProduct, startProduct, waitFor } from "./harness.ts";

const KILLS = 50;
const KILL_MS = 480_000;

/** Keeps a second name on every spool file, so that it is still there when the collector has deleted the first. */
function keepSpools(
  dataDir: string,
  keep: string,
): { scan(): void; stop(): void; lines(): readonly string[] } {
  mkdirSync(keep, { recursive: true });
  const known = new Set<string>();
  const scan = (): void => {
    let paths: string[] = [];
    try {
      paths = readdirSync(join(dataDir, "spool"), { recursive: true, encoding: "utf8" });
    } catch {
      return;
    }
    for (const path of paths) {
      if (!path.endsWith(".log")) continue;
      const from = join(dataDir, "spool", path);
      try {
        const name = `${statSync(from).ino}-${path.replaceAll("/", "_")}`;
        if (known.has(name)) continue;
        linkSync(from, join(keep, name));
        known.add(name);
      } catch {
        // Deleted between the two looks.
      }
    }
  };
  const timer = setInterval(scan, 5);
  return {
    scan,
    stop: () => clearInterval(timer),
    lines: () =>
      readdirSync(keep)
        .flatMap((name) => readFileSync(join(keep, name), "utf8").split("\n").slice(0, -1))
        .filter((line) => line.trim() !== ""),
  };
}

/** Touches until told to stop: requests with numbers in them, and connections that say nothing. Nobody need be there yet. */
function attack({ http, ssh }: Ports, round: number, signal: AbortSignal): Promise<void> {
  const touch = (hand: number, n: number): Promise<void> =>
    new Promise((resolve) => {
      if (n % 5 === 4) {
        const socket = connect({ port: ssh, host: "127.0.0.1", localAddress: `127.8.${hand}.1` });
        socket.once("data", () => socket.destroy());
        socket.on("error", () => socket.destroy());
        socket.setTimeout(2_000, () => socket.destroy());
        socket.once("close", () => resolve());
        return;
      }
      const call = request(
        {
          host: "127.0.0.1",
          port: http,
          localAddress: `127.9.${hand}.${(n % 200) + 1}`,
          path: `/run/${round}/${hand}/${n}`,
          agent: false,
          timeout: 2_000,
        },
        (response) => void response.resume().once("close", () => resolve()),
      );
      call.on("error", () => setTimeout(resolve, 20)).on("timeout", () => call.destroy());
      call.end();
    });
  const one = async (hand: number): Promise<void> => {
    for (let n = 0; !signal.aborted; n += 1) await touch(hand, n);
  };
  return Promise.all([1, 2, 3, 4].map(one)).then(() => {});
}

interface Ports {
  readonly http: number;
  readonly ssh: number;
}

const counts = (values: readonly string[]): ReadonlyMap<string, number> => {
  const map = new Map<string, number>();
  for (const value of values) map.set(value, (map.get(value) ?? 0) + 1);
  return map;
};

test(`kill -9 of everything, ${KILLS} times under load: each line once in decnet.log, in the journal and in the store`, {
  timeout: KILL_MS,
}, async () => {
  const dataDir = freshFolder();
  const keepDir = freshFolder();
  const spools = keepSpools(dataDir, keepDir);
  // One decky: what is shown is the pipeline, and each start costs less.
  const args = ["--deckies", "1"];
  const start = () => startProduct({ dataDir, keep: true, args });
  let seed = 20_261;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const first = await start();
  const ports = { http: first.port("http"), ssh: first.port("ssh") };
  await first.kill();
  for (let round = 0; round < KILLS; round += 1) {
    // Killed while it starts as well as while it works.
    const running = await spawnProduct({ dataDir, args });
    const stop = new AbortController();
    const load = attack(ports, round, stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 300 + random() * 2_400));
    await running.kill();
    spools.scan();
    stop.abort();
    await load;
  }
  const last = await start();
  const lastStop = new AbortController();
  const load = attack(ports, KILLS, lastStop.signal);
  await new Promise((resolve) => setTimeout(resolve, 500));
  lastStop.abort();
  await load;
  await last.stop();
  spools.scan();
  spools.stop();

  // Everything that a decoy wrote, also in its last breath, is read by the next start; the last stop wrote some more.
  await using final = await startProduct({ dataDir, args: ["--deckies", "0"] });
  const written = spools.lines();
  expect(written.length).toBeGreaterThan(1_000);
  const logged = await waitFor(
    () => {
      const lines = readFileSync(join(dataDir, "log", "decnet.log"), "utf8")
        .split("\n")
        .slice(0, -1);
      return lines.length >= written.length ? lines : undefined;
    },
    60_000,
    () => "decnet.log holds fewer lines than the decoys wrote",
  );
  const loggedCounts = counts(logged);
  expect([...loggedCounts].filter(([, count]) => count > 1)).toEqual([]);
  expect(written.filter((line) => !loggedCounts.has(line))).toEqual([]);
  expect(logged).toHaveLength(written.length);

  const folder = join(dataDir, "log");
  const records = readdirSync(folder)
    .filter((name) => name.startsWith("decnet.json") && !name.endsWith(".meta") && !name.endsWith(".lock"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as { id: string; raw_line: string });
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  await waitFor(
    () => {
      const [row] = query<{ n: number }>(dataDir, "SELECT count(*) AS n FROM events");
      return row?.n === records.length ? true : undefined;
    },
    60_000,
    () =>
      `the journal has ${records.length} records, the store ${JSON.stringify(query(dataDir, "SELECT count(*) AS n FROM events"))}`,
  );
  const [total] = query<{ value: number }>(dataDir, "SELECT value FROM counters WHERE name = 'total_events'");
  expect(total?.value).toBe(records.length);
  expect(query(dataDir, "SELECT * FROM dead_letters")).toEqual([]);
  await final.stop();
  rmSync(keepDir, { recursive: true });
});
