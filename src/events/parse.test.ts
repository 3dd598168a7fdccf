import { describe, expect, test } from "vitest";
import { parseLine } from "./parse.ts";
import { exampleRows } from "./testing/rows.ts";

const RECEIVED = "2026-07-19T14:22:33.000000001Z";
const H = "<134>1 2026-07-19T14:22:31.250417+00:00 quill-07";

describe("example lines", () => {
  test("there are all of them", () => {
    expect(exampleRows.map(({ row }) => row)).toEqual(Array.from({ length: 59 }, (_, i) => i + 1));
  });

  test.each(exampleRows)("row $row parses as described", ({ line, parsed }) => {
    const result = parseLine(line, RECEIVED);
    const stamp = line.split(" ")[1] ?? "";
    const micros = stamp.startsWith("2026-07-19T14:22:31.250417")
      ? "250417"
      : stamp.includes(".9")
        ? "900000"
        : "000000";
    expect({ ...result, fields: Object.entries("fields" in result ? result.fields : {}) }).toEqual({
      ...parsed,
      fields: Object.entries(parsed.fields),
      raw_line: line,
      timestamp: "2026-07-19 14:22:31",
      time: `2026-07-19T14:22:31.${micros}Z`,
      time_source: "line",
    });
  });
});
