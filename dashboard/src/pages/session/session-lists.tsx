import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Command, Session } from "../../api/model.ts";
import { sessionCommands, sessionEvents } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { Button } from "../../parts/button.tsx";
import { EventLine } from "../../parts/event-line.tsx";
import { Count } from "../../parts/number.tsx";
import { condition } from "../../parts/query-text.ts";
import { Empty, Failure, Loaded, Skeleton } from "../../parts/states.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import { clockSpan, exactNumber } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { useRows } from "../../parts/use-rows.ts";
import { words as shared } from "../../parts/words.ts";
import { words } from "./words.ts";

const route = getRouteApi("/sessions/$id");
const OPEN_REFRESH_MS = 2000;

interface SessionListsProps {
  readonly session: Session;
  /** Seconds of the recording at which each command was entered. */
  readonly times: readonly number[];
  readonly position: number | undefined;
  readonly onJump: ((at: number) => void) | undefined;
}

export function SessionLists(props: SessionListsProps) {
  const { tab = "commands" } = route.useSearch();
  const navigate = useNavigate();
  return (
    <section className="panel session-lists">
      <Tabs
        label={words.title}
        current={tab}
        tabs={[
          {
            id: "commands",
            label: words.tabs.commands,
            count: <Count value={props.session.command_count} />,
          },
          { id: "events", label: words.tabs.events, count: <Count value={props.session.event_count} /> },
        ]}
        onChange={(next) =>
          void navigate({
            to: ".",
            search: changed({ tab: next === "events" ? next : undefined }),
            replace: true,
          })
        }
      >
        {tab === "commands" ? <CommandList {...props} /> : <EventList session={props.session} />}
      </Tabs>
    </section>
  );
}

function CommandList({ session, times, position, onJump }: SessionListsProps) {
  const query = useQuery({
    ...sessionCommands(session.session_id),
    refetchInterval: session.state === "open" ? OPEN_REFRESH_MS : false,
  });
  return (
    <Loaded query={query} skeleton={<Skeleton lines={10} />}>
      {({ data, total, next_cursor }) =>
        data.length === 0 ? (
          <Empty title={words.commandsEmpty} compact>
            <p>{words.commandsEmptyBody}</p>
          </Empty>
        ) : (
          <>
            <Commands commands={data} times={times} position={position} onJump={onJump} />
            {next_cursor === null ? null : (
              <p className="session-note">
                {words.moreCommands(total === null ? shared.unknown : exactNumber(total))}
              </p>
            )}
          </>
        )
      }
    </Loaded>
  );
}

interface CommandsProps extends Omit<SessionListsProps, "session"> {
  readonly commands: readonly Command[];
}

/** The last command entered at or before the position. */
const currentIndex = (times: readonly number[], position: number | undefined): number =>
  position === undefined ? -1 : times.findLastIndex((at) => at <= position + 0.05);

function Commands({ commands, times, position, onJump }: CommandsProps) {
  const current = currentIndex(times, position);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (current < 0 || list.current?.contains(document.activeElement)) return;
    const row = list.current?.children[current];
    const box = list.current;
    if (!(row instanceof HTMLElement) || !box) return;
    const isSeen =
      row.offsetTop >= box.scrollTop && row.offsetTop + row.offsetHeight <= box.scrollTop + box.clientHeight;
    if (!isSeen) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }, [current]);
  return (
    <ol className="commands" ref={list}>
      {commands.map((command, index) => {
        const at = times[index];
        const content = (
          <>
            <span className="command-time num faint">
              {at === undefined ? <Time at={command.at} form="clock" /> : clockSpan(at)}
            </span>
            <span className="command-text">
              <Untrusted text={command.command_text} limit={400} fixed />
              {command.known === false ? <span className="tone-warning small"> {words.unknown}</span> : null}
              {command.exit_code !== null && command.exit_code !== 0 ? (
                <span className="faint small"> {words.exit(command.exit_code)}</span>
              ) : null}
            </span>
          </>
        );
        return (
          <li key={command.id} aria-current={index === current ? "step" : undefined}>
            {onJump && at !== undefined ? (
              <button type="button" className="command" onClick={() => onJump(at)}>
                {content}
              </button>
            ) : (
              <span className="command">{content}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function EventList({ session }: { readonly session: Session }) {
  const query = useInfiniteQuery(sessionEvents(session.session_id));
  const rows = useRows(query.data);
  if (query.error && rows.length === 0)
    return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton lines={10} />;
  if (rows.length === 0) return <Empty title={words.eventsEmpty} compact />;
  return (
    <div className="commands" tabIndex={0} role="region" aria-label={words.tabs.events}>
      <ol>
        {rows.map((event) => (
          <li key={event.id}>
            <Link
              to="/logs"
              search={{
                search: condition("session", event.session_id ?? session.session_id),
                open: event.id,
              }}
              className="command"
            >
              <span className="command-time faint">
                <Time at={event.received} form="clock" />
              </span>
              <span className="command-text">
                <EventLine event={event} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {shared.loadMore}
        </Button>
      ) : null}
    </div>
  );
}
