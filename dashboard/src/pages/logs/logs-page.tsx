import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { PanelRightClose, PanelRightOpen, Pause, Play } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { histogram, logPages } from "../../api/queries.ts";
import { bounds, intervalMinutes, isOpenEnded } from "../../api/range.ts";
import { changed } from "../../api/search-params.ts";
import type { FeedRow } from "../../api/stream/feed.ts";
import { useFeed, useFeedPart } from "../../api/stream/live.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button, IconButton } from "../../parts/button.tsx";
import { EventDrawer } from "../../parts/event-drawer.tsx";
import { Page, Panel } from "../../parts/panel.tsx";
import { Failure, Loaded, Skeleton } from "../../parts/states.tsx";
import { DataTable } from "../../parts/table.tsx";
import { TimeChart } from "../../parts/time-chart.tsx";
import { exactNumber, shortNumber } from "../../parts/units.ts";
import { logColumns } from "./columns.tsx";
import { Facets } from "./facets.tsx";
import "./logs.css";
import { NoEvents } from "./no-events.tsx";
import { SearchBar } from "./search-bar.tsx";
import { useLiveRows, useStreamFor } from "./use-live-rows.ts";
import { words } from "./words.ts";

const route = getRouteApi("/logs");
const CHART_HEIGHT = 96;

export function LogsPage() {
  const [hasFacets, setFacets] = useState(true);
  return (
    <Page
      fills
      title={words.title}
      actions={
        <IconButton
          className="facets-toggle"
          label={hasFacets ? words.hideFacets : words.showFacets}
          isPressed={hasFacets}
          icon={
            hasFacets ? (
              <PanelRightClose size={16} aria-hidden="true" />
            ) : (
              <PanelRightOpen size={16} aria-hidden="true" />
            )
          }
          onClick={() => setFacets(!hasFacets)}
        />
      }
    >
      <SearchBar />
      <LogsHistogram />
      <div className={hasFacets ? "logs-main" : "logs-main no-facets"}>
        <LogsTable />
        {hasFacets ? <Facets /> : null}
      </div>
    </Page>
  );
}

function useFilter() {
  const { search = "", sort = "-seq", range, from, to } = route.useSearch();
  return useMemo(
    () => ({ filter: { search, range: { range, from, to } }, sort }),
    [search, sort, range, from, to],
  );
}

function LogsHistogram() {
  const { filter } = useFilter();
  const navigate = useNavigate();
  const query = useQuery(histogram(filter));
  const at = query.dataUpdatedAt;
  const { from, to } = useMemo(() => bounds(filter.range, at), [filter.range, at]);
  return (
    <Panel title={words.histogram} className="logs-histogram">
      <Loaded query={query} skeleton={<Skeleton height={CHART_HEIGHT + 30} lines={4} />}>
        {(bars) => (
          <TimeChart
            label={words.histogram}
            bars={bars.map((bar) => ({ at: Date.parse(bar.time), count: bar.count }))}
            from={from}
            to={to}
            stepMs={intervalMinutes(filter.range) * 60_000}
            height={CHART_HEIGHT}
            onZoom={(begin, end) =>
              void navigate({
                to: ".",
                search: changed({
                  range: undefined,
                  from: new Date(begin).toISOString(),
                  to: new Date(end).toISOString(),
                }),
              })
            }
          />
        )}
      </Loaded>
    </Panel>
  );
}

/** `p` pauses and resumes while nothing is being typed. */
function usePauseKey(toggle: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      toggle();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [toggle]);
}

function LogsTable() {
  const { open } = route.useSearch();
  const { filter, sort } = useFilter();
  const navigate = useNavigate();
  const [isPaused, setPaused] = useState(false);
  const [isScrolled, setScrolled] = useState(false);
  const canFollow = sort === "-seq" && isOpenEnded(filter.range);
  const stream = useStreamFor(filter.search, canFollow);
  const phase = useFeedPart((snapshot) => snapshot.state.phase, stream);
  // The list is asked for once the stream is up: whatever comes between the two is in the stream.
  const query = useInfiniteQuery({
    ...logPages(filter, sort),
    staleTime: 0,
    enabled: !canFollow || phase !== "connecting",
  });
  const stored = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const live = useFeed(stream);
  const isHeld = isPaused || isScrolled;
  const { rows, waiting } = useLiveRows(live, query.isPlaceholderData ? NONE : stored, {
    canFollow,
    isPaused: isHeld,
  });
  const togglePause = useCallback(() => setPaused((before) => !before), []);
  usePauseKey(togglePause);

  const setOpen = (id: string | undefined) =>
    void navigate({
      to: ".",
      search: changed({ open: id }),
      replace: open !== undefined && id !== undefined,
    });
  const first = query.data?.pages[0];
  const resume = () => {
    setPaused(false);
    setScrolled(false);
    document.querySelector(".logs-table .table-scroll")?.scrollTo({ top: 0 });
  };
  const isEmptySearch = filter.search === "";
  const shownRows = query.isPlaceholderData ? asRows(stored) : rows;
  return (
    <Panel
      className="logs-table"
      title={
        <span className="num">
          {first?.total === undefined || first.total === null
            ? words.title
            : first.total_exact
              ? words.count(exactNumber(first.total))
              : words.atLeast(exactNumber(first.total))}
        </span>
      }
      actions={
        canFollow ? (
          <>
            {waiting > 0 ? (
              <Button kind="primary" onClick={resume}>
                {words.fresh(shortNumber(waiting))}
              </Button>
            ) : null}
            <Button
              kind="quiet"
              isPressed={isPaused}
              icon={isPaused ? <Play size={13} aria-hidden="true" /> : <Pause size={13} aria-hidden="true" />}
              onClick={isPaused ? resume : togglePause}
            >
              {isPaused ? words.resume : words.pause}
            </Button>
          </>
        ) : (
          <Badge>{words.liveOff}</Badge>
        )
      }
    >
      {query.error && stored.length === 0 ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Skeleton lines={16} />
      ) : (
        <div className={query.isPlaceholderData ? "logs-rows loaded-old" : "logs-rows"}>
          <DataTable<FeedRow>
            label={words.title}
            columns={logColumns}
            rows={shownRows}
            rowKey={(row) => row.key}
            cardLines={5}
            openKey={open}
            onOpen={(row) => row.kind === "event" && setOpen(row.event.id)}
            sort={sort}
            onSort={(next) =>
              void navigate({
                to: ".",
                search: changed({ sort: next === "seq" ? "seq" : undefined }),
              })
            }
            total={first?.total ?? null}
            hasMore={query.hasNextPage}
            isLoadingMore={query.isFetchingNextPage}
            onMore={() => void query.fetchNextPage()}
            onScrolled={(isAtTop) => setScrolled(!isAtTop)}
            empty={<NoEvents search={filter.search} isEver={isEmptySearch && isOpenEnded(filter.range)} />}
          />
        </div>
      )}
      {open ? <EventDrawer id={open} search={filter.search} onClose={() => setOpen(undefined)} /> : null}
    </Panel>
  );
}

const NONE: readonly never[] = [];

const asRows = (events: readonly Extract<FeedRow, { kind: "event" }>["event"][]): readonly FeedRow[] =>
  events.map((event) => ({ kind: "event", key: event.id, event }));
