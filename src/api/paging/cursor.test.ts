import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ProblemError } from "../errors.ts";
import { createCursors } from "./cursor.ts";

const cursors = createCursors(randomBytes(32));
const key = fc.array(fc.oneof(fc.integer(), fc.string({ maxLength: 40 })), { minLength: 1, maxLength: 4 });

it("gives back where a page begins", () => {
  fc.assert(
    fc.property(key, fc.boolean(), fc.option(fc.nat()), (sortKey, backwards, startUs) => {
      const start = { key: sortKey, backwards, startUs };
      expect(cursors.decode(cursors.encode(start, ["logs"]), ["logs"])).toEqual(start);
    }),
  );
});

it("refuses a cursor that was changed, cut, invented or made for another query", () => {
  const cursor = cursors.encode({ key: [5], backwards: false, startUs: null }, ["logs", "a"]);
  const refused = (text: string, filter: unknown = ["logs", "a"]) => {
    try {
      cursors.decode(text, filter);
      return "accepted";
    } catch (error) {
      return error instanceof ProblemError ? error.problem : error;
    }
  };
  expect(refused(cursor)).toBe("accepted");
  expect(refused(cursor, ["logs", "b"])).toBe("bad_cursor");
  fc.assert(
    fc.property(fc.nat({ max: cursor.length - 1 }), fc.constantFrom("A", "z", "0", "_"), (at, char) => {
      fc.pre(cursor[at] !== char);
      expect(refused(cursor.slice(0, at) + char + cursor.slice(at + 1))).toBe("bad_cursor");
      expect(refused(cursor.slice(0, at))).toBe("bad_cursor");
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(refused(text)).toBe("bad_cursor");
    }),
  );
});
