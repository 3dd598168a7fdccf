import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyText } from "../testing/any-text.ts";
import { parseSearch } from "./search.ts";

const fields = new Set(["username", "cmd"]);
const parse = (text: string) => parseSearch(text, fields);
const terms = (text: string) => {
  const parsed = parse(text);
  return parsed.ok ? parsed.terms : parsed;
};

describe("a search text", () => {
  it("is read whatever it holds", () => {
    fc.assert(
      fc.property(anyText(60), (text) => {
        const parsed = parse(text);
        expect(parsed.ok ? Array.isArray(parsed.terms) : parsed.position <= text.length).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("is read when it is made of the pieces of the grammar", () => {
    const piece = fc.constantFrom(
      '"',
      "-",
      ":",
      " ",
      "decky",
      "attacker",
      "asn",
      "..",
      ">",
      "<",
      "*",
      "\\",
      "10.0.0.0/8",
      "::1",
      "field.",
      "a",
      "severity",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(() => parse(pieces.join(""))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it.each(["10.0.0.1:80", "http://x", "100%", "a_b", "::1", "x:y", "/etc/shadow", "C:\\temp"])(
    "takes %s as plain text",
    (text) => {
      expect(terms(text)).toEqual([{ kind: "text", text, prefix: false, not: false }]);
    },
  );

  it("knows columns, fields, negation, quotes and suffix stars", () => {
    expect(
      terms('decky:web-01 -service:ssh event:"a b" username:root field.x-y:1 -"two words" roo*'),
    ).toEqual([
      { kind: "column", column: "decky", value: "web-01", prefix: false, not: false },
      { kind: "column", column: "service", value: "ssh", prefix: false, not: true },
      { kind: "column", column: "event_type", value: "a b", prefix: false, not: false },
      { kind: "field", name: "username", value: "root", prefix: false, range: null, not: false },
      { kind: "field", name: "x-y", value: "1", prefix: false, range: null, not: false },
      { kind: "text", text: "two words", prefix: false, not: true },
      { kind: "text", text: "roo", prefix: true, not: false },
    ]);
  });

  it("keeps quotes and backslashes that are escaped inside quotes", () => {
    expect(terms('"say \\"hi\\" \\\\ there"')).toEqual([
      { kind: "text", text: 'say "hi" \\ there', prefix: false, not: false },
    ]);
  });

  it("reads addresses, networks and mapped addresses in one form", () => {
    expect(
      terms("attacker:10.0.0.0/8 ip:::ffff:192.0.2.1 attacker-ip:2001:DB8::1 attacker_ip:2001:db8::/32"),
    ).toEqual([
      { kind: "address", address: "10.0.0.0", bits: 8, not: false },
      { kind: "address", address: "192.0.2.1", bits: null, not: false },
      { kind: "address", address: "2001:db8::1", bits: null, not: false },
      { kind: "address", address: "2001:db8::", bits: 32, not: false },
    ]);
  });

  it("reads ranges and comparisons of numbers", () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(terms("severity:2..4 asn:AS64500 asn:>10 severity:<=3 field.size:>=1.5")).toEqual([
      { kind: "number", column: "severity", from: 2, to: 4, not: false },
      { kind: "number", column: "asn", from: 64500, to: 64500, not: false },
      { kind: "number", column: "asn", from: 11, to: max, not: false },
      { kind: "number", column: "severity", from: -max, to: 3, not: false },
      {
        kind: "field",
        name: "size",
        value: ">=1.5",
        prefix: false,
        range: { from: 1.5, to: max },
        not: false,
      },
    ]);
  });

  it.each([
    ['abc "open', 4],
    ["x attacker:nowhere", 11],
    ["attacker:10.0.0.1/33", 9],
    ["severity:5..2", 9],
    ["asn:abc", 4],
    ["country:DEU", 8],
    ["decky: web", 6],
    ["technique:T1110", 10],
    ["ok -", 3],
  ])("says where %s is wrong", (text, position) => {
    expect(parse(text)).toMatchObject({ ok: false, position });
  });

  it("holds at most 32 tokens", () => {
    expect(parse("a ".repeat(32)).ok).toBe(true);
    expect(parse("a ".repeat(33))).toMatchObject({ ok: false, position: 64 });
  });
});
