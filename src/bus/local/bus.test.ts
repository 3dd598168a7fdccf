import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import type { Bus, Envelope, Lagged } from "../contract.ts";
import { createLocalBus, createThreadBus } from "./bus.ts";

const flushed = (n: number) => ({ component: "ingester", flushed: n, last_seq: n });

async function take(subscription: AsyncIterable<Envelope | Lagged>, count: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of subscription) {
    seen.push("lagged" in item ? item : item.payload);
    if (seen.length === count) break;
  }
  return seen;
}

/** The hub's own view and a thread's view must behave alike. */
const views: readonly [string, () => { bus: Bus; end: () => void }][] = [
  ["in the process", () => ({ bus: createLocalBus(systemClock), end: () => {} })],
  [
    "in a thread",
    () => {
      const hub = createLocalBus(systemClock);
      const { port1, port2 } = new MessageChannel();
      const link = hub.connect(port1);
      return {
        bus: createThreadBus(port2, systemClock),
        end: () => {
          link[Symbol.dispose]();
          port2.close();
        },
      };
    },
  ],
];

describe.each(views)("%s", (_name, make) => {
  test("a publisher hears its own messages, in order", async () => {
    const { bus, end } = make();
    const subscription = await bus.subscribe("system.>");
    for (const n of [1, 2, 3]) bus.publish("system.log", flushed(n));
    expect(await take(subscription, 3)).toEqual([flushed(1), flushed(2), flushed(3)]);
    end();
  });

  test("a slow reader loses the oldest, is told how many, and the count is kept", async () => {
    const { bus, end } = make();
    const slow = await bus.subscribe("system.log", { queue: 3 });
    const marker = await bus.subscribe("system.log");
    for (let n = 1; n <= 10; n += 1) bus.publish("system.log", flushed(n));
    await take(marker, 10);
    expect(await take(slow, 4)).toEqual([{ lagged: 7 }, flushed(8), flushed(9), flushed(10)]);
    expect(slow.dropped).toBe(7);
    end();
  });

  test("disposal ends a reader at once, with a full queue too", async () => {
    const { bus, end } = make();
    const subscription = await bus.subscribe(">", { queue: 2 });
    const waiting = take(subscription, 99);
    bus.publish("system.log", flushed(1));
    subscription[Symbol.dispose]();
    expect(await waiting).toEqual([]);
    end();
  });

  test("a payload over the limit is dropped, the next one arrives", async () => {
    const { bus, end } = make();
    const subscription = await bus.subscribe("system.log");
    bus.publish("system.log", { ...flushed(1), component: "x".repeat(600_000) });
    bus.publish("system.log", flushed(2));
    expect(await take(subscription, 1)).toEqual([flushed(2)]);
    end();
  });
});

test("a message of one thread reaches another and the process", async () => {
  const hub = createLocalBus(systemClock);
  const a = new MessageChannel();
  const b = new MessageChannel();
  using _a = hub.connect(a.port1);
  using _b = hub.connect(b.port1);
  const [first, second] = [createThreadBus(a.port2, systemClock), createThreadBus(b.port2, systemClock)];
  const [here, there] = [await hub.subscribe(">"), await second.subscribe("system.*")];
  first.publish("system.log", flushed(5));
  expect(await Promise.all([take(here, 1), take(there, 1)])).toEqual([[flushed(5)], [flushed(5)]]);
  a.port2.close();
  b.port2.close();
});
