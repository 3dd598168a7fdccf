import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Pause, Radio } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { deckies, newestLogs } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import type { FeedRow, FeedSnapshot } from "../../api/stream/feed.ts";
import { feed, useFeed, useFeedPart } from "../../api/stream/live.ts";
import { Service } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { EventDrawer } from "../../parts/event-drawer.tsx";
import { EventLine } from "../../parts/event-line.tsx";
import { Choice } from "../../parts/field.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Severity, severityWord } from "../../parts/severity.tsx";
import { Source } from "../../parts/source.tsx";
import { Empty, Failure, Skeleton } from "../../parts/states.tsx";
import { type Column, DataTable } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { shortNumber } from "../../parts/units.ts";
import { VisitLines } from "../../parts/visit-lines.tsx";
import type { OverviewSearch } from "./search.ts";
import { words } from "./words.ts";

const route = getRouteApi("/");
const SEEDED = 200;
/** Severities worth choosing: notice, warning, error, critical. */
const THRESHOLDS = [5, 4, 3, 2];

function GapText({ row }: { readonly row: Exclude<FeedRow, { kind: "event" }> }) {
  return (
    <span className="tone-warning">
      {row.kind === "gap" ? words.feedGap(shortNumber(row.gap.count)) : words.feedReset}{" "}
      <Link to="/logs" className="link" tabIndex={-1}>
        {words.load}
      </Link>
    </span>
  );
}

const columns: readonly Column<FeedRow>[] = [
  {
    id: "time",
    header: words.columns.time,
    width: "64px",
    cell: (row) => (row.kind === "event" ? <Time at={row.event.received} form="clock" /> : null),
  },
  {
    id: "severity",
    header: words.columns.severity,
    width: "52px",
    notInCard: true,
    cell: (row) => (row.kind === "event" ? <Severity value={row.event.severity} short /> : null),
  },
  {
    id: "service",
    header: words.columns.service,
    width: "62px",
    cell: (row) => (row.kind === "event" ? <Service name={row.event.service} /> : null),
  },
  {
    id: "decky",
    header: words.columns.decky,
    width: "110px",
    from: 1200,
    notInCard: true,
    cell: (row) => (row.kind === "event" ? <span className="data muted">{row.event.decky}</span> : null),
  },
  {
    id: "source",
    header: words.columns.source,
    width: "160px",
    cell: (row) =>
      row.kind !== "event" ? null : row.event.origin === "system" ? (
        <span className="faint">{words.system}</span>
      ) : (
        <Source ip={row.event.attacker_ip} country={row.event.country_code} />
      ),
  },
  {
    id: "what",
    header: words.columns.what,
    width: "minmax(260px, 1fr)",
    cell: (row) => (row.kind === "event" ? <EventLine event={row.event} /> : <GapText row={row} />),
  },
];

function passes(row: FeedRow, { severity, service, decky }: OverviewSearch): boolean {
  if (row.kind !== "event") return true;
  const { event } = row;
  return (
    (severity === undefined || (event.severity !== null && event.severity <= severity)) &&
    (service === undefined || event.service === service) &&
    (decky === undefined || event.decky === decky)
  );
}

/** Holds the list still while a person points at it, walks it by keyboard or has scrolled down. */
function useHeld(live: FeedSnapshot) {
  const [held, setHeld] = useState<FeedSnapshot>();
  const reasons = useRef(new Set<string>());
  const latest = useRef(live);
  latest.current = live;
  const hold = useCallback((reason: string, isOn: boolean) => {
    if (isOn) reasons.current.add(reason);
    else reasons.current.delete(reason);
    setHeld((before) => (reasons.current.size === 0 ? undefined : (before ?? latest.current)));
  }, []);
  const release = useCallback(() => {
    reasons.current.clear();
    setHeld(undefined);
  }, []);
  return { held, hold, release };
}

export function LiveFeed() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const live = useFeed();
  const box = useRef<HTMLDivElement>(null);
  const { held, hold, release } = useHeld(live);
  const seed = useSeed();
  const shown = held ?? live;
  const rows = useMemo(() => shown.rows.filter((row) => passes(row, search)), [shown.rows, search]);
  const waiting = held === undefined ? 0 : live.received - held.received;
  const open = (id: string | undefined) =>
    void navigate({
      to: ".",
      search: changed({ open: id }),
      replace: search.open !== undefined,
    });

  const showNew = () => {
    release();
    box.current?.querySelector(".table-scroll")?.scrollTo({ top: 0 });
  };
  return (
    <Panel
      title={<FeedTitle isHeld={held !== undefined} />}
      className="feed"
      actions={
        <>
          {waiting > 0 ? (
            <Button kind="primary" onClick={showNew}>
              {words.feedPaused(shortNumber(waiting))}
            </Button>
          ) : null}
          <FeedFilters />
        </>
      }
    >
      <div
        ref={box}
        className="feed-box"
        onPointerEnter={(event) => event.pointerType === "mouse" && hold("point", true)}
        onPointerLeave={() => hold("point", false)}
        onFocus={(event) => event.target.matches(":focus-visible") && hold("focus", true)}
        onBlur={() => hold("focus", false)}
      >
        {seed.isPending && rows.length === 0 ? (
          <Skeleton lines={12} />
        ) : seed.error && rows.length === 0 ? (
          <Failure error={seed.error} onRetry={() => void seed.refetch()} />
        ) : (
          <DataTable
            label={words.feed}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.key}
            openKey={search.open}
            onOpen={(row) => row.kind === "event" && open(row.event.id)}
            onScrolled={(isAtTop) => hold("scroll", !isAtTop)}
            empty={live.rows.length === 0 ? <FirstVisit /> : <Empty title={words.feedFilteredEmpty} />}
          />
        )}
      </div>
      {search.open ? <EventDrawer id={search.open} onClose={() => open(undefined)} /> : null}
    </Panel>
  );
}

/** The newest rows of the store, asked for once the stream is up, so that nothing falls between the two. */
function useSeed() {
  const phase = useFeedPart((snapshot) => snapshot.state.phase);
  const query = useQuery({ ...newestLogs(SEEDED), enabled: phase !== "connecting" });
  const { data } = query;
  useEffect(() => {
    if (data) feed.seed(data.data);
  }, [data]);
  return query;
}

function FeedTitle({ isHeld }: { readonly isHeld: boolean }) {
  return (
    <>
      {words.feed}
      {isHeld ? (
        <span className="mark muted small">
          <Pause size={12} aria-hidden="true" />
          {words.feedHold}
        </span>
      ) : (
        <Radio size={13} className="tone-good" aria-hidden="true" />
      )}
    </>
  );
}

function FeedFilters() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const services = [...new Set(known.flatMap((decky) => decky.services.map(({ name }) => name)))].sort();
  const set = (change: Partial<Record<"severity" | "service" | "decky", string>>) =>
    void navigate({
      to: ".",
      search: changed(chosen(change)),
      replace: true,
    });
  const asChoices = (values: readonly string[]) => values.map((value) => ({ value, label: value }));
  return (
    <>
      <Choice
        label={words.severityFilter}
        value={String(search.severity ?? "")}
        onChange={(severity) => set({ severity })}
        choices={[
          { value: "", label: words.anySeverity },
          ...THRESHOLDS.map((value) => ({ value: String(value), label: words.worse(severityWord(value)) })),
        ]}
      />
      <Choice
        label={words.serviceFilter}
        value={search.service ?? ""}
        onChange={(service) => set({ service })}
        choices={[{ value: "", label: words.anyService }, ...asChoices(services)]}
      />
      <Choice
        label={words.deckyFilter}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={[{ value: "", label: words.anyDecky }, ...asChoices(known.map(({ name }) => name))]}
      />
    </>
  );
}

function FirstVisit() {
  const known = useQuery(deckies()).data?.data ?? [];
  return (
    <Empty title={words.feedEmpty}>
      {known.length === 0 ? (
        <p>{words.feedNoDecky}</p>
      ) : (
        <>
          <p>{words.feedEmptyBody}</p>
          <VisitLines deckies={known} most={4} />
        </>
      )}
    </Empty>
  );
}
