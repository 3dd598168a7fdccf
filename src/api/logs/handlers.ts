import { seesSecrets } from "../auth/sees-secrets.ts";
import { ProblemError } from "../errors.ts";
import { openPage } from "../paging/page.ts";
import { instantOf, timeRange } from "../paging/time-range.ts";
import { type Handled, handle } from "../route.ts";
import { getLog, listLogs, logFacets, logHistogram } from "./contract.ts";
import { eventFilter } from "./filter.ts";
import { asRollupFilter, fillBars } from "./histogram.ts";
import { showDetail, showEvent } from "./show.ts";

const NEIGHBOURS = 10;
const DAY_US = 24 * 3600e6;
const MAX_BARS = 3000;
const MAX_COUNTED_US = 7 * DAY_US;

export const logHandlers: readonly Handled[] = [
  handle(listLogs, async ({ api, caller }, { query }) => {
    const paging = openPage(api, ["logs"], query);
    const found = await api.store.eventsRead.page({
      filter: eventFilter(api, caller, query, paging.range),
      descending: query.sort === "-seq",
      page: paging.page,
    });
    const withSecrets = seesSecrets(api, caller);
    return paging.reply(found, {
      keyOf: (row) => (found.byReceived ? [row.received, row.seq] : [row.seq]),
      show: (row) => showEvent(row, withSecrets),
    });
  }),

  handle(getLog, async ({ api, caller }, { params }) => {
    const row = await api.store.eventsRead.byId(Uint8Array.from(Buffer.from(params.id, "hex")));
    if (row === null) throw new ProblemError("not_found", "There is no event with this id.");
    const withSecrets = seesSecrets(api, caller);
    const session = await api.store.sessionsRead.idOf(row);
    const neighbours =
      session === null ? [] : await api.store.eventsRead.neighbours(row.seq, session, NEIGHBOURS);
    return {
      ...showDetail(row, withSecrets),
      links: {
        attacker: row.attacker_uuid,
        session,
        neighbours: neighbours.map((neighbour) => showEvent(neighbour, withSecrets)),
      },
    };
  }),

  handle(logHistogram, async ({ api, caller }, { query }) => {
    const nowUs = api.clock.now() * 1000;
    const asked = timeRange(query, nowUs);
    const endUs = asked.endUs ?? nowUs;
    const startUs = asked.startUs ?? endUs - DAY_US;
    const widthUs = query.interval_minutes * 60e6;
    if ((endUs - startUs) / widthUs > MAX_BARS) {
      const message = `More than ${MAX_BARS} bars: choose a larger interval_minutes or a shorter range.`;
      throw new ProblemError("invalid", message, {
        errors: [{ pointer: "/query/interval_minutes", message }],
      });
    }
    const filter = eventFilter(api, caller, query, { startUs, endUs });
    const rollup = asRollupFilter(filter);
    const groupBy = query.group_by ?? null;
    if (rollup === null && endUs - startUs > MAX_COUNTED_US) {
      const message =
        "This filter is counted from the events: ask at most 7 days, or only decky, service, event.";
      throw new ProblemError("invalid", message, { errors: [{ pointer: "/query/start_time", message }] });
    }
    const found =
      rollup === null
        ? await api.store.eventsRead.histogram(filter, widthUs, groupBy)
        : await api.store.statsRead.histogram(rollup, { startUs, endUs, widthUs, nowUs }, groupBy);
    return fillBars(found, { startUs, endUs, widthUs }).map(({ bucket, count, groups }) => ({
      time: instantOf(bucket),
      count,
      ...(groupBy === null ? {} : { groups: Object.fromEntries(groups) }),
    }));
  }),

  handle(logFacets, async ({ api, caller }, { query }) => {
    const range = timeRange(query, api.clock.now() * 1000);
    const found = await api.store.eventsRead.facets(eventFilter(api, caller, query, range));
    const values = (pairs: readonly (readonly [string, number])[]) =>
      pairs.map(([value, count]) => ({ value, count }));
    return {
      decky: values(found.decky),
      service: values(found.service),
      event_type: values(found.event_type),
      attacker: values(found.attacker),
      country: values(found.country),
      scanned: found.scanned,
      exact: found.exact,
    };
  }),
];
