import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Session, Sighting } from "../../api/model.ts";
import { attackerArtifacts, attackerCredentials, attackerSessions } from "../../api/queries.ts";
import { Badge } from "../../parts/badge.tsx";
import { atColumn, deckyColumn, serviceColumn, sessionColumns } from "../../parts/columns.tsx";
import { CopyButton } from "../../parts/copy.tsx";
import { credentialColumns } from "../../parts/credential-columns.tsx";
import { ListOf } from "../../parts/list-of.tsx";
import { Empty } from "../../parts/states.tsx";
import type { Column } from "../../parts/table.tsx";
import { bytes } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const ofOneAttacker = credentialColumns
  .filter(({ id }) => id !== "source")
  .map(({ sort: _sort, ...column }) => column);

export function Credentials({ uuid }: { readonly uuid: string }) {
  const query = useInfiniteQuery(attackerCredentials(uuid));
  return (
    <ListOf
      label={words.tabs.credentials}
      query={query}
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

const sessionsOfOne: readonly Column<Session>[] = [
  sessionColumns.started,
  sessionColumns.state,
  serviceColumn,
  deckyColumn,
  { ...sessionColumns.user, width: "100px" },
  sessionColumns.duration,
  sessionColumns.commands,
  { ...sessionColumns.last, notInCard: true },
];

export function Sessions({ uuid }: { readonly uuid: string }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(attackerSessions(uuid));
  return (
    <ListOf
      label={words.tabs.sessions}
      query={query}
      columns={sessionsOfOne}
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
  atColumn,
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
  serviceColumn,
  { ...deckyColumn, from: 1000, notInCard: true },
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
  return (
    <ListOf
      label={words.tabs.files}
      query={query}
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
