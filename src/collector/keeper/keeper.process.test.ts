import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseIndexLine } from "#events/shard.ts";

const program = fileURLToPath(new URL("testing/keeper-process.ts", import.meta.url));
const shard = `sessions-${new Date().toISOString().slice(0, 10)}.jsonl`;

test("a keeper that is killed at any moment loses nothing, repeats nothing and reports nothing", async () => {
  const root = mkdtempSync(join(tmpdir(), "decnet-keeper-kill-"));
  const drop = join(root, "drop", "decky-01", "ssh");
  const artifacts = join(root, "artifacts");
  const kept = join(artifacts, "decky-01", "ssh");
  mkdirSync(join(drop, "files"), { recursive: true });
  mkdirSync(join(drop, "transcripts"));
  let reported = "";
  const run = async (lifeMs: number | undefined, isDone: () => boolean): Promise<void> => {
    const child = spawn(process.execPath, [program, join(root, "drop"), artifacts], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    child.stdout.on("data", (chunk: Buffer) => (reported += chunk.toString()));
    await once(child.stdout, "data");
    if (lifeMs === undefined) {
      while (!isDone()) await setTimeout(20);
      child.kill("SIGTERM");
    } else {
      await setTimeout(lifeMs);
      child.kill("SIGKILL");
    }
    await closed;
  };

  let whole = "";
  const names: string[] = [];
  const write = (n: number): void => {
    const sid = `${String(n % 7).padStart(8, "0")}-0000-4000-8000-000000000000`;
    const lines = `${JSON.stringify({ sid, t: n, ch: "o", d: `line ${n} `.repeat(n % 40) })}\n`;
    whole += lines;
    appendFileSync(join(drop, "transcripts", shard), lines);
    if (n % 25 !== 0) return;
    const bytes = Buffer.from(`file ${n} `.repeat(50_000));
    const name = `20260719T142231Z_${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}_f${n}`;
    writeFileSync(join(drop, "files", `${name}.part`), bytes);
    renameSync(join(drop, "files", `${name}.part`), join(drop, "files", name));
    names.push(name);
  };
  let n = 0;
  const feed = setInterval(() => {
    for (let i = 0; i < 20; i++) write(n++);
  }, 4);
  for (let life = 0; life < 20; life++) await run(life * 11, () => true);
  clearInterval(feed);
  const shardPath = join(kept, "transcripts", shard);
  const isLevel = () => existsSync(shardPath) && statSync(shardPath).size === Buffer.byteLength(whole);
  await run(undefined, () => isLevel() && readdirSync(join(drop, "files")).length === 0);

  expect(readFileSync(shardPath, "utf8")).toBe(whole);
  const runs = readFileSync(`${shardPath}.idx`, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => parseIndexLine(line))
    .flatMap((line) => (line !== undefined && "run" in line ? [line.run] : []));
  let end = 0;
  let events = 0;
  for (const { offset, length, events: count } of runs) {
    expect(offset).toBe(end);
    end = offset + length;
    events += count;
  }
  expect([end, events]).toEqual([Buffer.byteLength(whole), n]);
  expect(names.length).toBeGreaterThan(10);
  expect(
    readdirSync(kept)
      .filter((name) => name !== "transcripts")
      .toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(names.toSorted((a, b) => a.localeCompare(b)));
  expect(readdirSync(join(artifacts, ".incoming"))).toEqual([]);
  expect(reported.replaceAll("started\n", "")).toBe("");
  rmSync(root, { recursive: true });
});
