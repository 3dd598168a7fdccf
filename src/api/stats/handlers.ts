import { seesSecrets } from "../auth/sees-secrets.ts";
import { fillBars } from "../logs/histogram.ts";
import { instantOf, instantOrNull, sinceMicroseconds } from "../paging/time-range.ts";
import { type Handled, handle } from "../route.ts";
import type { Since } from "../shapes.ts";
import { getStats, statsTimeseries, statsTop } from "./contract.ts";
import { readTotals } from "./totals.ts";

const MINUTE_S = 60;

/** So that about 60 points fill a window and bars begin at full minutes and hours. */
const usual: Readonly<Record<Since, number>> = { "15m": 60, "1h": 60, "24h": 1800, "7d": 10_800 };

/** Whole minutes, so that the rollups answer exactly. */
const intervalOf = (window: Since, asked: number | undefined): number =>
  Math.ceil((asked ?? usual[window]) / MINUTE_S) * MINUTE_S;

export const statsHandlers: readonly Handled[] = [
  handle(getStats, ({ api }) => readTotals(api)),

  handle(statsTimeseries, async ({ api }, { query }) => {
    const nowUs = api.clock.now() * 1000;
    const windowUs = sinceMicroseconds(query.window);
    const interval_s = intervalOf(query.window, query.interval);
    const range = { startUs: nowUs - windowUs, endUs: nowUs, widthUs: interval_s * 1e6 };
    const found =
      query.metric === "events"
        ? await api.store.statsRead.histogram({}, { ...range, nowUs }, null)
        : await api.store.statsRead.firstSights(query.metric, range.startUs, range.widthUs);
    const bars = fillBars(
      found.map((bar) => ({ group: null, ...bar })),
      range,
    );
    return {
      metric: query.metric,
      window: query.window,
      interval_s,
      points: bars.map(({ bucket, count }) => ({ time: instantOf(bucket), value: count })),
    };
  }),

  handle(statsTop, async ({ api, caller }, { query }) => {
    const nowUs = api.clock.now() * 1000;
    const window =
      query.window === undefined ? null : { sinceUs: nowUs - sinceMicroseconds(query.window), nowUs };
    const rows = await api.store.statsRead.top(query.what, window, query.limit);
    const isMasked = query.what === "passwords" && !seesSecrets(api, caller);
    return {
      what: query.what,
      data: rows.map((row) => ({
        ...row,
        value: isMasked ? null : row.value,
        last_seen: instantOrNull(row.last_seen),
      })),
    };
  }),
];
