/// <reference lib="webworker" />
import { connect } from "./connection.ts";
import type { Message, StreamState } from "./messages.ts";

/**
 * One connection for all tabs of a browser: a browser allows six connections to one server over HTTP/1.1,
 * and each stream holds one for ever. Runs in a shared worker, so frames are also read off the pages'
 * main threads.
 */
export type ToWorker =
  | { readonly type: "open"; readonly url: string }
  | { readonly type: "alive" }
  | { readonly type: "leave" };
export type FromWorker =
  | { readonly type: "messages"; readonly messages: readonly Message[] }
  | { readonly type: "state"; readonly state: StreamState };

declare const self: SharedWorkerGlobalScope;

/** A tab that crashed says no goodbye: after this long without a word it is taken as gone. */
const GONE_AFTER_MS = 90_000;
const SWEEP_MS = 30_000;

const heard = new Map<MessagePort, number>();
let connection: Disposable | undefined;
let state: StreamState = { phase: "connecting" };

function post(message: FromWorker): void {
  for (const port of heard.keys()) port.postMessage(message);
}

function open(url: string): void {
  if (connection !== undefined && state.phase !== "closed") return;
  connection?.[Symbol.dispose]();
  connection = connect(url, {
    onMessages: (messages) => post({ type: "messages", messages }),
    onState: (next) => {
      state = next;
      post({ type: "state", state });
    },
  });
}

function leave(port: MessagePort): void {
  heard.delete(port);
  port.close();
  if (heard.size > 0) return;
  connection?.[Symbol.dispose]();
  connection = undefined;
}

self.onconnect = (event) => {
  const [port] = event.ports;
  if (!port) return;
  heard.set(port, Date.now());
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    heard.set(port, Date.now());
    if (data.type === "open") open(data.url);
    if (data.type === "leave") leave(port);
  };
  port.postMessage({ type: "state", state } satisfies FromWorker);
};

setInterval(() => {
  const now = Date.now();
  for (const [port, at] of heard) if (now - at > GONE_AFTER_MS) leave(port);
}, SWEEP_MS);
