import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nanosecondDigits, recordId, sourceSeeds, stampDigits } from "./id.ts";
import { xxh32 } from "./xxh32.ts";

const seeds = sourceSeeds(`5f3c9a${"0".repeat(58)}`);
const time = stampDigits("2026-07-19T14:22:31.250991873Z");
const shutdown = Buffer.from("<134>1 2026-07-19T14:22:31.250417+00:00 quill-07 mqtt - shutdown -");

describe("the id of a line", () => {
  test("has the check values of the format", () => {
    const base = { seeds, time, stream: "stdout", ordinal: 0 } as const;
    expect([
      recordId({ ...base, line: shutdown }),
      recordId({ ...base, ordinal: 1, line: shutdown }),
      recordId({ ...base, line: Buffer.from("short") }),
      recordId({ ...base, stream: "stderr", line: Buffer.from("x".repeat(200)) }),
    ]).toEqual([
      "18c3b6e029519b0111f556fd0c481120",
      "18c3b6e029519b01cf0b2a10129a6c01",
      "18c3b6e029519b01f1d7bdf5ab46b040",
      "18c3b6e029519b01ad6ccdbeda462459",
    ]);
  });

  test("does not depend on the line read before", () => {
    const line = Buffer.from("short");
    const id = recordId({ seeds, time, stream: "stdout", ordinal: 0, line });
    recordId({ seeds, time, stream: "stdout", ordinal: 9, line: Buffer.from("y".repeat(64)) });
    expect(recordId({ seeds, time, stream: "stdout", ordinal: 0, line })).toBe(id);
  });

  test("differs for lines that differ at either end, in length, place or source", () => {
    const base = { seeds, time, stream: "stdout", ordinal: 0, line: Buffer.from("a".repeat(100)) } as const;
    const ids = [
      base,
      { ...base, ordinal: 1 },
      { ...base, stream: "stderr" as const },
      { ...base, line: Buffer.from(`b${"a".repeat(99)}`) },
      { ...base, line: Buffer.from(`${"a".repeat(99)}b`) },
      { ...base, line: Buffer.from("a".repeat(101)) },
      { ...base, seeds: sourceSeeds("spool:decky-01/ssh/1") },
    ].map(recordId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("XXH32 has the check values of its reference implementation", () => {
  const sample = new Uint8Array(101);
  let generator = 0x9e3779b1n;
  for (let i = 0; i < sample.length; i++) {
    sample[i] = Number(generator >> 24n);
    generator = (generator * generator) & 0xffff_ffffn;
  }
  const prime = 0x9e3779b1;
  const both = (length: number) => [
    xxh32(sample.subarray(0, length), 0),
    xxh32(sample.subarray(0, length), prime),
  ];
  expect([both(0), both(1), both(14), both(101)]).toEqual([
    [0x02cc5d05, 0x36b78ae7],
    [0xb85cbee5, 0xd5845d64],
    [0xe5aa0ab4, 0x4481951d],
    [0x1f1aa412, 0x498ec8e2],
  ]);
});

test("digits of a stamp are its nanoseconds", () => {
  const moments = fc.tuple(
    fc.date({ min: new Date(0), max: new Date("2500-01-01"), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999_999_999 }),
  );
  fc.assert(
    fc.property(moments, ([date, nanoseconds]) => {
      const stamp = `${date.toISOString().slice(0, 19)}.${String(nanoseconds).padStart(9, "0")}Z`;
      const ns = BigInt(Math.floor(date.getTime() / 1_000)) * 1_000_000_000n + BigInt(nanoseconds);
      expect(stampDigits(stamp)).toBe(nanosecondDigits(ns));
    }),
  );
});
