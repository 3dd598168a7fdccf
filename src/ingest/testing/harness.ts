import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Bus } from "#bus/contract.ts";
import type { JournalReader } from "#journal/contract.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import { openStoreWriter, type StoreWriter } from "#store/sqlite/writer.ts";
import { createIngester } from "../ingester.ts";

export interface TestStore extends Disposable {
  readonly folder: string;
  readonly url: string;
  readonly writer: StoreWriter;
  all(sql: string): readonly Readonly<Record<string, unknown>>[];
}

export function openTestStore(): TestStore {
  const folder = mkdtempSync(join(tmpdir(), "decnet-ingest-"));
  const path = join(folder, "store.db");
  const writer = openStoreWriter(`sqlite:${path}`);
  return {
    folder,
    url: `sqlite:${path}`,
    writer,
    all(sql) {
      const db = new DatabaseSync(path, { readOnly: true });
      try {
        return db
          .prepare(sql)
          .all()
          .map((row) => ({ ...row }));
      } finally {
        db.close();
      }
    },
    [Symbol.dispose]() {
      writer[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A bus on which nobody speaks. */
export const quietBus: Pick<Bus, "publish" | "subscribe"> = {
  publish: () => {},
  subscribe: async () => {
    const ended = Promise.withResolvers<void>();
    return {
      dropped: 0,
      async *[Symbol.asyncIterator]() {
        await ended.promise;
        yield* [];
      },
      [Symbol.dispose]: () => ended.resolve(),
    };
  },
};

/** Runs the worker until the journal is empty, then stops it. Fails with what the worker fails with. */
export async function ingestAll(writer: StoreWriter, reader: JournalReader, batchSize = 1000): Promise<void> {
  const stop = new AbortController();
  const worker = createIngester(
    { writer, reader, bus: quietBus },
    { batchSize, keepSegments: 2, artifactsRoot: tmpdir() },
  );
  let last = "";
  const progress = (): void => {
    // A round that changed nothing found nothing; dead letters are work too.
    const now = JSON.stringify(worker.health?.());
    if (now === last) stop.abort();
    last = now;
  };
  await worker.run({ log: silentLog, clock: systemClock, progress }, stop.signal);
}
