import { createHash } from "node:crypto";
import { fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import {
  encodeHead,
  encodeRun,
  type IndexHead,
  parseIndexLine,
  readShardLine,
  type ShardRun,
} from "#events/shard.ts";

const PIECE = 256 * 1024;
const HEAD_BYTES = 256;
const LF = 0x0a;

/** What is known of a shard's index file. */
export interface IndexState {
  /** Bytes of the shard whose complete lines are indexed. */
  indexed: number;
  /** Of the last head line: byte `from` of the source lies at `base + from` in the shard. */
  base: number;
  from: number;
  /** Head lines so far: each source that the shard was continued from. */
  sources: number;
}

/** Lines that were no shard lines. */
export interface ScanResult {
  readonly runs: readonly ShardRun[];
  /** Bytes that were looked at: up to the last LF. */
  readonly length: number;
  readonly ignored: number;
}

/** Finds the runs in whole lines that begin at `offset` of the shard. */
export function scanRuns(bytes: Buffer, offset: number): ScanResult {
  const runs: ShardRun[] = [];
  let open: { -readonly [K in keyof ShardRun]: ShardRun[K] } | undefined;
  let start = 0;
  let ignored = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    const read = readShardLine(bytes.subarray(start, end));
    if (read === undefined) {
      ignored += end > start ? 1 : 0;
      open = undefined;
    } else {
      const { line, skipped } = read;
      if (skipped > 0) ignored++;
      const from = start + skipped;
      if (open === undefined || open.sid !== line.sid || skipped > 0) {
        open = { sid: line.sid, offset: offset + from, length: 0, events: 0, lastT: 0, truncated: false };
        runs.push(open);
      }
      open.length = offset + end + 1 - open.offset;
      if ("ch" in line) {
        open.events += 1;
        open.lastT = line.t;
      }
      if ("truncated" in line) open.truncated = true;
    }
    start = end + 1;
  }
  return { runs, length: start, ignored };
}

/** The beginning of a shard, by which it is known again. */
export function headOf(shardFd: number, { base, from }: Pick<IndexState, "base" | "from">): IndexHead {
  const facts = fstatSync(shardFd);
  const bytes = readAt(shardFd, 0, HEAD_BYTES);
  return {
    device: String(facts.dev),
    inode: String(facts.ino),
    hash: hashOf(bytes),
    bytes: bytes.length,
    base,
    from,
  };
}

const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

export function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, buffer, got, length - got, position + got);
    if (n === 0) break;
    got += n;
  }
  return buffer.subarray(0, got);
}

export function writeAll(fd: number, bytes: Buffer, position: number | null): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(fd, bytes, at, bytes.length - at, position === null ? null : position + at);
  }
}

/**
 * Reads an index as far as it is good and cuts off the rest. An index that belongs to another shard is
 * emptied, to be written anew.
 */
export async function loadIndex(indexFd: number, shardFd: number, shardLength: number): Promise<IndexState> {
  const state: IndexState = { indexed: 0, base: 0, from: 0, sources: 0 };
  let good = 0;
  let carry: Buffer = Buffer.alloc(0);
  for (let position = 0; ; ) {
    const piece = readAt(indexFd, position, PIECE);
    if (piece.length === 0) break;
    position += piece.length;
    const bytes = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      if (!takeLine(state, bytes.toString("utf8", start, end), { shardFd, shardLength })) {
        return resetOrCut(indexFd, state, good);
      }
      good += end + 1 - start;
      start = end + 1;
    }
    carry = bytes.subarray(start);
    if (carry.length > PIECE) break;
    await setImmediate();
  }
  return resetOrCut(indexFd, state, good);
}

function takeLine(state: IndexState, text: string, shard: { shardFd: number; shardLength: number }): boolean {
  const line = parseIndexLine(text);
  if (line === undefined) return false;
  if ("head" in line) {
    const { hash, bytes, base, from } = line.head;
    if (bytes > HEAD_BYTES || bytes > shard.shardLength || hashOf(readAt(shard.shardFd, 0, bytes)) !== hash)
      return false;
    state.base = base;
    state.from = from;
    state.sources += 1;
    return true;
  }
  const end = line.run.offset + line.run.length;
  if (state.sources === 0 || end > shard.shardLength) return false;
  state.indexed = Math.max(state.indexed, end);
  return true;
}

function resetOrCut(indexFd: number, state: IndexState, good: number): IndexState {
  ftruncateSync(indexFd, state.sources === 0 ? 0 : good);
  return state.sources === 0 ? { indexed: 0, base: 0, from: 0, sources: 0 } : state;
}

/** Appends a head line. */
export function appendHead(indexFd: number, head: IndexHead): void {
  writeAll(indexFd, Buffer.from(encodeHead(head)), null);
}

/** Appends the runs of one scan, in one write. */
export function appendRuns(indexFd: number, runs: readonly ShardRun[]): void {
  if (runs.length > 0) writeAll(indexFd, Buffer.from(runs.map(encodeRun).join("")), null);
}
