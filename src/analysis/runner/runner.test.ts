import { expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import { Wake } from "#kernel/wake.ts";
import type { Consumer } from "../contract.ts";
import { ConsumerOrderError } from "../errors.ts";
import { Consumers, inOrder } from "./run-consumers.ts";
import { openTestStore } from "./testing/events.ts";

/** Writes down what it saw; refuses events of the type `poison`. */
function watcher(name: string, after: readonly string[] = []): Consumer & { readonly seen: number[] } {
  const seen: number[] = [];
  let waiting: number[] = [];
  return {
    name,
    after,
    seen,
    open: () => ({
      reduce: ({ events }) => {
        for (const { seq, eventType } of events) {
          if (eventType === "poison") throw new Error("cannot read this");
          waiting.push(seq);
        }
      },
      write: () => {
        seen.push(...waiting);
        waiting = [];
      },
      discard: () => {
        waiting = [];
      },
    }),
  };
}

async function runAll(
  store: ReturnType<typeof openTestStore>,
  consumers: readonly Consumer[],
): Promise<Consumers> {
  const stop = new AbortController();
  const running = new Consumers(store.writer, consumers, { clock: systemClock, log: silentLog });
  await running.run(stop.signal, new Wake(), (_done, behind) => {
    if (behind === 0) stop.abort();
  });
  return running;
}

test("consumers stand behind those they wait for, and a circle is refused", () => {
  const [a, b, c] = [watcher("a", ["b"]), watcher("b", ["c"]), watcher("c")];
  expect(inOrder([a, b, c]).map(({ name }) => name)).toEqual(["c", "b", "a"]);
  expect(() => inOrder([watcher("x", ["y"]), watcher("y", ["x"])])).toThrow(ConsumerOrderError);
  expect(() => inOrder([watcher("x", ["nobody"])])).toThrow(ConsumerOrderError);
});

test("an event that a consumer cannot fold becomes a dead letter of that consumer alone", async () => {
  using store = openTestStore();
  const types = ["auth", "auth", "poison", "auth", "poison"];
  store.add(...types.map((type) => ({ type })));
  const consumer = watcher("picky");
  const running = await runAll(store, [consumer]);
  expect(consumer.seen).toEqual([1, 2, 4]);
  const letters = store.all("SELECT consumer, event_seq, reason, error FROM dead_letters ORDER BY event_seq");
  expect(letters).toEqual([
    expect.objectContaining({ consumer: "picky", event_seq: 3, reason: "consumer_error" }),
    expect.objectContaining({ consumer: "picky", event_seq: 5 }),
  ]);
  expect(letters[0]?.["error"]).toContain("cannot read this");
  expect(running.report()).toEqual([
    expect.objectContaining({ name: "picky", lag_events: 0, lag_s: 0, dead_letters: 2 }),
  ]);
});

test("a consumer never overtakes the one it waits for", async () => {
  using store = openTestStore();
  store.add(...Array.from({ length: 1700 }, () => ({ type: "auth", at: 1 })));
  const first = watcher("first");
  const behind: number[] = [];
  const second = watcher("second", ["first"]);
  const spying: Consumer = {
    ...second,
    open: (writer) => {
      const fold = second.open(writer);
      return {
        ...fold,
        reduce: (batch) => {
          behind.push((first.seen.at(-1) ?? 0) - batch.upTo);
          fold.reduce(batch);
        },
      };
    },
  };
  await runAll(store, [spying, first]);
  expect(second.seen).toEqual(first.seen);
  expect(second.seen).toHaveLength(1700);
  expect(Math.min(...behind)).toBeGreaterThanOrEqual(0);
});
