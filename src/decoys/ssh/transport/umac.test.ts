import { expect, test } from "vitest";
import { Umac } from "./umac.ts";

const key = Buffer.from("abcdefghijklmnop");
const nonce = Buffer.from("bcdefghi");

// RFC 4418, appendix: tags of messages made of `a` and `abc`.
test.each([
  ["", 0, "6E155FAD26900BE1"],
  ["a", 3, "44B5CB542F220104"],
  ["a", 1_024, "26BF2F5D60118BD9"],
  ["a", 32_768, "27F8EF643B0D118D"],
  ["a", 1_048_576, "A4477E87E9F55853"],
  ["abc", 1, "D4D7B9F6BD4FBFCF"],
  ["abc", 500, "D4CF26DDEFD5C01A"],
])("UMAC-64 of %j × %i", (text, times, tag) => {
  const message = Buffer.from(text.repeat(times));
  expect(new Umac(key, 8).tag(message, nonce).toString("hex").toUpperCase()).toBe(tag);
});
