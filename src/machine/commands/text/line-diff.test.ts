import fc from "fast-check";
import { expect, test } from "vitest";
import { changesBetween, normalText, unifiedText } from "./line-diff.ts";

const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const someLines = fc.array(fc.constantFrom("a\n", "b\n", "c\n"), { maxLength: 20 });

test("the changes applied to the left side give the right side", () => {
  fc.assert(
    fc.property(someLines, someLines, (left, right) => {
      const built: string[] = [];
      let at = 0;
      for (const change of changesBetween(left, right)) {
        built.push(...left.slice(at, change.left[0]), ...right.slice(...change.right));
        at = change.left[1];
      }
      expect([...built, ...left.slice(at)]).toEqual(right);
    }),
    { numRuns: 300 },
  );
});

test("a file has no changes to itself", () => {
  fc.assert(
    fc.property(someLines, (left) => {
      expect(changesBetween(left, left)).toEqual([]);
    }),
  );
});

/** Both recorded from diffutils 3.8. */
test("changes are told as diff tells them, with a last line that is not ended", () => {
  const [left, right] = [lines("a\nb\nc\nd\n"), lines("a\nx\nc\nd\ne")];
  const changes = changesBetween(left, right);
  expect(normalText(left, right, changes)).toBe(
    "2c2\n< b\n---\n> x\n4a5\n> e\n\\ No newline at end of file\n",
  );
  expect(unifiedText(left, right, changes, 3)).toBe(
    "@@ -1,4 +1,5 @@\n a\n-b\n+x\n c\n d\n+e\n\\ No newline at end of file\n",
  );
});
