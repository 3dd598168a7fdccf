import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { faults, filesBelow, makeFolders, Program, pause, until } from "./testing/processes.ts";
import { linesInOrder, readJournal } from "./testing/spool-lines.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "collector-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const random = (least: number, most: number): number =>
  least + Math.floor(Math.random() * (most - least + 1));

it("writes each line once and in order although collector and decoys are killed at random", async () => {
  const { dataDir, ledger, spool, log } = makeFolders(root);
  const config = JSON.stringify({
    dataDir,
    settings: { logRotateMb: 0, syncMs: 200 },
    journal: { segmentMb: 1 },
  });
  const startWriter = (index: number) =>
    Program.start("writer-program.ts", join(spool, "quill-07", `svc${index}`), ledger, "8", "60000");
  await using stack = new AsyncDisposableStack();
  const writers = await Promise.all([0, 1].map(startWriter));
  stack.defer(async () => {
    await Promise.all(writers.map((each) => each.end("SIGKILL")));
  });
  let collector = await Program.start("collector-program.ts", config);
  stack.defer(() => collector.end("SIGKILL"));
  for (let kills = 0; kills < 24; kills++) {
    await pause(random(5, 450));
    if (kills % 3 === 1) {
      const index = random(0, 1);
      await writers[index]?.end("SIGKILL");
      writers[index] = await startWriter(index);
    }
    await collector.end("SIGKILL");
    collector = await Program.start("collector-program.ts", config);
  }
  await Promise.all(writers.map((each) => each.end("SIGTERM")));
  await until("all spools are read and deleted", () => filesBelow(spool).length === 0);
  await collector.end("SIGTERM");

  expect(readdirSync(ledger).length).toBeGreaterThan(5);
  expect(faults(linesInOrder(log), ledger)).toEqual([]);
  const journal = readJournal(log.replace(/log$/, "json"));
  expect(faults(journal, ledger)).toEqual([]);
  expect(journal.filter((line) => line.includes('"event_type":"gap"'))).toEqual([]);
}, 300_000);

it("ends within ten seconds when told, at any moment, and leaves a checkpoint that needs nothing twice", async () => {
  const { dataDir, ledger, spool, log } = makeFolders(root);
  const config = JSON.stringify({ dataDir, settings: { logRotateMb: 0 } });
  await using writer = await Program.start("writer-program.ts", join(spool, "quill-07", "ssh"), ledger, "20");
  for (let stops = 0; stops < 6; stops++) {
    await using collector = await Program.start("collector-program.ts", config);
    await pause(random(0, 300));
    const before = Date.now();
    await collector.end("SIGTERM");
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(JSON.parse(collector.output.split("\n").at(-2) ?? "{}")).toMatchObject({ duplicatesSkipped: 0 });
  }
  await writer.end("SIGTERM");
  await using collector = await Program.start("collector-program.ts", config);
  await until("all spools are read and deleted", () => filesBelow(spool).length === 0);
  await collector.end("SIGTERM");
  expect(faults(linesInOrder(log), ledger)).toEqual([]);
  expect(faults(readJournal(log.replace(/log$/, "json")), ledger)).toEqual([]);
}, 120_000);
