import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeFolders, Program, pause, until } from "./testing/processes.ts";
import { numberedLine } from "./testing/spool-lines.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "collector-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Longer than a folder counts as busy, so that the next line comes into the quiet. */
const QUIET_MS = 2600;

it("has a line in the journal within half a second of its arrival, also after a silence and in a new folder", async () => {
  const { dataDir, spool, log } = makeFolders(root);
  await using collector = await Program.start("collector-program.ts", JSON.stringify({ dataDir }));
  const journal = log.replace(/log$/, "json");
  await until("the collector is there", () => existsSync(journal));
  const waits: number[] = [];
  for (let n = 0; n < 4; n++) {
    const folder = join(spool, "quill-07", n < 2 ? "ssh" : "http");
    mkdirSync(folder, { recursive: true });
    const began = performance.now();
    appendFileSync(
      join(folder, "20260720T142210000Z-a1b2c3-00001.log"),
      `${numberedLine(`latency-${n}`, 0)}\n`,
    );
    await until("the record is there", () => readFileSync(journal, "utf8").includes(`latency-${n}`));
    waits.push(performance.now() - began);
    await pause(QUIET_MS);
  }
  await collector.end("SIGTERM");
  expect(waits.toSorted((a, b) => a - b)[1]).toBeLessThan(500); // the median: other work may hold one of them up
}, 60_000);
