import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { cutToBytes, encodeLine, MAX_LINE_BYTES, nextSequenceId } from "./encode.ts";
import { EventKeyError } from "./errors.ts";
import { isRejection, parseLine } from "./parse.ts";
import type { ParsedLine } from "./record.ts";

// Large inputs, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

const event = {
  timestampNs: 1_784_470_951_250_417_999n,
  hostname: "quill-07",
  app: "redis",
  type: "connect",
} as const;

const accepted = (line: string): ParsedLine => {
  const result = parseLine(line);
  if (isRejection(result)) throw new Error(`rejected: ${result.rejected}`);
  return result;
};

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Strings with everything that a line could trip over, unpaired surrogates included. */
const anyString = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom(
        "\n",
        "\r",
        "\\n",
        "\\",
        '"',
        "]",
        "\u2028",
        "\u2029",
        "\ud83d\ude00",
        "\ud800",
        "\udc00",
        "\u0085",
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

describe("one line", () => {
  test("is written as the format says", () => {
    const head = "<134>1 2026-07-19T14:22:31.250417+00:00 quill-07 redis - connect";
    expect([
      encodeLine(event),
      encodeLine({ ...event, msg: "agent listening" }),
      encodeLine({ ...event, sequenceId: 7 }),
      encodeLine({ ...event, fields: { src_ip: "192.0.2.41", src_port: 51_840, on: true, list: [1, "a"] } }),
      encodeLine({
        ...event,
        severity: "warning",
        fields: { a: "x" },
        sequenceId: 1,
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        msg: "done",
      }),
    ]).toEqual([
      `${head} -`,
      `${head} - agent listening`,
      `${head} [meta sequenceId="7"]`,
      `${head} [relay@55555 src_ip="192.0.2.41" src_port="51840" on="true" list="[1,\\"a\\"\\]"]`,
      `${head.replace("134", "132")} [relay@55555 a="x"][meta sequenceId="1"][trace@55555 traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] done`,
    ]);
  });

  test("escapes what could break or forge it and nothing else", () => {
    const line = encodeLine({
      ...event,
      fields: { v: 'a\\"]\n\r\t\u0000\u001b\u007f\u0085\u2028\ud800é\u{1f600}[=' },
    });
    expect(line.slice(line.indexOf("[relay"))).toBe(
      '[relay@55555 v="a\\\\\\"\\]\\n\\r\\t\\u0000\\u001b\\u007f\\u0085\\u2028\\ud800é\u{1f600}[="]',
    );
  });

  test("leaves keys without a value out and never writes null as text", () => {
    expect(encodeLine({ ...event, fields: { a: null, b: undefined } })).toBe(encodeLine(event));
  });

  test("replaces what a header part may not hold", () => {
    const line = encodeLine({ ...event, hostname: "a b\n\u00e9", app: "", type: "x".repeat(40) });
    expect(line).toBe(`<134>1 2026-07-19T14:22:31.250417+00:00 a_b__ - - ${"x".repeat(32)} -`);
  });

  test("refuses a key that no reader would look for", () => {
    for (const key of ["A", "1a", "a-b", "a b", "", "a".repeat(33), '__proto__"', "a="]) {
      expect(() => encodeLine({ ...event, fields: { [key]: "x" } })).toThrow(EventKeyError);
    }
  });

  test("keeps a slip in the message from breaking it", () => {
    const { msg } = accepted(encodeLine({ ...event, msg: " one\ntwo\u0000 " }));
    expect(msg).toBe("one two");
  });
});

describe("any values", () => {
  const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/), anyString, {
    maxKeys: 8,
    noNullPrototype: true,
  });

  test("come back as they were", () => {
    fc.assert(
      fc.property(fields, (given) => {
        const { remote_port: added, ...read } = accepted(encodeLine({ ...event, fields: given })).fields;
        expect(added === undefined || !("remote_port" in given) || added === given["remote_port"]).toBe(true);
        expect({ ...read, ...("remote_port" in given ? { remote_port: added } : {}) }).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  test("leave no control character in a line, so that a stream splits on LF into its events", () => {
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 5 }), (events) => {
        const stream = events
          .map((given) => `${encodeLine({ ...event, fields: given, msg: "done" })}\n`)
          .join("");
        const lines = stream.split("\n").slice(0, -1);
        expect(lines).toHaveLength(events.length);
        for (const [index, line] of lines.entries()) {
          expect(line).not.toMatch(/\p{Control}/u);
          expect(line.isWellFormed()).toBe(true);
          expect(accepted(line).fields).toMatchObject(events[index] ?? {});
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("sizes", () => {
  test("a value above 8192 bytes is cut on a character border and says so", () => {
    const value = "é".repeat(5_000);
    const { fields } = accepted(encodeLine({ ...event, fields: { body: value } }));
    expect(fields).toEqual({
      body: "é".repeat(4_096),
      body_truncated: "true",
      body_bytes: "10000",
      body_sha256: sha256(value),
    });
  });

  test("what the caller says of the whole stays true", () => {
    const { fields } = accepted(
      encodeLine({
        ...event,
        fields: {
          body: "x".repeat(9_000),
          body_bytes: 70_000,
          body_sha256: "0".repeat(64),
          body_truncated: "false",
        },
      }),
    );
    expect([fields["body_bytes"], fields["body_sha256"], fields["body_truncated"]]).toEqual([
      "70000",
      "0".repeat(64),
      "true",
    ]);
  });

  test("a line that would have 16001 bytes is cut with companions", () => {
    const fixed = Buffer.byteLength(encodeLine({ ...event, fields: { a: "", b: "" } }));
    const room = MAX_LINE_BYTES - fixed;
    const exact = { a: "x".repeat(8_000), b: "y".repeat(room - 8_000) };
    expect(Buffer.byteLength(encodeLine({ ...event, fields: exact }))).toBe(MAX_LINE_BYTES);
    const line = encodeLine({ ...event, fields: { ...exact, b: `${exact.b}y` } });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    expect(accepted(line).fields).toMatchObject({ a_truncated: "true", a_bytes: "8000" });
  });

  test("address and credential keys are cut last", () => {
    const secret = { secret_b64: "A".repeat(2_048), principal: "root", src_ip: "192.0.2.41" };
    const noise = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`noise${i}`, "\u0000".repeat(3_000)]),
    );
    const { fields } = accepted(encodeLine({ ...event, fields: { ...noise, ...secret } }));
    expect(fields).toMatchObject(secret);
    expect(fields["noise0_truncated"]).toBe("true");
  });

  test("base64 is cut so that it still decodes", () => {
    const fields = Object.fromEntries(
      Array.from({ length: 4 }, (_, i) => [`data${i}_b64`, Buffer.alloc(6_001, i).toString("base64")]),
    );
    const read = accepted(encodeLine({ ...event, fields })).fields;
    for (let i = 0; i < 4; i++) {
      const text = read[`data${i}_b64`] ?? "";
      expect(text.length % 4).toBe(0);
      expect(Buffer.from(text, "base64").every((byte) => byte === i)).toBe(true);
    }
  });

  test("more fields than a line can hold are left out and counted, the address never", () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, "v".repeat(50)]));
    const line = encodeLine({ ...event, fields: { ...many, src_ip: "192.0.2.41" } });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    const { fields, attacker_ip } = accepted(line);
    expect(attacker_ip).toBe("192.0.2.41");
    expect(Number(fields["fields_left_out"]) + Object.keys(fields).length - 1).toBe(2_001);
  });

  test("fields that do not fit in their shortest forms either are counted once", () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`${"k".repeat(28)}${i}`, "\u0000".repeat(2_000)]),
    );
    const line = encodeLine({ ...event, fields: { ...many, src_ip: "192.0.2.41" } });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
    const { fields, flags } = accepted(line);
    const names = Object.keys(fields).filter((key) => /^k+\d+$/.test(key));
    expect([fields["src_ip"], Number(fields["fields_left_out"]), flags]).toEqual([
      "192.0.2.41",
      100 - names.length,
      undefined,
    ]);
  });

  test("no event whatever makes a longer line", () => {
    const long = fc.tuple(anyString, fc.integer({ min: 0, max: 400 })).map(([text, n]) => text.repeat(n));
    const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,31}$/), long, {
      maxKeys: 40,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fields, fc.string({ maxLength: 3_000 }), (given, msg) => {
        const line = encodeLine({ ...event, fields: given, msg });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
        const read = accepted(line);
        expect([read.decky, read.service, read.event_type]).toEqual(["quill-07", "redis", "connect"]);
      }),
      { numRuns: 100 },
    );
  });

  test("the longest prefix of whole characters is found", () => {
    expect([
      cutToBytes("añ😀b", 2),
      cutToBytes("añ😀b", 3),
      cutToBytes("añ😀b", 7),
      cutToBytes("añ😀b", 8),
    ]).toEqual(["a", "añ", "añ😀", "añ😀b"]);
  });
});

test("sequence numbers wrap to 1", () => {
  expect([nextSequenceId(0), nextSequenceId(1), nextSequenceId(2_147_483_647)]).toEqual([1, 2, 1]);
});
