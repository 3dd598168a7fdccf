import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft, UserRoundSearch } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Session } from "../../api/model.ts";
import { sessionOne } from "../../api/queries.ts";
import { useIsAdmin } from "../../api/session.ts";
import { Badge, Service } from "../../parts/badge.tsx";
import { Page } from "../../parts/panel.tsx";
import { SessionState } from "../../parts/session-state.tsx";
import { Source } from "../../parts/source.tsx";
import { Empty, Loaded, Skeleton } from "../../parts/states.tsx";
import { Time, useNow } from "../../parts/time.tsx";
import { bytes, duration } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { Recorded } from "./recorded.tsx";
import "./session.css";
import { SessionLists } from "./session-lists.tsx";
import { words } from "./words.ts";

const route = getRouteApi("/sessions/$id");
const OPEN_REFRESH_MS = 2000;

export function SessionPage() {
  const { id } = route.useParams();
  const query = useQuery({
    ...sessionOne(id),
    refetchInterval: ({ state }) => (state.data?.state === "open" ? OPEN_REFRESH_MS : false),
  });
  return (
    <Page
      fills
      title={
        <span className="cluster">
          <Link to="/sessions" className="back" aria-label={words.back}>
            <ChevronLeft size={16} aria-hidden="true" />
          </Link>
          {query.data ? <Heading session={query.data} /> : words.title}
        </span>
      }
      actions={
        query.data?.attacker_uuid ? (
          <Link to="/attackers/$id" params={{ id: query.data.attacker_uuid }} className="button button-plain">
            <UserRoundSearch size={14} aria-hidden="true" />
            <Source ip={query.data.attacker_ip} country={query.data.country_code} />
          </Link>
        ) : null
      }
    >
      <Loaded query={query} skeleton={<Skeleton lines={12} />}>
        {(session) => (
          <div className="session">
            <Facts session={session} />
            <Main key={session.session_id} session={session} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Heading({ session }: { readonly session: Session }) {
  return (
    <>
      <Service name={session.service} />
      <span className="muted">{words.on}</span>
      <span className="data">{session.decky}</span>
      {session.login_user === null ? null : (
        <>
          <span className="muted">{words.as}</span>
          <Untrusted text={session.login_user} limit={48} fixed />
        </>
      )}
      <SessionState state={session.state} />
      {session.class === null ? null : <Badge tone="notice">{session.class.replaceAll("_", " ")}</Badge>}
    </>
  );
}

/** Replay and lists side by side; without a recording the lists stand alone. */
function Main({ session }: { readonly session: Session }) {
  const isAdmin = useIsAdmin();
  const { sid } = session;
  // The store hears of a recording at its end; while the session is open the recorder is asked itself.
  const [wasOpen] = useState(session.state === "open");
  const hasRecording = sid !== null && (session.transcript.available || session.state === "open" || wasOpen);
  if (isAdmin && hasRecording) return <Recorded session={session} sid={sid} />;
  return (
    <div className="session-main">
      <section className="panel">
        <Empty title={isAdmin || !hasRecording ? words.noRecording : words.forAdmins}>
          <p>{!isAdmin && hasRecording ? words.forAdminsBody : words.noRecordingBody}</p>
        </Empty>
      </section>
      <SessionLists session={session} times={[]} position={undefined} onJump={undefined} />
    </div>
  );
}

function Facts({ session }: { readonly session: Session }) {
  const { transcript } = session;
  return (
    <dl className="panel session-facts">
      <Item name={words.facts.started}>
        <Time at={session.started_at} form="full" />
      </Item>
      <Item name={words.facts.duration}>
        {session.state === "open" ? <Running since={session.started_at} /> : duration(session.duration_s)}
      </Item>
      {session.end_reason === null ? null : (
        <Item name={words.facts.ended}>
          {Object.hasOwn(words.ends, session.end_reason)
            ? words.ends[session.end_reason as keyof typeof words.ends]
            : session.end_reason}
        </Item>
      )}
      {session.auth_attempts === 0 ? null : (
        <Item name={words.facts.logins}>{words.logins(session.auth_success, session.auth_attempts)}</Item>
      )}
      <Item name={words.facts.commands}>{session.command_count}</Item>
      {session.files_captured === 0 ? null : <Item name={words.facts.files}>{session.files_captured}</Item>}
      <Item name={words.facts.traffic}>
        {bytes(session.bytes_in)} / {bytes(session.bytes_out)}
      </Item>
      {transcript.width === null || transcript.height === null ? null : (
        <Item name={words.facts.size}>
          {transcript.width}×{transcript.height}
        </Item>
      )}
      {transcript.truncated ? (
        <Item name={words.facts.recording}>
          <span className="tone-warning">{words.cut}</span>
        </Item>
      ) : null}
      {session.client_banner === null ? null : (
        <Item name={words.facts.client}>
          <Untrusted text={session.client_banner} limit={60} fixed />
        </Item>
      )}
    </dl>
  );
}

function Item({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}

function Running({ since }: { readonly since: string }) {
  return <>{duration(Math.max(1, Math.round((useNow() - Date.parse(since)) / 1000)))}</>;
}
