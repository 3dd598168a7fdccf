import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import { canonicalAddress, sourceOf } from "./address.ts";
import { Admission } from "./admission.ts";
import { CaptureLedger, DropQuarantine, storedName } from "./quarantine.ts";
import { SourceMap, TokenBucket } from "./rate.ts";
import { Transcripts } from "./recorder.ts";
import { createSeeded } from "./seeded.ts";
import { defaultLimits } from "./settings.ts";
import { openSpool } from "./spool.ts";
import { Utf8Chunks } from "./utf8-chunks.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "runtime-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe("addresses", () => {
  test("a mapped address becomes IPv4, a zone goes, IPv6 is compressed", () => {
    expect(canonicalAddress("::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(canonicalAddress("fe80::1%eth0")).toBe("fe80::1");
    expect(canonicalAddress("2001:0db8:0:0:0:0:0:1")).toBe("2001:db8::1");
  });

  test("one IPv6 source is its /64", () => {
    expect(sourceOf("2001:db8:4:1::a")).toBe(sourceOf("2001:db8:4:1:ffff::b"));
    expect(sourceOf("2001:db8:4:1::a")).not.toBe(sourceOf("2001:db8:4:2::a"));
  });
});

describe("bounds", () => {
  test("admission never exceeds a cap and releases exactly what it admitted", () => {
    const limits = {
      ...defaultLimits,
      perService: 10,
      perSource: 3,
      newPerSourcePerSecond: 1e6,
      newPerSourceBurst: 1e6,
    };
    fc.assert(
      fc.property(
        fc.array(fc.record({ ip: fc.nat(5), close: fc.boolean() }), { maxLength: 200 }),
        (steps) => {
          const admission = new Admission(limits, () => 0);
          const open = new Map<string, number>();
          for (const { ip: n, close } of steps) {
            const ip = `192.0.2.${n}`;
            const here = open.get(ip) ?? 0;
            if (close && here > 0) {
              admission.release(ip);
              open.set(ip, here - 1);
            } else if (!close && admission.admit(ip, 0) === undefined) open.set(ip, here + 1);
            const total = open.values().reduce((sum, count) => sum + count, 0);
            expect(Math.max(0, ...open.values())).toBeLessThanOrEqual(3);
            expect(total).toBeLessThanOrEqual(10);
            expect(admission.open).toBe(total);
          }
        },
      ),
    );
  });

  test("a source map forgets the oldest that may go and keeps those that may not", () => {
    const map = new SourceMap({ max: 100, make: () => ({ busy: false }), mayForget: ({ busy }) => !busy });
    map.of("held").busy = true;
    for (let n = 0; n < 5_000; n += 1) map.of(`source-${n}`);
    expect(map.size).toBeLessThanOrEqual(101);
    expect(map.of("held").busy).toBe(true);
    expect(map.evicted).toBeGreaterThan(4_000);
  });

  test("a bucket gives its burst at once and its rate over time", () => {
    const bucket = new TokenBucket(10, 5, 0);
    const taken = (now: number): number => {
      let n = 0;
      while (bucket.take(now)) n += 1;
      return n;
    };
    expect([taken(0), taken(100), taken(1_000), taken(500)]).toEqual([5, 1, 5, 0]);
  });
});

test("a spool goes on in the next file, one whole line after the other", async () => {
  const spool = openSpool(dir, systemClock, 100);
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n} ${"x".repeat(20)}\n`);
  for (const line of lines) expect(spool.write(Buffer.from(line))).toBe(true);
  await spool.close(1_000);
  const names = readdirSync(dir).toSorted((a, b) => a.localeCompare(b));
  expect(names.length).toBeGreaterThan(5);
  expect(names.map((name) => name.slice(-10))).toContain("-00002.log");
  expect(names.map((name) => readFileSync(join(dir, name), "utf8")).join("")).toBe(lines.join(""));
});

test("a full queue refuses lines and has room again after writing", async () => {
  const spool = openSpool(dir, systemClock);
  const line = Buffer.alloc(1024 * 1024, "x");
  const taken = Array.from({ length: 8 }, () => spool.write(line));
  expect(taken.filter(Boolean)).toHaveLength(4);
  const { promise, resolve } = Promise.withResolvers<void>();
  spool.onRoom(resolve);
  await promise;
  expect(spool.write(line)).toBe(true);
  await spool.close(5_000);
});

describe("seeded values", () => {
  test("same decky and purpose: the same; another of either: unrelated", () => {
    const [a, b] = ["11".repeat(32), "22".repeat(32)];
    expect(createSeeded(a, "ids").bytes(48)).toEqual(createSeeded(a, "ids").bytes(48));
    expect(createSeeded(a, "ids").bytes(48)).not.toEqual(createSeeded(b, "ids").bytes(48));
    expect(createSeeded(a, "ids").bytes(48)).not.toEqual(createSeeded(a, "keys").bytes(48));
  });

  test("integers stay in their range and reach its ends", () => {
    const seeded = createSeeded("33".repeat(32), "range");
    const values = new Set(Array.from({ length: 200 }, () => seeded.integer(3, 6)));
    expect([...values].toSorted((x, y) => x - y)).toEqual([3, 4, 5, 6]);
  });
});

describe("recordings", () => {
  const session = {
    sid: "b2d3f6c8-8f5e-4c57-9c3b-1d2f0a9b8c7d",
    columns: 80,
    rows: 24,
    shell: "/bin/bash",
    term: "xterm",
  };
  const shard = (): Record<string, unknown>[] =>
    readdirSync(join(dir, "transcripts")).flatMap((name) =>
      readFileSync(join(dir, "transcripts", name), "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );

  test("every byte comes back from the shard, whatever it is and however it was cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), async (chunks) => {
        rmSync(join(dir, "transcripts"), { recursive: true, force: true });
        const transcripts = new Transcripts(dir, {
          clock: systemClock,
          log: silentLog,
          limits: defaultLimits,
        });
        const recorder = transcripts.record(session);
        for (const chunk of chunks) recorder.output(chunk);
        const { bytes, truncated } = recorder.close();
        await transcripts.close(1_000);
        const lines = shard();
        const back = lines
          .filter(({ ch }) => ch === "o")
          .map(({ d, b }) =>
            b === undefined ? Buffer.from(d as string) : Buffer.from(b as string, "base64"),
          );
        expect(Buffer.concat(back)).toEqual(Buffer.concat(chunks));
        expect(lines[0]).toMatchObject({ sid: session.sid, hdr: { version: 2, width: 80, height: 24 } });
        expect(truncated).toBe(false);
        expect(bytes).toBe(lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)) + 1, 0));
      }),
      { numRuns: 40 },
    );
  }, 30_000);

  test("text is text: a character cut in two is not lost to base64", () => {
    const chunks = new Utf8Chunks();
    const euro = Buffer.from("€");
    expect([chunks.next(euro.subarray(0, 2)), chunks.next(euro.subarray(2)), chunks.end()]).toEqual([
      Buffer.alloc(0),
      euro,
      Buffer.alloc(0),
    ]);
  });

  test("over its cap a recording says so once and stops", async () => {
    const transcripts = new Transcripts(dir, {
      clock: systemClock,
      log: silentLog,
      limits: { ...defaultLimits, recordingBytes: 2_000 },
    });
    const recorder = transcripts.record(session);
    for (let n = 0; n < 100; n += 1) recorder.input(Buffer.from("x".repeat(50)));
    expect(recorder.close().truncated).toBe(true);
    await transcripts.close(1_000);
    expect(shard().filter(({ trunc }) => trunc === true)).toHaveLength(1);
    expect(shard().at(-1)).toEqual({ sid: session.sid, trunc: true });
  });

  test("without disk space nothing is recorded, and the session is told why", () => {
    const limits = { ...defaultLimits, freeDiskBytes: Number.MAX_SAFE_INTEGER };
    const transcripts = new Transcripts(dir, { clock: systemClock, log: silentLog, limits });
    expect(transcripts.record(session).close()).toEqual({
      bytes: 0,
      truncated: false,
      skipped: "disk_pressure",
    });
  });
});

describe("captured files", () => {
  const quarantine = (limits = {}): DropQuarantine =>
    new DropQuarantine(dir, new CaptureLedger(dir, { ...defaultLimits, ...limits }, 0), {
      clock: systemClock,
      log: silentLog,
    });

  test("are stored once by content, remembered after a restart, and leave no half file", async () => {
    const first = quarantine();
    const saved = first.save(Buffer.from("#!/bin/sh\n"), "/tmp/x y/Ünïcode;rm -rf.sh");
    const again = first.save(Buffer.from("#!/bin/sh\n"), "other");
    await first.flush();
    expect(saved).toMatchObject({ known: false, size: 10 });
    expect(again).toMatchObject({ known: true, storedAs: (saved as { storedAs: string }).storedAs });
    expect(readdirSync(join(dir, "files"))).toEqual([(saved as { storedAs: string }).storedAs]);
    expect(quarantine().save(Buffer.from("#!/bin/sh\n"), "z")).toMatchObject({ known: true });
  });

  test("are refused over each cap with its reason", async () => {
    const kept = quarantine({ captureBytes: 100, captureFilesPerSession: 2, captureBytesPerSource: 150 });
    const save = (text: string, owner = {}) => kept.save(Buffer.from(text), "f", owner);
    expect(save("x".repeat(101))).toEqual({ skipped: "size", size: 101 });
    save("a", { sid: "s" });
    save("b", { sid: "s" });
    expect(save("c", { sid: "s" })).toEqual({ skipped: "quota", size: 1 });
    save("d".repeat(90), { ip: "192.0.2.1" });
    expect(save("e".repeat(90), { ip: "192.0.2.1" })).toEqual({ skipped: "quota", size: 90 });
    await kept.flush();
  });

  test("no name leaves its folder or the alphabet", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const stored = storedName(1_790_000_000_000, "ab".repeat(32), name);
        expect(stored).toMatch(/^\d{8}T\d{6}Z_[0-9a-f]{12}_[A-Za-z0-9._-]{1,100}$/);
        expect(stored.slice(30)).not.toMatch(/^\.{1,2}$/);
      }),
    );
  });
});
