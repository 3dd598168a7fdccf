import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseIndexLine, type ShardRun } from "#events/shard.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import type { StoredFile } from "./custody.ts";
import { createKeeper } from "./keeper.ts";
import type { KeeperReport } from "./reports.ts";

// Real files and a real watcher, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const today = new Date().toISOString().slice(0, 10);
const shard = `sessions-${today}.jsonl`;
const A = "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21";
const B = "00000000-0000-4000-8000-00000000000b";

let root: string;
let dropRoot: string;
let artifactsRoot: string;
let reports: KeeperReport[];
let stored: StoredFile[];
let listeners: (() => void)[];
let keeper: { stop: () => Promise<void> } | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "decnet-keeper-"));
  dropRoot = join(root, "drop");
  artifactsRoot = join(root, "artifacts");
  reports = [];
  stored = [];
  listeners = [];
  mkdirSync(drop("files"), { recursive: true });
  mkdirSync(drop("transcripts"), { recursive: true });
});

afterEach(async () => {
  await keeper?.stop();
  keeper = undefined;
  rmSync(root, { recursive: true, force: true });
});

const drop = (...parts: string[]) => join(dropRoot, "decky-01", "ssh", ...parts);
const kept = (...parts: string[]) => join(artifactsRoot, "decky-01", "ssh", ...parts);
const notify = () => listeners.splice(0).forEach((listener) => listener());

function start(settings: { artifactsMaxBytes?: number } = {}): void {
  const stop = new AbortController();
  const worker = createKeeper(
    {
      dropRoot,
      artifactsRoot,
      report: (report) => {
        reports.push(report);
        notify();
      },
      onStored: (file) => {
        stored.push(file);
        notify();
      },
      onTranscript: notify,
    },
    { artifactsMaxBytes: 1024 ** 3, ...settings },
  );
  const context = { log: silentLog, clock: systemClock, progress: notify };
  const done = worker.run(context, stop.signal);
  keeper = {
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

/** Resolves when the condition holds; looks whenever the keeper did something. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => listeners.push(resolve));
}

const line = (sid: string, body: object): string => `${JSON.stringify({ sid, ...body })}\n`;
const header = (sid: string): string =>
  line(sid, { hdr: { version: 2, width: 80, height: 24, timestamp: 1 } });
const text = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
const copied = (): string => text(kept("transcripts", shard));
const runs = (name = shard): readonly ShardRun[] =>
  text(kept("transcripts", `${name}.idx`))
    .split("\n")
    .slice(0, -1)
    .map((json) => parseIndexLine(json))
    .flatMap((parsed) => (parsed !== undefined && "run" in parsed ? [parsed.run] : []));
const indexed = (): number => Math.max(0, ...runs().map((run) => run.offset + run.length));
/** What the index says a session consists of. */
const sessionText = (sid: string): string =>
  runs()
    .filter((run) => run.sid === sid)
    .map((run) =>
      readFileSync(kept("transcripts", shard)).toString("utf8", run.offset, run.offset + run.length),
    )
    .join("");
const kinds = () => reports.map(({ fields }) => fields["kind"] ?? fields["reason"]);

/** Another file under the same name, never seen half written. */
function replaceShard(content: string): void {
  writeFileSync(join(root, "next"), content);
  renameSync(join(root, "next"), drop("transcripts", shard));
}

function capture(bytes: Buffer | string, name = "x.sh"): string {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const storedAs = `20260719T142231Z_${sha256.slice(0, 12)}_${name}`;
  writeFileSync(drop("files", `${storedAs}.part`), bytes);
  renameSync(drop("files", `${storedAs}.part`), drop("files", storedAs));
  return storedAs;
}

describe("recordings", () => {
  test("are copied byte by byte as they grow, with an index of who wrote what", async () => {
    writeFileSync(drop("transcripts", shard), header(A) + line(A, { t: 0.1, ch: "o", d: "$ " }));
    start();
    await until(() => runs().length === 1);
    appendFileSync(
      drop("transcripts", shard),
      header(B) + line(A, { t: 0.5, ch: "i", d: "id\r" }) + line(A, { trunc: true }),
    );
    await until(() => runs().length === 3);
    expect(copied()).toBe(readFileSync(drop("transcripts", shard), "utf8"));
    expect(runs().map(({ sid, events, lastT, truncated }) => [sid, events, lastT, truncated])).toEqual([
      [A, 1, 0.1, false],
      [B, 0, 0, false],
      [A, 1, 0.5, true],
    ]);
    expect(sessionText(A)).toBe(
      header(A) +
        line(A, { t: 0.1, ch: "o", d: "$ " }) +
        line(A, { t: 0.5, ch: "i", d: "id\r" }) +
        line(A, { trunc: true }),
    );
  });

  test("arrive within half a second, in a folder that appears while it runs", async () => {
    start();
    const folder = join(dropRoot, "decky-02", "telnet", "transcripts");
    mkdirSync(folder, { recursive: true });
    const copy = join(artifactsRoot, "decky-02", "telnet", "transcripts", shard);
    writeFileSync(join(folder, shard), header(A));
    await until(() => text(copy) === header(A));
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      const before = text(copy).length;
      appendFileSync(join(folder, shard), line(A, { t: i, ch: "o", d: "x" }));
      await until(() => text(copy).length > before);
      delays.push(performance.now() - begun);
    }
    // One slow turn of a busy machine is no finding, a slow keeper is.
    expect(delays.toSorted((a, b) => a - b)[14]).toBeLessThan(500);
  });

  test("that are torn or forged break no others", async () => {
    const bad = [
      "no json",
      '{"t":1,"sid":"not first"}',
      `{"sid":"${A.toUpperCase()}","t":1,"ch":"o","d":"x"}`,
      `{"sid":"../../../../etc/passwd0000000000000","t":1,"ch":"o","d":"x"}`,
      `{"sid":"${A}","t":-1,"ch":"o","d":"x"}`,
      `{"sid":"${A}","sid":"${B}","t":1,"ch":"o","d":"x"}`,
      "x".repeat(600_000),
      "\u0000\u0000",
    ];
    const torn = line(A, { t: 2, ch: "o", d: "torn" }).slice(0, 50);
    writeFileSync(
      drop("transcripts", shard),
      `${header(A)}${bad.join("\n")}\n${header(B)}${torn}${line(B, { t: 3, ch: "o", d: 'says {"sid":"' })}`,
    );
    start();
    const size = readFileSync(drop("transcripts", shard)).length;
    await until(() => indexed() === size);
    expect(sessionText(A)).toBe(header(A));
    expect(sessionText(B)).toBe(header(B) + line(B, { t: 3, ch: "o", d: 'says {"sid":"' }));
    expect(copied()).toBe(readFileSync(drop("transcripts", shard), "utf8"));
  });

  test("go on after a restart where they were, whatever the index looked like", async () => {
    const content = (n: number) => line(n % 2 === 0 ? A : B, { t: n, ch: "o", d: "x".repeat(50) });
    let whole = header(A) + header(B);
    writeFileSync(drop("transcripts", shard), whole);
    const damage: readonly ((index: string) => void)[] = [
      () => {},
      (index) => truncateSync(index, lstatSync(index).size - 7),
      (index) => appendFileSync(index, '{"s":"torn'),
      (index) => writeFileSync(index, "garbage\n"),
      (index) => rmSync(index),
      (index) => writeFileSync(index, ""),
    ];
    for (const [n, harm] of damage.entries()) {
      start();
      await until(() => indexed() === whole.length);
      await keeper?.stop();
      harm(kept("transcripts", `${shard}.idx`));
      whole += content(n);
      appendFileSync(drop("transcripts", shard), content(n));
    }
    start();
    await until(() => indexed() === whole.length);
    expect(copied()).toBe(whole);
    expect(sessionText(A) + sessionText(B)).toHaveLength(whole.length);
    expect(reports).toEqual([]);
  });

  test("keep what was copied when the source shrinks or is written anew, and say so", async () => {
    const first = header(A) + line(A, { t: 1, ch: "o", d: "evidence" });
    writeFileSync(drop("transcripts", shard), first);
    start();
    await until(() => copied() === first);
    truncateSync(drop("transcripts", shard), header(A).length);
    await until(() => kinds().includes("shard_shrunk"));
    const second = line(A, { t: 2, ch: "o", d: "later" });
    appendFileSync(drop("transcripts", shard), second);
    await until(() => copied() === first + second);
    const forged = header(B) + line(B, { t: 9, ch: "o", d: "f".repeat(500) });
    replaceShard(forged);
    await until(() => kinds().includes("shard_rewritten") && copied() === first + second + forged);
    await keeper?.stop();
    start();
    appendFileSync(drop("transcripts", shard), line(B, { t: 10, ch: "o", d: "on" }));
    await until(() => sessionText(B).endsWith(line(B, { t: 10, ch: "o", d: "on" })));
    expect(copied()).toBe(first + second + forged + line(B, { t: 10, ch: "o", d: "on" }));
    expect([sessionText(A), kinds()]).toEqual([first + second, ["shard_shrunk", "shard_rewritten"]]);
  });

  test("are left alone when a source is rewritten again and again", async () => {
    start();
    for (let i = 0; i < 30; i++) {
      replaceShard(`${i}${"z".repeat(200)}\n`);
      await until(() => copied().includes(`${i}zz`) || i >= 16);
    }
    expect(copied().length).toBeLessThan(20 * 210);
  });

  test("of old days are removed from the drop folder once they are in custody", async () => {
    const old = "sessions-2026-01-05.jsonl".replace(
      "2026-01-05",
      new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10),
    );
    writeFileSync(drop("transcripts", old), header(A));
    writeFileSync(drop("transcripts", shard), header(B));
    start();
    await until(() => copied() === header(B) && !existsSync(drop("transcripts", old)));
    expect(text(kept("transcripts", old))).toBe(header(A));
    expect(runs(old)).toHaveLength(1);
  });

  test("stop at the cap of all artifacts", async () => {
    writeFileSync(drop("transcripts", shard), line(A, { t: 1, ch: "o", d: "x".repeat(60_000) }).repeat(40));
    start({ artifactsMaxBytes: 1_100_000 });
    await until(() => kinds().includes("quota"));
    expect(copied().length).toBeLessThanOrEqual(1_100_000);
    expect(reports[0]).toMatchObject({ type: "file_skipped", decky: "decky-01", service: "ssh" });
  });
});

describe("captured files", () => {
  test("move into custody under their name, readable by the group, never executable", async () => {
    const name = capture("#!/bin/sh\nid\n");
    start();
    await until(() => stored.length === 1 && !existsSync(drop("files", name)));
    expect(readFileSync(kept(name), "utf8")).toBe("#!/bin/sh\nid\n");
    expect(lstatSync(kept(name)).mode & 0o777).toBe(0o640);
    expect(stored[0]).toEqual({
      decky: "decky-01",
      service: "ssh",
      storedAs: name,
      sha256: createHash("sha256").update("#!/bin/sh\nid\n").digest("hex"),
      size: 13,
    });
    expect(readdirSync(join(artifactsRoot, ".incoming"))).toEqual([]);
  });

  test("of the same content are stored once", async () => {
    const first = capture("same", "a");
    const second = capture("same", "b");
    start();
    await until(() => stored.length === 2);
    expect(lstatSync(kept(first)).ino).toBe(lstatSync(kept(second)).ino);
    expect(reports).toEqual([]);
  });

  test("cannot be changed any more by a decoy that still has them open", async () => {
    const name = capture("before");
    const before = lstatSync(drop("files", name)).ino;
    start();
    await until(() => stored.length === 1);
    expect(lstatSync(kept(name)).ino).not.toBe(before);
  });

  test("that were half taken when the keeper died are taken once", async () => {
    const name = capture("half");
    start();
    await until(() => stored.length === 1);
    await keeper?.stop();
    capture("half");
    writeFileSync(join(artifactsRoot, ".incoming", "left-over"), "x");
    start();
    await until(() => !existsSync(drop("files", name)));
    expect(readdirSync(join(artifactsRoot, ".incoming"))).toEqual([]);
    expect(reports).toEqual([]);
    expect(readFileSync(kept(name), "utf8")).toBe("half");
  });

  test("in writing are left alone until they are old", async () => {
    writeFileSync(drop("files", "fresh.part"), "x");
    writeFileSync(drop("files", "stale.part"), "x");
    const old = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(drop("files", "stale.part"), old, old);
    const name = capture("done");
    start();
    await until(() => stored.length === 1 && !existsSync(drop("files", "stale.part")));
    expect([readdirSync(drop("files")), existsSync(kept(name))]).toEqual([["fresh.part"], true]);
  });

  test("that are not what they say are removed and reported", async () => {
    const outside = join(root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "host secret");
    const lie = `20260719T142231Z_${"0".repeat(12)}_x`;
    writeFileSync(drop("files", lie), "not that hash");
    writeFileSync(drop("files", "evil name"), "x");
    symlinkSync(join(outside, "secret"), drop("files", `20260719T142231Z_${"1".repeat(12)}_link`));
    mkdirSync(drop("files", "folder"));
    symlinkSync(join(outside, "secret"), drop("transcripts", shard));
    start();
    await until(() => new Set(kinds()).size === 3 && readdirSync(drop("files")).length === 0);
    expect([...new Set(kinds())].toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
      "bad_kind",
      "bad_name",
      "hash_mismatch",
    ]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("host secret");
    expect(existsSync(kept("transcripts", shard))).toBe(false);
    expect(stored).toEqual([]);
  });

  test("behind a folder that was swapped for a link stay out of reach", async () => {
    const outside = join(root, "outside");
    mkdirSync(join(outside, "files"), { recursive: true });
    writeFileSync(join(outside, "files", "precious"), "x");
    rmSync(drop("files"), { recursive: true });
    symlinkSync(join(outside, "files"), drop("files"));
    mkdirSync(join(dropRoot, "decky-03"));
    symlinkSync(outside, join(dropRoot, "decky-03", "http"));
    start();
    await until(() => kinds().includes("bad_kind"));
    expect(readFileSync(join(outside, "files", "precious"), "utf8")).toBe("x");
  });

  test("are refused at the cap and by size, and the drop folder is emptied all the same", async () => {
    const big = capture(Buffer.alloc(1_200_000, 1), "big");
    start({ artifactsMaxBytes: 1_048_576 });
    await until(() => kinds().includes("quota") && !existsSync(drop("files", big)));
    expect(existsSync(kept(big))).toBe(false);
    truncateSync(drop("files", capture("t")), 51 * 1024 * 1024);
    await until(() => kinds().includes("size"));
    await until(() => readdirSync(drop("files")).length === 0);
  });

  test("come through a flood of junk", async () => {
    for (let i = 0; i < 1_000; i++) writeFileSync(drop("files", `junk ${i}`), "");
    const name = capture("needle");
    start();
    await until(() => existsSync(kept(name)) && readdirSync(drop("files")).length === 0);
    expect(reports.length).toBeLessThan(5);
    expect(readdirSync(kept()).filter((entry) => entry !== "transcripts")).toEqual([name]);
  });
});
