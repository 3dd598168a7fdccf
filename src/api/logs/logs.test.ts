import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../testing/open-api.ts";
import { SEED_TIME, seedAttacker, seedCredential, seedEvent, seedSession } from "../testing/seed.ts";

let api: TestApi;
let admin: string;
let viewer: string;

beforeAll(async () => {
  api = await openTestApi();
  await api.addUser("admin", "admin");
  await api.addUser("watcher", "viewer");
  admin = await api.token("admin");
  viewer = await api.token("watcher");
});
afterAll(() => api[Symbol.asyncDispose]());

interface Row {
  readonly id: string;
  readonly seq: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly msg: string;
}

async function search(text: string, token = admin): Promise<readonly number[]> {
  const response = await api.get(`/logs?limit=100&search=${encodeURIComponent(text)}`, token);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Row[] }).data.map(({ seq }) => seq);
}

describe("a search", () => {
  it("takes punctuation, quotes and percent signs as they are", async () => {
    const texts = [
      "dial 10.0.0.1:80 now",
      "GET http://x/ HTTP/1.1",
      "load 100% done",
      "a_b",
      "peer ::1 closed",
      'say "hi there"',
      "it's",
    ];
    const seqs = texts.map((raw_line) => seedEvent(api.db, { raw_line, attacker_ip: null }));
    for (const [index, text] of [
      "10.0.0.1:80",
      "http://x",
      "100%",
      "a_b",
      "::1",
      '"hi there"',
      "it's",
    ].entries())
      expect([text, (await search(text)).includes(seqs[index] ?? 0)]).toEqual([text, true]);
  });

  it("asks columns, fields, networks and countries, and negates", async () => {
    const german = seedEvent(api.db, {
      decky: "db-01",
      attacker_ip: "198.51.100.20",
      fields: { username: "root", size: "1500" },
    });
    seedAttacker(api.db, "2001:db8:7::1", { country_code: "FR", asn: 64999 });
    const french = seedEvent(api.db, {
      decky: "db-01",
      attacker_ip: "2001:db8:7::1",
      fields: { username: "admin", size: "20" },
    });
    const unknown = seedEvent(api.db, { decky: "db-01", attacker_ip: null });
    const all = [unknown, french, german];
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ["decky:db-01", all],
      ["decky:db-* -username:root", [unknown, french]],
      ["decky:db-01 username:roo*", [german]],
      ["decky:db-01 country:fr", [french]],
      ["decky:db-01 -country:FR", [unknown, german]],
      ["decky:db-01 asn:AS64999", [french]],
      ["decky:db-01 attacker:198.51.100.0/27", [german]],
      ["decky:db-01 attacker:2001:db8::/32", [french]],
      ["decky:db-01 -ip:2001:db8::/32", [unknown, german]],
      ["decky:db-01 field.size:>1000", [german]],
      ["decky:db-01 field.size:10..30", [french]],
      ["decky:db-01 -field.size:>1000", [unknown, french]],
    ];
    for (const [text, seqs] of cases) expect([text, await search(text)]).toEqual([text, seqs]);
  });

  it("says where it cannot be read", async () => {
    const response = await api.get(`/logs?search=${encodeURIComponent('ok "open')}`, admin);
    const problem = (await response.json()) as { code: string; errors: { pointer: string }[] };
    expect([response.status, problem.code, problem.errors[0]?.pointer]).toEqual([
      422,
      "invalid",
      "/query/search/3",
    ]);
  });
});

it("carries what an attacker wrote intact, whatever it looks like", async () => {
  const hostile = {
    username: '<script>alert(1)</script>\u0000\u001b[2J\u202e\ud800 \u2028\\"',
    cmd: "$(rm -rf /) %s %n '; DROP TABLE events; --",
    constructor: "own",
  };
  const fields = JSON.parse(`{"__proto__":"own","x":${JSON.stringify("\ufeff")}}`) as Record<string, string>;
  const seq = seedEvent(api.db, { decky: "hostile", msg: "a\nb", fields: { ...hostile } });
  api.db
    .prepare("UPDATE events SET fields = ? WHERE seq = ?")
    .run(
      JSON.stringify({ ...hostile }).replace(/\}$/u, `,"__proto__":"own","x":${JSON.stringify("\ufeff")}}`),
      seq,
    );
  const response = await api.get("/logs?decky=hostile", admin);
  const row = ((await response.json()) as { data: Row[] }).data[0];
  expect(new Map(Object.entries(row?.fields ?? {}))).toEqual(
    new Map([...Object.entries(hostile), ...Object.entries(fields)]),
  );
  expect(row?.msg).toBe("a\nb");
});

describe("a viewer", () => {
  it("sees that a secret was tried, but not which", async () => {
    const sid = seedSession(api.db, "192.0.2.50");
    const fields = {
      username: "root",
      password: "hunter2",
      secret_b64: "aHVudGVyMg==",
      secret_printable: "hunter2",
    };
    seedEvent(api.db, {
      decky: "secret",
      attacker_ip: "192.0.2.50",
      fields,
      raw_line: "password hunter2",
      sid,
    });
    seedEvent(api.db, {
      decky: "secret",
      attacker_ip: "192.0.2.50",
      fields,
      raw_line: "password hunter2",
      sid,
    });
    seedCredential(api.db, "192.0.2.50", ["root", "hunter2"], { success_count: 1 });
    const list = await api.get("/logs?decky=secret", viewer);
    const { id } = ((await list.clone().json()) as { data: Row[] }).data[0] ?? { id: "" };
    const paths = [
      "/logs?decky=secret",
      `/logs/${id}`,
      `/sessions/${sid}/events`,
      "/credentials?attacker_ip=192.0.2.50",
      "/credentials/top?by=secret",
      "/stats/top?what=passwords",
    ];
    const hash = api.db.prepare("SELECT secret_sha256 AS hash FROM credentials").get()?.["hash"];
    for (const path of paths) {
      const [seen, shown] = await Promise.all(
        [viewer, admin].map(async (token) => (await api.get(path, token)).text()),
      );
      expect([path, /hunter2|aHVudGVyMg/u.test(seen ?? ""), seen?.includes(String(hash))]).toEqual([
        path,
        false,
        false,
      ]);
      expect([path, shown?.includes("hunter2")]).toEqual([path, true]);
    }
  });

  it("sees the raw line of an event that holds no secret", async () => {
    seedEvent(api.db, { decky: "plain", raw_line: "nothing to hide", fields: { cmd: "ls" } });
    const list = (await (await api.get("/logs?decky=plain", viewer)).json()) as { data: Row[] };
    const event = await api.get(`/logs/${list.data[0]?.id}`, viewer);
    expect(((await event.json()) as { raw_line: string }).raw_line).toBe("nothing to hide");
  });

  it("cannot ask for the value of a secret", async () => {
    for (const text of ["password:hunter2", "field.secret_b64:aHVudGVyMg==", "-field.secret_printable:h*"]) {
      const response = await api.get(`/logs?search=${encodeURIComponent(text)}`, viewer);
      expect([text, response.status]).toEqual([text, 403]);
    }
    const found = await api.get("/credentials?search=hunter2", viewer);
    expect(((await found.json()) as { data: unknown[] }).data).toEqual([]);
  });
});

it("draws the histogram of a filter from the rollups, and of any other from the events", async () => {
  const minute = 60_000_000;
  const begin = SEED_TIME - (SEED_TIME % (15 * minute));
  for (let i = 0; i < 6; i += 1)
    seedEvent(api.db, {
      decky: "bars",
      service: i % 2 === 0 ? "ssh" : "http",
      received: begin + i * 10 * minute,
      attacker_ip: "192.0.2.60",
    });
  const insert = api.db.prepare(
    "INSERT INTO stats_hour (bucket, decky, service, event_type, count, bytes) VALUES (?, 'bars', 'ssh', 'connect', 7, 1)",
  );
  const hour = begin - (begin % (60 * minute));
  insert.run(hour);
  const at = (us: number): string => new Date(us / 1000).toISOString();
  const ask = async (query: string) => {
    const response = await api.get(`/logs/histogram?${query}`, admin);
    expect(response.status).toBe(200);
    return (await response.json()) as { time: string; count: number; groups?: Record<string, number> }[];
  };
  const range = `start_time=${at(begin)}&end_time=${at(begin + 60 * minute)}`;
  const bars = await ask(`${range}&attacker_ip=192.0.2.60&interval_minutes=30&group_by=service`);
  expect(bars.map(({ count, groups }) => [count, groups])).toEqual([
    [3, { ssh: 2, http: 1 }],
    [3, { http: 2, ssh: 1 }],
  ]);
  const rollup = await ask(
    `start_time=${at(hour)}&end_time=${at(hour + 120 * minute)}&decky=bars&interval_minutes=60`,
  );
  expect(rollup).toEqual([
    { time: at(hour).replace(".000Z", ".000000Z"), count: 7 },
    { time: at(hour + 60 * minute).replace(".000Z", ".000000Z"), count: 0 },
  ]);
  const wide = await api.get(
    `/logs/histogram?start_time=2026-01-01T00:00:00Z&end_time=2026-09-01T00:00:00Z&interval_minutes=1440&search=x`,
    admin,
  );
  expect(wide.status).toBe(422);
});
