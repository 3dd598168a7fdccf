import { CircleCheck, CircleHelp, CircleX } from "lucide-react";
import type { Credential } from "../api/model.ts";
import { deckyColumn, serviceColumn } from "./columns.tsx";
import { words } from "./credential-words.ts";
import "./marks.css";
import { Count } from "./number.tsx";
import { Source } from "./source.tsx";
import type { Column } from "./table.tsx";
import { Time } from "./time.tsx";
import { Untrusted } from "./untrusted.tsx";

/** Accepted means that the decoy's policy let the visitor in, and says so. */
function Outcome({ outcome }: { readonly outcome: string | null }) {
  if (outcome === "success")
    return (
      <span className="mark tone-warning" title={words.acceptedHint}>
        <CircleCheck size={13} aria-hidden="true" />
        {words.accepted}
      </span>
    );
  if (outcome === "failure")
    return (
      <span className="mark tone-info">
        <CircleX size={13} aria-hidden="true" />
        {words.refused}
      </span>
    );
  return (
    <span className="mark tone-info">
      <CircleHelp size={13} aria-hidden="true" />
      {words.unknownOutcome}
    </span>
  );
}

const kindWord = (kind: string): string =>
  Object.hasOwn(words.kinds, kind)
    ? words.kinds[kind as keyof typeof words.kinds]
    : kind.replaceAll("_", " ");

export const credentialColumns: readonly Column<Credential>[] = [
  {
    id: "user",
    header: words.columns.user,
    width: "minmax(120px, 1fr)",
    cell: (row) =>
      row.principal === null ? (
        <span className="faint">{words.noUser}</span>
      ) : (
        <Untrusted text={row.principal} limit={80} fixed />
      ),
  },
  {
    id: "secret",
    header: words.columns.secret,
    width: "minmax(150px, 1.4fr)",
    cell: (row) =>
      row.masked ? (
        <span className="faint">{words.masked}</span>
      ) : row.secret_printable === "" ? (
        <span className="faint">{words.emptySecret}</span>
      ) : (
        <Untrusted text={row.secret_printable} limit={100} fixed />
      ),
  },
  {
    id: "kind",
    header: words.columns.kind,
    width: "112px",
    from: 1250,
    notInCard: true,
    cell: (row) => <span className="muted">{kindWord(row.secret_kind)}</span>,
  },
  {
    id: "outcome",
    header: words.columns.outcome,
    width: "148px",
    cell: (row) => <Outcome outcome={row.outcome} />,
  },
  serviceColumn,
  { ...deckyColumn, from: 1100, notInCard: true },
  {
    id: "source",
    header: words.columns.source,
    width: "168px",
    cell: (row) => <Source ip={row.attacker_ip} country={row.country_code} />,
  },
  {
    id: "attempts",
    header: words.columns.attempts,
    width: "84px",
    align: "end",
    sort: { down: "-attempt_count" },
    notInCard: true,
    cell: (row) => <Count value={row.attempt_count} />,
  },
  {
    id: "last",
    header: words.columns.last,
    width: "130px",
    sort: { down: "-last_seen", up: "last_seen" },
    cell: (row) => <Time at={row.last_seen} />,
  },
];
