import fc from "fast-check";
import { expect, test } from "vitest";
import { BusTopicError } from "./errors.ts";
import { checkPattern, checkTopic, matches } from "./subject.ts";

test.each([
  ["attacker.>", "attacker", false],
  ["attacker.>", "attacker.observed", true],
  ["attacker.>", "attacker.session.ended", true],
  ["attacker.*", "attacker.session.ended", false],
  ["system.*.health", "system.bus.health", true],
  ["system.*.health", "system.bus.control", false],
  [">", "a", true],
  ["*", "a.b", false],
  ["*.*", "a.b", true],
  ["a.*.c", "a.b.c", true],
  ["a.*.c", "a.b.d", false],
  ["a.b", "a.b", true],
  ["a.b", "a.b.c", false],
  ["a.b.>", "a.b", false],
])("%s against %s is %s", (pattern, topic, expected) => {
  expect(matches(pattern, topic)).toBe(expected);
});

test.each(["", "a..b", "a b", "a.>", "a.*", ".a", "a.", "ü"])("%j is no topic", (topic) => {
  expect(() => checkTopic(topic)).toThrow(BusTopicError);
});

test.each(["", "a.>.b", "a..b", "a b", ">.a", "a.b*"])("%j is no pattern", (pattern) => {
  expect(() => checkPattern(pattern)).toThrow(BusTopicError);
});

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
test("a topic matches itself, with any token starred, and below any of its prefixes", () => {
  fc.assert(
    fc.property(fc.array(token, { minLength: 2, maxLength: 6 }), fc.nat(), (tokens, n) => {
      const topic = tokens.join(".");
      const at = n % tokens.length;
      expect(matches(topic, topic)).toBe(true);
      expect(matches(tokens.with(at, "*").join("."), topic)).toBe(true);
      expect(matches([...tokens.slice(0, at), ">"].join("."), topic)).toBe(true);
    }),
  );
});
