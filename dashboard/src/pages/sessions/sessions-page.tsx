import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Video } from "lucide-react";
import { useMemo } from "react";
import type { Session } from "../../api/model.ts";
import { sessionPages } from "../../api/queries.ts";
import { changed, chosen } from "../../api/search-params.ts";
import { choicesOf, useKnownNames } from "../../parts/choices.ts";
import { deckyColumn, serviceColumn, sessionColumns } from "../../parts/columns.tsx";
import { CountedList } from "../../parts/counted-list.tsx";
import { Choice } from "../../parts/field.tsx";
import { FilterInput } from "../../parts/filter-input.tsx";
import { NothingListed } from "../../parts/nothing-listed.tsx";
import { Page } from "../../parts/panel.tsx";
import { Source } from "../../parts/source.tsx";
import type { Column } from "../../parts/table.tsx";
import type { SessionsSearch } from "./search.ts";
import { words } from "./words.ts";

const route = getRouteApi("/sessions");

const columns: readonly Column<Session>[] = [
  { ...sessionColumns.started, sort: { down: "-started_at", up: "started_at" } },
  sessionColumns.state,
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
  serviceColumn,
  { ...deckyColumn, from: 1100, notInCard: true },
  { ...sessionColumns.user, from: 800 },
  sessionColumns.duration,
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
  sessionColumns.commands,
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
  sessionColumns.last,
];

export function SessionsPage() {
  const { range, from, to, ...filter } = route.useSearch();
  const navigate = useNavigate();
  const span = useMemo(() => ({ range, from, to }), [range, from, to]);
  const query = useInfiniteQuery(sessionPages(filter, span));
  return (
    <Page fills title={words.title}>
      <Filters />
      <CountedList
        query={query}
        label={words.title}
        words={words}
        columns={columns}
        rowKey={(row) => row.session_id}
        onOpen={(row) => void navigate({ to: "/sessions/$id", params: { id: row.session_id } })}
        sort={filter.sort ?? "-started_at"}
        onSort={(sort) =>
          void navigate({
            to: "/sessions",
            search: changed({ sort: sort === "started_at" ? sort : undefined }),
          })
        }
        empty={<NothingListed filter={filter} words={words} />}
      />
    </Page>
  );
}

const COMMAND_STEPS = [1, 5, 20];

function Filters() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const known = useKnownNames();
  const set = (change: Partial<Record<keyof SessionsSearch, string>>) =>
    void navigate({
      to: "/sessions",
      search: changed(chosen(change)),
    });
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
        choices={choicesOf(words.anyService, known.services)}
      />
      <Choice
        label={words.decky}
        value={search.decky ?? ""}
        onChange={(decky) => set({ decky })}
        choices={choicesOf(words.anyDecky, known.deckies)}
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
