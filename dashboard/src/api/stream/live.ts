import { useSyncExternalStore } from "react";
import { connect } from "./connection.ts";
import { Feed, type FeedSnapshot } from "./feed.ts";
import type { FromWorker, ToWorker } from "./shared-worker.ts";

const URL_OF_ALL = "/api/v1/stream?topics=logs,stats,attackers,sessions";
const ALIVE_MS = 25_000;

/** What the one shared connection brought to this tab. */
export const feed = new Feed();

/** Joins the browser's one connection, or opens an own one where shared workers do not exist. */
export function startLive(): Disposable {
  return typeof SharedWorker === "undefined" ? openOwn(URL_OF_ALL, feed) : joinShared();
}

function joinShared(): Disposable {
  const worker = new SharedWorker(new URL("./shared-worker.ts", import.meta.url), {
    type: "module",
    name: "decnet-stream",
  });
  const say = (message: ToWorker) => worker.port.postMessage(message);
  worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === "messages") feed.receive(data.messages);
    else feed.setState(data.state);
  };
  say({ type: "open", url: URL_OF_ALL });
  const timer = setInterval(() => say({ type: "alive" }), ALIVE_MS);
  const leave = () => say({ type: "leave" });
  addEventListener("pagehide", leave);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      removeEventListener("pagehide", leave);
      leave();
      worker.port.close();
    },
  };
}

/** A connection of one page, for its own filter. */
export function openOwn(url: string, into: Feed): Disposable {
  return connect(url, {
    onMessages: (messages) => into.receive(messages),
    onState: (state) => into.setState(state),
  });
}

export const filteredUrl = (search: string): string =>
  `/api/v1/stream?topics=logs&search=${encodeURIComponent(search)}`;

export function useFeed(of: Feed = feed): FeedSnapshot {
  return useSyncExternalStore(of.subscribe, of.snapshot);
}

/** One aspect of the feed; the component is drawn again only when that aspect changes. */
export function useFeedPart<T>(select: (snapshot: FeedSnapshot) => T, of: Feed = feed): T {
  return useSyncExternalStore(of.subscribe, () => select(of.snapshot()));
}
