import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { decodeRecord } from "./journal-decode.ts";
import { encodeRecord } from "./journal-record.ts";
import type { JournalRecord } from "./record.ts";

// Large inputs, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

const record: JournalRecord = {
  timestamp: "2026-07-19 14:22:31",
  decky: "quill-07",
  service: "http",
  event_type: "request",
  attacker_ip: "192.0.2.41",
  fields: { src_ip: "192.0.2.41" },
  msg: "Grüße",
  raw_line: "<134>1 …",
  v: 1,
  id: "18c3b6e029519b0111f556fd0c481120",
  time: "2026-07-19T14:22:31.250417Z",
  time_source: "line",
  received: "2026-07-19T14:22:33.000000001Z",
  attribution: "field",
  origin: "attacker",
  source: { kind: "docker", host: "host-1", container: "5f3c9a000000", stream: "stdout" },
};

const full: JournalRecord = {
  ...record,
  severity: 6,
  app: "bash",
  procid: "1",
  claimed: { decky: "gate-01" },
  sid: "s1",
  seq: 4,
  command: { text: "id", uid: "0" },
  flags: ["dup_key"],
  raw_bytes: 9,
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
};

const decoded = (json: string): JournalRecord => {
  const result = decodeRecord(Buffer.from(json));
  if ("reason" in result) throw new Error(result.detail);
  return result.record;
};

describe("a journal line", () => {
  test("has its keys in order, no blanks, and non-ASCII as is", () => {
    expect(encodeRecord(record)).toBe(
      '{"timestamp":"2026-07-19 14:22:31","decky":"quill-07","service":"http","event_type":"request","attacker_ip":"192.0.2.41","fields":{"src_ip":"192.0.2.41"},"msg":"Grüße","raw_line":"<134>1 …","v":1,"id":"18c3b6e029519b0111f556fd0c481120","time":"2026-07-19T14:22:31.250417Z","time_source":"line","received":"2026-07-19T14:22:33.000000001Z","attribution":"field","origin":"attacker","source":{"kind":"docker","host":"host-1","container":"5f3c9a000000","stream":"stdout"}}',
    );
  });

  test("comes back as it was", () => {
    for (const given of [record, full]) expect(decoded(encodeRecord(given))).toEqual(given);
  });

  test("holds any field, also one named __proto__, on one line", () => {
    const fields = fc.dictionary(
      fc.oneof(fc.string(), fc.constant("__proto__")),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(fields, (given) => {
        const json = encodeRecord({ ...record, fields: given });
        expect(json).not.toContain("\n");
        expect(decoded(json).fields).toEqual(Object.assign(Object.create(null), given));
      }),
    );
  });
});

describe("a record that is too large", () => {
  const size = (json: string) => Buffer.byteLength(json);
  const raw_line = "é".repeat(500_000);

  test("loses the end of its raw line first", () => {
    const json = encodeRecord({ ...record, raw_line }, 100_000);
    const read = decoded(json);
    expect([size(json) <= 100_000, read.raw_line, read.raw_bytes, read.flags, read.fields]).toEqual([
      true,
      "é".repeat(8_192),
      1_000_000,
      ["raw_cut"],
      { src_ip: "192.0.2.41" },
    ]);
  });

  test("then the longest values, no more than needed", () => {
    const fields = {
      src_ip: "192.0.2.41",
      a: "a".repeat(60_000),
      b: "b".repeat(70_000),
      c: "c".repeat(5_000),
    };
    const read = decoded(encodeRecord({ ...full, fields, raw_line }, 100_000));
    expect([read.fields, read.flags, read.raw_bytes]).toEqual([
      { ...fields, b: "b".repeat(4_096) },
      ["dup_key", "raw_cut", "fields_cut"],
      9,
    ]);
  });

  test("then message and command, so that no record is too large for any journal", () => {
    const text = "\u0001".repeat(400_000);
    const fields = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`k${i}`, text.slice(0, 5_000)]));
    const huge = { ...full, fields, msg: text, raw_line: text, command: { text, pwd: text } };
    for (const limit of [8 * 1024 * 1024, 1024 * 1024, 512 * 1024, 128 * 1024]) {
      const json = encodeRecord(huge, limit);
      expect(size(json)).toBeLessThanOrEqual(limit);
      expect(Object.keys(JSON.parse(json) as object)).toEqual(Object.keys(full));
      expect(decoded(json)).toMatchObject({ id: record.id, attacker_ip: record.attacker_ip });
    }
  });
});

describe("what is no record", () => {
  const without = (key: string) => {
    const copy: Record<string, unknown> = { ...full };
    delete copy[key];
    return JSON.stringify(copy);
  };
  const with_ = (changes: object) => JSON.stringify({ ...full, ...changes });

  test.each([
    "[]",
    "123",
    '"x"',
    "null",
    "",
    "{",
    '{"a":1',
    `${encodeRecord(record).slice(0, 80)}`,
    "\u0000",
  ])("%j is no JSON object", (json) => {
    expect(decodeRecord(Buffer.from(json))).toMatchObject({ reason: "not_json" });
  });

  test("bytes that are no UTF-8 are no JSON", () => {
    const bytes = Buffer.from(encodeRecord(record));
    bytes[bytes.indexOf("Gr")] = 0xff;
    expect(decodeRecord(bytes)).toMatchObject({ reason: "not_json" });
  });

  test("each of the required keys is required", () => {
    const keys = Object.keys(record);
    expect(keys).toHaveLength(16);
    for (const key of keys) {
      expect(decodeRecord(without(key))).toEqual({ reason: "invalid", detail: `Key ${key} is missing.` });
      expect(decodeRecord(with_({ [key]: [] }))).toEqual({
        reason: "invalid",
        detail: `Key ${key} is not valid.`,
      });
    }
  });

  test.each([
    { v: 2 },
    { id: "18C3B6E029519B0111F556FD0C481120" },
    { id: "18c3" },
    { time: "2026-13-19T14:22:31.250417Z" },
    { time: "" },
    { received: "yesterday" },
    { timestamp: "2026-07-19" },
    { attribution: "guess" },
    { origin: "nobody" },
    { fields: { a: 1 } },
    { fields: [] },
    { fields: { "\ud800": "x" } },
    { fields: { a: "\ud800" } },
    { msg: "\ud800" },
    { severity: 8 },
    { severity: "6" },
    { seq: -1 },
    { seq: 1.5 },
    { flags: "dup_key" },
    { flags: [1] },
    { command: { text: 1 } },
    { claimed: "x" },
    { source: {}, raw_bytes: Number.MAX_VALUE },
  ])("%j is not valid", (changes) => {
    expect(decodeRecord(with_(changes))).toMatchObject({ reason: "invalid" });
  });

  test("keys that are not known are ignored, and __proto__ is only a key", () => {
    const json = `{"__proto__":{"decky":"forged"},"future":1,${encodeRecord(record).slice(1)}`;
    expect(decoded(json)).toEqual(record);
    const bare = '{"__proto__":' + encodeRecord(record) + "}";
    expect(decodeRecord(bare)).toMatchObject({ reason: "invalid" });
  });

  test("no bytes make it throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          expect(decodeRecord(bytes)).toBeDefined();
        },
      ),
    );
  });
});
