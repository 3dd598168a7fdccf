import { expect, test } from "vitest";
import { profilerConsumers } from "../registry.ts";
import { openTestStore, S, START_US } from "../runner/testing/events.ts";
import { TestLanes } from "../runner/testing/fold.ts";

const consumers = profilerConsumers({ sessionGapS: 300, sessionLostS: 3600 });

test("a restart between twenty events on three deckies and one more loses nothing", () => {
  using store = openTestStore();
  for (let n = 0; n < 20; n += 1) {
    store.add({ type: "auth", decky: ["quill-07", "gate-01", "mail-02"][n % 3] ?? "", at: n, conn: `c${n}` });
  }
  new TestLanes(store.writer, consumers).run();
  store.add({ type: "auth", at: 100, conn: "last" });
  new TestLanes(store.writer, consumers).run();
  expect(store.all("SELECT * FROM attackers")).toEqual([
    expect.objectContaining({
      event_count: 21,
      decky_count: 3,
      service_count: 1,
      session_count: 21,
      is_traversal: 1,
      traversal_path: "quill-07 → gate-01 → mail-02",
      traversal_hops: 2,
      first_seen: START_US,
      last_seen: START_US + 100 * S,
    }),
  ]);
});

test("what sensors and the prober say changes no count and no time", () => {
  using store = openTestStore();
  store.add({ type: "auth", at: 0 });
  const lanes = new TestLanes(store.writer, consumers);
  lanes.run();
  const before = store.all("SELECT * FROM attackers");
  store.add(
    { type: "tcp_syn_fingerprint", origin: "passive", service: "sniffer", at: 50 },
    { type: "jarm_fingerprint", origin: "active", decky: "prober", at: 60 },
  );
  lanes.run();
  expect(store.all("SELECT * FROM attackers")).toEqual(before);
});

test("a service is interacted with once something was done there; noise is neither", () => {
  using store = openTestStore();
  store.add(
    { type: "connect", service: "ssh" },
    { type: "command", service: "redis", fields: { cmd: "SET", args: "x y" } },
    { type: "connect", service: "redis" },
    { type: "protocol_error", service: "rdp" },
  );
  new TestLanes(store.writer, consumers).run();
  expect(store.all("SELECT service, interacted, count FROM attacker_services ORDER BY service")).toEqual([
    { service: "redis", interacted: 1, count: 2 },
    { service: "ssh", interacted: 0, count: 1 },
  ]);
  expect(store.all("SELECT command_text FROM session_commands")).toEqual([{ command_text: "SET x y" }]);
});

test("an attacker is announced once and scored at most every five seconds", () => {
  using store = openTestStore();
  store.add(...[0, 1, 4, 5, 9, 10].map((at) => ({ type: "auth", at })));
  new TestLanes(store.writer, consumers).run();
  const rows = store.all(
    "SELECT topic, json_extract(payload, '$.event_count') AS n FROM outbox ORDER BY seq",
  );
  const told = rows.filter(({ topic }) => topic !== "attacker.session.started");
  expect(told).toEqual([
    { topic: "attacker.observed", n: null },
    { topic: "attacker.scored", n: 1 },
    { topic: "attacker.scored", n: 4 },
    { topic: "attacker.scored", n: 6 },
  ]);
});

test("rollups count every event by minute and hour, with strange names together", () => {
  using store = openTestStore();
  store.add(
    { type: "auth", at: 0 },
    { type: "auth", at: 1 },
    { type: "auth", at: 60 },
    { type: "Robert'); DROP", at: 61 },
    { type: "gap", origin: "system", ip: null, at: 3600 },
  );
  new TestLanes(store.writer, consumers).run();
  expect(store.all("SELECT event_type, count FROM stats_minute ORDER BY bucket, event_type")).toEqual([
    { event_type: "auth", count: 2 },
    { event_type: "auth", count: 1 },
    { event_type: "other", count: 1 },
    { event_type: "gap", count: 1 },
  ]);
  expect(store.all("SELECT event_type, count FROM stats_hour ORDER BY bucket, event_type")).toEqual([
    { event_type: "auth", count: 3 },
    { event_type: "other", count: 1 },
    { event_type: "gap", count: 1 },
  ]);
});
