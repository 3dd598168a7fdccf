import { isUtf8 } from "node:buffer";
import type { Readable, Writable } from "node:stream";
import { bindIdentity } from "#events/bind.ts";
import { originOf } from "#events/catalogue.ts";
import { recordId, secondDigits, sourceSeeds } from "#events/id.ts";
import { encodeRecord } from "#events/journal-record.ts";
import { parseLineTime, stampText } from "#events/line-time.ts";
import { isRejection, parseLine } from "#events/parse.ts";
import type { Flag, ParsedLine, SourceFacts } from "#events/record.ts";
import type { Clock } from "#kernel/clock.ts";
import { CodedError } from "#kernel/errors.ts";
import { LineSplitter, type RawLine } from "./line-splitter.ts";

export interface ParseStreams {
  readonly input: Readable;
  /** One record a line. */
  readonly output: Writable;
  /** One rejection a line. */
  readonly errors: Writable;
}

export interface ParseWish {
  /** Bind the records to this decky and service, as the collector does for its container. */
  readonly identity?: { readonly decky: string; readonly service: string };
  /** RFC 3339; stands in for the clock, so that the same input gives the same output. */
  readonly received?: string;
  readonly host: string;
  readonly clock: Clock;
}

export interface ParseCounts {
  readonly lines: number;
  readonly records: number;
  readonly rejected: number;
}

/** The `--received` option is no time. */
export class ParseReceivedError extends CodedError {
  readonly code = "PARSE_RECEIVED";
  constructor(text: string) {
    super(
      `--received takes an RFC 3339 time such as 2026-07-19T14:22:33.000000001Z; got ${JSON.stringify(text)}.`,
    );
  }
}

const MAX_LINE_BYTES = 1024 * 1024;
/** Text that waits for a slow reader of the output. */
const BLOCK_CHARS = 64 * 1024;

/**
 * Reads lines as decoys write them and writes the records of the library, in constant memory.
 * A reader that goes away ends it quietly.
 *
 * @throws {ParseReceivedError} when `wish.received` is no time
 */
export async function parseStream(streams: ParseStreams, wish: ParseWish): Promise<ParseCounts> {
  const output = new BlockWriter(streams.output);
  const errors = new BlockWriter(streams.errors);
  const toJson = await createLinePrinter(wish);
  const counts = { lines: 0, records: 0, rejected: 0 };
  const take = (line: RawLine): void => {
    counts.lines++;
    const json = toJson(line, counts.lines);
    if (json.isRecord) counts.records++;
    else counts.rejected++;
    (json.isRecord ? output : errors).add(json.text);
  };
  const splitter = new LineSplitter(MAX_LINE_BYTES, take);
  for await (const chunk of streams.input) {
    splitter.push(typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer));
    await output.flush();
    await errors.flush();
    if (output.isClosed) break;
  }
  splitter.end();
  await output.settle();
  await errors.settle();
  return counts;
}

interface Printed {
  readonly isRecord: boolean;
  readonly text: string;
}

async function createLinePrinter(wish: ParseWish): Promise<(line: RawLine, number: number) => Printed> {
  const fixed = wish.received;
  if (fixed !== undefined && parseLineTime(fixed) === undefined) throw new ParseReceivedError(fixed);
  const encode = await createEncoder(wish);
  return (line, number) => {
    const received = fixed ?? stampText(wish.clock.nowNs());
    const isWhole = isUtf8(line.bytes);
    const result = parseLine(line.bytes.toString("utf8"), received);
    if (isRejection(result))
      return { isRecord: false, text: JSON.stringify({ line: number, byte: line.offset, ...result }) };
    const flags: Flag[] = [];
    if (line.cutFrom !== undefined) flags.push("line_cut");
    if (!isWhole) flags.push("utf8_replaced");
    return { isRecord: true, text: encode(result, { line, number, received, flags }) };
  };
}

interface LineFacts {
  readonly line: RawLine;
  readonly number: number;
  readonly received: string;
  readonly flags: readonly Flag[];
}

/** Without an identity what the text says; with one the record that the journal would hold. */
async function createEncoder(wish: ParseWish): Promise<(parsed: ParsedLine, facts: LineFacts) => string> {
  const { identity, host } = wish;
  if (identity === undefined) {
    return (parsed, { flags }) =>
      JSON.stringify(flags.length === 0 ? parsed : { ...parsed, flags: [...(parsed.flags ?? []), ...flags] });
  }
  // Only here, since it loads every decoy.
  const { decoys } = await import("#decoys/registry.ts");
  const slugs = new Set(decoys.map(({ slug }) => slug));
  const seeds = sourceSeeds("stdin");
  const source: Omit<SourceFacts, "received"> = {
    kind: "stdin",
    host,
    decky: identity.decky,
    service: identity.service,
    aliases: [],
    addresses: [],
  };
  return (parsed, { line, number, received, flags }) => {
    // A line number is the position of this source, so it takes the place of a stamp.
    const time = secondDigits(0, number);
    const id = recordId({ seeds, time, stream: "stdout", ordinal: 0, line: line.bytes });
    const context = { id, openSessions: [], isSlug: (name: string) => slugs.has(name), originOf, flags };
    const cut = line.cutFrom === undefined ? {} : { rawBytes: line.cutFrom };
    return encodeRecord(bindIdentity(parsed, { ...source, received }, { ...context, ...cut, tracing: true }));
  };
}

/** Collects lines and writes them in blocks, no faster than the reader takes them. */
class BlockWriter {
  readonly #stream: Writable;
  #block = "";
  #failure: Error | undefined;
  isClosed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      this.isClosed = true;
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") this.#failure = error;
    });
  }

  add(line: string): void {
    if (this.isClosed) return;
    this.#block += `${line}\n`;
    if (this.#block.length >= BLOCK_CHARS) this.#write();
  }

  /** Writes what was added; resolves when the stream can take more. */
  async flush(): Promise<void> {
    this.#write();
    if (this.#stream.writableNeedDrain && !this.isClosed) await this.#drained();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes the rest; resolves when the stream has passed it on. */
  async settle(): Promise<void> {
    await this.flush();
    if (this.isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.write("", () => resolve());
    await promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #write(): void {
    if (this.#block !== "" && !this.isClosed) this.#stream.write(this.#block);
    this.#block = "";
  }

  async #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    for (const event of ["drain", "error", "close"]) this.#stream.once(event, done);
    await promise;
    for (const event of ["drain", "error", "close"]) this.#stream.off(event, done);
  }
}
