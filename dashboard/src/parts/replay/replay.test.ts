import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CastEvent,
  commandTimes,
  findText,
  plainOutput,
  readEvent,
  readHeader,
  readSize,
} from "./cast.ts";
import { ReplayDriver } from "./driver.ts";
import { LineSplitter } from "./load.ts";

const out = (at: number, data: string): CastEvent => ({ at, kind: "o", data });
const sent = (at: number, data: string): CastEvent => ({ at, kind: "i", data });

describe("lines of a recording", () => {
  test("headers and events are read, everything else is passed over", () => {
    expect(readHeader('{"version":2,"width":80,"height":24,"timestamp":5}')).toEqual({
      cols: 80,
      rows: 24,
      timestamp: 5,
    });
    expect(readHeader('{"version":1,"width":80,"height":24}')).toBeUndefined();
    expect(readEvent('[1.5,"o","x"]')).toEqual(out(1.5, "x"));
    expect(['[1,"m","x"]', '[-1,"o","x"]', '["1","o","x"]', "{", "null"].map(readEvent)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  test("a terminal is never larger than 500 by 200", () => {
    expect(readSize("100000x99999")).toEqual({ cols: 500, rows: 200 });
    expect(readHeader('{"version":2,"width":1e9,"height":-4}')).toEqual({
      cols: 500,
      rows: 1,
      timestamp: undefined,
    });
    expect(readSize("80x24; rm")).toBeUndefined();
  });

  test("any cutting of the bytes gives the same lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé😀]{1,9}$/u), { maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        (lines, size) => {
          const bytes = new TextEncoder().encode(lines.join("\n"));
          const splitter = new LineSplitter();
          const found: string[] = [];
          for (let at = 0; at < bytes.length; at += size)
            found.push(...splitter.push(bytes.slice(at, at + size)));
          found.push(...splitter.push(undefined));
          expect(found).toEqual(lines);
        },
      ),
    );
  });
});

describe("commands on the time line", () => {
  test("a command stands where its Enter was, although it is reported at its end", () => {
    const events = [sent(1, "l"), sent(1.2, "\r"), out(1.3, "..."), sent(5, "sleep 9\r"), out(14, "$ ")];
    expect(commandTimes(events, [1.4, 14])).toEqual([1.2, 5]);
  });

  test("without a terminal the reported time stands, and times never run back", () => {
    expect(commandTimes([], [2, 1, 3])).toEqual([2, 2, 3]);
  });
});

describe("searching", () => {
  test("escape sequences do not hide a word, and a word may come in pieces", () => {
    expect(plainOutput("\u001b[01;32mro\u001b[0mot\u001b]0;title\u0007!")).toBe("root!");
    const events = [out(1, "pass"), out(2, "wo"), sent(2.5, "zz"), out(3, "\u001b[1mrd"), out(9, "password")];
    expect(findText(events, "PASSWORD", 0)).toBe(3);
    expect(findText(events, "password", 3)).toBe(9);
    expect(findText(events, "password", 9)).toBe(3);
    expect(findText(events, "absent", 0)).toBeUndefined();
  });
});

function play(events: readonly CastEvent[], isLive = false) {
  let now = 0;
  let frame: (() => void) | undefined;
  const driver = new ReplayDriver({
    now: () => now,
    onFrame: (action) => {
      frame = action;
      return () => {
        frame = undefined;
      };
    },
  });
  let screen = "";
  const seen: string[] = [];
  driver.setLive(isLive);
  driver.setHeader({ cols: 80, rows: 24, timestamp: undefined });
  driver.append(events);
  driver
    .asPlayerDriver({
      dispatch: (name, data) => {
        seen.push(name);
        if (name === "reset") screen = "";
        if (name === "output") screen += (data as string[]).join("");
      },
    })
    .init();
  return {
    driver,
    seen,
    screen: () => screen,
    pass: (ms: number) => {
      now += ms;
      const due = frame;
      frame = undefined;
      due?.();
    },
  };
}

describe("replay", () => {
  const events = [out(0, "a"), out(1, "b"), out(2, "c"), out(10, "d")];

  test("plays at its speed and ends at its end", () => {
    const { driver, screen, pass, seen } = play(events);
    driver.setSkipsIdle(false);
    driver.setSpeed(2);
    driver.play();
    pass(600);
    expect(screen()).toBe("ab");
    pass(4500);
    expect([screen(), driver.state().isPlaying, driver.state().hasEnded]).toEqual(["abcd", false, true]);
    expect(seen.at(-1)).toBe("ended");
  });

  test("skips an idle stretch after two seconds of it", () => {
    const { driver, screen, pass } = play(events);
    driver.play();
    pass(2000);
    expect(screen()).toBe("abc");
    pass(1900);
    expect(screen()).toBe("abc");
    pass(200);
    expect([screen(), driver.state().position]).toEqual(["abcd", 10]);
  });

  test("shows the same screen for a position, however one came there", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 8 }), (jumps) => {
        const { driver, screen } = play(events);
        for (const jump of jumps) driver.seek(jump);
        const last = jumps.at(-1) ?? 0;
        expect(screen()).toBe(
          events
            .filter(({ at }) => at <= last)
            .map(({ data }) => data)
            .join(""),
        );
      }),
    );
  });

  test("follows an open session and stays behind nothing", () => {
    const { driver, screen, pass } = play([out(0, "a")], true);
    driver.follow();
    driver.append([out(3, "b")]);
    pass(16);
    driver.append([out(60, "c")]);
    pass(120);
    expect([screen(), driver.state().position, driver.state().isFollowing]).toEqual(["abc", 60, true]);
    driver.setLive(false);
    pass(16);
    expect([driver.state().isFollowing, driver.state().hasEnded]).toEqual([false, true]);
  });

  test("a step shows the next change", () => {
    const { driver, screen } = play(events);
    driver.step();
    expect(screen()).toBe("ab");
  });

  test("sizes of the recording are capped before the terminal hears of them", () => {
    const sizes: unknown[] = [];
    const driver = new ReplayDriver({ now: () => 0, onFrame: () => () => {} });
    driver.append([{ at: 0, kind: "r", data: "9999x9999" }]);
    driver.asPlayerDriver({ dispatch: (name, data) => name === "resize" && sizes.push(data) }).init();
    expect(sizes).toEqual([{ cols: 500, rows: 200 }]);
  });
});
