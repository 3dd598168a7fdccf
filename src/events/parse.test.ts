import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { isRejection, parseLine } from "./parse.ts";
import type { ParsedLine } from "./record.ts";
import { exampleRows, H } from "./testing/rows.ts";

// Large inputs, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

const RECEIVED = "2026-07-19T14:22:33.000000001Z";

const accepted = (line: string, received?: string): ParsedLine => {
  const result = parseLine(line, received);
  if (isRejection(result)) throw new Error(`rejected: ${result.rejected} at ${result.at}`);
  return result;
};

describe("example lines", () => {
  test("there are all of them", () => {
    expect(exampleRows.map(({ row }) => row)).toEqual(Array.from({ length: 59 }, (_, i) => i + 1));
  });

  test.each(exampleRows)("row $row parses as described", ({ line, parsed }) => {
    const result = accepted(line, RECEIVED);
    const stamp = line.split(" ")[1] ?? "";
    const micros = stamp.includes(".250417") ? "250417" : stamp.includes(".9") ? "900000" : "000000";
    expect({ ...result, fields: Object.entries(result.fields) }).toEqual({
      ...parsed,
      fields: Object.entries(parsed.fields),
      raw_line: line,
      timestamp: "2026-07-19 14:22:31",
      time: `2026-07-19T14:22:31.${micros}Z`,
      time_source: "line",
    });
  });
});

describe("timestamps", () => {
  test.each([
    ["2026-07-19T14:22:31.25-07:00", "2026-07-19T21:22:31.250000Z"],
    ["2026-01-01T00:30:00+05:45", "2025-12-31T18:45:00.000000Z"],
    ["2026-07-19T14:22:31.123456789Z", "2026-07-19T14:22:31.123456Z"],
    ["2026-07-19T14:22:31.999999999Z", "2026-07-19T14:22:31.999999Z"],
    ["20260719T142231Z", "2026-07-19T14:22:31.000000Z"],
    ["2026-07-19T14:22", "2026-07-19T14:22:00.000000Z"],
    ["2026-07-19T14", "2026-07-19T14:00:00.000000Z"],
    ["2026-07-19T14+02", "2026-07-19T12:00:00.000000Z"],
    ["2026-07-19T14:22:31-0700", "2026-07-19T21:22:31.000000Z"],
    ["2026-07-19", "2026-07-19T00:00:00.000000Z"],
    ["20260719", "2026-07-19T00:00:00.000000Z"],
    ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00.000000Z"],
    ["2098-12-31T00:00:00Z", "2098-12-31T00:00:00.000000Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"],
    ["2026-07-19T14:22:31.250417+00:00", "2026-07-19T14:22:31.250417Z"],
  ])("%s is converted to UTC", (token, time) => {
    const result = accepted(`<134>1 ${token} quill-07 http - request - hi`, RECEIVED);
    expect([result.time, result.timestamp, result.time_source]).toEqual([
      time,
      time.slice(0, 19).replace("T", " "),
      "line",
    ]);
  });

  test.each([
    "-",
    "2026-02-30T10:00:00Z",
    "2025-02-29T10:00:00Z",
    "2026-04-31",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-07-19T25:00:00Z",
    "2026-07-19T24:00:00Z",
    "2026-07-19T14:60:00Z",
    "2026-06-30T23:59:60Z",
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:30:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "1784470951",
    "2026-W29-7",
    "2026-07-19T14:22:31+99:00",
    "2026-07-19T14:22:31+24:00",
    "2026-07-19T14:22:31+01:60",
    "2026-07-19T14:22:31.Z",
    "2026-07-19T14:22:31ZZ",
    "2026-07-19t14:22:31Z",
    "2026-07-19T",
    "2026-07-19T1",
    "2026-07-19T14:",
    "2026-0719",
    "2026-07-19x",
  ])("%s is unusable, so the receive time stands in", (token) => {
    const line = `<134>1 ${token} quill-07 http - request - hi`;
    const result = accepted(line, RECEIVED);
    expect([result.timestamp, result.time, result.time_source]).toEqual([
      "2026-07-19 14:22:33",
      "2026-07-19T14:22:33.000000Z",
      "received",
    ]);
    const untimed = accepted(line);
    expect([untimed.timestamp, untimed.time, untimed.time_source]).toEqual(["", "", "received"]);
  });

  test("every moment converts as the platform's own calendar does", () => {
    const parts = fc.tuple(
      fc.date({ min: new Date(86_400_000 * 2), max: new Date("9998-12-31"), noInvalidDate: true }),
      fc.integer({ min: -1_439, max: 1_439 }),
    );
    fc.assert(
      fc.property(parts, ([date, offset]) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 23);
        const sign = offset < 0 ? "-" : "+";
        const two = (n: number) => String(n).padStart(2, "0");
        const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
        const { time } = accepted(`<134>1 ${local}${zone} h a - e -`);
        expect(time).toBe(`${date.toISOString().slice(0, 23)}000Z`);
      }),
    );
  });
});

describe("rejections", () => {
  const base = "<134>1 2026-07-19T14:22:31Z";
  test.each([
    ["Server ready", "pri", 0],
    [` ${H} a - e -`, "pri", 0],
    ["<1234567890>1 2026-07-19T14:22:31Z h a - e -", "pri", 0],
    ["<>1 2026-07-19T14:22:31Z h a - e -", "pri", 0],
    ["<134", "pri", 0],
    ["<134>2 2026-07-19T14:22:31Z h a - e -", "version", 5],
    ["<134>1", "version", 5],
    ["<134>12 x", "version", 5],
    ["<38>Jul 19 14:22:31 h sshd[9]: x", "version", 4],
    ["<134>1  2026-07-19T14:22:31Z h a - e -", "header", 7],
    [`${base} h\u0000 a - e -`, "header", 29],
    [`${base} h\ta - e -`, "header", 29],
    [`${base} h\u007f a - e -`, "header", 29],
    [`${base} h a`, "header", 31],
    ["<134>1 ", "header", 7],
    [`${base} h a - e`, "no_sd", 35],
    [`${base} h a - e   `, "no_sd", 35],
    [`${base} h a - e\t-`, "header", 35],
    [`${base} h a - e - one\ntwo`, "line_break", 41],
    [`${base} ${"h".repeat(256)} a - e -`, "header_length", 28],
    ["", "empty", 0],
    ["\n", "empty", 0],
    ["\r\n", "empty", 0],
    [" \t ", "empty", 0],
  ])("%j is rejected as %s at %i", (line, rejected, at) => {
    expect(parseLine(line, RECEIVED)).toEqual({ rejected, at });
  });

  test("a PRI above 191 is kept with a flag and without severity", () => {
    const result = accepted("<4711>1 2026-07-19T14:22:31Z h a - e -");
    expect([result.flags, result.severity]).toEqual([["pri_range"], undefined]);
  });

  test("a part longer than RFC 5424 allows is kept with a flag", () => {
    const app = "a".repeat(49);
    const result = accepted(`<134>1 2026-07-19T14:22:31Z h ${app} - e -`);
    expect([result.service, result.flags]).toEqual([app, ["header_long"]]);
  });
});

describe("structured data", () => {
  test("keeps 256 keys and says that there were more", () => {
    const pairs = Array.from({ length: 300 }, (_, i) => ` k${i}="v"`).join("");
    const result = accepted(`${H} a - e [relay@55555${pairs} k3="again"]`);
    expect(Object.keys(result.fields)).toHaveLength(256);
    expect([result.fields["k3"], result.flags]).toEqual(["again", ["fields_capped", "dup_key"]]);
  });

  test("reads at most 16 elements", () => {
    const result = accepted(`${H} a - e ${'[x a="1"]'.repeat(17)} tail`);
    expect(result.msg).toBe('[x a="1"] tail');
  });

  test.each([
    "[relay@55555 src_ip",
    "[relay@55555 src_ip=",
    '[relay@55555 src_ip="1.1.1.1',
    '[relay@55555 src_ip="1.1.1.1\\',
    "[relay@55555",
    "[",
  ])("%j ends inside an element", (rest) => {
    const result = accepted(`${H} a - e ${rest}`);
    expect([result.flags, result.attacker_ip, Object.keys(result.fields)]).toEqual([
      ["sd_unterminated"],
      "Unknown",
      [],
    ]);
  });

  test("a broken foreign element is the beginning of the message", () => {
    const result = accepted(`${H} a - e [relay@55555 src_ip="192.0.2.1"][oops from 8.8.8.8 port 1`);
    expect([result.attacker_ip, result.msg, result.flags]).toEqual([
      "192.0.2.1",
      "[oops from 8.8.8.8 port 1",
      ["sd_malformed"],
    ]);
  });

  test.each([
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "x",
  ])("%s is no trace context", (traceparent) => {
    const result = accepted(`${H} a - e [trace@55555 traceparent="${traceparent}"]`);
    expect(result).not.toHaveProperty("traceparent");
  });

  test.each(["0", "-1", "2147483648", "1.5", ""])("%j is no sequence number", (seq) => {
    expect(accepted(`${H} a - e [meta sequenceId="${seq}"]`)).not.toHaveProperty("seq");
  });
});

describe("double wrap", () => {
  const outer = "<38>1 2026-07-19T14:22:31Z quill-07 1 - - -";
  test("a whole line behind it is unwrapped once, with or without its own PRI", () => {
    for (const pri of ["", "<14>1 "]) {
      const inner = accepted(`${outer} ${pri}2026-07-19T14:22:30Z  host2  app2 77 evt  - hello`);
      expect([inner.decky, inner.service, inner.procid, inner.event_type, inner.msg, inner.flags]).toEqual([
        "host2",
        "app2",
        "77",
        "evt",
        "hello",
        ["rewrapped"],
      ]);
    }
  });

  test("it is not done twice", () => {
    const twice = accepted(`${outer} 2026-07-19T14:22:30Z h2 a2 - - - 2026-07-19T14:22:29Z h3 a3 - e3 - x`);
    expect([twice.decky, twice.service, twice.event_type]).toEqual(["h2", "a2", "-"]);
  });

  test("a named event is never unwrapped", () => {
    const line = `${H} http - request - 2026-07-19T14:22:30Z gate-01 ssh - auth_attempt [relay@55555 src_ip="8.8.8.8"]`;
    const result = accepted(line);
    expect([result.decky, result.service, result.attacker_ip, result.flags]).toEqual([
      "quill-07",
      "http",
      "Unknown",
      ["sd_in_msg"],
    ]);
  });
});

describe("any text at all", () => {
  const grammar = fc.constantFrom(
    "<134>1 ",
    "2026-07-19T14:22:31Z ",
    "[relay@55555",
    ' src_ip="192.0.2.1"',
    '="',
    '"]',
    "\\",
    "]",
    " - ",
    "CMD ",
    " cmd=",
    "from 8.8.8.8 port 1",
    "rhost=",
    "\u{1f600}",
    "\ud800",
    "\n",
    "\r",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.oneof(grammar, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 30 })
      .map((parts) => parts.join("")),
    fc
      .tuple(fc.constantFrom(...exampleRows), fc.nat(200), fc.string({ maxLength: 5 }))
      .map(([{ line }, at, insert]) => line.slice(0, at) + insert + line.slice(at)),
  );

  test("never throws, and a raw line is the text without its line end", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseLine(text, RECEIVED);
        const raw = isRejection(result) ? text : result.raw_line;
        expect(text.startsWith(raw)).toBe(true);
        expect(["", "\n", "\r", "\r\n"]).toContain(text.slice(raw.length));
        expect(isRejection(result) ? result.at : 0).toBeLessThanOrEqual(text.length);
        expect(parseLine(text, RECEIVED)).toEqual(result);
      }),
      { numRuns: 300 },
    );
  });

  test("a prefix of an example line is read as far as it goes", () => {
    for (const { line } of exampleRows) {
      for (let end = 0; end <= line.length; end++) {
        const prefix = line.slice(0, end);
        const result = parseLine(prefix, RECEIVED);
        expect(isRejection(result) ? prefix : result.raw_line).toBe(prefix);
      }
    }
  });
});

describe("floods", () => {
  const big = 80_000;
  test("a long value is kept whole", () => {
    const value = "A".repeat(big);
    expect(accepted(`${H} http - request [relay@55555 body="${value}"]`).fields["body"]).toBe(value);
  });

  test.each([" ", "\\", "["])("%j again and again breaks structured data and nothing else", (character) => {
    const flood = character.repeat(big);
    const read = (line: string) => {
      const { fields, flags, attacker_ip } = accepted(line);
      return [Object.keys(fields), flags !== undefined && flags.length > 0, attacker_ip];
    };
    expect(read(`${H} http - request [relay@55555${flood}`)).toEqual([[], true, "Unknown"]);
    expect(read(`${H} http - request x${flood}`)).toEqual([[], true, "Unknown"]);
    expect(parseLine(`${H} http - request ${flood}`)).toMatchObject(
      character === " " ? { rejected: "no_sd" } : { attacker_ip: "Unknown", event_type: "request" },
    );
  });

  test("anchor words without an address name nobody", () => {
    expect(accepted(`${H} sshd - - ${"from ".repeat(16_000)}`).attacker_ip).toBe("Unknown");
  });

  test("PRI again and again is no line", () => {
    expect(parseLine("<".repeat(big))).toEqual({ rejected: "pri", at: 0 });
  });

  test("a megabyte of one character is answered", () => {
    for (const character of ["a", " ", "[", "\\", "=", "1", "\ud800"]) {
      for (const head of ["", `${H} a - - `, `${H} a - e [relay@55555 k="`, `${H} a - - CMD `]) {
        expect(parseLine(head + character.repeat(1_000_000), RECEIVED)).toBeDefined();
      }
    }
  });
});
