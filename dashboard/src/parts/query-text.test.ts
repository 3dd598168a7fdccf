import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { condition, parseTokens, plainText, withoutToken, withToken } from "./query-text.ts";

const shape = (text: string) =>
  parseTokens(text)?.map(({ negated, key, value }) => [negated ? "-" : "", key ?? "", value]);

describe("tokens of a search", () => {
  test("words, keys, quotes and negation", () => {
    expect(shape('service:ssh -username:"root user" plain "two words" -x')).toEqual([
      ["", "service", "ssh"],
      ["-", "username", "root user"],
      ["", "", "plain"],
      ["", "", "two words"],
      ["-", "", "x"],
    ]);
  });

  test("an open quote is not a search yet", () => {
    expect(parseTokens('a "b')).toBeUndefined();
  });

  test("every token keeps the text it was written as", () => {
    const text = 'http://x 10.0.0.1:80 ::1 a..b  severity:0..4 "q \\" q"';
    expect(parseTokens(text)?.map(({ raw }) => raw)).toEqual([
      "http://x",
      "10.0.0.1:80",
      "::1",
      "a..b",
      "severity:0..4",
      '"q \\" q"',
    ]);
  });
});

describe("conditions", () => {
  test("plain values stand as they are, others are quoted", () => {
    expect(condition("decky", "web-01")).toBe("decky:web-01");
    expect(condition("attacker", "2001:db8::1")).toBe("attacker:2001:db8::1");
    expect(condition("field.cmd", "rm -rf *", true)).toBe('-field.cmd:"rm -rf *"');
    expect(condition("field.n", "1..5")).toBe('field.n:"1..5"');
    expect(condition("field.q", 'say "hi" \\')).toBe('field.q:"say \\"hi\\" \\\\"');
    expect(plainText("service:ssh")).toBe('"service:ssh"');
  });

  test("any value comes back whole, as one token", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
        fc.boolean(),
        (value, negated) => {
          const tokens = parseTokens(condition("field.x", value, negated));
          expect(tokens?.map((token) => [token.negated, token.key, token.value])).toEqual([
            [negated, "field.x", value],
          ]);
        },
      ),
    );
  });

  test("adding a condition takes its opposite away and nothing else", () => {
    const once = withToken("service:ssh words", condition("decky", "web-01", true));
    expect(once).toBe("service:ssh words -decky:web-01");
    expect(withToken(once, condition("decky", "web-01"))).toBe("service:ssh words decky:web-01");
    expect(withoutToken(once, "-decky:web-01")).toBe("service:ssh words");
  });

  test("adding and removing leaves any search as it was", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 }), (plain) => {
        const search = plain.join(" ");
        const raw = condition("decky", "one more");
        expect(withoutToken(withToken(search, raw), raw)).toBe(search);
      }),
    );
  });
});
