import { PassThrough, Readable, Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { decodeRecord } from "#events/journal-decode.ts";
import { isRejection, parseLine } from "#events/parse.ts";
import { exampleRows, H } from "#events/testing/rows.ts";
import { systemClock } from "#kernel/clock.ts";
import { LineSplitter } from "./line-splitter.ts";
import { ParseReceivedError, parseStream } from "./parse.ts";

// Streams of real size, on a machine that may do other things.
vi.setConfig({ testTimeout: 30_000 });

const received = "2026-07-19T14:22:33.000000001Z";
const identity = { decky: "quill-07", service: "http" };

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    setImmediate(done);
  }
  get lines(): readonly string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

async function run(input: string | Buffer | Readable, wish: Partial<Parameters<typeof parseStream>[1]> = {}) {
  const output = new Sink();
  const errors = new Sink();
  const readable = input instanceof Readable ? input : Readable.from([Buffer.from(input)]);
  const counts = await parseStream(
    { input: readable, output, errors },
    { host: "host-1", clock: systemClock, received, ...wish },
  );
  return { output, errors, counts };
}

describe("decnet parse", () => {
  test("prints for each example line exactly what the library says", async () => {
    const { output, counts } = await run(exampleRows.map(({ line }) => `${line}\n`).join(""));
    expect(counts).toEqual({ lines: 59, records: 59, rejected: 0 });
    expect(output.lines.map((json) => JSON.parse(json) as unknown)).toEqual(
      exampleRows.map(({ line }) => JSON.parse(JSON.stringify(parseLine(line, received))) as unknown),
    );
  });

  test("says of each rejected line which it is, where, and why", async () => {
    const { output, errors, counts } = await run(`Server ready\n${H} a - e -\n\n<134>2 x`);
    expect(counts).toEqual({ lines: 4, records: 1, rejected: 3 });
    expect(output.lines).toHaveLength(1);
    expect(errors.lines.map((json) => JSON.parse(json) as unknown)).toEqual([
      { line: 1, byte: 0, rejected: "pri", at: 0 },
      { line: 3, byte: 13 + H.length + 9, rejected: "empty", at: 0 },
      { line: 4, byte: 13 + H.length + 10, rejected: "version", at: 5 },
    ]);
  });

  test("with a decky and a service prints journal records with lasting ids", async () => {
    const lines = `${H} ssh - connect [relay@55555 src_ip="192.0.2.41"]\n${H} ssh - connect [relay@55555 src_ip="192.0.2.41"]\n`;
    const [first, second] = [await run(lines, { identity }), await run(lines, { identity })];
    expect(first.output.text).toBe(second.output.text);
    const records = first.output.lines.map((json) => decodeRecord(json));
    const ids = records.map((result) => ("record" in result ? result.record.id : ""));
    expect(new Set(ids).size).toBe(2);
    expect(records[0]).toMatchObject({
      record: {
        decky: "quill-07",
        service: "http",
        app: "ssh",
        received,
        source: { kind: "stdin", host: "host-1" },
      },
    });
  });

  test("cuts a line above 1 MiB and replaces bytes that are no text, and says so", async () => {
    const long = Buffer.from(`${H} a - e - ${"x".repeat(1_200_000)}\n${H} a - e - \xff\n`, "latin1");
    const { output } = await run(long, { identity });
    const [cut, replaced] = output.lines.map((json) => JSON.parse(json) as Record<string, unknown>);
    expect([cut?.["flags"], cut?.["raw_bytes"], String(cut?.["raw_line"]).length]).toEqual([
      ["line_cut"],
      1_200_000 + H.length + 9,
      1_048_576,
    ]);
    expect([replaced?.["flags"], replaced?.["msg"]]).toEqual([["utf8_replaced"], "\ufffd"]);
    const unbound = await run(`${H} a - e - ${"x".repeat(1_200_000)}`);
    expect(JSON.parse(unbound.output.text)).toMatchObject({ flags: ["line_cut"] });
  });

  test("uses the clock when no time is given, and refuses what is no time", async () => {
    const streams = { input: Readable.from([`<134>1 - h a - e -`]), output: new Sink(), errors: new Sink() };
    const clock = { now: () => 0, nowNs: () => 1_784_470_953_000_000_001n };
    await parseStream(streams, { host: "h", clock, identity });
    expect(JSON.parse(streams.output.text)).toMatchObject({ received, time_source: "received" });
    await expect(run("", { received: "yesterday" })).rejects.toThrow(ParseReceivedError);
  });

  test("ends quietly when its reader goes away", async () => {
    let pulled = 0;
    const input = new Readable({
      read() {
        pulled++;
        this.push(pulled > 10_000 ? null : `${H} a - e -\n`.repeat(500));
      },
    });
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("gone"), { code: "EPIPE" })),
    });
    await parseStream({ input, output, errors: new Sink() }, { host: "h", clock: systemClock, received });
    expect(pulled).toBeLessThan(100);
  });

  test("does not hide another failure of its output", async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("full"), { code: "ENOSPC" })),
    });
    const streams = { input: Readable.from([`${H} a - e -\n`]), output, errors: new Sink() };
    await expect(parseStream(streams, { host: "h", clock: systemClock, received })).rejects.toThrow("full");
  });

  test("reads no faster than its output is taken", async () => {
    const output = new PassThrough({ highWaterMark: 1_024 });
    let pulled = 0;
    const input = new Readable({
      read() {
        pulled++;
        this.push(pulled > 200 ? null : `${H} a - e -\n`.repeat(100));
      },
    });
    const done = parseStream(
      { input, output, errors: new Sink() },
      { host: "h", clock: systemClock, received },
    );
    await new Promise((resolve) => output.once("readable", resolve));
    const before = pulled;
    expect(before).toBeLessThan(50);
    output.resume();
    expect(await done).toEqual({ lines: 20_000, records: 20_000, rejected: 0 });
  });
});

describe("splitting into lines", () => {
  const split = (chunks: readonly Buffer[], max: number) => {
    const lines: { text: string; offset: number; cutFrom: number | undefined }[] = [];
    const splitter = new LineSplitter(max, ({ bytes, offset, cutFrom }) => {
      lines.push({ text: bytes.toString("latin1"), offset, cutFrom });
    });
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return lines;
  };

  test("does not depend on how the bytes arrive", () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((array) => Buffer.from(array.map((byte) => byte % 12)));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200)), fc.integer({ min: 1, max: 20 }), (whole, cuts, max) => {
        const edges = [0, ...cuts.filter((at) => at <= whole.length).toSorted((a, b) => a - b), whole.length];
        const chunks = edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
        const expected = whole
          .toString("latin1")
          .split("\n")
          .map((text) => ({
            text: text.slice(0, max),
            cutFrom: text.length > max ? text.length : undefined,
          }));
        if (expected.at(-1)?.text === "") expected.pop();
        expect(split(chunks, max).map(({ text, cutFrom }) => ({ text, cutFrom }))).toEqual(expected);
      }),
    );
  });
});

test("rejections of the library and of the command are the same", async () => {
  const texts = fc.array(
    fc.string({ unit: "binary" }).map((text) => text.toWellFormed().replaceAll("\n", "")),
    {
      minLength: 1,
      maxLength: 10,
    },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (lines) => {
      const { counts } = await run(`${lines.join("\n")}\n`);
      const rejected = lines.filter((line) => isRejection(parseLine(line))).length;
      expect(counts).toEqual({ lines: lines.length, records: lines.length - rejected, rejected });
    }),
    { numRuns: 20 },
  );
});
