import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "./contract.ts";
import { type FramedLine, LineFraming, PartialBudget } from "./framing.ts";

const CAP = 64;

function open(joins: "always" | "same_stamp" = "always", budget = new PartialBudget(), capBytes = CAP) {
  const lines: { text: string; at: number; fullLength: number; stamp: string | undefined }[] = [];
  const sink = {
    line: ({ bytes, origin, offset, fullLength, stamp }: FramedLine) => {
      lines.push({
        text: Buffer.from(bytes).toString("latin1"),
        at: (origin?.nano ?? 0) + offset,
        fullLength,
        stamp,
      });
    },
  };
  return { framing: new LineFraming({ stream: "stdout", joins, capBytes, budget, sink }), lines };
}

const frame = (bytes: Uint8Array, nano = 0, stamp?: string): Frame => ({
  stream: "stdout",
  stamp,
  bytes,
  origin: { second: 0, nano, ordinal: 0 },
});

/** Any bytes with many line ends, also lines around the cap. */
const text = fc
  .array(
    fc.oneof(
      fc.constant("\n"),
      fc.string({ unit: "binary-ascii", maxLength: 6 }),
      fc.constantFrom(CAP - 1, CAP, CAP + 1, 200).map((n) => "x".repeat(n)),
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => Buffer.from(parts.join(""), "latin1"));

describe("LineFraming", () => {
  it("gives the lines of a text at the same places, however it is cut into frames", () => {
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), (bytes, sizes) => {
        const { framing, lines } = open();
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 1);
          framing.push(frame(bytes.subarray(at, at + size), at));
          at += size;
        }
        const unfinished = bytes.length - (bytes.lastIndexOf(0x0a) + 1);
        expect(framing.unfinished).toBe(unfinished);
        framing.finish();
        let place = 0;
        const expected = bytes
          .toString("latin1")
          .split("\n")
          .map((line) => {
            const own = { text: line.slice(0, CAP), at: place, fullLength: line.length, stamp: undefined };
            place += line.length + 1;
            return own;
          })
          .filter(({ fullLength }) => fullLength > 0);
        expect(lines).toEqual(expected);
        expect(framing.unfinished).toBe(0);
        expect(framing.held).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("joins frames of one stamp and begins a line at another, where an engine stamps pieces alike", () => {
    const { framing, lines } = open("same_stamp");
    framing.push(frame(Buffer.from("one "), 0, "t1"));
    framing.push(frame(Buffer.from("line\nof run one"), 0, "t1"));
    framing.push(frame(Buffer.from("of run two\n"), 0, "t2"));
    expect(lines.map((line) => [line.text, line.stamp])).toEqual([
      ["one line", "t1"],
      ["of run one", "t1"],
      ["of run two", "t2"],
    ]);
  });

  it("cuts the longest unfinished line when all together are too large, and leaves its neighbours whole", () => {
    const budget = new PartialBudget(20_000);
    const long = open("always", budget, 100_000);
    const short = open("always", budget, 100_000);
    short.framing.push(frame(Buffer.from("s".repeat(3000))));
    for (let i = 0; i < 30; i++) long.framing.push(frame(Buffer.from("l".repeat(1000))));
    expect(budget.used).toBeLessThanOrEqual(20_000);
    long.framing.push(frame(Buffer.from("\nnext\n")));
    short.framing.push(frame(Buffer.from("\n")));
    expect(long.lines.map((line) => [line.text.length, line.fullLength])).toEqual([
      [4096, 30_000],
      [4, 4],
    ]);
    expect(short.lines.map((line) => line.fullLength)).toEqual([3000]);
    expect(budget.used).toBe(0);
  });
});
