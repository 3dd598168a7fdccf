import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { PanelRightClose, PanelRightOpen, Pause, Play } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { type EventFilter, histogram, logPages } from "../../api/queries.ts";
import { bounds, intervalMinutes, isOpenEnded } from "../../api/range.ts";
import { changed } from "../../api/search-params.ts";
import type { FeedRow } from "../../api/stream/feed.ts";
import { useFeed, useFeedPart } from "../../api/stream/live.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button, IconButton } from "../../parts/button.tsx";
import { EventDrawer } from "../../parts/event-drawer.tsx";
import { ListOfRows } from "../../parts/list-of.tsx";
import { Page, Panel } from "../../parts/panel.tsx";
import { Loaded, Skeleton } from "../../parts/states.tsx";
import { TimeChart } from "../../parts/time-chart.tsx";
import { Total } from "../../parts/total.tsx";
import { shortNumber } from "../../parts/units.ts";
import { logColumns } from "./columns.tsx";
import { Facets } from "./facets.tsx";
import "./logs.css";
import { useRows } from "../../parts/use-rows.ts";
import { NoEvents } from "./no-events.tsx";
import type { LogsSearch } from "./search.ts";
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

interface LogsList {
  readonly rows: readonly FeedRow[];
  readonly waiting: number;
  readonly query: ReturnType<typeof useLogsQuery>;
}

function useLogsQuery(filter: EventFilter, sort: "seq" | "-seq", isStreamUp: boolean) {
  // The list is asked for once the stream is up: whatever comes between the two is in the stream.
  return useInfiniteQuery({ ...logPages(filter, sort), staleTime: 0, enabled: isStreamUp });
}

/** Store and stream as one list. */
function useLogs(canFollow: boolean, isHeld: boolean): LogsList {
  const { filter, sort } = useFilter();
  const stream = useStreamFor(filter.search, canFollow);
  const phase = useFeedPart((snapshot) => snapshot.state.phase, stream);
  const query = useLogsQuery(filter, sort, !canFollow || phase !== "connecting");
  const { data, isPlaceholderData } = query;
  const stored = useRows(data);
  // Rows of the former filter are only shown, dimmed; what the new stream brings does not belong to them.
  const canJoin = canFollow && !isPlaceholderData;
  const { rows, waiting } = useLiveRows(useFeed(stream), stored, { canFollow: canJoin, isPaused: isHeld });
  return { rows, waiting, query };
}

function LogsTable() {
  const { open } = route.useSearch();
  const { filter, sort } = useFilter();
  const navigate = useNavigate();
  const [isPaused, setPaused] = useState(false);
  const [isScrolled, setScrolled] = useState(false);
  const canFollow = sort === "-seq" && isOpenEnded(filter.range);
  const { rows, waiting, query } = useLogs(canFollow, isPaused || isScrolled);
  const togglePause = useCallback(() => setPaused((before) => !before), []);
  usePauseKey(togglePause);

  const setOpen = (id: string | undefined) =>
    void navigate({
      to: ".",
      search: changed<LogsSearch>({ open: id }),
      replace: open !== undefined && id !== undefined,
    });
  const resume = () => {
    setPaused(false);
    setScrolled(false);
    document.querySelector(".logs-table .table-scroll")?.scrollTo({ top: 0 });
  };
  return (
    <Panel
      className="logs-table"
      title={
        <Total
          page={query.data?.pages[0]}
          fallback={words.title}
          exact={words.count}
          atLeast={words.atLeast}
        />
      }
      actions={
        canFollow ? (
          <FollowButtons isPaused={isPaused} waiting={waiting} onPause={togglePause} onResume={resume} />
        ) : (
          <Badge>{words.liveOff}</Badge>
        )
      }
    >
      <ListOfRows<FeedRow>
        label={words.title}
        query={query}
        columns={logColumns}
        rows={rows}
        rowKey={(row) => row.key}
        openKey={open}
        onOpen={(row) => row.kind === "event" && setOpen(row.event.id)}
        sort={sort}
        onSort={(next) =>
          void navigate({
            to: ".",
            search: changed<LogsSearch>({ sort: next === "seq" ? "seq" : undefined }),
          })
        }
        onScrolled={(isAtTop) => setScrolled(!isAtTop)}
        empty={<NoEvents search={filter.search} isEver={filter.search === "" && isOpenEnded(filter.range)} />}
      />
      {open ? <EventDrawer id={open} search={filter.search} onClose={() => setOpen(undefined)} /> : null}
    </Panel>
  );
}

interface FollowButtonsProps {
  readonly isPaused: boolean;
  readonly waiting: number;
  readonly onPause: () => void;
  readonly onResume: () => void;
}

function FollowButtons({ isPaused, waiting, onPause, onResume }: FollowButtonsProps) {
  return (
    <>
      {waiting > 0 ? (
        <Button kind="primary" onClick={onResume}>
          {words.fresh(shortNumber(waiting))}
        </Button>
      ) : null}
      <Button
        kind="quiet"
        isPressed={isPaused}
        icon={isPaused ? <Play size={13} aria-hidden="true" /> : <Pause size={13} aria-hidden="true" />}
        onClick={isPaused ? onResume : onPause}
      >
        {isPaused ? words.resume : words.pause}
      </Button>
    </>
  );
}
