/**
 * Ingest against the raw batched insert of the same SQLite build into the same `events` table, and the consumers
 * apart: `node bench/ingest.ts [records]`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { profilerConsumers } from "#analysis/registry.ts";
import { EventSource } from "#analysis/runner/event-source.ts";
import { Lane } from "#analysis/runner/lane.ts";
import { inOrder } from "#analysis/runner/run-consumers.ts";
import { eventRow } from "#ingest/event-row.ts";
import { prepareBatch, storeBatch } from "#ingest/store-batch.ts";
import type { JournalPosition } from "#journal/contract.ts";
import { openFileJournalReader } from "#journal/file/reader.ts";
import { openFileJournalWriter } from "#journal/file/writer.ts";
import { insertEvents } from "#store/sqlite/event-rows.ts";
import { sqliteEvidence } from "#store/sqlite/evidence-store.ts";
import { openStoreWriter, type StoreWriter } from "#store/sqlite/writer.ts";
import { trafficLines, trafficRecord } from "../test/pipeline/traffic.ts";

const RECORDS = Number(process.argv[2] ?? 100_000);
const BATCH = 1000;
const ROUNDS = 3;

function timed(work: () => void): number {
  const before = performance.now();
  work();
  return (performance.now() - before) / 1000;
}

function inStore<T>(work: (writer: StoreWriter, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "decnet-bench-"));
  const writer = openStoreWriter(`sqlite:${join(folder, "store.db")}`);
  try {
    return work(writer, folder);
  } finally {
    writer[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows ready to insert; nothing but the statements is measured. */
function rawInsert(): number {
  return inStore((writer) => {
    let seconds = 0;
    for (let from = 0; from < RECORDS; from += BATCH) {
      const rows = Array.from({ length: Math.min(BATCH, RECORDS - from) }, (_, i) =>
        eventRow(trafficRecord(from + i), false),
      );
      seconds += timed(() => writer.transaction(() => insertEvents(writer, rows)));
    }
    return seconds;
  });
}

/** From journal bytes to committed rows with everything derived, then the consumers one by one. */
function fullIngest(): { ingest: number; consumers: ReadonlyMap<string, number>; slowestMs: number } {
  return inStore((writer, folder) => {
    using journal = openFileJournalWriter(join(folder, "decnet.json"));
    for (let from = 0; from < RECORDS; from += BATCH) {
      journal.append(trafficLines(from, Math.min(from + BATCH, RECORDS)));
    }
    using reader = openFileJournalReader(folder);
    const store = sqliteEvidence(writer);
    let cursor: JournalPosition | undefined;
    let slowestMs = 0;
    const ingest = timed(() => {
      for (let done = 0; done < RECORDS; ) {
        const batch = reader.read("decnet", cursor, { lines: BATCH, bytes: 1024 * 1024 });
        const pending = prepareBatch("decnet", cursor, batch, { nowUs: 0, isBenign: () => false });
        slowestMs = Math.max(slowestMs, timed(() => storeBatch(store, pending, 0)) * 1000);
        cursor = batch.next;
        done += batch.lines.length;
      }
    });
    return { ingest, consumers: consume(writer), slowestMs };
  });
}

function consume(writer: StoreWriter): ReadonlyMap<string, number> {
  const source = new EventSource(writer);
  const seconds = new Map<string, number>();
  for (const consumer of inOrder(profilerConsumers({ sessionGapS: 300, sessionLostS: 3600 }))) {
    const lane = new Lane(writer, source, consumer, 0);
    seconds.set(
      consumer.name,
      timed(() => {
        while (lane.step(Number.MAX_SAFE_INTEGER, 0) > 0);
      }),
    );
  }
  return seconds;
}

const rate = (seconds: number): string => `${Math.round(RECORDS / seconds).toLocaleString("en")}/s`;
const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

const raw: number[] = [];
const full: ReturnType<typeof fullIngest>[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  raw.push(rawInsert());
  full.push(fullIngest());
}
const ingest = median(full.map((one) => one.ingest));
console.log(`${RECORDS} records, median of ${ROUNDS}`);
console.log(`raw batched insert   ${rate(median(raw))}`);
console.log(`ingest, all derived  ${rate(ingest)}   ratio ${(median(raw) / ingest).toFixed(2)}`);
console.log(`slowest transaction  ${Math.max(...full.map((one) => one.slowestMs)).toFixed(1)} ms`);
for (const name of full[0]?.consumers.keys() ?? []) {
  console.log(`${name.padEnd(20)} ${rate(median(full.map((one) => one.consumers.get(name) ?? 0)))}`);
}
