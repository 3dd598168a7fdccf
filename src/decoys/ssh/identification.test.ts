import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Identification, type Identified } from "./identification.ts";

const judge = (text: string): Identified => new Identification().take(Buffer.from(text, "latin1"));
const answer = (text: string): string | undefined => {
  const result = judge(text);
  return result.state === "refused" ? result.answer : `(${result.state})`;
};

const INVALID = "Invalid SSH identification string.\r\n";

describe("what OpenSSH says to a bad identification", () => {
  test.each([
    ["SSH-1111-x\r\n", INVALID],
    ["SSH-1337-OpenSSH\r\n", INVALID],
    ["SSH-1.5-OpenSSH\r\n", "Protocol major versions differ.\r\n"],
    ["SSH-3.0-x\r\n", "Protocol major versions differ.\r\n"],
    ["SSH-2.0-\r\n", INVALID],
    ["SSH-2.0\r\n", INVALID],
    ["SSH-\r\n", INVALID],
    ["\n\n\n\n\n\n\n\n\n\n", INVALID],
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", INVALID],
    ["\x16\x03\x01\x00\xa5\x01\x00", INVALID],
    ["SSH-2.0-a\0b\r\n", INVALID],
    ["SSH-2.0-a\rb\r\n", INVALID],
    [`SSH-2.0-${"a".repeat(8_192)}\r\n`, INVALID],
    ["SSH-2.0-Probe-x\r\n", undefined],
    // It waits for what may still become a line.
    ["\r\r\r\r\r\r\r\r", "(more)"],
    ["", "(more)"],
    ["SSH-2.0-x", "(more)"],
    ["SSH-2.0-x\n", "(version)"],
    [`SSH-2.0-${"a".repeat(300)}\r\n`, "(version)"],
    ["SSH-1.99-x\r\n", "(version)"],
  ])("%j", (text, expected) => {
    expect(answer(text)).toBe(expected);
  });

  test("a second banner is left for the packet layer", () => {
    expect(judge("SSH-2.0-Go x y\r\nSSH-2.0-Go\r\n")).toEqual({
      state: "version",
      version: { raw: "SSH-2.0-Go x y", protocol: "2.0", software: "Go", comments: "x y" },
      rest: Buffer.from("SSH-2.0-Go\r\n"),
    });
  });
});

const outcome = (result: Identified): unknown =>
  result.state === "version" ? result.version : result.state === "refused" ? result.answer : "more";

test("the answer does not depend on how the bytes are cut", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.string({ maxLength: 32 }).map((text) => Buffer.from(`SSH-2.0-${text}\r\n`)),
  );
  fc.assert(
    fc.property(bytes, fc.nat(63), (input, cut) => {
      const whole = new Identification().take(Buffer.from(input));
      const parts = new Identification();
      const first = parts.take(Buffer.from(input.subarray(0, cut)));
      const last = first.state === "more" ? parts.take(Buffer.from(input.subarray(cut))) : first;
      expect(outcome(last)).toEqual(outcome(whole));
    }),
  );
});
