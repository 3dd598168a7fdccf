import { randomBytes } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "#kernel/clock.ts";
import type { Bus, BusState, Envelope, PublishOptions, Subscription } from "../contract.ts";
import { checkPattern, checkTopic, matches } from "../subject.ts";
import type { Topics } from "../topics.ts";
import { QUEUE_LIMIT, SubscriptionQueue } from "./queue.ts";

/** Bytes of JSON one payload may have; a bigger one is counted and dropped. */
const PAYLOAD_LIMIT = 512 * 1024;

export interface BusCounters {
  published: number;
  delivered: number;
  droppedSlow: number;
  droppedTooLarge: number;
}

/** The bus of one process; worker threads join through `connect`. */
export interface LocalBus extends Bus {
  readonly counters: Readonly<BusCounters>;
  /** Lets the thread at the other end of `port` take part; dispose when it is gone. */
  connect(port: MessagePort): Disposable;
}

/** What threads and the hub say to each other. */
type FromThread =
  | { readonly kind: "publish"; readonly envelope: Envelope }
  | { readonly kind: "subscribe"; readonly id: number; readonly pattern: string }
  | { readonly kind: "unsubscribe"; readonly id: number };
type FromHub =
  | { readonly kind: "deliver"; readonly envelope: Envelope }
  | { readonly kind: "subscribed"; readonly id: number };

function seal(
  topic: string,
  payload: unknown,
  options: PublishOptions | undefined,
  clock: Clock,
): Envelope | undefined {
  checkTopic(topic);
  let text: string;
  try {
    text = JSON.stringify(payload);
  } catch {
    return undefined;
  }
  if (text.length > PAYLOAD_LIMIT) return undefined;
  return {
    v: 1,
    id: options?.id ?? randomBytes(16).toString("hex"),
    topic,
    type: options?.type ?? topic.slice(topic.indexOf(".") + 1),
    ts: clock.now() / 1000,
    payload: JSON.parse(text),
  };
}

/** Subscriptions of one process or thread, by pattern. */
class Subscriptions {
  readonly #all = new Map<number, { readonly pattern: string; readonly queue: SubscriptionQueue }>();
  readonly #counters: BusCounters;
  #next = 1;

  constructor(counters: BusCounters) {
    this.#counters = counters;
  }

  add(
    pattern: string,
    limit: number,
    onDispose: (id: number) => void,
  ): { id: number; queue: SubscriptionQueue } {
    const id = this.#next;
    this.#next += 1;
    const queue = new SubscriptionQueue(limit, () => {
      this.#all.delete(id);
      onDispose(id);
    });
    this.#all.set(id, { pattern, queue });
    return { id, queue };
  }

  deliver(envelope: Envelope): void {
    for (const { pattern, queue } of this.#all.values()) {
      if (!matches(pattern, envelope.topic)) continue;
      this.#counters.delivered += 1;
      if (!queue.push(envelope)) this.#counters.droppedSlow += 1;
    }
  }
}

const freshCounters = (): BusCounters => ({ published: 0, delivered: 0, droppedSlow: 0, droppedTooLarge: 0 });

export function createLocalBus(clock: Clock): LocalBus {
  const counters = freshCounters();
  const local = new Subscriptions(counters);
  const threads = new Set<{ readonly port: MessagePort; readonly patterns: Map<number, string> }>();
  let lastMessageAt: number | null = null;

  const route = (envelope: Envelope): void => {
    counters.published += 1;
    lastMessageAt = clock.now();
    // A macrotask, so that a publisher never runs the code of a subscriber.
    setImmediate(() => {
      local.deliver(envelope);
      for (const { port, patterns } of threads)
        if ([...patterns.values()].some((pattern) => matches(pattern, envelope.topic)))
          port.postMessage({ kind: "deliver", envelope } satisfies FromHub);
    });
  };

  return {
    counters,
    get state(): BusState {
      return { kind: "local", connected: true, lastMessageAt };
    },
    publish<T extends keyof Topics>(topic: T, payload: Topics[T], options?: PublishOptions): void {
      const envelope = seal(topic, payload, options, clock);
      if (envelope === undefined) counters.droppedTooLarge += 1;
      else route(envelope);
    },
    async subscribe(pattern, options): Promise<Subscription> {
      checkPattern(pattern);
      return local.add(pattern, options?.queue ?? QUEUE_LIMIT, () => {}).queue;
    },
    connect(port): Disposable {
      const thread = { port, patterns: new Map<number, string>() };
      threads.add(thread);
      port.on("message", (message: FromThread) => {
        if (message.kind === "publish") route(message.envelope);
        else if (message.kind === "unsubscribe") thread.patterns.delete(message.id);
        else {
          thread.patterns.set(message.id, message.pattern);
          port.postMessage({ kind: "subscribed", id: message.id } satisfies FromHub);
        }
      });
      port.unref();
      const leave = () => threads.delete(thread);
      port.once("close", leave);
      return {
        [Symbol.dispose]: () => {
          leave();
          port.close();
        },
      };
    },
  };
}

/** The bus as a worker thread sees it: everything goes through the hub at the other end of `port`. */
export function createThreadBus(port: MessagePort, clock: Clock): Bus {
  const counters = freshCounters();
  const local = new Subscriptions(counters);
  const waiting = new Map<number, () => void>();
  let lastMessageAt: number | null = null;

  port.on("message", (message: FromHub) => {
    if (message.kind === "deliver") {
      lastMessageAt = clock.now();
      local.deliver(message.envelope);
    } else {
      waiting.get(message.id)?.();
      waiting.delete(message.id);
    }
  });
  port.unref();

  return {
    get state(): BusState {
      return { kind: "local", connected: true, lastMessageAt };
    },
    publish<T extends keyof Topics>(topic: T, payload: Topics[T], options?: PublishOptions): void {
      const envelope = seal(topic, payload, options, clock);
      if (envelope === undefined) counters.droppedTooLarge += 1;
      else port.postMessage({ kind: "publish", envelope } satisfies FromThread);
    },
    async subscribe(pattern, options): Promise<Subscription> {
      checkPattern(pattern);
      const { id, queue } = local.add(pattern, options?.queue ?? QUEUE_LIMIT, (gone) => {
        port.postMessage({ kind: "unsubscribe", id: gone } satisfies FromThread);
      });
      const active = new Promise<void>((resolve) => waiting.set(id, resolve));
      port.postMessage({ kind: "subscribe", id, pattern } satisfies FromThread);
      await active;
      return queue;
    },
  };
}
