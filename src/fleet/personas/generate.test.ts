import fc from "fast-check";
import { expect, test } from "vitest";
import { archetypes } from "../archetypes.ts";
import { generatePersona, generateSite } from "./generate.ts";

const secret = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const FORBIDDEN = /decky|decnet|honeypot|cowrie|kippo|svr04|nas3|phil|richard/i;

test("the same wish gives the same persona, whatever the archetype", () => {
  expect(archetypes.length).toBeGreaterThan(0);
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom(...archetypes),
      fc.integer({ min: 1, max: 20 }),
      (key, archetype, number) => {
        const wish = {
          secret: key,
          archetype,
          site: generateSite(key),
          number,
          listens: [],
          createdAt: 1_790_000_000,
        };
        expect(generatePersona(wish)).toEqual(generatePersona(wish));
      },
    ),
  );
});

test("two secrets share no serial, address card or boot time", () => {
  fc.assert(
    fc.property(fc.uniqueArray(secret, { minLength: 2, maxLength: 2 }), ([a = "", b = ""]) => {
      const site = generateSite(a);
      const make = (key: string) =>
        generatePersona({
          secret: key,
          archetype: archetypes[0],
          site,
          number: 1,
          listens: [],
          createdAt: 1_790_000_000,
        });
      const [one, two] = [make(a), make(b)];
      expect(one.hardware.mac).not.toBe(two.hardware.mac);
      expect(one.bootedAt).not.toBe(two.bootedAt);
    }),
  );
});

test("nothing generated names a decoy, and a machine is installed before it boots", () => {
  fc.assert(
    fc.property(secret, fc.constantFrom(...archetypes), (key, archetype) => {
      const persona = generatePersona({
        secret: key,
        archetype,
        site: generateSite(key),
        number: 3,
        listens: [],
        createdAt: 1_790_000_000,
      });
      expect(JSON.stringify(persona)).not.toMatch(FORBIDDEN);
      expect(persona.installedAt).toBeLessThan(persona.bootedAt);
      expect(persona.hardware.mac.startsWith("02:42")).toBe(false);
      expect(persona.auth.accounts.length).toBeGreaterThan(0);
    }),
  );
});
