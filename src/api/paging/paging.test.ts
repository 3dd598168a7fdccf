import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../testing/open-api.ts";
import {
  indexText,
  SEED_TIME,
  seedAttacker,
  seedCommand,
  seedCredential,
  seedEvent,
  seedSession,
  seedSighting,
  uuidOf,
} from "../testing/seed.ts";

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await openTestApi();
  await api.addUser("admin", "admin");
  token = await api.token("admin");
});
afterAll(() => api[Symbol.asyncDispose]());

interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
  readonly total: number | null;
  readonly total_exact: boolean;
}

const get = async (path: string): Promise<Page> => {
  const response = await api.get(path, token);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
};

const and = (path: string, more: string): string => `${path}${path.includes("?") ? "&" : "?"}${more}`;

/** Every row of a list, page by page, doing something between pages. */
async function walk(path: string, key: string, between: () => void = () => {}): Promise<unknown[]> {
  const seen: unknown[] = [];
  let page = await get(path);
  for (;;) {
    seen.push(...page.data.map((row) => row[key]));
    if (page.next_cursor === null) return seen;
    between();
    page = await get(and(path, `cursor=${page.next_cursor}`));
  }
}

it("gives every row that was there exactly once while rows arrive", async () => {
  for (let i = 0; i < 500; i += 1)
    seedEvent(api.db, {
      received: SEED_TIME + (i % 7),
      fields: { word: `needle${i % 3}` },
      attacker_ip: "192.0.2.7",
    });
  const before = api.db
    .prepare("SELECT seq FROM events ORDER BY seq DESC")
    .all()
    .map((row) => row["seq"]);
  const arrive = () => {
    for (let i = 0; i < 5; i += 1)
      seedEvent(api.db, {
        received: SEED_TIME + (i % 7),
        fields: { word: "needle1" },
        attacker_ip: "192.0.2.7",
      });
  };
  expect(await walk("/logs?limit=37", "seq", arrive)).toEqual(before);
});

it("repeats and loses nothing where many rows share the sort key", async () => {
  const range = `start_time=${new Date(SEED_TIME / 1000).toISOString()}&end_time=2027-01-01T00:00:00Z`;
  for (const path of [
    `/logs?limit=50&${range}&sort=seq`,
    "/logs?limit=41&search=needle1",
    "/logs?limit=90&attacker_ip=192.0.0.0/8",
  ]) {
    const seen = await walk(path, "seq");
    expect(seen.length).toBeGreaterThan(160);
    expect(new Set(seen).size).toBe(seen.length);
  }
});

it("finds by words what is in the index, what is not yet, and both together, in one order", async () => {
  const path = "/logs?limit=30&search=needle2 -needle0";
  const unindexed = await walk(path, "seq");
  expect(unindexed.length).toBeGreaterThan(100);
  indexText(api.db, 250);
  expect(await walk(path, "seq")).toEqual(unindexed);
  expect((await walk(`${path}&sort=seq`, "seq")).reverse()).toEqual(unindexed);
  indexText(api.db, 100_000);
  expect(await walk(path, "seq")).toEqual(unindexed);
  expect((await get(path)).total).toBe(unindexed.length);
});

it("goes back to the page before", async () => {
  for (const path of ["/logs?limit=20", "/logs?limit=20&sort=seq&search=needle1"]) {
    const first = await get(path);
    const second = await get(`${path}&cursor=${first.next_cursor}`);
    const third = await get(`${path}&cursor=${second.next_cursor}`);
    const back = await get(`${path}&cursor=${third.prev_cursor}`);
    expect(back.data).toEqual(second.data);
    const start = await get(`${path}&cursor=${back.prev_cursor}`);
    expect([start.data, start.prev_cursor]).toEqual([first.data, null]);
  }
});

it("pages every other list as well", async () => {
  const ip = "203.0.113.9";
  const uuid = uuidOf(ip);
  for (let i = 0; i < 25; i += 1) {
    const session = seedSession(api.db, ip, {
      started_at: SEED_TIME + (i % 4),
      sid: uuidOf(`s${i}`),
      session_id: uuidOf(`s${i}`),
    });
    seedCommand(api.db, ip, session, `echo ${i}`);
    seedCredential(api.db, ip, ["root", `secret${i}`], {
      last_seen: SEED_TIME + (i % 3),
      success_count: i % 2,
    });
    seedSighting(api.db, ip, `/tmp/${i}`, SEED_TIME + (i % 2));
    seedAttacker(api.db, `203.0.113.${100 + i}`, { event_count: i % 5, decky_count: i % 2 });
  }
  const lists = [
    [`/attackers?limit=7&search=203.0.113.0/24`, "uuid", 26],
    [`/attackers?limit=7&search=203.0.113.0/24&sort=active`, "uuid", 26],
    [`/attackers?limit=7&search=203.0.113.0/24&sort=traversals`, "uuid", 26],
    [`/attackers/${uuid}/commands?limit=4`, "id", 25],
    [`/attackers/${uuid}/sessions?limit=4`, "session_id", 25],
    [`/attackers/${uuid}/credentials?limit=4&sort=-attempt_count`, "id", 25],
    [`/attackers/${uuid}/artifacts?limit=4`, "event_id", 25],
    [`/attackers/${uuid}/timeline?limit=4`, "id", 25 + 12 + 25],
    [`/sessions?limit=4&attacker=${ip}`, "session_id", 25],
    [`/credentials?limit=4&attacker_ip=203.0.113.0/24`, "id", 25],
  ] as const;
  for (const [path, key, count] of lists) {
    const seen = await walk(path, key);
    expect([path, seen.length, new Set(seen).size]).toEqual([path, count, count]);
    const first = await get(path);
    expect([path, first.total, first.total_exact]).toEqual([path, count, true]);
    const second = await get(and(path, `cursor=${first.next_cursor}`));
    expect((await get(and(path, `cursor=${second.prev_cursor}`))).data).toEqual(first.data);
    const byNumber = await get(and(path, "offset=3"));
    expect(byNumber.data[0]).toEqual(first.data[3]);
  }
});

it("refuses a cursor of another list, and one that was changed", async () => {
  const { next_cursor: cursor } = await get("/logs?limit=5");
  for (const path of [
    `/logs?limit=5&decky=web-01&cursor=${cursor}`,
    `/credentials?cursor=${cursor}`,
    `/logs?cursor=x${cursor}`,
  ]) {
    const response = await api.get(path, token);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      "bad_cursor",
    ]);
  }
  expect((await api.get(`/logs?limit=9&cursor=${cursor}`, token)).status).toBe(200);
});

it("counts to 10 000 unless asked to count all or nothing", async () => {
  api.db.exec("BEGIN");
  for (let i = 0; i < 10_050; i += 1) seedEvent(api.db, { decky: "many", attacker_ip: null });
  api.db.exec("COMMIT");
  const totals = async (query: string) => {
    const { total, total_exact } = await get(`/logs?limit=1&decky=many${query}`);
    return [total, total_exact];
  };
  expect(await totals("")).toEqual([10_000, false]);
  expect(await totals("&count=exact")).toEqual([10_050, true]);
  expect(await totals("&count=none")).toEqual([null, false]);
});
