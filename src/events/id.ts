import { xxh32 } from "./xxh32.ts";

/** What one source adds to every id; made once per source. */
export interface SourceSeeds {
  readonly a: number;
  readonly b: number;
}

/** Where a line stands in its source. */
export interface LinePosition {
  readonly seeds: SourceSeeds;
  /** 16 hex digits, from `stampDigits` or `nanosecondDigits`. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Earlier complete lines of the same stream that follow each other with this same timestamp. */
  readonly ordinal: number;
  /** Without its LF. */
  readonly line: Uint8Array;
}

const SECOND_SEED = 0x9e3779b1;
const SAMPLE = 64;
const SAMPLE_HEAD = 40;
const SAMPLE_TAIL = SAMPLE - SAMPLE_HEAD;

/** @param sourceKey the container id as 64 digits, or another source's own stable name */
export function sourceSeeds(sourceKey: string): SourceSeeds {
  const key = Buffer.from(sourceKey);
  return { a: xxh32(key, 0), b: xxh32(key, SECOND_SEED) };
}

const block = new Uint8Array(12 + SAMPLE);
const numbers = new DataView(block.buffer);

/** The id of a line: the same line read twice has the same one. 32 hex digits. */
export function recordId({ seeds, time, stream, ordinal, line }: LinePosition): string {
  numbers.setUint32(0, stream === "stdout" ? 1 : 2, true);
  numbers.setUint32(4, ordinal, true);
  numbers.setUint32(8, line.length, true);
  if (line.length <= SAMPLE) {
    block.set(line, 12);
    block.fill(0, 12 + line.length);
  } else {
    block.set(line.subarray(0, SAMPLE_HEAD), 12);
    block.set(line.subarray(line.length - SAMPLE_TAIL), 12 + SAMPLE_HEAD);
  }
  return time + hex(xxh32(block, seeds.a)) + hex(xxh32(block, seeds.b));
}

const hex = (word: number): string => word.toString(16).padStart(8, "0");

/**
 * Nanoseconds since 1970 of a stamp `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`, as 16 hex digits.
 * Plain numbers: 65 536 seconds at a time stay exact.
 */
export function stampDigits(stamp: string): string {
  const seconds = Date.parse(`${stamp.slice(0, 19)}Z`) / 1_000;
  return secondDigits(seconds, Number(stamp.slice(20, 29)));
}

/** @param nanoseconds below one second */
export function secondDigits(seconds: number, nanoseconds: number): string {
  const upper = Math.floor(seconds / 0x1_0000) * 1_000_000_000;
  const lower = (seconds % 0x1_0000) * 1_000_000_000 + nanoseconds;
  const sum = (upper % 0x1_0000) * 0x1_0000 + lower;
  const high = Math.floor(upper / 0x1_0000) + Math.floor(sum / 0x1_0000_0000);
  return hex(high) + hex(sum % 0x1_0000_0000);
}

/** For sources that count nanoseconds themselves. */
export const nanosecondDigits = (ns: bigint): string => ns.toString(16).padStart(16, "0").slice(-16);
