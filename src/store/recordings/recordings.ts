import { closeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { readShardLine, type ShardChannel, type ShardHeader, type ShardRun } from "#events/shard.ts";
import {
  findRecording,
  type IndexReader,
  openBelow,
  openIndex,
  type RecordingPlace,
  type RecordingQuery,
  readRange,
} from "./find.ts";

/** Time in seconds since the start, channel, text. */
export type TranscriptEvent = [t: number, ch: ShardChannel, d: string];

export interface Transcript {
  readonly sid: string;
  readonly service: string;
  readonly header: ShardHeader;
  events: TranscriptEvent[];
  readonly offset: number;
  readonly limit: number;
  /** Events of the whole recording. */
  readonly total: number;
  readonly has_more: boolean;
  /** The recording stops before the session did. */
  readonly truncated: boolean;
}

export interface TranscriptRange {
  readonly offset: number;
  readonly limit: number;
}

export interface CastOptions {
  /** Go on while the session is open. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Is it still going on? Asked when nothing new is there; without it only `signal` ends a follower. */
  readonly isOpen?: () => Promise<boolean> | boolean;
  /** Resolves when the recording may have grown; default: every 200 ms. */
  readonly grown?: (signal: AbortSignal) => Promise<void>;
}

const PIECE = 256 * 1024;
const LF = 0x0a;
const FOLLOW_POLL_MS = 200;

/** An open recording: descriptors of its shard and of its index. */
class OpenRecording implements Disposable {
  readonly place: RecordingPlace;
  readonly shard: number;
  readonly index: IndexReader;

  constructor(place: RecordingPlace, shard: number, index: IndexReader) {
    this.place = place;
    this.shard = shard;
    this.index = index;
  }

  /** Events of a run, in order. */
  async *events(run: ShardRun): AsyncGenerator<TranscriptEvent> {
    for await (const { line } of this.#lines(run)) {
      if ("ch" in line && line.sid === this.place.sid) yield [line.t, line.ch, line.d];
    }
  }

  /** The header, from the beginning of the first run; a plain one when it is lost. */
  async header(first: ShardRun | undefined): Promise<ShardHeader> {
    if (first !== undefined) {
      for await (const { line } of this.#lines(first)) {
        if ("header" in line) return line.header;
        break;
      }
    }
    const day = Date.parse(`${this.place.shard.slice(9, 19)}T00:00:00Z`);
    return { version: 2, width: 80, height: 24, timestamp: Math.floor(day / 1_000) };
  }

  async *#lines(run: ShardRun): AsyncGenerator<NonNullable<ReturnType<typeof readShardLine>>> {
    const stop = run.offset + run.length;
    let carry: Buffer = Buffer.alloc(0);
    for (let at = run.offset; at < stop; ) {
      const piece = await readRange(this.shard, at, Math.min(PIECE, stop - at));
      if (piece.length === 0) return;
      at += piece.length;
      const bytes = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
      let start = 0;
      for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
        const read = readShardLine(bytes.subarray(start, end));
        if (read !== undefined) yield read;
        start = end + 1;
      }
      carry = bytes.subarray(start);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.shard);
    this.index[Symbol.dispose]();
  }
}

async function openRecording(root: string, place: RecordingPlace): Promise<OpenRecording | undefined> {
  const index = await openIndex(root, place);
  if (index === undefined) return undefined;
  const shard = openBelow(root, place, "");
  if (shard !== undefined) return new OpenRecording(place, shard, index);
  index[Symbol.dispose]();
  return undefined;
}

/**
 * A part of a recorded session. Reads its index and those lines of the shard that the part needs.
 *
 * @param root folder of all artifacts
 * @param range `offset` and `limit` count events
 * @returns nothing when there is no such recording
 */
export async function readTranscript(
  root: string,
  query: RecordingQuery & TranscriptRange,
): Promise<Transcript | undefined> {
  const place = await findRecording(root, query);
  if (place === undefined) return undefined;
  using recording = await openRecording(root, place);
  if (recording === undefined) return undefined;
  const { offset, limit, sid } = query;
  const runs = await recording.index.next();
  const total = runs.reduce((sum, run) => sum + run.events, 0);
  return {
    sid,
    service: recording.place.service,
    header: await recording.header(runs[0]),
    events: await eventsOf(recording, runs, { offset, limit }),
    offset,
    limit,
    total,
    has_more: offset + limit < total,
    truncated: recording.index.isCapped || runs.some((run) => run.truncated),
  };
}

async function eventsOf(
  recording: OpenRecording,
  runs: readonly ShardRun[],
  { offset, limit }: TranscriptRange,
): Promise<TranscriptEvent[]> {
  const events: TranscriptEvent[] = [];
  let first = 0;
  for (const run of runs) {
    if (events.length >= limit) break;
    const skip = Math.max(0, offset - first);
    first += run.events;
    if (skip >= run.events) continue;
    let n = 0;
    for await (const event of recording.events(run)) {
      if (n++ >= skip) events.push(event);
      if (events.length >= limit) break;
    }
  }
  return events;
}

/**
 * The lines of an asciicast v2 file, each with its LF: the header, then `[t, "o"|"i"|"r", data]`, where
 * t never runs backwards.
 *
 * @returns nothing when there is no such recording
 */
export async function castStream(
  root: string,
  query: RecordingQuery,
  options: CastOptions,
): Promise<AsyncIterable<string> | undefined> {
  const place = await findRecording(root, query);
  return place === undefined ? undefined : castLines(root, place, options);
}

/** Opens the files itself: a stream that nobody reads holds none. */
async function* castLines(root: string, place: RecordingPlace, options: CastOptions): AsyncGenerator<string> {
  using opened = await openRecording(root, place);
  if (opened === undefined) return;
  let latest = 0;
  let isFirst = true;
  for await (const runs of growth(opened.index, options)) {
    if (isFirst) yield `${JSON.stringify(await opened.header(runs[0]))}\n`;
    isFirst = false;
    for (const run of runs) {
      for await (const [t, ch, d] of opened.events(run)) {
        if (options.signal.aborted) return;
        latest = Math.max(latest, t);
        yield `${JSON.stringify([latest, ch, d])}\n`;
      }
    }
  }
}

/** The runs that are there, then those that are added while the session is followed. */
async function* growth(index: IndexReader, options: CastOptions): AsyncGenerator<readonly ShardRun[]> {
  const { follow, signal, isOpen, grown = poll } = options;
  yield await index.next();
  while (follow && !signal.aborted && !index.isCapped) {
    // Asked before looking: what was written until it closed is seen by the look that follows.
    const goesOn = isOpen === undefined || (await isOpen());
    const runs = await index.next();
    if (runs.length > 0) yield runs;
    else if (goesOn) await grown(signal);
    else return;
  }
}

const poll = async (signal: AbortSignal): Promise<void> => {
  await setTimeout(FOLLOW_POLL_MS, undefined, { signal }).catch(() => {});
};
