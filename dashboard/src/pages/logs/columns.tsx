import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { LogEvent } from "../../api/model.ts";
import { keys } from "../../api/query-keys.ts";
import type { FeedRow } from "../../api/stream/feed.ts";
import { Service } from "../../parts/badge.tsx";
import { EventLine } from "../../parts/event-line.tsx";
import { Severity } from "../../parts/severity.tsx";
import { Source } from "../../parts/source.tsx";
import type { Column } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { shortNumber } from "../../parts/units.ts";
import { words } from "./words.ts";

const ofEvent =
  (cell: (event: LogEvent) => ReactNode) =>
  (row: FeedRow): ReactNode =>
    row.kind === "event" ? cell(row.event) : null;

/** Columns of the list; defined once so that a row's cells are not drawn again without need. */
export const logColumns: readonly Column<FeedRow>[] = [
  {
    id: "time",
    header: words.columns.time,
    width: "158px",
    sort: { down: "-seq", up: "seq" },
    cell: ofEvent((event) => <Time at={event.received} form="full" />),
  },
  {
    id: "severity",
    header: words.columns.severity,
    width: "56px",
    notInCard: true,
    cell: ofEvent((event) => <Severity value={event.severity} short />),
  },
  {
    id: "service",
    header: words.columns.service,
    width: "66px",
    cell: ofEvent((event) => <Service name={event.service} />),
  },
  {
    id: "decky",
    header: words.columns.decky,
    width: "112px",
    from: 1600,
    notInCard: true,
    cell: ofEvent((event) => <span className="data muted">{event.decky}</span>),
  },
  {
    id: "type",
    header: words.columns.type,
    width: "118px",
    cell: ofEvent((event) => <span className="data">{event.event_type}</span>),
  },
  {
    id: "source",
    header: words.columns.source,
    width: "152px",
    cell: ofEvent((event) =>
      event.origin === "system" ? (
        <span className="faint">{words.system}</span>
      ) : (
        <Source ip={event.attacker_ip} country={event.country_code} />
      ),
    ),
  },
  {
    id: "what",
    header: words.columns.what,
    width: "minmax(230px, 1fr)",
    cell: (row) => (row.kind === "event" ? <EventLine event={row.event} /> : <Skipped row={row} />),
  },
];

function Skipped({ row }: { readonly row: Exclude<FeedRow, { kind: "event" }> }) {
  const queries = useQueryClient();
  return (
    <span className="tone-warning">
      {words.gap(row.kind === "gap" ? shortNumber(row.gap.count) : "")}{" "}
      <button
        type="button"
        className="text-button"
        onClick={() => void queries.resetQueries({ queryKey: keys.logs })}
      >
        {words.load}
      </button>
    </span>
  );
}
