import type { Session } from "../api/model.ts";
import { Service } from "./badge.tsx";
import { Count } from "./number.tsx";
import { SessionState } from "./session-state.tsx";
import type { Column } from "./table.tsx";
import { Time } from "./time.tsx";
import { duration } from "./units.ts";
import { Untrusted } from "./untrusted.tsx";
import { words } from "./words.ts";

/** Columns that several lists have. A list says for itself which to sort by and which to leave out where. */
export const atColumn: Column<{ readonly at: string }> = {
  id: "at",
  header: words.columns.at,
  width: "158px",
  cell: (row) => <Time at={row.at} form="full" />,
};

export const serviceColumn: Column<{ readonly service: string }> = {
  id: "service",
  header: words.columns.service,
  width: "74px",
  cell: (row) => <Service name={row.service} />,
};

export const deckyColumn: Column<{ readonly decky: string }> = {
  id: "decky",
  header: words.columns.decky,
  width: "112px",
  cell: (row) => <span className="data muted">{row.decky}</span>,
};

/** What every list of sessions tells of a session. */
export const sessionColumns = {
  started: {
    id: "started",
    header: words.columns.started,
    width: "158px",
    cell: (row) => <Time at={row.started_at} form="full" />,
  },
  state: {
    id: "state",
    header: words.columns.state,
    width: "84px",
    cell: (row) => <SessionState state={row.state} />,
  },
  user: {
    id: "user",
    header: words.columns.user,
    width: "110px",
    cell: (row) => (row.login_user === null ? null : <Untrusted text={row.login_user} limit={40} fixed />),
  },
  duration: {
    id: "duration",
    header: words.columns.duration,
    width: "84px",
    align: "end",
    cell: (row) => <span className="num">{duration(row.duration_s)}</span>,
  },
  commands: {
    id: "commands",
    header: words.columns.commands,
    width: "80px",
    align: "end",
    cell: (row) => <Count value={row.command_count} />,
  },
  last: {
    id: "last",
    header: words.columns.last,
    width: "minmax(200px, 1fr)",
    cell: (row) =>
      row.last_command === null ? null : <Untrusted text={row.last_command} limit={160} fixed />,
  },
} as const satisfies Readonly<Record<string, Column<Session>>>;
