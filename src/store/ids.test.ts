import fc from "fast-check";
import { expect, test } from "vitest";
import { attackerUuid, derivedUuid } from "./ids.ts";

test("an attacker's uuid is a UUIDv5 that never changes", () => {
  expect(attackerUuid("192.0.2.41")).toBe("daf504d7-9ce0-5c48-a201-197aa5b9f836");
  expect(attackerUuid("2001:db8::1")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("two lists of parts have one id only when they are the same list", () => {
  const parts = fc.array(fc.string({ unit: fc.constantFrom("a", "1", ":", "\0", "ö"), maxLength: 4 }), {
    minLength: 2,
    maxLength: 4,
  });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const isSame = a.length === b.length && a.every((part, i) => part === b[i]);
      expect(derivedUuid("credential", a) === derivedUuid("credential", b)).toBe(isSame);
      expect(derivedUuid("credential", a)).not.toBe(derivedUuid("session", a));
    }),
  );
});
