/**
 * Recorded sessions as files: shards of one JSON object a line, and beside each an index of which
 * lines belong to whom (`docs/recordings.md`). Shared by who copies them and who reads them.
 */

export const DECKY_PATTERN = /^[a-z0-9][a-z0-9_-]{0,79}$/;
export const SERVICE_PATTERN = /^[a-z][a-z0-9_]{0,31}$/;
export const SID_PATTERN = /^[0-9a-f-]{36}$/;
export const SHARD_PATTERN = /^sessions-\d{4}-\d\d-\d\d\.jsonl$/;
/** Captured files: `YYYYMMDDTHHMMSSZ_<12 hex of sha256>_<name>`; the form with separators is read as well. */
export const STORED_PATTERN = /^\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\dZ_[0-9a-f]{12}_[A-Za-z0-9._-]{1,255}$/;

/** Folder of the shards of a service. */
export const TRANSCRIPTS = "transcripts";
/** Suffix of a shard's index. */
export const INDEX_SUFFIX = ".idx";

/**
 * Longest line that is read: 64 KiB of text in its longest form, six characters a byte and base64
 * beside it, and some room.
 */
export const MAX_SHARD_LINE = 512 * 1024;
/** Bytes of one session that are read; a recorder of ours stops at 10 MiB. */
export const MAX_SESSION_BYTES = 16 * 1024 * 1024;

export type ShardChannel = "i" | "o" | "r";

/** A type, not an interface: it goes where any JSON object may. */
export type ShardHeader = {
  readonly version: 2;
  readonly width: number;
  readonly height: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly env?: Readonly<Record<string, string>>;
};

export type ShardLine =
  | { readonly sid: string; readonly header: ShardHeader }
  | { readonly sid: string; readonly t: number; readonly ch: ShardChannel; readonly d: string }
  | { readonly sid: string; readonly truncated: true };

const LINE_START = Buffer.from('{"sid":"');
const SID_END = LINE_START.length + 36;

/** The session a line says it belongs to: `sid` comes first and is well formed, or the line is no line. */
function sidOfLine(line: Buffer): string | undefined {
  if (line.length <= SID_END || line.length > MAX_SHARD_LINE) return undefined;
  if (line.compare(LINE_START, 0, LINE_START.length, 0, LINE_START.length) !== 0 || line[SID_END] !== 0x22) {
    return undefined;
  }
  const sid = line.toString("latin1", LINE_START.length, SID_END);
  return SID_PATTERN.test(sid) ? sid : undefined;
}

/** Reads one line, without its LF. Bytes that are no UTF-8 are replaced; what does not parse is nothing. */
function parseShardLine(line: Buffer): ShardLine | undefined {
  const sid = sidOfLine(line);
  if (sid === undefined) return undefined;
  const body = parseObject(line.toString("utf8"));
  if (body === undefined || body["sid"] !== sid) return undefined;
  if (body["trunc"] === true) return { sid, truncated: true };
  if ("hdr" in body) {
    const header = readHeader(body["hdr"]);
    return header === undefined ? undefined : { sid, header };
  }
  const { t, ch, d } = body;
  if (typeof t !== "number" || t < 0 || typeof d !== "string") return undefined;
  return ch === "i" || ch === "o" || ch === "r" ? { sid, t, ch, d: d.toWellFormed() } : undefined;
}

/**
 * Reads a line that may have a torn one in front of it, as a killed recorder leaves it. The mark of a
 * new line cannot stand inside a text, where its quotes are escaped.
 *
 * @returns the line and how many bytes in front of it are none
 */
export function readShardLine(
  bytes: Buffer,
): { readonly line: ShardLine; readonly skipped: number } | undefined {
  const whole = parseShardLine(bytes);
  if (whole !== undefined) return { line: whole, skipped: 0 };
  const start = bytes.lastIndexOf(LINE_START);
  if (start <= 0) return undefined;
  const line = parseShardLine(bytes.subarray(start));
  return line === undefined ? undefined : { line, skipped: start };
}

interface JsonObject {
  readonly [key: string]: unknown;
  readonly t?: unknown;
  readonly ch?: unknown;
  readonly d?: unknown;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 10_000;

function readHeader(value: unknown): ShardHeader | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { width, height, timestamp, env } = value as Record<string, unknown>;
  if (!isSize(width) || !isSize(height) || typeof timestamp !== "number" || !(timestamp >= 0))
    return undefined;
  const texts = Object.entries(typeof env === "object" && env !== null ? env : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && /^[A-Z_]{1,32}$/.test(entry[0]),
  );
  const kept = Object.fromEntries(
    texts.slice(0, 8).map(([key, text]) => [key, text.slice(0, 256).toWellFormed()]),
  );
  return { version: 2, width, height, timestamp, ...(texts.length === 0 ? {} : { env: kept }) };
}

/** Adjacent lines of one session. */
export interface ShardRun {
  readonly sid: string;
  readonly offset: number;
  readonly length: number;
  /** Events among them; header and cut are none. */
  readonly events: number;
  /** Time of the last event, seconds; 0 without one. */
  readonly lastT: number;
  /** The recording is cut here. */
  readonly truncated: boolean;
}

/** First line of an index and of each part of it that continues from another source. */
export interface IndexHead {
  /** Of the shard, for people. */
  readonly device: string;
  readonly inode: string;
  /** SHA-256 of the first `bytes` bytes of the shard. */
  readonly hash: string;
  readonly bytes: number;
  /** From here on, byte `from` of the source lies at `base + from` in the shard. */
  readonly base: number;
  readonly from: number;
}

/** One index line with its LF. */
export const encodeRun = (run: ShardRun): string =>
  `${JSON.stringify({ s: run.sid, o: run.offset, l: run.length, n: run.events, t: run.lastT, ...(run.truncated ? { x: 1 } : {}) })}\n`;

export const encodeHead = (head: IndexHead): string => `${JSON.stringify({ head })}\n`;

export type IndexLine = { readonly run: ShardRun } | { readonly head: IndexHead };

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Reads one index line, without its LF; nothing when it is torn. */
export function parseIndexLine(text: string): IndexLine | undefined {
  const body = parseObject(text);
  if (body === undefined) return undefined;
  const { s, o, l, n, t, x, head } = body as Record<string, unknown>;
  if (head !== undefined) return isHead(head) ? { head } : undefined;
  if (typeof s !== "string" || !SID_PATTERN.test(s) || !isOffset(o) || !isOffset(l) || !isOffset(n))
    return undefined;
  if (typeof t !== "number") return undefined;
  return { run: { sid: s, offset: o, length: l, events: n, lastT: t, truncated: x === 1 } };
}

function isHead(value: unknown): value is IndexHead {
  if (typeof value !== "object" || value === null) return false;
  const { hash, bytes, base, from } = value as Record<string, unknown>;
  return typeof hash === "string" && isOffset(bytes) && isOffset(base) && isOffset(from);
}
