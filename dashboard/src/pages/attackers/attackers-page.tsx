import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Attacker } from "../../api/model.ts";
import { attackerPages } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { ActivityMark } from "../../parts/activity.tsx";
import { Badge, Service } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { choicesOf, useKnownNames } from "../../parts/choices.ts";
import { CountedList } from "../../parts/counted-list.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { NothingListed } from "../../parts/nothing-listed.tsx";
import { Count } from "../../parts/number.tsx";
import { Page } from "../../parts/panel.tsx";
import { Source } from "../../parts/source.tsx";
import type { Column } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import { type AttackersSearch, activities } from "./search.ts";
import { words } from "./words.ts";

const route = getRouteApi("/attackers");

const columns: readonly Column<Attacker>[] = [
  {
    id: "source",
    header: words.columns.source,
    width: "minmax(190px, 1.3fr)",
    cell: (row) => (
      <span className="cluster">
        <Link to="/attackers/$id" params={{ id: row.uuid }} tabIndex={-1} className="quiet-link">
          <Source ip={row.ip} country={row.country_code} />
        </Link>
        {row.confirmed ? null : (
          <Badge tone="warning" title={words.unconfirmedHint}>
            {words.unconfirmed}
          </Badge>
        )}
        {row.benign ? <Badge tone="good">{words.benign}</Badge> : null}
      </span>
    ),
  },
  {
    id: "network",
    header: words.columns.network,
    width: "minmax(120px, 1fr)",
    from: 1250,
    cell: (row) =>
      row.asn === null ? (
        <span className="faint">{row.ip_scope ?? ""}</span>
      ) : (
        <span className="muted">
          AS{row.asn} <Untrusted text={row.as_name} limit={60} fixed />
        </span>
      ),
  },
  {
    id: "activity",
    header: words.columns.activity,
    width: "86px",
    cell: (row) => <ActivityMark activity={row.activity} />,
  },
  {
    id: "class",
    header: words.columns.class,
    width: "104px",
    from: 1100,
    notInCard: true,
    cell: (row) => <span className="muted">{row.behavior_class?.replaceAll("_", " ") ?? ""}</span>,
  },
  {
    id: "services",
    header: words.columns.services,
    width: "minmax(110px, 1fr)",
    cell: (row) =>
      row.services.map((name) => (
        <span key={name}>
          <Service name={name} />{" "}
        </span>
      )),
  },
  {
    id: "deckies",
    header: words.columns.deckies,
    width: "76px",
    align: "end",
    sort: { down: "traversals" },
    cell: (row) => <Count value={row.decky_count} />,
  },
  {
    id: "sessions",
    header: words.columns.sessions,
    width: "72px",
    align: "end",
    notInCard: true,
    cell: (row) => <Count value={row.session_count} />,
  },
  {
    id: "credentials",
    header: words.columns.credentials,
    width: "84px",
    align: "end",
    from: 1100,
    notInCard: true,
    cell: (row) => <Count value={row.credential_count} />,
  },
  {
    id: "events",
    header: words.columns.events,
    width: "80px",
    align: "end",
    sort: { down: "-event_count" },
    cell: (row) => <Count value={row.event_count} />,
  },
  {
    id: "first",
    header: words.columns.first,
    width: "158px",
    from: 1700,
    notInCard: true,
    sort: { down: "-first_seen" },
    cell: (row) => <Time at={row.first_seen} form="full" />,
  },
  {
    id: "last",
    header: words.columns.last,
    width: "130px",
    sort: { down: "-last_seen", up: "last_seen" },
    cell: (row) => <Time at={row.last_seen} />,
  },
];

const asColumnSort = (sort: AttackersSearch["sort"]): string =>
  sort === "recent" || sort === undefined ? "-last_seen" : sort === "active" ? "-event_count" : sort;

export function AttackersPage() {
  const { range, from, to, ...filter } = route.useSearch();
  const navigate = useNavigate();
  const span = useMemo(() => ({ range, from, to }), [range, from, to]);
  const query = useInfiniteQuery(attackerPages(filter, span));
  const set = (change: Partial<Record<keyof AttackersSearch, string | number | undefined>>) =>
    void navigate({
      to: "/attackers",
      search: changed(change),
    });
  return (
    <Page fills title={words.title}>
      <Filters />
      <CountedList
        query={query}
        label={words.title}
        words={words}
        columns={columns}
        rowKey={(row) => row.uuid}
        onOpen={(row) => void navigate({ to: "/attackers/$id", params: { id: row.uuid } })}
        sort={asColumnSort(filter.sort)}
        onSort={(sort) => set({ sort: sort === "-last_seen" ? undefined : sort })}
        empty={<NothingListed filter={filter} words={words} />}
      />
    </Page>
  );
}

function Filters() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const known = useKnownNames();
  const set = (
    change: Partial<Record<"search" | "service" | "decky" | "activity" | "country" | "asn", string>>,
  ) =>
    void navigate({
      to: "/attackers",
      search: changed(chosen(change)),
    });
  return (
    <div className="cluster filters">
      <FilterInput
        label={words.search}
        placeholder={words.placeholder}
        value={search.search ?? ""}
        onRun={(text) => set({ search: text })}
      />
      <Choice
        label={words.activity}
        value={search.activity ?? ""}
        onChange={(activity) => set({ activity })}
        choices={[
          { value: "", label: words.anyActivity },
          ...activities.map((value) => ({ value, label: words.activities[value] })),
        ]}
      />
      <Choice
        label={words.service}
        value={search.service ?? ""}
        onChange={(service) => set({ service })}
        choices={choicesOf(words.anyService, known.services, search.service)}
      />
      <Choice
        label={words.decky}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={choicesOf(words.anyDecky, known.deckies, search.decky)}
      />
      {search.country !== undefined ? (
        <Button isPressed onClick={() => set({ country: "" })}>
          {search.country} ✕
        </Button>
      ) : null}
      {search.asn !== undefined ? (
        <Button isPressed onClick={() => set({ asn: "" })}>
          AS{search.asn} ✕
        </Button>
      ) : null}
    </div>
  );
}
