import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestApi, PASSWORD, type TestApi } from "../testing/open-api.ts";
import { seedEvent, seedOutbox } from "../testing/seed.ts";
import { readStream, type SeenFrame, shownSeqs } from "../testing/stream-client.ts";

let api: TestApi;
let token: string;

beforeEach(async () => {
  api = await openTestApi();
  await api.addUser("admin", "admin");
  token = await api.token("admin");
});
afterEach(() => api[Symbol.asyncDispose]());

const allSeqs = (after: number): readonly number[] =>
  api.db
    .prepare("SELECT seq FROM events WHERE seq > ? ORDER BY seq")
    .all(after)
    .map((row) => Number(row["seq"]));

const opened = (frames: readonly SeenFrame[]): boolean =>
  frames.some(({ data }) => (data as { type?: string }).type === "stats");

function store(count: number, text = ""): number {
  let last = 0;
  api.db.exec("BEGIN");
  for (let i = 0; i < count; i += 1) last = seedEvent(api.db, { fields: { n: String(i), text } });
  api.db.exec("COMMIT");
  api.hint();
  return last;
}

const live = { query: "topics=logs,stats" };

it("shows an event within a second of its commit", async () => {
  await using reader = await readStream(api.url, token, live);
  await reader.until(opened);
  const before = Date.now();
  const last = store(1);
  await reader.until((frames) => shownSeqs(frames).includes(last));
  expect(Date.now() - before).toBeLessThan(1000);
  expect(reader.frames.at(-1)?.id).toMatch(/^[0-9a-f]{8}-\d+$/u);
});

it("shows every event once and in order across disconnects at random moments, while others watch or nobody does", async () => {
  for (const withCompany of [true, false]) {
    await using company = withCompany ? await readStream(api.url, token, live) : null;
    let first = allSeqs(0).at(-1) ?? 0;
    const seen: number[] = [];
    let lastEventId: string | null = null;
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) {
        store(randomInt(1, 60));
        await sleep(randomInt(5, 40));
      }
    })();
    for (let round = 0; round < 12; round += 1) {
      await using reader = await readStream(api.url, token, { query: "topics=logs", lastEventId });
      await reader.until((frames) => shownSeqs(frames).length > randomInt(1, 80));
      if (round === 0) first = (shownSeqs(reader.frames)[0] ?? 1) - 1;
      seen.push(...shownSeqs(reader.frames));
      expect(reader.frames.filter(({ event }) => event !== "message")).toEqual([]);
      lastEventId = reader.lastId;
    }
    stop.abort();
    await writing;
    await using rest = await readStream(api.url, token, { query: "topics=logs", lastEventId });
    const wanted = allSeqs(first);
    await rest.until((frames) => seen.length + shownSeqs(frames).length >= wanted.length);
    seen.push(...shownSeqs(rest.frames));
    expect(seen).toEqual(wanted);
    expect(company?.frames.length ?? 0).toBeGreaterThanOrEqual(0);
  }
}, 60_000);

it("resumes a search from the store and shows only what it asks", async () => {
  let id: string | null;
  {
    await using reader = await readStream(api.url, token, { query: "topics=logs,stats&search=field.n:3" });
    await reader.until(opened);
    store(5);
    await reader.until((frames) => shownSeqs(frames).length === 1);
    id = reader.lastId;
  }
  store(5);
  store(4);
  await using again = await readStream(api.url, token, {
    query: "topics=logs&search=field.n:3",
    lastEventId: id,
  });
  await again.until((frames) => shownSeqs(frames).length === 2);
  const texts = again.frames.flatMap(({ data }) =>
    (data as { data: { fields: { n: string } }[] }).data.map((row) => row.fields.n),
  );
  expect(texts).toEqual(["3", "3"]);
});

it("says reset when the position is of another process or more than 5000 events ago", async () => {
  await using stranger = await readStream(api.url, token, { lastEventId: "00000000-5" });
  await stranger.until((frames) => frames.length > 0);
  expect(stranger.frames[0]).toEqual({ id: null, event: "reset", data: { reason: "unknown_epoch" } });
  let id: string | null;
  {
    await using reader = await readStream(api.url, token, { query: "topics=logs,stats&search=field.n:0" });
    await reader.until(opened);
    store(1);
    await reader.until((frames) => shownSeqs(frames).length === 1);
    id = reader.lastId;
  }
  {
    await using company = await readStream(api.url, token, live);
    await company.until(opened);
    const last = store(5001);
    await company.until((frames) => shownSeqs(frames).includes(last));
  }
  await using late = await readStream(api.url, token, {
    query: "topics=logs&search=field.n:0",
    lastEventId: id,
  });
  await late.until((frames) => frames.some(({ event }) => event === "reset"));
  expect(late.frames[0]).toEqual({ id: null, event: "reset", data: { reason: "too_old" } });
}, 15_000);

it("says what it leaves out above 2000 events a second, and rows and gaps are the table", async () => {
  await using reader = await readStream(api.url, token, live);
  await reader.until(opened);
  const first = allSeqs(0).length;
  const total = 6000;
  store(total);
  const gapCount = (frames: readonly SeenFrame[]): number =>
    frames
      .filter(({ event }) => event === "gap")
      .reduce((sum, { data }) => sum + (data as { count: number }).count, 0);
  await reader.until((frames) => shownSeqs(frames).length + gapCount(frames) >= total);
  const left = new Set<number>();
  for (const { event, data } of reader.frames) {
    if (event !== "gap") continue;
    const { from, to, reason } = data as { from: number; to: number; reason: string };
    expect(reason).toBe("rate");
    for (let seq = from; seq <= to; seq += 1) left.add(seq);
  }
  expect(left.size).toBeGreaterThan(0);
  expect([...left, ...shownSeqs(reader.frames)].sort((a, b) => a - b)).toEqual(allSeqs(first));
}, 20_000);

it("gives a client that does not read a gap, and another one everything", async () => {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  socket.write(
    `GET /api/v1/stream?topics=logs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`,
  );
  await using reader = await readStream(api.url, token, live);
  await reader.until(opened);
  const first = allSeqs(0).at(-1) ?? 0;
  const text = "x".repeat(8000);
  for (let i = 0; i < 10; i += 1) {
    const last = store(150, text);
    await reader.until((frames) => shownSeqs(frames).includes(last));
  }
  expect(shownSeqs(reader.frames)).toEqual(allSeqs(first));
  let received = "";
  const gap = new Promise<void>((resolve) => {
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
      if (received.includes("slow_client")) resolve();
    });
  });
  socket.resume();
  await gap;
  socket.destroy();
  expect(received).toMatch(/event: gap\ndata: \{"from":\d+,"to":\d+,"count":\d+,"reason":"slow_client"\}/u);
}, 30_000);

it("tells of attackers and sessions from the outbox", async () => {
  await using reader = await readStream(api.url, token, { query: "topics=attackers,sessions,stats" });
  await reader.until(opened);
  seedOutbox(api.db, "attacker.observed", { attacker_ip: "192.0.2.1" });
  seedOutbox(api.db, "credential.captured", { secret_sha256: "x" });
  seedOutbox(api.db, "attacker.session.started", { session_id: "s" });
  api.hint();
  const named = () => reader.frames.filter(({ event }) => event !== "message");
  await reader.until(() => named().length === 2);
  expect(
    named().map(({ event, data }) => [event, (data as { topic: string; payload: object }).topic]),
  ).toEqual([
    ["attacker.observed", "attackers"],
    ["session.started", "sessions"],
  ]);
});

it("refuses the sixth stream of a user before any header of a stream", async () => {
  const readers = await Promise.all(Array.from({ length: 5 }, () => readStream(api.url, token, live)));
  await Promise.all(readers.map((reader) => reader.until(opened)));
  await using sixth = await readStream(api.url, token);
  expect([sixth.status, sixth.response.headers.get("content-type")]).toEqual([
    429,
    "application/problem+json; charset=utf-8",
  ]);
  await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
});

it("closes when its session ends or the password of its user changes", async () => {
  const other = await api.token("admin");
  await using own = await readStream(api.url, token, live);
  await using others = await readStream(api.url, other, live);
  await Promise.all([own.until(opened), others.until(opened)]);
  const response = await fetch(`${api.url}/api/v1/auth/change-password`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ old_password: PASSWORD, new_password: "quite another phrase" }),
  });
  expect(response.status).toBe(200);
  await others.until((frames) => frames.some(({ event }) => event === "bye"));
  expect(own.frames.some(({ event }) => event === "bye")).toBe(false);
});

it("closes within five seconds when the role changes in the store", async () => {
  await using reader = await readStream(api.url, token, live);
  await reader.until(opened);
  api.db.exec("UPDATE users SET role = 'viewer'");
  const before = Date.now();
  await reader.until((frames) => frames.some(({ event }) => event === "bye"));
  expect(Date.now() - before).toBeLessThan(5500);
}, 12_000);

it("reads the store once for a hundred viewers", async () => {
  await using many = await openTestApi({}, { streamsPerUser: 200 });
  await many.addUser("admin", "admin");
  const key = await many.token("admin");
  let reads = 0;
  const real = { ...many.store.eventsRead };
  many.store.eventsRead.after = (seq, limit) => {
    reads += 1;
    return real.after(seq, limit);
  };
  const readers = await Promise.all(Array.from({ length: 100 }, () => readStream(many.url, key, live)));
  await Promise.all(readers.map((reader) => reader.until(opened)));
  const before = reads;
  const last = seedEvent(many.db);
  many.hint();
  await Promise.all(readers.map((reader) => reader.until((frames) => shownSeqs(frames).includes(last))));
  expect(reads - before).toBeLessThan(5);
  await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
}, 20_000);
