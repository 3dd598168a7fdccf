import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import type { Session } from "../../api/model.ts";
import { sessionCommands } from "../../api/queries.ts";
import { changed } from "../../api/search-params.ts";
import { commandTimes } from "../../parts/replay/cast.ts";
import { ReplayView } from "../../parts/replay/replay.tsx";
import { type Replay, useReplay } from "../../parts/replay/use-replay.ts";
import { plainMarks } from "../../parts/untrusted-marks.ts";
import { SessionLists } from "./session-lists.tsx";

const route = getRouteApi("/sessions/$id");
const URL_EVERY_MS = 1000;
const OPEN_REFRESH_MS = 2000;

/** Replay and command list, each leading the other; the position stands in the URL. */
export function Recorded({ session, sid }: { readonly session: Session; readonly sid: string }) {
  const { t, n } = route.useSearch();
  const url = `/api/v1/transcripts/${encodeURIComponent(session.decky)}/${encodeURIComponent(sid)}/cast`;
  const replay = useReplay({ url, isOpen: session.state === "open", startAt: t });
  const { driver, state, header, loaded } = replay;
  const commands = useQuery({
    ...sessionCommands(session.session_id),
    refetchInterval: session.state === "open" ? OPEN_REFRESH_MS : false,
  }).data;

  const times = useMemo(() => {
    const begin = beginOf(session.started_at, header?.timestamp);
    const reported = (commands?.data ?? []).map(({ at }) => (Date.parse(at) - begin) / 1000);
    return loaded === 0 ? reported.map((at) => Math.max(0, at)) : commandTimes(driver.events, reported);
  }, [commands, header, loaded, driver, session.started_at]);
  const marks = useMemo(
    () =>
      times.map((at, index) => ({ at, label: plainMarks(commands?.data[index]?.command_text ?? "", 80) })),
    [times, commands],
  );

  useJumpToCommand(replay, n, commands?.data.findIndex((command) => command.n === n) ?? -1, times);
  usePositionInUrl(replay);
  return (
    <div className="session-main">
      <section className="panel">
        <ReplayView replay={replay} marks={marks} downloadUrl={url} />
      </section>
      <SessionLists
        session={session}
        times={times}
        position={state.position}
        onJump={(at) => driver.seek(at)}
      />
    </div>
  );
}

/** The recorder's own clock where it agrees with the host's to the second; it is finer to trust the host. */
function beginOf(startedAt: string, timestamp: number | undefined): number {
  const host = Date.parse(startedAt);
  if (timestamp === undefined) return host;
  const recorder = timestamp * 1000;
  return Math.abs(host - recorder) < 1500 ? host : recorder;
}

/** A link to a command opens the replay where it was entered, once its time is known. */
function useJumpToCommand(
  { driver }: Replay,
  n: number | undefined,
  index: number,
  times: readonly number[],
) {
  const jumped = useRef<number>(undefined);
  const at = index === -1 ? undefined : times[index];
  const { duration } = driver.state();
  useEffect(() => {
    if (n === undefined || at === undefined || jumped.current === n || duration < at) return;
    jumped.current = n;
    driver.seek(at);
  }, [driver, n, at, duration]);
}

/** Writes the position at most once a second, and at once when it rests; Back does not walk through it. */
function usePositionInUrl({ driver }: Replay): void {
  const navigate = useNavigate();
  useEffect(() => {
    let written = -1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const write = () => {
      timer = undefined;
      const { position, isFollowing } = driver.state();
      const t = isFollowing || position === 0 ? undefined : Math.round(position * 10) / 10;
      if (t === written || (t === undefined && written === -1)) return;
      written = t ?? -1;
      void navigate({
        to: ".",
        search: changed({ t, n: undefined }),
        replace: true,
        resetScroll: false,
      });
    };
    const stop = driver.subscribe(() => {
      timer ??= setTimeout(write, URL_EVERY_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [driver, navigate]);
}
