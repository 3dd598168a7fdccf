import { createHash } from "node:crypto";
import { EventKeyError } from "./errors.ts";
import { ADDRESS_KEYS, BOUND_KEYS, CREDENTIAL_KEYS, KEY_PATTERN, RELAY_ID, TRACE_ID } from "./keys.ts";

/** Bytes of a line without its LF: below Docker's 16 KiB buffer, so a line is never split. */
export const MAX_LINE_BYTES = 16_000;
/** UTF-8 bytes of one value. */
const MAX_VALUE_BYTES = 8_192;

/** `null` and `undefined` leave the key out; lists and objects become JSON text. */
export type FieldValue = string | number | boolean | bigint | null | undefined | object;

export interface LineEvent {
  /** Default `info`. */
  readonly severity?: "info" | "notice" | "warning" | "error";
  /** Nanoseconds since 1970, UTC. */
  readonly timestampNs: bigint;
  /** The decky's name. */
  readonly hostname: string;
  /** The slug. */
  readonly app: string;
  /** The event type. */
  readonly type: string;
  readonly fields?: Readonly<Record<string, FieldValue>>;
  /** A constant sentence, never text of an attacker. */
  readonly msg?: string;
  /** From 1; left out when undefined. */
  readonly sequenceId?: number;
  readonly traceparent?: string;
}

const PRI = { info: 134, notice: 133, warning: 132, error: 131 } as const;
const LAST_SEQUENCE = 2_147_483_647;
const protectedKeys: ReadonlySet<string> = new Set([...ADDRESS_KEYS, ...BOUND_KEYS, ...CREDENTIAL_KEYS]);

/** The number after `n`: 1 follows 2147483647. */
export const nextSequenceId = (n: number): number => (n >= LAST_SEQUENCE ? 1 : n + 1);

/**
 * Writes one event as an RFC 5424 line of at most 16 000 bytes, without its LF (`docs/records.md`).
 *
 * Long values are cut and get `<key>_truncated`, `<key>_bytes`, `<key>_sha256`; address and credential
 * keys are cut last.
 *
 * @throws {EventKeyError} for a key outside `^[a-z][a-z0-9_]{0,31}$`
 */
export function encodeLine(event: LineEvent): string {
  const head = encodeHeader(event);
  const tail = encodeTail(event);
  const budget = MAX_LINE_BYTES - head.length - Buffer.byteLength(tail);
  const relay = encodeFields(event.fields ?? {}, budget);
  return relay === "" && !tail.startsWith("[") ? `${head}-${tail}` : `${head}${relay}${tail}`;
}

function encodeHeader(event: LineEvent): string {
  const pri = PRI[event.severity ?? "info"];
  const host = headerPart(event.hostname, 255);
  const app = headerPart(event.app, 48);
  return `<${pri}>1 ${lineTimestamp(event.timestampNs)} ${host} ${app} - ${headerPart(event.type, 32)} `;
}

/** What stands behind the fields: further elements, then the message with its space. */
function encodeTail(event: LineEvent): string {
  const meta = event.sequenceId === undefined ? "" : `[meta sequenceId="${event.sequenceId}"]`;
  const trace =
    event.traceparent === undefined ? "" : `[${TRACE_ID} traceparent="${escapeValue(event.traceparent)}"]`;
  const msg = cutToBytes(plainSentence(event.msg ?? ""), 1_024);
  return `${meta}${trace}${msg === "" ? "" : ` ${msg}`}`;
}

/** `2026-07-19T14:22:31.250417+00:00` */
function lineTimestamp(ns: bigint): string {
  const micros = ns / 1_000n;
  const seconds = new Date(Number(micros / 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, "0")}+00:00`;
}

function headerPart(text: string, max: number): string {
  const part = text.slice(0, max).replace(/[^\x21-\x7e]/g, "_");
  return part === "" ? "-" : part;
}

/** The message is ours; this only keeps a slip from breaking the line. */
const plainSentence = (text: string): string =>
  text
    .replace(/[\p{Control}\u2028\u2029]/gu, " ")
    .toWellFormed()
    .trim();

/** `Control` is U+0000–001F and U+007F–009F; `Surrogate` matches only unpaired ones. */
const SPECIAL = /[\\"\]\p{Control}\p{Surrogate}\u2028\u2029]/gu;

const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "]": "\\]",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Escapes a value of `relay@55555`: no raw line break, and every string comes back. */
function escapeValue(text: string): string {
  return text.replace(SPECIAL, (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

interface Pair {
  readonly key: string;
  /** The whole value; what is written may be a prefix of it. */
  readonly full: string;
  value: string;
  encoded: string;
  /** Length of `encoded` in UTF-8. */
  bytes: number;
  cut: boolean;
}

function encodeFields(fields: Readonly<Record<string, FieldValue>>, budget: number): string {
  let pairs: readonly Pair[] = Object.entries(fields).flatMap(([key, value]) => {
    if (!KEY_PATTERN.test(key)) throw new EventKeyError(key);
    return value === null || value === undefined ? [] : [openPair(key, fieldText(value))];
  });
  if (pairs.length === 0) return "";
  if (pairs.length > MAX_FIELDS) pairs = leaveOut(pairs, Number.POSITIVE_INFINITY);
  if (sizeOf(pairs) > budget) pairs = shrink(pairs, budget);
  return `[${RELAY_ID}${pairs.map((pair) => pairText(pair, pairs)).join("")}]`;
}

function fieldText(value: Exclude<FieldValue, null | undefined>): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value);
}

function openPair(key: string, full: string): Pair {
  const value = cutValue(key, full, MAX_VALUE_BYTES);
  const encoded = escapeValue(value);
  return { key, full, value, encoded, bytes: Buffer.byteLength(encoded), cut: value.length < full.length };
}

function pairText(pair: Pair, pairs: readonly Pair[]): string {
  const cutCompanion = pair.key.endsWith("_truncated") ? pair.key.slice(0, -"_truncated".length) : undefined;
  // A caller that says "not truncated" of a value we cut would be wrong.
  const isCut = cutCompanion !== undefined && pairs.some(({ key, cut }) => cut && key === cutCompanion);
  return ` ${pair.key}="${isCut ? "true" : pair.encoded}"${pair.cut ? companions(pair, pairs) : ""}`;
}

/** `_bytes` and `_sha256` that the caller wrote itself describe the true whole and stay. */
function companions(pair: Pair, pairs: readonly Pair[]): string {
  const write = (key: string, value: () => string) =>
    pairs.some((other) => other.key === key) ? "" : ` ${key}="${value()}"`;
  return (
    write(`${pair.key}_truncated`, () => "true") +
    write(`${pair.key}_bytes`, () => String(Buffer.byteLength(pair.full))) +
    write(`${pair.key}_sha256`, () => createHash("sha256").update(pair.full).digest("hex"))
  );
}

/** `_truncated="true"`, `_bytes="nnnnnnnnnn"`, `_sha256="64 digits"` with blanks and keys, rounded up. */
const companionBytes = (pair: Pair): number => 3 * pair.key.length + 130;

const pairBytes = (pair: Pair): number =>
  pair.key.length + 4 + pair.bytes + (pair.cut ? companionBytes(pair) : 0);

const sizeOf = (pairs: readonly Pair[]): number =>
  pairs.reduce((sum, pair) => sum + pairBytes(pair), RELAY_ID.length + 2);

/** A reader keeps 256 keys of a line, and each field can bring three companions. */
const MAX_FIELDS = 64;
/** How many fields a line had no room for. */
const LEFT_OUT = "fields_left_out";
/** Shortest length a value is cut to. */
const FLOOR_BYTES = 128;

function shrink(pairs: readonly Pair[], budget: number): readonly Pair[] {
  const isProtected = (pair: Pair) => protectedKeys.has(pair.key);
  const cutOrdinary = cutLongest(pairs, (pair) => !isProtected(pair), budget);
  if (sizeOf(cutOrdinary) <= budget) return cutOrdinary;
  const cutAll = cutLongest(cutOrdinary, isProtected, budget);
  return sizeOf(cutAll) <= budget ? cutAll : leaveOut(cutAll, budget);
}

/** Cuts the longest of the chosen values to one common length: the greatest that is enough. */
function cutLongest(
  pairs: readonly Pair[],
  isChosen: (pair: Pair) => boolean,
  budget: number,
): readonly Pair[] {
  const fits = (length: number) =>
    pairs.reduce((sum, pair) => {
      const isCut = isChosen(pair) && pair.bytes > length + companionBytes(pair);
      return sum + (isCut ? pair.key.length + 4 + length + companionBytes(pair) : pairBytes(pair));
    }, RELAY_ID.length + 2) <= budget;
  let low = FLOOR_BYTES;
  let high = MAX_LINE_BYTES;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return pairs.map((pair) =>
    isChosen(pair) && pair.bytes > low + companionBytes(pair) ? cutEncoded(pair, low) : pair,
  );
}

/** Shortens a value until its escaped form has at most `max` bytes. */
function cutEncoded(pair: Pair, max: number): Pair {
  let bytes = 0;
  let end = 0;
  for (const character of pair.value) {
    bytes += Buffer.byteLength(escapeValue(character));
    if (bytes > max) break;
    end += character.length;
  }
  const value = pair.value.slice(0, pair.key.endsWith("_b64") ? end - (end % 4) : end);
  const encoded = escapeValue(value);
  return { ...pair, value, encoded, bytes: Buffer.byteLength(encoded), cut: true };
}

/** More fields than fit in their shortest forms: the longest go, and their number is said. */
function leaveOut(pairs: readonly Pair[], budget: number): readonly Pair[] {
  const bySize = (a: Pair, b: Pair) => pairBytes(a) - pairBytes(b);
  const isProtected = (pair: Pair) => protectedKeys.has(pair.key);
  const before = Number(pairs.find(({ key }) => key === LEFT_OUT)?.value ?? 0);
  const named = pairs.filter(({ key }) => key !== LEFT_OUT);
  const order = [
    ...named.filter(isProtected).toSorted(bySize),
    ...named.filter((pair) => !isProtected(pair)).toSorted(bySize),
  ];
  const kept = new Set<Pair>();
  let room = budget - RELAY_ID.length - 2 - LEFT_OUT.length - 12;
  for (const pair of order) {
    room -= pairBytes(pair);
    if (room < 0 || kept.size >= MAX_FIELDS - 1) break;
    kept.add(pair);
  }
  const count = before + named.length - kept.size;
  return [...named.filter((pair) => kept.has(pair)), openPair(LEFT_OUT, String(count))];
}

function cutValue(key: string, text: string, max: number): string {
  const cut = cutToBytes(text, max);
  return key.endsWith("_b64") ? cut.slice(0, cut.length - (cut.length % 4)) : cut;
}

/** The longest prefix of whole characters with at most `max` UTF-8 bytes. */
export function cutToBytes(text: string, max: number): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text.slice(0, max)) {
    bytes += Buffer.byteLength(character);
    if (bytes > max) break;
    end += character.length;
  }
  return text.slice(0, end);
}
