import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faults, filesBelow, makeFolders, Program, pause, until } from "./testing/processes.ts";
import { linesInOrder, readJournal } from "./testing/spool-lines.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "collector-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const ROUNDS = 12;

/** Runs a writer at speed while `disturb` is called again and again, then lets everything come to rest. */
async function underLoad(
  settings: object,
  disturb: (round: number, paths: ReturnType<typeof makeFolders>) => void,
) {
  const folders = makeFolders(root);
  const { dataDir, ledger, spool, log } = folders;
  await using collector = await Program.start(
    "collector-program.ts",
    JSON.stringify({ dataDir, settings: { logRotateMb: 0, ...settings }, journal: { segmentMb: 1 } }),
  );
  await using writer = await Program.start(
    "writer-program.ts",
    join(spool, "quill-07", "ssh"),
    ledger,
    "40",
    "200000",
  );
  for (let round = 0; round < ROUNDS; round++) {
    const size = existsSync(log) ? statSync(log).size : 0;
    disturb(round, folders);
    await until("lines arrive", () => existsSync(log) && statSync(log).size !== size);
    await pause(60);
  }
  await writer.end("SIGTERM");
  await until("all spools are read and deleted", () => filesBelow(spool).length === 0);
  await collector.end("SIGTERM");
  return { ...folders, journal: readJournal(log.replace(/log$/, "json")) };
}

describe("outputs that others touch under load", () => {
  it("loses and repeats nothing when the raw log is renamed, with and without a new file in its place", async () => {
    const moved: string[] = [];
    const { log, ledger, journal } = await underLoad({}, (round, paths) => {
      if (!existsSync(paths.log)) return;
      const name = `${paths.log}.moved-${moved.length}`;
      renameSync(paths.log, name);
      moved.push(name);
      if (round % 2 === 0) writeFileSync(paths.log, "");
    });
    expect(moved.length).toBeGreaterThan(5);
    expect(faults(linesInOrder(log, moved), ledger)).toEqual([]);
    expect(faults(journal, ledger)).toEqual([]);
  });

  it("loses and repeats nothing when the journal is renamed", async () => {
    const { log, ledger, journal } = await underLoad({}, (round, paths) => {
      const path = paths.log.replace(/log$/, "json");
      if (!existsSync(path)) return;
      renameSync(path, `${path}.moved-${round}`);
      if (round % 2 === 0) writeFileSync(path, "");
    });
    expect(readdirSync(dirname(log)).filter((name) => name.includes("moved")).length).toBeGreaterThan(5);
    expect(faults(linesInOrder(log), ledger)).toEqual([]);
    expect(faults(journal, ledger)).toEqual([]);
  });

  it("goes on after both are deleted, even with their folder, and reports what the journal lost", async () => {
    const { log, ledger, journal } = await underLoad({}, (round, paths) => {
      if (round === 3) rmSync(dirname(paths.log), { recursive: true, force: true });
      else if (round % 4 === 0 && existsSync(paths.log)) unlinkSync(paths.log);
      else if (round % 4 === 2) rmSync(paths.log.replace(/log$/, "json"), { force: true });
    });
    const raw = faults(linesInOrder(log), ledger);
    expect(raw.length).toBeGreaterThan(0); // lines were destroyed
    expect(raw.filter((problem) => problem.includes("times"))).toEqual([]);
    expect(
      journal.filter((line) => line.includes("output_lost") || line.startsWith("gap")).length,
    ).toBeGreaterThan(0);
    expect(faults(journal, ledger).filter((problem) => problem.includes("times"))).toEqual([]);
  });

  it("goes on behind a copytruncate of the raw log without writing anything twice", async () => {
    const copies: string[] = [];
    const { log, ledger, journal } = await underLoad({}, (_round, paths) => {
      if (!existsSync(paths.log)) return;
      const copy = `${paths.log}.copy-${copies.length}`;
      copyFileSync(paths.log, copy);
      truncateSync(paths.log, 0);
      copies.push(copy);
    });
    expect(copies.length).toBeGreaterThan(5);
    // What came between copy and truncation is the copier's loss; nothing is there twice.
    const problems = faults(linesInOrder(log, copies), ledger);
    expect(problems.filter((problem) => problem.includes("times"))).toEqual([]);
    expect(faults(journal, ledger)).toEqual([]);
  });

  it("rotates the raw log itself and keeps every line in the numbered files", async () => {
    const { log, ledger, journal } = await underLoad({ logRotateMb: 1, logKeep: 9, syncMs: 50 }, () => {});
    expect(existsSync(`${log}.1`)).toBe(true);
    expect(faults(linesInOrder(log), ledger)).toEqual([]);
    expect(faults(journal, ledger)).toEqual([]);
  });
});

/** A file system of its own with little room, where this machine lets us have one. */
function mountSmall(folder: string, megabytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("a full disk", () => {
  it("pauses reading and goes on without loss or repetition when there is room again", async ({ skip }) => {
    const small = join(root, "small");
    if (!mountSmall(small, 6)) skip("no small tmpfs can be mounted here: the full disk was not tested");
    try {
      const { ledger, spool } = makeFolders(root);
      const log = join(small, "decnet.log");
      const ballast = join(small, "ballast");
      writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
      const settings = { logFile: log, logRotateMb: 0, syncMs: 100 };
      await using collector = await Program.start(
        "collector-program.ts",
        JSON.stringify({ dataDir: root, settings }),
      );
      await using writer = await Program.start(
        "writer-program.ts",
        join(spool, "quill-07", "ssh"),
        ledger,
        "40",
        "100000",
        "4000",
      );
      const used = () => statSync(log).size + statSync(log.replace(/log$/, "json")).size;
      await until("the disk is full", () => existsSync(log) && used() > 1_900_000);
      let before = -1;
      await until("nothing is written any more", () => {
        const isStill = used() === before;
        before = used();
        return isStill;
      });
      const unread = filesBelow(spool).length;
      unlinkSync(ballast);
      await until("everything is read and deleted", () => filesBelow(spool).length === 0);
      await writer.end("SIGTERM");
      await collector.end("SIGTERM");
      expect(unread).toBeGreaterThan(0);
      expect(faults(linesInOrder(log), ledger)).toEqual([]);
      expect(faults(readJournal(log.replace(/log$/, "json")), ledger)).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", small], { stdio: "ignore" });
    }
  });
});
