import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Eye } from "lucide-react";
import { openSessions } from "../../api/queries.ts";
import { useIsAdmin } from "../../api/session.ts";
import { Service } from "../../parts/badge.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Source } from "../../parts/source.tsx";
import { Empty, Loaded } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { Untrusted } from "../../parts/untrusted.tsx";
import { words } from "./words.ts";

const SHOWN = 6;

/** Who is inside a decky at this moment. */
export function OpenSessions() {
  const isAdmin = useIsAdmin();
  const query = useQuery({ ...openSessions(SHOWN), refetchInterval: 5000 });
  return (
    <Panel title={words.sessions}>
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={words.sessionsEmpty} compact />
          ) : (
            <ul className="now-list">
              {data.map((session) => {
                const canWatch = isAdmin && session.sid !== null;
                return (
                  <li key={session.session_id} className="now">
                    <div className="now-text">
                      <span className="cluster">
                        <span className="dot dot-live tone-good" aria-hidden="true" />
                        <Source ip={session.attacker_ip} country={session.country_code} />
                        <Service name={session.service} />
                        <span className="muted data">{session.decky}</span>
                      </span>
                      <span className="muted small truncate">
                        {session.last_command === null ? (
                          words.commands(session.command_count)
                        ) : (
                          <Untrusted text={session.last_command} limit={80} fixed />
                        )}
                        {" · "}
                        <Time at={session.started_at} />
                      </span>
                    </div>
                    <Link
                      to="/sessions/$id"
                      params={{ id: session.session_id }}
                      className="button button-plain"
                      aria-label={`${canWatch ? words.watch : words.open} ${session.attacker_ip ?? words.noAddress}`}
                    >
                      {canWatch ? <Eye size={14} aria-hidden="true" /> : null}
                      {canWatch ? words.watch : words.open}
                    </Link>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
