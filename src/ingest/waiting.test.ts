import { expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import { StoreBusyError, StoreDamagedError, StoreFullError } from "#store/errors.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import { createIngester } from "./ingester.ts";
import { openTestStore, quietBus } from "./testing/harness.ts";
import { MemoryJournal } from "./testing/journal.ts";
import { line } from "./testing/records.ts";

/** A store that refuses its first transactions. */
function refusing(writer: StoreWriter, errors: Error[]): StoreWriter {
  return {
    turns: writer.turns,
    tidy: () => writer.tidy(),
    watch: (listener) => writer.watch(listener),
    statement: (sql) => writer.statement(sql),
    transaction: (work) => {
      const error = errors.shift();
      if (error !== undefined) throw error;
      return writer.transaction(work);
    },
    [Symbol.dispose]: () => {},
  };
}

async function ingestWith(errors: Error[]): Promise<number> {
  using store = openTestStore();
  const reader = new MemoryJournal();
  reader.append(line(1));
  const stop = new AbortController();
  const deps = { writer: refusing(store.writer, errors), reader, bus: quietBus, random: () => 0 };
  const worker = createIngester(deps, { batchSize: 10, keepSegments: 2 });
  const progress = (done: number): void => {
    if (done > 0) stop.abort();
  };
  await worker.run({ log: silentLog, clock: systemClock, progress }, stop.signal);
  return Number(store.all("SELECT count(*) AS n FROM events")[0]?.["n"]);
}

test("a busy or full store is waited out and the batch is stored once", async () => {
  expect(await ingestWith([new StoreBusyError("1"), new StoreFullError("2"), new StoreBusyError("3")])).toBe(
    1,
  );
});

test("a damaged store ends the worker with its code", async () => {
  await expect(ingestWith([new StoreDamagedError("torn")])).rejects.toThrow(StoreDamagedError);
});

test("a stop during the wait ends it at once, and the journal still has the batch", async () => {
  using store = openTestStore();
  const reader = new MemoryJournal();
  reader.append(line(1));
  const stop = new AbortController();
  const errors = Array.from({ length: 100 }, () => new StoreFullError("full"));
  const deps = {
    writer: refusing(store.writer, errors),
    reader,
    bus: quietBus,
    random: (): number => {
      stop.abort();
      return 0.5;
    },
  };
  const worker = createIngester(deps, { batchSize: 10, keepSegments: 2 });
  await worker.run({ log: silentLog, clock: systemClock, progress: () => {} }, stop.signal);
  expect(store.all("SELECT count(*) AS n FROM events")).toEqual([{ n: 0 }]);
});
