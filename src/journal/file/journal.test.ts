import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JournalGap, JournalPosition } from "../contract.ts";
import { JournalLockedError, JournalWriteError } from "../errors.ts";
import { systemDisk } from "./disk.ts";
import { openFileJournalReader } from "./reader.ts";
import { type ForeignSeal, openFileJournalWriter } from "./writer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const active = (): string => join(folder, "decnet.json");
const line = (n: number): string => `{"n":${n},"pad":"${"x".repeat(n % 23)}"}`;
const bytes = (...numbers: number[]): Buffer => Buffer.from(numbers.map((n) => `${line(n)}\n`).join(""));
const MANY = { lines: 10_000, bytes: 1 << 24 };

function readAll(from?: JournalPosition, limits = MANY) {
  using reader = openFileJournalReader(folder);
  const numbers: string[] = [];
  const gaps: JournalGap[] = [];
  let next = from;
  for (;;) {
    const batch = reader.read("decnet", next, limits);
    numbers.push(...batch.lines.map((each) => Buffer.from(each.bytes).toString()));
    gaps.push(...batch.gaps);
    next = batch.next;
    if (batch.lines.length === 0) return { lines: numbers, gaps, next };
  }
}

describe("writer and reader", () => {
  it("gives the lines back in order across sealed segments, with any limits", () => {
    using writer = openFileJournalWriter(active(), { segmentBytes: 200 });
    const expected: string[] = [];
    for (let n = 0; n < 100; n++) {
      writer.append(bytes(n));
      expected.push(line(n));
    }
    expect(readdirSync(folder).filter((name) => /\.\d{8}$/.test(name)).length).toBeGreaterThan(5);
    for (const limits of [
      MANY,
      { lines: 1, bytes: 10 },
      { lines: 7, bytes: 1 << 20 },
      { lines: 999, bytes: 64 },
    ]) {
      const { lines, gaps } = readAll(undefined, limits);
      expect(lines).toEqual(expected);
      expect(gaps).toEqual([]);
    }
  });

  it("names the active segment by what was sealed before it, also when all sealed ones are gone", () => {
    {
      using writer = openFileJournalWriter(active(), { segmentBytes: 1 });
      writer.append(bytes(1));
      writer.append(bytes(2));
      writer.append(bytes(3));
      expect(writer.position().segment).toBe(3);
    }
    unlinkSync(`${active()}.00000001`);
    unlinkSync(`${active()}.00000002`);
    using writer = openFileJournalWriter(active(), { segmentBytes: 1 });
    expect(writer.position().segment).toBe(3);
  });

  it("seals by age, but never an empty file", () => {
    let now = 1_000_000;
    using writer = openFileJournalWriter(active(), { segmentAgeMs: 1000, now: () => now, seal: "caller" });
    now += 5000;
    expect(writer.sealIfDue()).toBe(false);
    writer.append(bytes(1));
    now += 999;
    expect(writer.sealIfDue()).toBe(false);
    now += 1;
    expect(writer.sealIfDue()).toBe(true);
    expect(writer.position()).toMatchObject({ segment: 2, offset: 0 });
  });

  it("cuts off a torn last line when it opens", () => {
    writeFileSync(active(), `${line(1)}\n{"half`);
    using writer = openFileJournalWriter(active());
    writer.append(bytes(2));
    expect(readFileSync(active(), "utf8")).toBe(`${line(1)}\n${line(2)}\n`);
  });

  it("gives the rest of a sealed segment that never got its LF as a torn line", () => {
    writeFileSync(`${active()}.00000001`, `${line(1)}\n{"half`);
    using writer = openFileJournalWriter(active());
    writer.append(bytes(2));
    using reader = openFileJournalReader(folder);
    const { lines } = reader.read("decnet", undefined, MANY);
    expect(
      lines.map(({ bytes: raw, torn, segment, offset }) => [
        Buffer.from(raw).toString(),
        torn,
        segment,
        offset,
      ]),
    ).toEqual([
      [line(1), false, 1, 0],
      ['{"half', true, 1, line(1).length + 1],
      [line(2), false, 2, 0],
    ]);
  });

  it("waits for the LF of the active segment's last line", () => {
    writeFileSync(active(), `${line(1)}\n{"half`);
    using reader = openFileJournalReader(folder);
    const first = reader.read("decnet", undefined, MANY);
    expect(first.lines).toHaveLength(1);
    expect(reader.read("decnet", first.next, MANY).lines).toEqual([]);
    appendFileSync(active(), "}\n");
    expect(Buffer.from(reader.read("decnet", first.next, MANY).lines[0]?.bytes ?? []).toString()).toBe(
      '{"half}',
    );
  });

  it("cuts a run without LF at the line limit and goes on behind it", () => {
    writeFileSync(active(), `${line(1)}\n${"z".repeat(5000)}\n${line(2)}\n`);
    using reader = openFileJournalReader(folder, { pieceBytes: 512, lineBytes: 1000 });
    const { lines } = reader.read("decnet", undefined, MANY);
    expect(lines.map((each) => [each.bytes.length, each.torn])).toEqual([
      [line(1).length, false],
      [1000, true],
      [line(2).length, false],
    ]);
  });

  it("lists families by their active or sealed files and nothing else", () => {
    for (const name of [
      "decnet.json",
      "decnet.sniffer.json",
      "decnet.prober.json.00000003",
      "agent.json",
      "decnet.log",
    ]) {
      writeFileSync(join(folder, name), "");
    }
    writeFileSync(join(folder, "decnet.json.meta"), "");
    using reader = openFileJournalReader(folder);
    expect(reader.families()).toEqual(["decnet", "decnet.prober", "decnet.sniffer"]);
    expect(openFileJournalReader(join(folder, "none")).families()).toEqual([]);
  });

  it("tells the end of a family and how much is unread", () => {
    using writer = openFileJournalWriter(active(), { segmentBytes: 30 });
    for (let n = 0; n < 10; n++) writer.append(bytes(n));
    using reader = openFileJournalReader(folder);
    expect(reader.end("decnet")).toEqual(writer.position());
    const total = bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).length;
    const one = reader.read("decnet", undefined, { lines: 1, bytes: 1 << 20 });
    expect(one.behindBytes).toBe(total - bytes(0).length);
    expect(readAll(reader.end("decnet")).lines).toEqual([]);
  });

  it("retires what lies before the position and keeps the newest", () => {
    using writer = openFileJournalWriter(active(), { segmentBytes: 1 });
    for (let n = 0; n < 6; n++) writer.append(bytes(n));
    using reader = openFileJournalReader(folder);
    const position = writer.position();
    expect(reader.retire({ ...position, segment: 3 }, 0)).toBe(2);
    expect(reader.retire(position, 2)).toBe(1);
    expect(reader.retire(position, 0)).toBe(2);
    expect(readAll().lines).toEqual([line(5)]);
    rmSync(`${active()}.meta`);
    renameSync(active(), `${active()}.00000006`);
    expect(reader.retire({ ...position, segment: 7 }, 0)).toBe(0);
  });
});

describe("what others do to the active file", () => {
  it("goes on in the next segment after a rename, and both kinds of reader find the renamed one", () => {
    const seals: ForeignSeal[] = [];
    using writer = openFileJournalWriter(active(), { onForeignSeal: (event) => seals.push(event) });
    writer.append(bytes(1));
    using reader = openFileJournalReader(folder);
    const { next } = reader.read("decnet", undefined, MANY);
    writer.append(bytes(2));
    renameSync(active(), join(folder, "decnet.json.old"));
    writer.append(bytes(3));
    expect(reader.read("decnet", next, MANY).lines.map((each) => Buffer.from(each.bytes).toString())).toEqual(
      [line(2), line(3)],
    );
    expect(readAll(next)).toMatchObject({ lines: [line(2), line(3)], gaps: [] });
    expect(readAll()).toMatchObject({ lines: [line(1), line(2), line(3)], gaps: [] });
    expect(seals).toEqual([{ kind: "renamed", family: "decnet", segment: 1, offset: bytes(1, 2).length }]);
  });

  it("finds a segment that was renamed while nobody wrote", () => {
    openFileJournalWriter(active())[Symbol.dispose]();
    appendFileSync(active(), bytes(1));
    renameSync(active(), join(folder, "decnet.json.1"));
    writeFileSync(active(), "");
    using writer = openFileJournalWriter(active());
    writer.append(bytes(2));
    expect(writer.position().segment).toBe(2);
    expect(readAll()).toMatchObject({ lines: [line(1), line(2)], gaps: [] });
  });

  it("reports a deleted segment to a reader that needs it, and only to that one", () => {
    using writer = openFileJournalWriter(active());
    writer.append(bytes(1));
    using reader = openFileJournalReader(folder);
    const { next } = reader.read("decnet", undefined, MANY);
    writer.append(bytes(2));
    unlinkSync(active());
    writer.append(bytes(3));
    // The open descriptor still holds line 2.
    expect(reader.read("decnet", next, MANY)).toMatchObject({
      gaps: [],
      lines: [{ segment: 1 }, { segment: 2 }],
    });
    const late = readAll(next);
    expect(late.lines).toEqual([line(3)]);
    expect(late.gaps).toMatchObject([{ reason: "journal_lost", segment: 1, offset: next?.offset }]);
  });

  it("reports a truncated segment and reads what is in it now", () => {
    using writer = openFileJournalWriter(active());
    writer.append(bytes(1, 2, 3));
    using reader = openFileJournalReader(folder);
    const { next } = reader.read("decnet", undefined, MANY);
    truncateSync(active(), 0);
    writer.append(bytes(4));
    const after = reader.read("decnet", next, MANY);
    expect(after.gaps).toMatchObject([{ reason: "journal_lost", segment: 1 }]);
    expect(after.lines.map((each) => Buffer.from(each.bytes).toString())).toEqual([line(4)]);
    expect(reader.read("decnet", after.next, MANY)).toMatchObject({ gaps: [], lines: [] });
  });

  it("makes the folder again when it was taken away", () => {
    using writer = openFileJournalWriter(active());
    writer.append(bytes(1));
    rmSync(folder, { recursive: true });
    writer.append(bytes(2));
    expect(readFileSync(active(), "utf8")).toBe(`${line(2)}\n`);
  });

  it("goes on after the folder was moved to another disk", () => {
    const { next } = (() => {
      using writer = openFileJournalWriter(active());
      writer.append(bytes(1, 2));
      return readAll();
    })();
    const content = readFileSync(active());
    rmSync(active());
    writeFileSync(join(folder, "held"), ""); // so that the inode is not given again
    writeFileSync(active(), content);
    using writer = openFileJournalWriter(active());
    writer.append(bytes(3));
    expect(readAll(next)).toMatchObject({ lines: [line(3)], gaps: [] });
  });
});

describe("a disk that refuses", () => {
  it("keeps the complete lines, cuts the torn rest and says how much went in", () => {
    let room = Number.POSITIVE_INFINITY;
    const disk = {
      ...systemDisk,
      write(fd: number, from: Uint8Array, start: number, length: number) {
        if (room <= 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        const count = systemDisk.write(fd, from, start, Math.min(length, room));
        room -= count;
        return count;
      },
    };
    using writer = openFileJournalWriter(active(), { disk });
    writer.append(bytes(1));
    const all = bytes(2, 3, 4);
    room = bytes(2, 3).length + 3;
    const failure = thrownBy(() => writer.append(all));
    expect(failure).toBeInstanceOf(JournalWriteError);
    expect(failure).toMatchObject({ retryable: true, reason: "ENOSPC", written: bytes(2, 3).length });
    expect(readFileSync(active(), "utf8")).toBe(bytes(1, 2, 3).toString());
    expect(thrownBy(() => writer.append(bytes(4)))).toMatchObject({ written: 0 });
    room = Number.POSITIVE_INFINITY;
    writer.append(bytes(4));
    expect(readAll()).toMatchObject({ lines: [1, 2, 3, 4].map(line), gaps: [] });
    expect(writer.position()).toMatchObject({ segment: 1, offset: bytes(1, 2, 3, 4).length });
  });
});

const thrownBy = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("lock", () => {
  it("keeps a second writer out and is free after disposal", () => {
    const writer = openFileJournalWriter(active());
    expect(() => openFileJournalWriter(active())).toThrow(JournalLockedError);
    writer[Symbol.dispose]();
    expect(existsSync(`${active()}.lock`)).toBe(false);
    openFileJournalWriter(active())[Symbol.dispose]();
  });

  it("takes over from a process that is gone, from another boot and from a torn lock file", () => {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    for (const text of [
      JSON.stringify({ pid: 2 ** 22 + 7, boot, started: "1" }),
      JSON.stringify({ pid: process.ppid, boot: "another", started: "" }),
      JSON.stringify({ pid: process.ppid, boot, started: "1" }), // the number is used again
      '{"pid":',
    ]) {
      writeFileSync(`${active()}.lock`, text);
      openFileJournalWriter(active())[Symbol.dispose]();
    }
    writeFileSync(`${active()}.lock`, JSON.stringify({ pid: process.ppid, boot, started: "" }));
    expect(() => openFileJournalWriter(active())).toThrow(JournalLockedError);
  });

  it("takes over from a thread that died without disposing", async () => {
    const url = new URL("./writer.ts", import.meta.url).href;
    const code = `import(${JSON.stringify(url)}).then(({ openFileJournalWriter }) => {
      globalThis.kept = openFileJournalWriter(${JSON.stringify(active())});
      require("node:worker_threads").parentPort.postMessage("open");
      setInterval(() => {}, 1000);
    });`;
    const thread = new Worker(code, { eval: true });
    await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
    expect(() => openFileJournalWriter(active())).toThrow(JournalLockedError);
    await thread.terminate();
    openFileJournalWriter(active())[Symbol.dispose]();
  });
});
