import { describe, expect, test } from "vitest";
import type { LogEvent } from "../../api/model.ts";
import { type FeedRow, RING } from "../../api/stream/feed.ts";
import { complete, suggest } from "./suggest.ts";
import { joinRows } from "./use-live-rows.ts";

const event = (seq: number) => ({ id: String(seq), seq }) as LogEvent;
const row = (seq: number): FeedRow => ({ kind: "event", key: String(seq), event: event(seq) });
const seqs = (rows: readonly FeedRow[]) =>
  rows.map((each) => (each.kind === "event" ? each.event.seq : each.kind));

describe("stream above list", () => {
  test("rows that both hold stand once", () => {
    expect(seqs(joinRows([row(5), row(4), row(3)], [event(4), event(3), event(2)]))).toEqual([5, 4, 3, 2]);
  });

  test("an empty list shows the stream, an empty stream the list", () => {
    expect(seqs(joinRows([row(2), row(1)], []))).toEqual([2, 1]);
    expect(seqs(joinRows([], [event(1)]))).toEqual([1]);
  });

  test("where the ring has let go of rows, the seam says so", () => {
    const fresh = Array.from({ length: RING }, (_, index) => row(5000 - index));
    const joined = joinRows(fresh, [event(10)]);
    expect(joined).toHaveLength(RING + 2);
    expect(seqs(joined).slice(-2)).toEqual(["reset", 10]);
  });
});

describe("completion", () => {
  const values = {
    service: [
      { value: "ssh", count: 9 },
      { value: "smtp", count: 2 },
    ],
    decky: [{ value: "web 01", count: 1 }],
    event_type: [],
    attacker: [],
    country: [],
    scanned: 9,
    exact: true,
  };

  test("keys while a key is typed, values while a value is typed", () => {
    expect(suggest("dec", 3, values).map(({ label }) => label)).toEqual(["decky:"]);
    expect(suggest("-service:s", 10, values).map(({ insert }) => insert)).toEqual([
      "-service:ssh",
      "-service:smtp",
    ]);
    expect(suggest("field.cmd:x", 11, values)).toEqual([]);
  });

  test("takes the place of the word at the caret and nothing else", () => {
    const [suggestion] = suggest("a deck b", 6, values);
    expect(suggestion && complete("a deck b", 6, suggestion)).toEqual({ text: "a decky:b", caret: 8 });
    const [value] = suggest("a decky:w", 9, values);
    expect(value && complete("a decky:w", 9, value)).toEqual({ text: 'a decky:"web 01" ', caret: 17 });
  });
});
