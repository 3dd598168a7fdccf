import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeLine } from "#events/encode.ts";
import { decodeRecord } from "#events/journal-decode.ts";
import type { JournalRecord } from "#events/record.ts";
import type { CollectorLoop } from "./collector-loop.ts";
import type { Counters } from "./counters.ts";
import { FaultyDisk } from "./testing/faulty-disk.ts";
import { numberedLine, readJournal } from "./testing/spool-lines.ts";
import { openTestLoop, paths, TestClock } from "./testing/test-loop.ts";

let folder: string;
let clock: TestClock;
let held: Set<string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "collector-"));
  clock = new TestClock();
  held = new Set();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const RUN = "20260720T142210000Z-a1b2c3";
const spool = (service = "ssh", number = 1, run = RUN): string =>
  join(paths(folder).spool, "quill-07", service, `${run}-${String(number).padStart(5, "0")}.log`);

function append(bytes: string | Uint8Array, service = "ssh", number = 1, run = RUN): void {
  mkdirSync(join(paths(folder).spool, "quill-07", service), { recursive: true });
  appendFileSync(spool(service, number, run), bytes);
  held.add(`quill-07/${service}/${run}-00001.log`);
}

function steps(loop: CollectorLoop, times = 8, ms = 300): void {
  for (let i = 0; i < times; i++) {
    clock.advance(ms);
    loop.step();
  }
}

/** Collects what is there and stops, or goes on with `then` before that. */
function collect(settings: Readonly<Record<string, unknown>> = {}, then?: (loop: CollectorLoop) => void) {
  const { loop, counters } = openTestLoop({
    folder,
    clock,
    faulty: new FaultyDisk(),
    settings,
    held: () => held,
  });
  try {
    steps(loop);
    then?.(loop);
    loop.finish();
  } finally {
    loop[Symbol.dispose]();
  }
  return { counters, records: records() };
}

const records = (): readonly JournalRecord[] =>
  readJournal(paths(folder).journal).map((line) => {
    const decoded = decodeRecord(line);
    if (!("record" in decoded)) throw new Error(`${decoded.reason}: ${decoded.detail}: ${line}`);
    return decoded.record;
  });

const line = (type: string, fields: Record<string, string>, app = "ssh", hostname = "quill-07"): string =>
  `${encodeLine({ timestampNs: clock.ns, hostname, app, type, fields })}\n`;

const isWhole = (counters: Counters): boolean => {
  const { lines, accepted, suppressed, dropped, rejected } = counters.total();
  return accepted + suppressed + dropped + rejected === lines;
};

describe("records", () => {
  it("bind a line to the folder it lies in, whatever the line says, and count the claim", () => {
    append(line("command", { src_ip: "192.0.2.9", cmd: "id" }, "http", "gate-01"));
    const {
      records: [record, mismatch],
      counters,
    } = collect();
    expect(record).toMatchObject({
      decky: "quill-07",
      service: "ssh",
      app: "http",
      claimed: { decky: "gate-01", service: "http" },
      attacker_ip: "192.0.2.9",
      source: { kind: "process", host: "host-1", name: RUN, stream: "stdout" },
    });
    expect(mismatch).toMatchObject({
      event_type: "identity_mismatch",
      origin: "system",
      app: "collector",
      decky: "quill-07",
      service: "ssh",
      fields: { claimed_decky: "gate-01", claimed_service: "http", count: "1" },
    });
    expect(counters.total().identityMismatches).toBe(1);
  });

  it("have ids from run, file and offset alone, and arrival times that rise", () => {
    append(numberedLine(RUN, 0) + "\n" + numberedLine(RUN, 1) + "\n");
    append(`${numberedLine(RUN, 0)}\n`, "ssh", 2);
    const first = collect().records;
    expect(new Set(first.map(({ id }) => id)).size).toBe(3);
    const received = first.map((record) => record.received);
    expect(received).toEqual(received.toSorted());
    expect(new Set(received).size).toBe(3);
    rmSync(folder, { recursive: true });
    clock.advance(99_000);
    append(numberedLine(RUN, 0) + "\n" + numberedLine(RUN, 1) + "\n");
    append(`${numberedLine(RUN, 0)}\n`, "ssh", 2);
    expect(collect().records.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });

  it("of a command without an address take it from the only open session", () => {
    const sid = "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21";
    const audit = `<14>1 2026-07-19T14:22:31Z quill-07 bash - - - CMD uid=0 user=root pwd=/ cmd=id\n`;
    append(line("session_started", { sid, src_ip: "192.0.2.41", user: "root" }));
    append(audit);
    append(line("session_recorded", { sid, src_ip: "192.0.2.41" }));
    append(audit);
    const commands = collect().records.filter((record) => record.event_type === "command");
    expect(commands.map(({ attacker_ip, attribution, sid: of }) => [attacker_ip, attribution, of])).toEqual([
      ["192.0.2.41", "session", sid],
      ["Unknown", "none", undefined],
    ]);
  });

  it("remember open sessions across a restart and forget them when they are idle", () => {
    const sid = "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21";
    const audit = `<14>1 2026-07-19T14:22:31Z quill-07 bash - - - CMD uid=0 user=root pwd=/ cmd=id\n`;
    append(line("session_started", { sid, src_ip: "192.0.2.41", user: "root" }));
    collect();
    append(audit);
    collect();
    clock.advance(3_601_000);
    append(audit);
    const commands = collect().records.filter((record) => record.event_type === "command");
    expect(commands.map((record) => record.attribution)).toEqual(["session", "none"]);
  });
});

describe("the raw log", () => {
  it("gets the bytes of every line unchanged, rejected, dropped and binary ones too; blank lines are skipped", () => {
    const dropped = line("connect", { src_ip: "192.0.2.1" }, "sshd");
    const odd = Buffer.concat([
      Buffer.from("Server ready\r\n\n \t\n"),
      Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a]),
      Buffer.from(dropped),
    ]);
    append(odd);
    const { counters } = collect();
    const expected = Buffer.concat([
      Buffer.from("Server ready\r\n"),
      Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a]),
      Buffer.from(dropped),
    ]);
    expect(readFileSync(paths(folder).log)).toEqual(expected);
    expect(counters.total()).toMatchObject({ lines: 3, rejected: 2, dropped: 1, accepted: 0 });
  });

  it("and the journal leave the neighbours of a cut line untouched", () => {
    append(`${numberedLine(RUN, 0)}\n${"A".repeat(2_000_000)}\n${numberedLine(RUN, 1)}\n`);
    const long = line("request", { src_ip: "192.0.2.1" }).trimEnd().padEnd(10_000, "b");
    append(`${long}\n${numberedLine(RUN, 2)}\n`);
    const { records: all, counters } = collect({ maxLineBytes: 4096 }, (loop) => steps(loop, 20));
    const numbers = all.filter(({ fields }) => "n" in fields).map(({ fields }) => fields["n"]);
    expect(numbers).toEqual(["0", "1", "2"]);
    expect(all.find(({ flags }) => flags?.includes("line_cut"))).toMatchObject({ raw_bytes: 10_000 });
    expect(counters.total()).toMatchObject({ cutBytes: 2_000_000 - 4096 + 10_000 - 4096, lines: 5 });
    expect(isWhole(counters)).toBe(true);
  });
});

describe("counting", () => {
  it("shows a suppressed burst as one record with its count and times", () => {
    for (let i = 0; i < 500; i++) append(line("connect", { src_ip: "192.0.2.7", src_port: String(i) }));
    append(line("connect", { src_ip: "192.0.2.8" }, "sshd"));
    const { records: all, counters } = collect();
    expect(all.map((record) => record.event_type)).toEqual(["connect", "suppressed", "suppressed"]);
    expect(all[1]).toMatchObject({
      attacker_ip: "192.0.2.7",
      attribution: "field",
      origin: "system",
      fields: { suppressed_type: "connect", reason: "rate", count: "499" },
    });
    expect(all[2]).toMatchObject({ attacker_ip: "192.0.2.8", fields: { reason: "drop_app", count: "1" } });
    expect(counters.total()).toMatchObject({
      lines: 501,
      accepted: 1,
      suppressed: 499,
      dropped: 1,
      rejected: 0,
    });
  });

  it("writes sums every minute, each event in exactly one of them", () => {
    const { records: all } = collect({}, (loop) => {
      for (let second = 0; second < 130; second += 2) {
        for (let i = 0; i < 3; i++) append(line("connect", { src_ip: "192.0.2.7" }));
        steps(loop, 4, 500);
      }
    });
    const sums = all
      .filter((record) => record.event_type === "suppressed")
      .map(({ fields }) => Number(fields["count"]));
    expect(sums.length).toBeGreaterThanOrEqual(3);
    const accepted = all.filter((record) => record.event_type === "connect").length;
    expect(sums.reduce((a, b) => a + b, 0) + accepted).toBe(65 * 3);
  });

  it("adds up for any input: accepted + suppressed + dropped + rejected = lines", () => {
    const anyLine = fc.oneof(
      fc.constant("\n"),
      fc.string({ maxLength: 60 }).map((text) => `${text}\n`),
      {
        weight: 4,
        arbitrary: fc
          .record({
            type: fc.constantFrom("connect", "auth_attempt", "close"),
            ip: fc.integer({ min: 1, max: 2 }),
            app: fc.constantFrom("ssh", "sshd", "http"),
          })
          .map(({ type, ip, app }) => line(type, { src_ip: `192.0.2.${ip}` }, app)),
      },
      fc.uint8Array({ maxLength: 40 }).map((bytes) => `${Buffer.from(bytes).toString("latin1")}\n`),
    );
    let kinds = 0;
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 80 }), (all) => {
        rmSync(folder, { recursive: true, force: true });
        append(Buffer.from(all.join(""), "latin1"));
        const { counters, records: written } = collect();
        const { lines, accepted, suppressed, dropped, rejected } = counters.total();
        kinds |=
          (accepted > 0 ? 1 : 0) | (suppressed > 0 ? 2 : 0) | (dropped > 0 ? 4 : 0) | (rejected > 0 ? 8 : 0);
        expect(accepted + suppressed + dropped + rejected).toBe(lines);
        expect(written.filter((record) => record.app !== "collector").length).toBe(accepted);
        const told = written.filter((record) => record.event_type === "suppressed");
        expect(told.reduce((sum, { fields }) => sum + Number(fields["count"]), 0)).toBe(suppressed + dropped);
      }),
      { numRuns: 40 },
    );
    expect(kinds).toBe(15);
  }, 60_000);

  it("tells unparsed lines at most once a minute, with a sample", () => {
    const { records: all } = collect({}, (loop) => {
      for (let i = 0; i < 20; i++) {
        append("no record at all\n");
        steps(loop, 1, 1100);
      }
    });
    const told = all.filter((record) => record.event_type === "unparsed_lines");
    expect(told.map(({ fields }) => fields["count"])).toEqual(["1", "19"]);
    expect(told[0]?.fields).toMatchObject({ reason: "pri", sample: "no record at all" });
  });
});

describe("spools", () => {
  it("are deleted behind the checkpoint, but never while their run is held open", () => {
    append(`${numberedLine(RUN, 0)}\n`);
    append(`${numberedLine(RUN, 1)}\n`, "ssh", 2);
    collect({}, (loop) => steps(loop, 300, 1000));
    expect([existsSync(spool("ssh", 1)), existsSync(spool("ssh", 2))]).toEqual([false, true]);
    held.clear();
    collect({}, (loop) => steps(loop, 80, 1000));
    expect(existsSync(spool("ssh", 2))).toBe(false);
    expect(records().map(({ fields }) => fields["n"])).toEqual(["0", "1"]);
  });

  it("keep a later file that is still empty from ending the one before it", () => {
    append(`${numberedLine(RUN, 0)}\n`);
    append("", "ssh", 2);
    collect({}, (loop) => {
      steps(loop, 30, 500);
      append(`${numberedLine(RUN, 1)}\n`);
      append(`${numberedLine(RUN, 2)}\n`, "ssh", 2);
      steps(loop, 10, 500);
    });
    expect(records().map(({ fields }) => fields["n"])).toEqual(["0", "1", "2"]);
  });

  it("give the last line without LF once, when its writer is gone, and never glued to the next run", () => {
    const next = "20260720T150000000Z-d4e5f6";
    append(`${numberedLine(RUN, 0)}\n${numberedLine(RUN, 1)}`);
    append(`${numberedLine(next, 0)}\n`, "ssh", 1, next);
    held.delete(`quill-07/ssh/${RUN}-00001.log`);
    collect({}, (loop) => steps(loop, 20, 500));
    const numbers = records().map(({ fields }) => `${fields["run"]}#${fields["n"]}`);
    expect(numbers.toSorted()).toEqual([`${RUN}#0`, `${RUN}#1`, `${next}#0`]);
  });

  it("that were cut or taken away are reported as a gap", () => {
    append(`${numberedLine(RUN, 0)}\n${numberedLine(RUN, 1)}\n`);
    collect({}, (loop) => {
      truncateSync(spool(), 0);
      steps(loop, 4);
      append(`${numberedLine(RUN, 2)}\n`);
      steps(loop, 4);
    });
    append(`${numberedLine(RUN, 3)}\n`);
    unlinkSync(spool());
    held.clear();
    const { records: all } = collect({}, (loop) => steps(loop, 80, 1000));
    expect(all.filter(({ fields }) => "n" in fields).map(({ fields }) => fields["n"])).toEqual([
      "0",
      "1",
      "2",
    ]);
    expect(all.filter((record) => record.event_type === "gap").map(({ fields }) => fields["reason"])).toEqual(
      ["spool_lost", "spool_lost"],
    );
  });

  it("in folders without a name of ours are left alone", () => {
    mkdirSync(join(paths(folder).spool, "Not A Decky", "ssh"), { recursive: true });
    appendFileSync(
      join(paths(folder).spool, "Not A Decky", "ssh", `${RUN}-00001.log`),
      `${numberedLine(RUN, 0)}\n`,
    );
    expect(collect().records).toEqual([]);
  });
});

describe("room on the disk", () => {
  it("below half of the wanted minimum pauses reading and goes on by itself", () => {
    let free = 100;
    const faulty = new FaultyDisk();
    const options = {
      folder,
      clock,
      faulty,
      settings: { diskMinFreeMb: 1 },
      held: () => held,
      freeBytes: () => free,
    };
    const { loop } = openTestLoop(options);
    append(`${numberedLine(RUN, 0)}\n`);
    steps(loop, 10, 1000);
    expect(loop.health()).toMatchObject({ disk: "full", lines_total: 0 });
    free = 700_000;
    steps(loop, 5, 31_000);
    expect(loop.health()).toMatchObject({ disk: "low", lines_total: 1 });
    free = 2_000_000;
    steps(loop, 3, 1000);
    expect(loop.health()).toMatchObject({ disk: "ok" });
    loop[Symbol.dispose]();
  });
});

it("keeps a second collector out of the same data folder", () => {
  const options = { folder, clock, faulty: new FaultyDisk(), held: () => held };
  const { loop } = openTestLoop(options);
  expect(() => openTestLoop(options)).toThrow(/another collector/);
  loop[Symbol.dispose]();
  openTestLoop(options).loop[Symbol.dispose]();
});
