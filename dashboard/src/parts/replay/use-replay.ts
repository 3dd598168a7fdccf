import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ApiProblem } from "../../api/problem.ts";
import { preferences, usePreferences } from "../../theme/preferences.ts";
import type { CastHeader } from "./cast.ts";
import { type DriverState, ReplayDriver } from "./driver.ts";
import { loadCast } from "./load.ts";

export interface ReplayInput {
  /** Of the recording, without `follow`. */
  readonly url: string;
  readonly isOpen: boolean;
  /** Position to open at, seconds. */
  readonly startAt: number | undefined;
}

export interface Replay {
  readonly driver: ReplayDriver;
  readonly state: DriverState;
  readonly header: CastHeader | undefined;
  /** Rises with each batch of events. */
  readonly loaded: number;
  readonly isLoading: boolean;
  readonly isCut: boolean;
  readonly error: unknown;
  readonly retry: () => void;
}

/** The recorder writes its first line with the first output; until then there is nothing to follow. */
const RETRY_FOLLOW_MS = 1000;
const isMissing = (problem: unknown): boolean =>
  problem instanceof ApiProblem && problem.problem.status === 404;

/** A driver fed by the server, for as long as the component lives. */
export function useReplay({ url, isOpen, startAt }: ReplayInput): Replay {
  const [driver, setDriver] = useState(() => new ReplayDriver());
  const [header, setHeader] = useState<CastHeader>();
  const [loaded, setLoaded] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const [isCut, setCut] = useState(false);
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const { replaySpeed, replaySkipIdle, replayKeys } = usePreferences();
  const begin = useRef(startAt);
  // Whether it was open when the page came decides: a watched session that ends keeps its screen.
  const [isFollowed] = useState(isOpen);

  useEffect(() => {
    driver.setSpeed(replaySpeed);
    driver.setSkipsIdle(replaySkipIdle);
    driver.setShowsKeys(replayKeys);
  }, [driver, replaySpeed, replaySkipIdle, replayKeys]);

  useEffect(() => driver.setLive(isOpen && isFollowed), [driver, isOpen, isFollowed]);

  useEffect(() => {
    const stop = new AbortController();
    const fresh = new ReplayDriver();
    const { replaySpeed: speed, replaySkipIdle: skips, replayKeys: keys } = preferences();
    fresh.setSpeed(speed);
    fresh.setSkipsIdle(skips);
    fresh.setShowsKeys(keys);
    fresh.setLive(isFollowed);
    setDriver(fresh);
    setError(undefined);
    setLoading(true);
    let isFirst = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const sinks = {
      onHeader: (next: CastHeader) => {
        setHeader(next);
        fresh.setHeader(next);
      },
      onEvents: (events: Parameters<ReplayDriver["append"]>[0]) => {
        fresh.append(events);
        setLoaded((before) => before + events.length);
        const wanted = begin.current;
        if (wanted !== undefined && fresh.duration >= wanted) {
          fresh.seek(wanted);
          begin.current = undefined;
        } else if (isFirst && isFollowed && wanted === undefined) fresh.follow();
        isFirst = false;
        setLoading(false);
      },
    };
    loadCast(isFollowed ? `${url}?follow=true` : url, sinks, stop.signal)
      .then((cut) => {
        setCut(cut);
        setLoading(false);
        if (begin.current !== undefined) fresh.seek(begin.current);
        else if (!isFollowed && fresh.state().position === 0) fresh.showFirstScreen();
        fresh.setLive(false);
      })
      .catch((problem: unknown) => {
        if (stop.signal.aborted) return;
        if (isFollowed && isMissing(problem)) {
          timer = setTimeout(() => setRound((before) => before + 1), RETRY_FOLLOW_MS);
          return;
        }
        setLoading(false);
        fresh.setLive(false);
        setError(problem);
      });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [url, isFollowed, round]);

  const state = useSyncExternalStore(driver.subscribe, driver.state);
  return {
    driver,
    state,
    header,
    loaded,
    isLoading,
    isCut,
    error,
    retry: () => setRound((before) => before + 1),
  };
}
