import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Session, Sighting } from "../../api/model.ts";
import { attackerArtifacts, attackerCredentials, attackerSessions } from "../../api/queries.ts";
import { Badge, Service } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy.tsx";
import { credentialColumns } from "../../parts/credential-columns.tsx";
import { ListOf } from "../../parts/list-of.tsx";
import { Count } from "../../parts/number.tsx";
import { SessionState } from "../../parts/session-state.tsx";
import { Empty } from "../../parts/states.tsx";
import type { Column } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { bytes, duration } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const ofOneAttacker = credentialColumns
  .filter(({ id }) => id !== "source")
  .map(({ sort: _sort, ...column }) => column);

export function Credentials({ uuid }: { readonly uuid: string }) {
  const query = useInfiniteQuery(attackerCredentials(uuid));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  return (
    <ListOf
      label={words.tabs.credentials}
      query={query}
      rows={rows}
      columns={ofOneAttacker}
      rowKey={(row) => row.id}
      empty={
        <Empty title={words.credentialsEmpty}>
          <p>{words.credentialsEmptyBody}</p>
        </Empty>
      }
    />
  );
}

const sessionColumns: readonly Column<Session>[] = [
  {
    id: "started",
    header: words.columns.started,
    width: "158px",
    cell: (row) => <Time at={row.started_at} form="full" />,
  },
  {
    id: "state",
    header: words.columns.state,
    width: "84px",
    cell: (row) => <SessionState state={row.state} />,
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
    cell: (row) => <span className="data muted">{row.decky}</span>,
  },
  {
    id: "user",
    header: words.columns.user,
    width: "100px",
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
    id: "commands",
    header: words.columns.commands,
    width: "80px",
    align: "end",
    cell: (row) => <Count value={row.command_count} />,
  },
  {
    id: "last",
    header: words.columns.last,
    width: "minmax(200px, 1fr)",
    notInCard: true,
    cell: (row) =>
      row.last_command === null ? null : <Untrusted text={row.last_command} limit={160} fixed />,
  },
];

export function Sessions({ uuid }: { readonly uuid: string }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(attackerSessions(uuid));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  return (
    <ListOf
      label={words.tabs.sessions}
      query={query}
      rows={rows}
      columns={sessionColumns}
      rowKey={(row) => row.session_id}
      onOpen={(row) => void navigate({ to: "/sessions/$id", params: { id: row.session_id } })}
      empty={
        <Empty title={words.sessionsEmpty}>
          <p>{words.sessionsEmptyBody}</p>
        </Empty>
      }
    />
  );
}

const fileColumns: readonly Column<Sighting>[] = [
  { id: "at", header: words.columns.at, width: "158px", cell: (row) => <Time at={row.at} form="full" /> },
  { id: "kind", header: words.columns.kind, width: "64px", cell: (row) => <Badge>{row.kind}</Badge> },
  {
    id: "name",
    header: words.columns.name,
    width: "minmax(200px, 1fr)",
    cell: (row) => <Untrusted text={row.orig_path ?? row.stored_as} limit={160} fixed />,
  },
  {
    id: "size",
    header: words.columns.size,
    width: "84px",
    align: "end",
    cell: (row) => <span className="num">{row.size === null ? "" : bytes(row.size)}</span>,
  },
  {
    id: "mime",
    header: words.columns.mime,
    width: "150px",
    from: 1100,
    notInCard: true,
    cell: (row) => (row.mime === null ? null : <Untrusted text={row.mime} limit={48} fixed />),
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
    from: 1000,
    notInCard: true,
    cell: (row) => <span className="data muted">{row.decky}</span>,
  },
  {
    id: "sha256",
    header: words.columns.sha256,
    width: "170px",
    cell: (row) => (
      <>
        <span className="data muted" title={row.sha256}>
          {row.sha256.slice(0, 12)}…
        </span>
        <CopyButton text={row.sha256} label={words.copyHash} />
      </>
    ),
  },
];

export function Files({ uuid }: { readonly uuid: string }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(attackerArtifacts(uuid));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  return (
    <ListOf
      label={words.tabs.files}
      query={query}
      rows={rows}
      columns={fileColumns}
      rowKey={(row) => `${row.event_id}-${row.sha256}`}
      onOpen={(row) =>
        void navigate({
          to: "/logs",
          search: { search: `field.sha256:${row.sha256}`, open: row.event_id },
        })
      }
      empty={
        <Empty title={words.filesEmpty}>
          <p>{words.filesEmptyBody}</p>
        </Empty>
      }
    />
  );
}
