import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFileJournalWriter } from "#journal/file/writer.ts";
import { trafficLines } from "./traffic.ts";

const KILLS = 24;
const VISITS_A_PIECE = 25;
const PIECES_A_ROUND = 12;
const RECORDS_A_VISIT = 5;
/** sessions, profile, stats, search */
const CONSUMERS = 4;
const TEST_MS = 300_000;

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "decnet-kill-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "writing-process.ts"), [
    folder,
    `sqlite:${join(folder, name)}`,
  ]);
  children.add(child);
  child.once("exit", () => children.delete(child));
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Runs until ingest and every consumer stand at the end, then stops politely. */
async function finish(name: string, records: number): Promise<void> {
  const child = await start(name);
  const gone = once(child, "exit");
  const db = new DatabaseSync(join(folder, name), { readOnly: true });
  const behind = db.prepare(
    `SELECT (SELECT count(*) FROM events) AS events,
       (SELECT count(*) FROM cursors WHERE kind = 'events' AND seq = (SELECT max(seq) FROM events)) AS done`,
  );
  for (let i = 0; i < 600; i += 1) {
    const row = behind.get();
    if (row?.["events"] === records && row["done"] === CONSUMERS) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  db.close();
  child.kill("SIGTERM");
  await gone;
}

const TABLES = [
  "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM events",
  "SELECT hex(id) AS id FROM events ORDER BY seq",
  `SELECT id, attempt_count, success_count, outcome, first_seen, last_seen, hex(first_event_id) AS f,
     hex(last_event_id) AS l FROM credentials ORDER BY id`,
  "SELECT * FROM counters WHERE value <> 0 ORDER BY name",
  "SELECT * FROM attackers ORDER BY uuid",
  "SELECT * FROM attacker_services ORDER BY attacker_uuid, service",
  "SELECT * FROM attacker_deckies ORDER BY attacker_uuid, decky",
  "SELECT * FROM sessions ORDER BY session_id",
  "SELECT * FROM session_commands ORDER BY id",
  "SELECT * FROM stats_minute ORDER BY bucket, decky, service, event_type",
  "SELECT * FROM stats_hour ORDER BY bucket, decky, service, event_type",
  // How many messages a credential gives depends on the cut of the batches; all others do not.
  "SELECT topic, dedupe_key, payload FROM outbox WHERE topic <> 'credential.captured' ORDER BY topic, dedupe_key",
  "SELECT count(*) AS n FROM events_text WHERE events_text MATCH 'record'",
  "SELECT * FROM dead_letters",
  "SELECT * FROM gaps",
  "SELECT name, segment, offset, seq FROM cursors WHERE name <> 'relay' ORDER BY name",
];

function everything(name: string): readonly (readonly unknown[])[] {
  const db = new DatabaseSync(join(folder, name), { readOnly: true });
  try {
    return TABLES.map((sql) => db.prepare(sql).all());
  } finally {
    db.close();
  }
}

test("killed at random moments under load, it leaves what one undisturbed run leaves", {
  timeout: TEST_MS,
}, async () => {
  using journal = openFileJournalWriter(join(folder, "decnet.json"), { segmentBytes: 1024 * 1024 });
  let records = 0;
  const append = (): void => {
    const more = VISITS_A_PIECE * RECORDS_A_VISIT;
    journal.append(trafficLines(records, records + more));
    records += more;
  };
  for (let round = 0; round < KILLS; round += 1) {
    const child = await start("killed.db");
    const dies = 20 + Math.floor(Math.random() * 400);
    const killed = new Promise<void>((resolve) => setTimeout(() => void kill(child).then(resolve), dies));
    for (let piece = 0; piece < PIECES_A_ROUND; piece += 1) {
      append();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await killed;
  }
  await finish("killed.db", records);
  const killedResult = everything("killed.db");
  expect(killedResult[0]).toEqual([expect.objectContaining({ n: records, ids: records })]);
  await finish("clean.db", records);
  expect(killedResult).toEqual(everything("clean.db"));
});
