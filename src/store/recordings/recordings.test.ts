import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { encodeHead, encodeRun, readShardLine, type ShardRun } from "#events/shard.ts";
import { findRecording } from "./find.ts";
import { createRecordingReader } from "./reader.ts";
import { castStream, readTranscript } from "./recordings.ts";

// Large inputs, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

const SHARD = "sessions-2026-07-19.jsonl";
const A = "4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21";
const B = "00000000-0000-4000-8000-00000000000b";
const sidOf = (n: number) => `${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`;

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "decnet-recordings-"));
  folder = join(root, "decky-01", "ssh", "transcripts");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const line = (sid: string, body: object): string => `${JSON.stringify({ sid, ...body })}\n`;
const header = {
  version: 2,
  width: 100,
  height: 30,
  timestamp: 1_784_470_951,
  env: { SHELL: "/bin/bash", TERM: "xterm" },
} as const;
const begin = (sid: string) => line(sid, { hdr: header });
const event = (sid: string, t: number, d: string, ch = "o") => line(sid, { t, ch, d });

/** Appends lines and what an index says of them: one run a line is the hardest index there can be. */
function record(lines: readonly string[], shard = SHARD): void {
  const path = join(folder, shard);
  const isNew = !readdirSync(folder).includes(shard);
  if (isNew)
    writeFileSync(
      `${path}.idx`,
      encodeHead({ device: "1", inode: "1", hash: "0", bytes: 0, base: 0, from: 0 }),
    );
  let offset = isNew ? 0 : Number(lengths.get(path));
  let index = "";
  for (const text of lines) {
    const bytes = Buffer.from(text);
    const read = readShardLine(bytes.subarray(0, -1));
    if (read !== undefined) {
      const { line: parsed, skipped } = read;
      const run: ShardRun = {
        sid: parsed.sid,
        offset: offset + skipped,
        length: bytes.length - skipped,
        events: "ch" in parsed ? 1 : 0,
        lastT: "ch" in parsed ? parsed.t : 0,
        truncated: "truncated" in parsed,
      };
      index += encodeRun(run);
    }
    offset += bytes.length;
  }
  appendFileSync(path, lines.join(""));
  appendFileSync(`${path}.idx`, index);
  lengths.set(path, offset);
}
const lengths = new Map<string, number>();

const place = { decky: "decky-01", service: "ssh", sid: A };
const collect = async (lines: AsyncIterable<string> | null | undefined): Promise<readonly unknown[]> => {
  const values: unknown[] = [];
  for await (const text of lines ?? []) values.push(JSON.parse(text));
  return values;
};
const never = new AbortController().signal;

describe("a recording", () => {
  test("is read in parts", async () => {
    record([
      begin(A),
      begin(B),
      event(A, 0.1, "a"),
      event(B, 0.2, "b"),
      event(A, 0.3, "c", "i"),
      event(A, 0.4, "90x20", "r"),
    ]);
    const whole = { sid: A, service: "ssh", header, total: 3, truncated: false };
    expect(await readTranscript(root, { ...place, offset: 0, limit: 500 })).toEqual({
      ...whole,
      events: [
        [0.1, "o", "a"],
        [0.3, "i", "c"],
        [0.4, "r", "90x20"],
      ],
      offset: 0,
      limit: 500,
      has_more: false,
    });
    expect(await readTranscript(root, { ...place, offset: 1, limit: 1 })).toEqual({
      ...whole,
      events: [[0.3, "i", "c"]],
      offset: 1,
      limit: 1,
      has_more: true,
    });
    expect((await readTranscript(root, { ...place, offset: 9, limit: 1 }))?.events).toEqual([]);
  });

  test("is an asciicast whose time never runs backwards", async () => {
    record([
      begin(A),
      event(A, 1, "a"),
      event(A, 0.5, "b"),
      event(A, 2, "\ud800 ü \u0000"),
      line(A, { trunc: true }),
    ]);
    expect(await collect(await castStream(root, place, { follow: false, signal: never }))).toEqual([
      header,
      [1, "o", "a"],
      [1, "o", "b"],
      [2, "o", "\ufffd ü \u0000"],
    ]);
    expect((await readTranscript(root, { ...place, offset: 0, limit: 1 }))?.truncated).toBe(true);
  });

  test("without its header begins with a plain one", async () => {
    record([event(A, 1, "a")]);
    expect((await readTranscript(root, { ...place, offset: 0, limit: 9 }))?.header).toEqual({
      version: 2,
      width: 80,
      height: 24,
      timestamp: Date.parse("2026-07-19T00:00:00Z") / 1_000,
    });
  });

  test("is not disturbed by torn and forged lines around it", async () => {
    record([
      begin(A),
      "garbage\n",
      event(A, 1, "a").slice(0, 60) + event(A, 2, "b"),
      `{"sid":"${A}","t":"x","ch":"o","d":"bad"}\n`,
      `${"z".repeat(600_000)}\n`,
      event(A, 3, "c"),
    ]);
    expect((await readTranscript(root, { ...place, offset: 0, limit: 9 }))?.events).toEqual([
      [2, "o", "b"],
      [3, "o", "c"],
    ]);
  });

  test("of more than 16 MiB is cut there", async () => {
    record([begin(A), ...Array.from({ length: 300 }, (_, t) => event(A, t, "x".repeat(65_000)))]);
    const part = await readTranscript(root, { ...place, offset: 250, limit: 9 });
    expect([part?.truncated, part?.has_more, (part?.total ?? 0) < 300]).toEqual([true, false, true]);
  });

  test("is found without its service, in the newest shards first", async () => {
    record([begin(A), event(A, 1, "old")], "sessions-2026-07-01.jsonl");
    record([begin(B)]);
    expect(await findRecording(root, { decky: "decky-01", sid: A })).toEqual({
      ...place,
      shard: "sessions-2026-07-01.jsonl",
    });
    expect(await findRecording(root, { decky: "decky-01", sid: sidOf(1) })).toBeUndefined();
    expect(await findRecording(root, { decky: "decky-02", sid: A })).toBeUndefined();
  });
});

describe("a shard with 10 000 sessions", () => {
  test("gives each of them its own events, by its own lines alone", async () => {
    const count = 10_000;
    const lines = Array.from({ length: count }, (_, n) => begin(sidOf(n)));
    for (let t = 0; t < 3; t++) {
      for (let n = 0; n < count; n++) lines.push(event(sidOf(n), t, `${n}:${t}`));
    }
    record(lines);
    for (const n of [0, 1, 17, 4_999, 9_999]) {
      const part = await readTranscript(root, { ...place, sid: sidOf(n), offset: 0, limit: 10 });
      expect(part?.events).toEqual([0, 1, 2].map((t) => [t, "o", `${n}:${t}`]));
    }
    // Everything but the session's own lines is destroyed: nothing else is looked at.
    const wanted = sidOf(42);
    const scrubbed = lines
      .map((text) => (text.includes(wanted) ? text : `${"#".repeat(text.length - 1)}\n`))
      .join("");
    writeFileSync(join(folder, SHARD), scrubbed);
    expect((await readTranscript(root, { ...place, sid: wanted, offset: 0, limit: 10 }))?.total).toBe(3);
  });
});

describe("following", () => {
  test("goes on while the session is open and ends with it", async () => {
    record([begin(A), event(A, 1, "a")]);
    let isOpen = true;
    const reader = createRecordingReader({
      root,
      locate: () => Promise.resolve({ service: "ssh", shard: SHARD, isOpen }),
    });
    const lines = await reader.cast({ decky: "decky-01", sid: A }, { follow: true, signal: never });
    const values: unknown[] = [];
    for await (const text of lines ?? []) {
      values.push(JSON.parse(text));
      if (values.length === 2) record([event(A, 2, "b")]);
      if (values.length === 3) {
        record([event(A, 3, "last")]);
        isOpen = false;
      }
    }
    expect(values).toEqual([header, [1, "o", "a"], [2, "o", "b"], [3, "o", "last"]]);
  });

  test("ends when the reader leaves", async () => {
    record([begin(A), event(A, 1, "a")]);
    const gone = new AbortController();
    const lines = await castStream(root, place, { follow: true, signal: gone.signal });
    const seen: string[] = [];
    for await (const text of lines ?? []) {
      seen.push(text);
      if (seen.length === 2) gone.abort();
    }
    expect(seen).toHaveLength(2);
  });
});

describe("names", () => {
  test.each([
    [{ decky: "../decky-01" }],
    [{ decky: "" }],
    [{ decky: "Decky-01" }],
    [{ decky: "." }],
    [{ service: "../ssh" }],
    [{ service: "SSH" }],
    [{ shard: "../../x.jsonl" }],
    [{ shard: "sessions-2026-07-19.jsonl.idx" }],
    [{ sid: "../../../../etc/passwd" }],
    [{ sid: `${A}x` }],
    [{ sid: A.toUpperCase() }],
  ])("%j is none", async (wrong) => {
    record([begin(A)]);
    expect(await readTranscript(root, { ...place, ...wrong, offset: 0, limit: 1 })).toBeUndefined();
    expect(await castStream(root, { ...place, ...wrong }, { follow: false, signal: never })).toBeUndefined();
  });

  test("that are links lead nowhere", async () => {
    record([begin(A), event(A, 1, "a")]);
    const links = [
      ["decky-02", join(root, "decky-01")],
      ["decky-03/ssh", join(root, "decky-01", "ssh")],
      ["decky-04/ssh/transcripts", folder],
      [`decky-05/ssh/transcripts/${SHARD}`, join(folder, SHARD)],
    ] as const;
    for (const [name, target] of links) {
      mkdirSync(join(root, name, ".."), { recursive: true });
      symlinkSync(target, join(root, name));
    }
    symlinkSync(join(folder, `${SHARD}.idx`), join(root, "decky-05", "ssh", "transcripts", `${SHARD}.idx`));
    for (const [name] of links) {
      const decky = name.slice(0, 8);
      expect(await readTranscript(root, { ...place, decky, offset: 0, limit: 1 })).toBeUndefined();
      expect(await findRecording(root, { decky, sid: A })).toBeUndefined();
    }
    expect((await readTranscript(root, { ...place, offset: 0, limit: 1 }))?.total).toBe(1);
  });

  test("of other deckies are not answered", async () => {
    record([begin(A)]);
    const reader = createRecordingReader({ root });
    expect(await reader.read({ decky: "decky-09", sid: A }, { offset: 0, limit: 1 })).toBeNull();
    expect(await reader.cast({ decky: "decky-09", sid: A }, { follow: false, signal: never })).toBeNull();
  });
});
