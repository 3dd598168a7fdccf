import { describe, expect, test } from "vitest";
import { absoluteText, axisText, fromField, relativeText, toField, zoneMark } from "./instants.ts";
import { bytes, clockSpan, duration, exactNumber, shortNumber } from "./units.ts";

const thin = (text: string) => text.replaceAll(" ", "\u2009");

describe("numbers", () => {
  test("counts are exact below ten thousand and short above", () => {
    expect([0, 999, 9999, 10_000, 12_449, 123_456, 1_000_000, 12_345_678].map(shortNumber)).toEqual(
      ["0", "999", "9 999", "10.0 k", "12.4 k", "123 k", "1.0 M", "12.3 M"].map(thin),
    );
  });

  test("the exact form groups by thin spaces", () => {
    expect(exactNumber(1_234_567)).toBe(thin("1 234 567"));
  });

  test("sizes are binary", () => {
    expect([0, 1023, 1024, 1536, 10_485_760].map(bytes)).toEqual(
      ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10.0 MiB"].map(thin),
    );
  });

  test("spans show their two largest units", () => {
    expect([0.045, 3.21, 59, 61, 7500, 97_200].map(duration)).toEqual([
      thin("45 ms"),
      thin("3.2 s"),
      thin("59 s"),
      `${thin("1 m")} ${thin("01 s")}`,
      `${thin("2 h")} ${thin("05 m")}`,
      `${thin("1 d")} ${thin("3 h")}`,
    ]);
  });

  test("positions of a recording read like a clock", () => {
    expect([0, 9.9, 61, 3849].map(clockSpan)).toEqual(["00:00", "00:09", "01:01", "1:04:09"]);
  });
});

describe("times", () => {
  const at = new Date("2026-03-29T00:59:59.250Z");

  test("the absolute form carries its zone", () => {
    expect(absoluteText(at, "utc")).toBe("2026-03-29 00:59:59Z");
    expect(absoluteText(at, "utc", true)).toBe("2026-03-29 00:59:59.250Z");
  });

  test("the local mark is the offset of that very moment", () => {
    const offset = -at.getTimezoneOffset();
    const sign = offset < 0 ? "−" : "+";
    const size = Math.abs(offset);
    const mark = `${sign}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
    expect(zoneMark(at, "local")).toBe(mark);
  });

  test("within a day it is relative, beyond it is absolute", () => {
    const now = at.getTime();
    expect(relativeText(new Date(now - 500), now, "utc")).toBe("now");
    expect(relativeText(new Date(now - 12_000), now, "utc")).toBe(`${thin("12 s")} ago`);
    expect(relativeText(new Date(now - 90_000_000), now, "utc")).toBe("2026-03-27 23:59:59Z");
  });

  test("axis marks fit the width of the span", () => {
    expect(axisText(at, "utc", 60_000)).toBe("00:59:59");
    expect(axisText(at, "utc", 3_600_000)).toBe("00:59");
    expect(axisText(at, "utc", 7 * 86_400_000)).toBe("03-29 00:59");
  });

  test("what a date field shows is read back as the same second, in both zones", () => {
    const whole = new Date("2026-07-01T10:20:30Z");
    for (const zone of ["utc", "local"] as const) {
      expect(fromField(toField(whole, zone), zone)?.getTime()).toBe(whole.getTime());
    }
  });
});
