import type { Topics } from "./topics.ts";

/** NATS subject rules; `{name}` parts of a topic are one token each. */
export interface Envelope<P = unknown> {
  readonly v: 1;
  /** 32 hex digits, made by the publisher and kept to the end. */
  readonly id: string;
  readonly topic: string;
  readonly type: string;
  /** The publisher's seconds since 1970. */
  readonly ts: number;
  readonly payload: P;
}

/** In band, before the next message: so many were dropped, look at your cursor now. */
export interface Lagged {
  readonly lagged: number;
}

export interface Subscription extends AsyncIterable<Envelope | Lagged>, Disposable {
  readonly dropped: number;
}

export interface BusState {
  readonly kind: "local" | "nats" | "off";
  readonly connected: boolean;
  readonly lastMessageAt: number | null;
  readonly reason?: string;
}

export interface PublishOptions {
  /** Left out: the topic without its first token. */
  readonly type?: string;
  /** 32 hex digits; a message that may be sent again after a crash has the same one each time. */
  readonly id?: string;
}

/** A hint, at most once: a lost message costs latency, never data. */
export interface Bus {
  /** Never throws, never blocks; counted when dropped. A fixed topic takes its own payload type. */
  publish<T extends keyof Topics>(topic: T, payload: Topics[T], options?: PublishOptions): void;
  /** Resolved = active. @throws {BusTopicError} for a bad pattern */
  subscribe(pattern: string, options?: { readonly queue?: number }): Promise<Subscription>;
  readonly state: BusState;
}
