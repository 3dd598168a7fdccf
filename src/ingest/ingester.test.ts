import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { JournalRecord } from "#events/record.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import { ingestAll, openTestStore, type TestStore } from "./testing/harness.ts";
import { MemoryJournal } from "./testing/journal.ts";
import { line, login, record } from "./testing/records.ts";

// Each run of a property makes a store of its own; other suites may share the processor.
vi.setConfig({ testTimeout: 60_000 });

const TABLES = [
  "SELECT hex(id) AS id, seq, attacker_ip, fields, flags FROM events ORDER BY seq",
  "SELECT ip, confirmed, created_seq, first_seen FROM attackers ORDER BY ip",
  `SELECT id, principal, secret_b64, outcome, attempt_count, success_count, first_seen, last_seen,
     hex(first_event_id) AS f, hex(last_event_id) AS l FROM credentials ORDER BY id`,
  "SELECT name, value FROM counters ORDER BY name",
  "SELECT topic, dedupe_key, payload FROM outbox ORDER BY seq",
  "SELECT sha256, seen_count, size FROM artifacts ORDER BY sha256",
  "SELECT hex(event_id) AS e, sha256, stored_as FROM artifact_sightings ORDER BY event_id",
  "SELECT consumer, segment, offset, reason, body_bytes FROM dead_letters ORDER BY offset",
  "SELECT name, segment, offset FROM cursors WHERE kind = 'journal'",
];
const everything = (store: TestStore): unknown => TABLES.map((sql) => store.all(sql));

function journalOf(records: readonly (JournalRecord | string)[]): MemoryJournal {
  const journal = new MemoryJournal();
  for (const one of records) journal.append(typeof one === "string" ? one : JSON.stringify(one));
  return journal;
}

const attempts = fc.array(
  fc.record({
    secret: fc.constantFrom("123456", "", "admin]", 'a"b'),
    principal: fc.constantFrom("root", "admin", "None"),
    ip: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1"),
    outcome: fc.constantFrom("success", "failure"),
  }),
  { minLength: 1, maxLength: 40 },
);

test("each record is one row, and a journal read twice changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(attempts, fc.integer({ min: 1, max: 12 }), async (list, batchSize) => {
      using store = openTestStore();
      const journal = journalOf(list.map(({ secret, ...fields }, n) => login(n, secret, fields)));
      await ingestAll(store.writer, journal, batchSize);
      const once = everything(store);
      expect(store.all("SELECT count(*) AS n FROM events")).toEqual([{ n: list.length }]);
      expect(store.all("SELECT sum(attempt_count) AS n FROM credentials")).toEqual([{ n: list.length }]);
      store.writer.statement("DELETE FROM cursors").run();
      await ingestAll(store.writer, journal, 1000);
      expect(everything(store)).toEqual(once);
    }),
    { numRuns: 40 },
  );
});

test("any way to cut the journal into batches gives the same rows", async () => {
  await fc.assert(
    fc.asyncProperty(attempts, fc.integer({ min: 1, max: 9 }), async (list, batchSize) => {
      const records = list.map(({ secret, ...fields }, n) => login(n, secret, fields));
      const results: unknown[] = [];
      for (const size of [1000, batchSize]) {
        using store = openTestStore();
        await ingestAll(store.writer, journalOf(records), size);
        // One message per key and batch: their number is the one thing that depends on the cut.
        results.push(TABLES.filter((sql) => !sql.includes("outbox")).map((sql) => store.all(sql)));
      }
      expect(results[1]).toEqual(results[0]);
    }),
    { numRuns: 30 },
  );
});

const POISON: readonly (readonly [string, string | Uint8Array])[] = [
  ["an array", "[]"],
  ["a number", "123"],
  ["a string", '"x"'],
  ["half a line", line(7).slice(0, 60)],
  ["no raw_line", JSON.stringify({ ...record(7), raw_line: undefined })],
  ["a lone surrogate", line(7).replace('"msg":""', String.raw`"msg":"\ud800"`)],
  ["a bad date", line(7, { received: "2026-13-40T00:00:00.000000000Z" })],
  ["an id that is none", line(7, { id: "xyz" })],
  ["fields that are no object", line(7).replace(/"fields":\{[^}]*\}/, '"fields":[]')],
  [
    "bytes that are no text",
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
  ],
];

test.each(POISON)("%s becomes a dead letter between two good records", async (_, poison) => {
  using store = openTestStore();
  const journal = new MemoryJournal();
  journal.append(line(1));
  journal.append(poison);
  journal.append(line(2));
  await ingestAll(store.writer, journal);
  expect(store.all("SELECT raw_line FROM events ORDER BY seq")).toEqual([
    { raw_line: "<134>1 line 1" },
    { raw_line: "<134>1 line 2" },
  ]);
  expect(store.all("SELECT offset, body_bytes FROM dead_letters")).toEqual([
    { offset: Buffer.byteLength(line(1)) + 1, body_bytes: Buffer.byteLength(poison) },
  ]);
  expect(store.all("SELECT offset FROM cursors WHERE kind = 'journal'")).toEqual([
    { offset: journal.end("decnet").offset },
  ]);
});

test("a record with NUL, a __proto__ key or ten megabytes of text is stored or buried, never in the way", async () => {
  using store = openTestStore();
  const journal = new MemoryJournal();
  journal.append(
    line(1, { msg: "a\0b", fields: JSON.parse('{"__proto__":"x","k":"1"}') as Record<string, string> }),
  );
  journal.append(line(2, { fields: { big: "A".repeat(10 * 1024 * 1024) } }));
  journal.append(line(3, { fields: { big: "B".repeat(1024 * 1024) }, raw_line: "r".repeat(100_000) }));
  journal.append(line(4));
  await ingestAll(store.writer, journal);
  const rows = store.all("SELECT msg, fields, length(raw_line) AS raw, flags FROM events ORDER BY seq");
  expect(rows[0]).toMatchObject({ msg: "a\0b", fields: '{"__proto__":"x","k":"1"}' });
  expect(rows[1]).toEqual({
    msg: "",
    fields: JSON.stringify({ big: "B".repeat(4096) }),
    raw: 64 * 1024,
    flags: '["col_cut"]',
  });
  expect(rows).toHaveLength(3);
  expect(store.all("SELECT reason FROM dead_letters")).toEqual([{ reason: "too_large" }]);
});

test("a journal of nothing but poison moves the cursor to its end", async () => {
  using store = openTestStore();
  const journal = journalOf(["[]", "1", "{}", "null", "tru"]);
  await ingestAll(store.writer, journal);
  expect(store.all("SELECT offset FROM cursors WHERE kind = 'journal'")).toEqual([
    { offset: journal.end("decnet").offset },
  ]);
  expect(store.all("SELECT reason FROM dead_letters ORDER BY id").map(({ reason }) => reason)).toEqual([
    "not_json",
    "not_json",
    "invalid",
    "not_json",
    "not_json",
  ]);
});

test("a row that the store itself refuses is found by splitting and the rest is stored", async () => {
  using store = openTestStore();
  store.writer
    .statement(
      "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.raw_line = 'poison' BEGIN SELECT raise(ABORT, 'no'); END",
    )
    .run();
  const records = Array.from({ length: 37 }, (_, n) =>
    record(n, n === 5 || n === 30 ? { raw_line: "poison" } : {}),
  );
  const journal = journalOf(records);
  await ingestAll(store.writer, journal);
  expect(store.all("SELECT count(*) AS n FROM events")).toEqual([{ n: 35 }]);
  expect(store.all("SELECT reason, error FROM dead_letters")).toEqual([
    { reason: "constraint", error: "no" },
    { reason: "constraint", error: "no" },
  ]);
  expect(store.all("SELECT offset FROM cursors WHERE kind = 'journal'")).toEqual([
    { offset: journal.end("decnet").offset },
  ]);
});

const SECRETS: readonly (readonly [string, Uint8Array])[] = [
  ["a bracket", Buffer.from("Sommer[26]")],
  ["quotes", Buffer.from(`"'\\"`)],
  ["line ends", Buffer.from("a\nb\r\n")],
  ["NUL", Buffer.from("a\0b")],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x80, 0xc3])],
  ["nothing", Buffer.alloc(0)],
  ["1536 bytes", Buffer.alloc(1536, 0xe2)],
];

test.each(SECRETS)("a password with %s is stored byte for byte", async (_, secret) => {
  using store = openTestStore();
  await ingestAll(store.writer, journalOf([login(1, secret)]));
  const [row] = store.all("SELECT secret_b64, secret_sha256 FROM credentials");
  expect(Buffer.from(String(row?.["secret_b64"]), "base64")).toEqual(Buffer.from(secret));
});

test("a password of 4 KiB keeps its hash and its length although only its beginning travels", async () => {
  using store = openTestStore();
  const sha = "ab".repeat(32);
  const cut = login(1, Buffer.alloc(1536, 65), {
    secret_truncated: "true",
    secret_bytes: "4096",
    secret_sha256: sha,
  });
  await ingestAll(store.writer, journalOf([cut]));
  const [row] = store.all("SELECT secret_sha256, length(secret_b64) AS n, fields FROM credentials");
  expect(row).toMatchObject({ secret_sha256: sha, n: 2048 });
  expect(JSON.parse(String(row?.["fields"]))).toMatchObject({ secret_bytes: "4096" });
});

test("a user named None is not the absence of a user, and bad base64 is counted", async () => {
  using store = openTestStore();
  const { principal: _, ...nobody } = login(2, "x").fields;
  const bad = login(3, "x", { secret_b64: "eA=" });
  const masked = login(4, "x", { secret_masked: "true" });
  const records = [login(1, "x", { principal: "None" }), record(2, { fields: nobody }), bad, masked];
  await ingestAll(store.writer, journalOf(records));
  expect(store.all("SELECT principal FROM credentials ORDER BY principal")).toEqual([
    { principal: null },
    { principal: "None" },
  ]);
  expect(store.all("SELECT value FROM counters WHERE name = 'credential_invalid'")).toEqual([{ value: 1 }]);
  expect(store.all("SELECT count(*) AS n FROM events")).toEqual([{ n: 4 }]);
});

test("a success is never replaced by a later failure", async () => {
  using store = openTestStore();
  const records = ["failure", "success", "failure"].map((outcome, n) => login(n, "x", { outcome }));
  await ingestAll(store.writer, journalOf(records), 1);
  expect(store.all("SELECT outcome, attempt_count, success_count FROM credentials")).toEqual([
    { outcome: "success", attempt_count: 3, success_count: 1 },
  ]);
});

test("only an address known from a field or a session confirms an attacker; Unknown is none", async () => {
  using store = openTestStore();
  const records = [
    record(1, { attacker_ip: "192.0.2.1", attribution: "prose" }),
    record(2, { attacker_ip: "192.0.2.2", origin: "passive" }),
    record(3, { attacker_ip: "192.0.2.3" }),
    record(4, { attacker_ip: "192.0.2.1", attribution: "session" }),
    record(5, { attacker_ip: "Unknown", attribution: "none", fields: {} }),
  ];
  await ingestAll(store.writer, journalOf(records), 2);
  expect(store.all("SELECT ip, confirmed FROM attackers ORDER BY ip")).toEqual([
    { ip: "192.0.2.1", confirmed: 1 },
    { ip: "192.0.2.2", confirmed: 0 },
    { ip: "192.0.2.3", confirmed: 1 },
  ]);
  expect(store.all("SELECT name, value FROM counters WHERE name LIKE 'attackers%' ORDER BY name")).toEqual([
    { name: "attackers", value: 3 },
    { name: "attackers_confirmed", value: 2 },
  ]);
});

test("the same captured bytes seen twice are one artifact with two sightings", async () => {
  using store = openTestStore();
  const sha256 = "cd".repeat(32);
  const stored_as = "20260719T142231Z_cdcdcdcdcdcd_payload.sh";
  const captured = [1, 2].map((n) =>
    record(n, {
      event_type: "file_captured",
      fields: { sha256, stored_as, size: "12", orig_path: "/tmp/a" },
    }),
  );
  await ingestAll(store.writer, journalOf(captured));
  expect(store.all("SELECT sha256, size, seen_count, state FROM artifacts")).toEqual([
    { sha256, size: 12, seen_count: 2, state: "missing" },
  ]);
  expect(store.all("SELECT count(*) AS n FROM artifact_sightings")).toEqual([{ n: 2 }]);
});

/** A writer whose n-th statement throws, as if the process had died there. */
function failingAt(writer: StoreWriter, n: number): StoreWriter {
  let ran = 0;
  const strike = (): void => {
    ran += 1;
    if (ran === n) throw new Error("killed");
  };
  return {
    turns: writer.turns,
    tidy: () => writer.tidy(),
    watch: (listener) => writer.watch(listener),
    transaction: (work) => writer.transaction(work),
    statement: (sql) => {
      const real = writer.statement(sql);
      return new Proxy(real, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          return (...args: readonly unknown[]) => {
            strike();
            return Reflect.apply(value, target, args) as unknown;
          };
        },
      });
    },
    [Symbol.dispose]: () => {},
  };
}

test("killed at every statement in turn, a second run leaves exactly what an undisturbed one does", async () => {
  const records = [
    ...Array.from({ length: 8 }, (_, n) =>
      login(n, n % 2 === 0 ? "a" : "b", { ip: `192.0.2.${1 + (n % 3)}` }),
    ),
    "[]",
    record(20, {
      event_type: "file_captured",
      fields: { sha256: "cd".repeat(32), stored_as: "20260719T142231Z_cdcdcdcdcdcd_x", size: "1" },
    }),
    record(21, {
      event_type: "gap",
      origin: "system",
      attacker_ip: "Unknown",
      fields: { reason: "corrupt" },
    }),
  ];
  using clean = openTestStore();
  await ingestAll(clean.writer, journalOf(records), 4);
  const expected = everything(clean);
  let killed = 0;
  for (let n = 1; ; n += 1) {
    using store = openTestStore();
    const outcome = await ingestAll(failingAt(store.writer, n), journalOf(records), 4).then(
      () => "finished",
      (error: unknown) => (error as Error).message,
    );
    if (outcome === "finished") break;
    expect(outcome).toBe("killed");
    killed += 1;
    await ingestAll(store.writer, journalOf(records), 4);
    expect(everything(store)).toEqual(expected);
  }
  expect(killed).toBeGreaterThan(40);
});
