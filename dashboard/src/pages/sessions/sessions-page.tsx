import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Video } from "lucide-react";
import { useMemo } from "react";
import type { Session } from "../../api/model.ts";
import { deckies, sessionPages } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { Service } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { ListOf } from "../../parts/list-of.tsx";
import { Count } from "../../parts/number.tsx";
import { Page, Panel } from "../../parts/panel.tsx";
import { SessionState } from "../../parts/session-state.tsx";
import { Source } from "../../parts/source.tsx";
import { Empty } from "../../parts/states.tsx";
import type { Column } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Total } from "../../parts/total.tsx";
import { duration } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { VisitLines } from "../../parts/visit-lines.tsx";
import type { SessionsSearch } from "./search.ts";
import { words } from "./words.ts";

const route = getRouteApi("/sessions");

const columns: readonly Column<Session>[] = [
  {
    id: "started",
    header: words.columns.started,
    width: "158px",
    sort: { down: "-started_at", up: "started_at" },
    cell: (row) => <Time at={row.started_at} form="full" />,
  },
  {
    id: "state",
    header: words.columns.state,
    width: "84px",
    cell: (row) => <SessionState state={row.state} />,
  },
  {
    id: "source",
    header: words.columns.source,
    width: "168px",
    cell: (row) => (
      <Link to="/sessions/$id" params={{ id: row.session_id }} tabIndex={-1} className="quiet-link">
        <Source ip={row.attacker_ip} country={row.country_code} />
      </Link>
    ),
  },
  {
    id: "service",
    header: words.columns.service,
    width: "74px",
    cell: (row) => <Service name={row.service} />,
  },
  {
    id: "decky",
    header: words.columns.decky,
    width: "112px",
    from: 1100,
    notInCard: true,
    cell: (row) => <span className="data muted">{row.decky}</span>,
  },
  {
    id: "user",
    header: words.columns.user,
    width: "110px",
    from: 800,
    cell: (row) => (row.login_user === null ? null : <Untrusted text={row.login_user} limit={40} fixed />),
  },
  {
    id: "duration",
    header: words.columns.duration,
    width: "84px",
    align: "end",
    cell: (row) => <span className="num">{duration(row.duration_s)}</span>,
  },
  {
    id: "logins",
    header: words.columns.logins,
    width: "110px",
    align: "end",
    from: 1250,
    notInCard: true,
    cell: (row) =>
      row.auth_attempts === 0 ? null : (
        <span className="num muted">{words.logins(row.auth_success, row.auth_attempts)}</span>
      ),
  },
  {
    id: "commands",
    header: words.columns.commands,
    width: "80px",
    align: "end",
    cell: (row) => <Count value={row.command_count} />,
  },
  {
    id: "recording",
    header: words.columns.recording,
    width: "96px",
    from: 900,
    notInCard: true,
    cell: (row) =>
      row.transcript.available ? (
        <span className="mark tone-notice">
          <Video size={13} aria-hidden="true" />
          {row.transcript.truncated ? words.cut : words.recorded}
        </span>
      ) : null,
  },
  {
    id: "last",
    header: words.columns.last,
    width: "minmax(200px, 1fr)",
    cell: (row) =>
      row.last_command === null ? null : <Untrusted text={row.last_command} limit={160} fixed />,
  },
];

export function SessionsPage() {
  const { range, from, to, ...filter } = route.useSearch();
  const navigate = useNavigate();
  const span = useMemo(() => ({ range, from, to }), [range, from, to]);
  const query = useInfiniteQuery(sessionPages(filter, span));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const first = query.data?.pages[0];
  return (
    <Page fills title={words.title}>
      <Filters />
      <Panel
        className="fills"
        title={
          <Total
            page={first}
            fallback={words.title}
            exact={words.count}
            atLeast={words.atLeast}
            note={words.shown}
          />
        }
      >
        <ListOf
          query={query}
          label={words.title}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.session_id}
          onOpen={(row) => void navigate({ to: "/sessions/$id", params: { id: row.session_id } })}
          sort={filter.sort ?? "-started_at"}
          onSort={(sort) =>
            void navigate({
              to: "/sessions",
              search: changed({ sort: sort === "started_at" ? sort : undefined }),
            })
          }
          empty={<NoSessions filter={filter} />}
        />
      </Panel>
    </Page>
  );
}

const COMMAND_STEPS = [1, 5, 20];

function Filters() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const services = [...new Set(known.flatMap((decky) => decky.services.map(({ name }) => name)))].sort();
  const set = (change: Partial<Record<keyof SessionsSearch, string>>) =>
    void navigate({
      to: "/sessions",
      search: changed(chosen(change)),
    });
  const choices = (any: string, values: readonly string[]) => [
    { value: "", label: any },
    ...values.map((value) => ({ value, label: value })),
  ];
  return (
    <div className="cluster filters">
      <FilterInput
        label={words.attacker}
        placeholder={words.attackerHint}
        value={search.attacker ?? ""}
        onRun={(attacker) => set({ attacker })}
      />
      <Choice
        label={words.state}
        value={search.state ?? ""}
        onChange={(state) => set({ state })}
        choices={[
          { value: "", label: words.anyState },
          { value: "open", label: words.states.open },
          { value: "closed", label: words.states.closed },
        ]}
      />
      <Choice
        label={words.service}
        value={search.service ?? ""}
        onChange={(service) => set({ service })}
        choices={choices(words.anyService, services)}
      />
      <Choice
        label={words.decky}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={choices(
          words.anyDecky,
          known.map(({ name }) => name),
        )}
      />
      <Choice
        label={words.commands}
        value={String(search.min_commands ?? "")}
        onChange={(min_commands) => set({ min_commands })}
        choices={[
          { value: "", label: words.anyCommands },
          ...COMMAND_STEPS.map((step) => ({ value: String(step), label: words.someCommands(step) })),
        ]}
      />
      <Choice
        label={words.recording}
        value={search.has_transcript ?? ""}
        onChange={(has_transcript) => set({ has_transcript })}
        choices={[
          { value: "", label: words.anyRecording },
          { value: "true", label: words.withRecording },
          { value: "false", label: words.withoutRecording },
        ]}
      />
    </div>
  );
}

function NoSessions({ filter }: { readonly filter: SessionsSearch }) {
  const navigate = useNavigate();
  const known = useQuery(deckies()).data?.data ?? [];
  const isFiltered = Object.keys(filter).some((key) => key !== "sort");
  const widen = (
    <Button
      onClick={() =>
        void navigate({
          to: "/sessions",
          search: changed({ range: "7d", from: undefined, to: undefined }),
        })
      }
    >
      {words.widen}
    </Button>
  );
  if (isFiltered)
    return (
      <Empty title={words.empty}>
        <p>{words.emptyBody}</p>
        <div className="cluster">
          <Button onClick={() => void navigate({ to: "/sessions", search: {} })}>{words.drop}</Button>
          {widen}
        </div>
      </Empty>
    );
  return (
    <Empty title={words.emptyEver}>
      {widen}
      <p>{words.emptyEverBody}</p>
      <VisitLines deckies={known} most={3} />
    </Empty>
  );
}
