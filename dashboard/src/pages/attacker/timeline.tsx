import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileDown, KeyRound, SquareTerminal } from "lucide-react";
import type { TimelineItem } from "../../api/model.ts";
import { attackerTimeline } from "../../api/queries.ts";
import { Service } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Empty, Failure, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { bytes, duration } from "../../parts/units.ts";
import { Untrusted } from "../../parts/untrusted.tsx";
import { useRows } from "../../parts/use-rows.ts";
import { words as shared } from "../../parts/words.ts";
import { words } from "./words.ts";

const icons = { session: SquareTerminal, login: KeyRound, file: FileDown } as const;

/** Sessions, accepted log-ins and files, newest first. */
export function Timeline({ uuid }: { readonly uuid: string }) {
  const query = useInfiniteQuery(attackerTimeline(uuid));
  const items = useRows(query.data);
  if (query.error && items.length === 0)
    return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton lines={10} />;
  if (items.length === 0)
    return (
      <Empty title={words.timelineEmpty}>
        <p>{words.timelineEmptyBody}</p>
      </Empty>
    );
  return (
    // Its entries are links; the box itself scrolls by keyboard as well.
    <div className="timeline-box" tabIndex={0} role="region" aria-label={words.tabs.timeline}>
      <ol className="timeline">
        {items.map((item) => (
          <li key={`${item.kind}-${item.id}`} className={`timeline-item timeline-${item.kind}`}>
            <Entry item={item} />
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {shared.loadMore}
        </Button>
      ) : null}
    </div>
  );
}

function Entry({ item }: { readonly item: TimelineItem }) {
  const Icon = icons[item.kind];
  const content = (
    <>
      <span className="timeline-icon">
        <Icon size={14} aria-hidden="true" />
      </span>
      <span className="timeline-time">
        <Time at={item.at} form="full" />
      </span>
      <span className="timeline-kind">{words.timelineKinds[item.kind]}</span>
      <span className="timeline-text truncate">
        {item.detail === null ? null : <Untrusted text={item.detail} limit={120} fixed />}{" "}
        <span className="muted">{countText(item)}</span>
      </span>
      <span className="timeline-where">
        <Service name={item.service} /> <span className="data muted">{item.decky}</span>
      </span>
    </>
  );
  return item.session_id === null ? (
    <span className="timeline-line">{content}</span>
  ) : (
    <Link to="/sessions/$id" params={{ id: item.session_id }} className="timeline-line">
      {content}
    </Link>
  );
}

function countText(item: TimelineItem): string {
  if (item.kind === "file") return bytes(item.count);
  if (item.kind === "login") return words.timelineCounts.login(item.count);
  const commands = words.timelineCounts.session(item.count);
  if (item.ended_at === null) return `${commands} · ${words.stillOpen}`;
  return `${commands} · ${duration((Date.parse(item.ended_at) - Date.parse(item.at)) / 1000)}`;
}
