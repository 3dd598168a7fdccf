import { controlEvents, type Message, readFrame, type StreamState, topicEvents } from "./messages.ts";

/** What the connection needs of the browser's EventSource. */
export interface Source {
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface ConnectionParts {
  open(url: string): Source;
  setTimer(action: () => void, ms: number): () => void;
  now(): number;
  random(): number;
}

export interface ConnectionSinks {
  onMessages(messages: readonly Message[]): void;
  onState(state: StreamState): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** The server sends a comment each 15 s, but a page never sees comments; a silent socket ends by TCP. */
const STABLE_AFTER_MS = 5000;

const browserParts: ConnectionParts = {
  open: (url) => new EventSource(url),
  setTimer: (action, ms) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  random: () => Math.random(),
};

/**
 * Keeps one EventSource alive. The browser's own reconnect is not used: it gives up on the first refused
 * reply and tells no one when it tries again. After a break the last frame id goes along, so the server
 * replays what was missed.
 *
 * @param url with its query, without `lastEventId`.
 */
export function connect(
  url: string,
  sinks: ConnectionSinks,
  parts: ConnectionParts = browserParts,
): Disposable {
  let source: Source | undefined;
  let stopTimer: () => void = () => {};
  let lastEventId = "";
  let failures = 0;
  let openedAt: number | undefined;
  let isDone = false;

  const receive = (name: string, event: MessageEvent<string>) => {
    if (event.lastEventId) lastEventId = event.lastEventId;
    const message = readFrame(name, event.data);
    if (!message) return;
    if (message.kind === "reset") lastEventId = event.lastEventId ?? "";
    sinks.onMessages([message]);
    if (message.kind === "bye") end(message.reason);
  };

  const retry = () => {
    source?.close();
    source = undefined;
    if (isDone) return;
    if (openedAt !== undefined && parts.now() - openedAt > STABLE_AFTER_MS) failures = 0;
    openedAt = undefined;
    const base = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    const wait = Math.round(base * (0.75 + parts.random() * 0.5));
    failures += 1;
    sinks.onState({ phase: "waiting", retryAt: parts.now() + wait });
    stopTimer = parts.setTimer(start, wait);
  };

  function end(reason: string): void {
    // A server that stops comes back; a session that is over does not.
    if (reason === "stopping" || reason === "shutdown") return;
    isDone = true;
    source?.close();
    sinks.onState({ phase: "closed", reason });
  }

  function start(): void {
    sinks.onState({ phase: "connecting" });
    const joint = url.includes("?") ? "&" : "?";
    source = parts.open(lastEventId ? `${url}${joint}lastEventId=${encodeURIComponent(lastEventId)}` : url);
    source.addEventListener("open", () => {
      openedAt = parts.now();
      sinks.onState({ phase: "live" });
    });
    source.addEventListener("error", retry);
    for (const name of ["message", ...topicEvents, ...controlEvents])
      source.addEventListener(name, (event) => receive(name, event));
  }

  start();
  return {
    [Symbol.dispose]() {
      isDone = true;
      stopTimer();
      source?.close();
    },
  };
}
