import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bounds, intervalMinutes, parseRange, presets, rangeQuery } from "../api/range.ts";
import { parseSearch, stringifySearch } from "../api/search-params.ts";
import { parseAttackerSearch, tabs } from "../pages/attacker/search.ts";
import { activities, parseAttackersSearch, sorts } from "../pages/attackers/search.ts";
import { parseCredentialsSearch } from "../pages/credentials/search.ts";
import { parseLogsSearch } from "../pages/logs/search.ts";
import { parseOverviewSearch } from "../pages/overview/search.ts";
import { parseSessionSearch } from "../pages/session/search.ts";
import { parseSessionsSearch } from "../pages/sessions/search.ts";

const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const word = fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed());
const filled = (record: object) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const pages = {
  overview: [
    parseOverviewSearch,
    fc.record({
      severity: some(fc.integer({ min: 0, max: 7 })),
      service: some(word),
      decky: some(word),
      open: some(word),
    }),
  ],
  logs: [
    parseLogsSearch,
    fc.record({ search: some(word), sort: some(fc.constant("seq")), open: some(word) }),
  ],
  attackers: [
    parseAttackersSearch,
    fc.record({
      search: some(word),
      sort: some(fc.constantFrom(...sorts)),
      country: some(fc.constantFrom("DE", "NL")),
      asn: some(fc.integer({ min: 0, max: 4_294_967_295 })),
      activity: some(fc.constantFrom(...activities)),
    }),
  ],
  attacker: [
    parseAttackerSearch,
    fc.record({ tab: some(fc.constantFrom(...tabs.slice(1))), search: some(word), service: some(word) }),
  ],
  sessions: [
    parseSessionsSearch,
    fc.record({
      attacker: some(word),
      state: some(fc.constantFrom("open", "closed")),
      has_transcript: some(fc.constantFrom("true", "false")),
      min_commands: some(fc.integer({ min: 1, max: 1_000_000 })),
      sort: some(fc.constant("started_at")),
    }),
  ],
  session: [
    parseSessionSearch,
    fc.record({
      t: some(fc.integer({ min: 0, max: 100_000 }).map((tenths) => tenths / 10)),
      n: some(fc.nat(1_000_000)),
      tab: some(fc.constant("events")),
    }),
  ],
  credentials: [
    parseCredentialsSearch,
    fc.record({
      tab: some(fc.constant("top")),
      search: some(word),
      outcome: some(fc.constantFrom("success", "failure")),
      sort: some(fc.constantFrom("last_seen", "-attempt_count")),
    }),
  ],
} as const;

describe("the URL is the state", () => {
  test.each(Object.entries(pages))(
    "filters of %s come back from the URL as they went in",
    (_, [parse, values]) => {
      fc.assert(
        fc.property(values as fc.Arbitrary<object>, (search) => {
          const url = stringifySearch(search as Record<string, unknown>);
          expect(parse(parseSearch(url))).toEqual(filled(search));
        }),
      );
    },
  );

  test.each(Object.entries(pages))("no URL breaks %s, and what does not fit is dropped", (_, [parse]) => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom("search", "sort", "severity", "t", "n", "tab", "asn", "open", "state"),
          fc.string(),
        ),
        (raw) => {
          const once = parse(raw);
          expect(parse(once as Record<string, unknown>)).toEqual(once);
        },
      ),
    );
  });
});

describe("time spans", () => {
  test("presets and custom spans survive the URL; the default leaves no trace", () => {
    expect(presets.map((range) => parseRange({ range }))).toEqual([
      { range: "15m" },
      { range: "1h" },
      {},
      { range: "7d" },
    ]);
    const custom = { from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z" };
    expect(parseRange(custom)).toEqual(custom);
    expect(parseRange(parseSearch(stringifySearch(custom)))).toEqual(custom);
  });

  test("a span that ends before it begins is no span", () => {
    expect(parseRange({ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" })).toEqual({});
  });

  test("the API gets a preset or two times, never both", () => {
    expect(rangeQuery({})).toEqual({ since: "24h" });
    expect(rangeQuery({ from: "a", to: "b" })).toEqual({ start_time: "a", end_time: "b" });
  });

  test("no span is drawn with more than about a hundred bars", () => {
    for (const range of presets) {
      const { from, to } = bounds({ range }, 0);
      expect((to - from) / (intervalMinutes({ range }) * 60_000)).toBeLessThanOrEqual(96);
    }
  });
});
