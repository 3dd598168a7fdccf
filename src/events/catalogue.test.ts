import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeEvents, originOf, systemEventTypes } from "./catalogue.ts";
import { commonEvents, lifecycleEvents } from "./common-events.ts";
import { challengeFields, credentialFields, isComparable, secretFields, secretKinds } from "./credentials.ts";
import { ADDRESS_KEYS, BOUND_KEYS, CREDENTIAL_KEYS, KEY_PATTERN } from "./keys.ts";
import { pipelineEvents } from "./pipeline-events.ts";
import { sessionEvents } from "./session-events.ts";

const all = { ...commonEvents, ...lifecycleEvents, ...sessionEvents, ...pipelineEvents };

describe("every catalogued event", () => {
  const described = describeEvents(all);

  test("there are some", () => {
    expect(described.length).toBeGreaterThan(20);
  });

  test.each(described)(
    "$type has a meaning, a version, an origin and fields with a name and a meaning",
    (event) => {
      expect(event.type).toMatch(KEY_PATTERN);
      expect(event.description).toMatch(/^[A-Z].*\.$/);
      expect(event.since).toMatch(/^\d+\.\d+\.\d+$/);
      expect(["attacker", "system"]).toContain(event.origin);
      for (const { key, meaning } of event.fields) {
        expect(key).toMatch(KEY_PATTERN);
        expect(meaning).not.toBe("");
      }
    },
  );

  test("states the origin that lines of its type get", () => {
    const stated = Object.entries(all).map(([type, schema]) => [
      type,
      schema.meta()?.["origin"] ?? "attacker",
    ]);
    expect(stated).toEqual(Object.keys(all).map((type) => [type, originOf(type)]));
  });

  test("does not list what the connection log adds, but for the port a lateral attempt went to", () => {
    const isBound = (key: string) => BOUND_KEYS.some((bound) => bound === key);
    const listed = Object.entries(all).flatMap(([type, schema]) =>
      Object.keys(schema.shape)
        .filter(isBound)
        .map((key) => `${type}.${key}`),
    );
    expect(listed).toEqual(["lateral_attempt.dst_port"]);
  });
});

test("origins are attacker unless the machinery causes the event", () => {
  expect([originOf("connect"), originOf("never_heard"), originOf("-"), originOf("__proto__")]).toEqual([
    "attacker",
    "attacker",
    "attacker",
    "attacker",
  ]);
  expect(systemEventTypes.length).toBeGreaterThan(10);
  for (const type of systemEventTypes) expect(originOf(type)).toBe("system");
});

describe("credentials", () => {
  test("the bytes of a secret travel whole and readable", () => {
    expect(secretFields(Buffer.from("p\u00e4ss\n]"))).toEqual({
      secret_b64: Buffer.from("p\u00e4ss\n]").toString("base64"),
      secret_printable: "p??ss?]",
    });
    expect(secretFields(new Uint8Array(0))).toEqual({ secret_b64: "", secret_printable: "" });
    expect(secretFields(Buffer.from("x"), "http_bearer").secret_kind).toBe("http_bearer");
  });

  test("a secret above 1536 bytes says how long it was and what it hashes to", () => {
    const exact = secretFields(Buffer.alloc(1_536, "a"));
    expect([exact.secret_b64.length, exact.secret_printable.length, exact.secret_truncated]).toEqual([
      2_048,
      512,
      undefined,
    ]);
    const longer = secretFields(Buffer.alloc(1_537, "a"));
    expect(longer).toEqual({
      secret_b64: exact.secret_b64,
      secret_printable: "a".repeat(512),
      secret_truncated: "true",
      secret_bytes: 1_537,
      secret_sha256: createHash("sha256").update("a".repeat(1_537)).digest("hex"),
    });
  });

  test("every kind is either comparable or brings what it was bound to", () => {
    const kinds = Object.entries(secretKinds);
    expect(kinds.length).toBe(17);
    for (const [kind, needs] of kinds) {
      expect([kind, isComparable(kind)]).toEqual([kind, needs.length === 0]);
      for (const key of needs) {
        expect(key in challengeFields || key in credentialFields).toBe(true);
      }
    }
  });

  test("its keys are those that a long line cuts last", () => {
    const keys = new Set<string>([...CREDENTIAL_KEYS, ...ADDRESS_KEYS, "method", "attempt"]);
    for (const key of Object.keys({ ...credentialFields, ...challengeFields })) expect(keys).toContain(key);
  });
});
