import { cutToBytes } from "./encode.ts";
import type { Flag, JournalRecord, ShellAudit } from "./record.ts";
import { createFields } from "./structured-data.ts";

/** Largest journal line of the file form, without its LF. */
export const MAX_RECORD_BYTES = 8 * 1024 * 1024;

const RAW_CAP = 16 * 1024;
/** Caps of the texts of a record, tried one after the other until it fits. */
const STEPS = [
  { field: 4_096, text: Number.POSITIVE_INFINITY },
  { field: 4_096, text: RAW_CAP },
  { field: 256, text: 1_024 },
] as const;
/** Fields that a record keeps when not even the smallest caps are enough. */
const LAST_KEYS = 32;

/**
 * One journal line without its LF: keys in the order of the contract, no blanks.
 *
 * A record above `maxBytes` is made smaller, never dropped: first the raw line, then the longest
 * field values, then message and command text, and at the very end fields beyond the first 32.
 */
export function encodeRecord(record: JournalRecord, maxBytes: number = MAX_RECORD_BYTES): string {
  const json = JSON.stringify(record);
  return fits(json, maxBytes) ? json : encodeSmaller(record, maxBytes);
}

/** Most lines are so short that their bytes need not be counted. */
const fits = (json: string, maxBytes: number): boolean =>
  json.length * 3 <= maxBytes || Buffer.byteLength(json) <= maxBytes;

function encodeSmaller(record: JournalRecord, maxBytes: number): string {
  let smaller = cutRaw(record);
  let json = JSON.stringify(smaller);
  for (const { field, text } of STEPS) {
    if (fits(json, maxBytes)) return json;
    smaller = cutTexts(cutFields(smaller, field, maxBytes), text);
    json = JSON.stringify(smaller);
  }
  return fits(json, maxBytes) ? json : JSON.stringify(keepFirstKeys(smaller));
}

function cutRaw(record: JournalRecord): JournalRecord {
  const raw_line = cutToBytes(record.raw_line, RAW_CAP);
  if (raw_line === record.raw_line) return record;
  const raw_bytes = record.raw_bytes ?? Buffer.byteLength(record.raw_line);
  return ordered(record, { raw_line, raw_bytes, flags: withFlag(record, "raw_cut") });
}

/** Cuts values to `cap`, the longest first, and no more of them than needed. */
function cutFields(record: JournalRecord, cap: number, maxBytes: number): JournalRecord {
  const byLength = Object.keys(record.fields)
    .filter((key) => (record.fields[key] ?? "").length * 3 > cap)
    .toSorted((a, b) => (record.fields[b] ?? "").length - (record.fields[a] ?? "").length);
  const fields = copyFields(record.fields, Object.keys(record.fields));
  let over = Buffer.byteLength(JSON.stringify(record)) + FLAG_BYTES - maxBytes;
  let isCut = false;
  for (const key of byLength) {
    if (over <= 0) break;
    const value = fields[key] ?? "";
    const cut = cutToBytes(value, cap);
    isCut ||= cut !== value;
    over -= Buffer.byteLength(JSON.stringify(value)) - Buffer.byteLength(JSON.stringify(cut));
    fields[key] = cut;
  }
  return isCut ? ordered(record, { fields, flags: withFlag(record, "fields_cut") }) : record;
}

/** Room for what cutting itself adds. */
const FLAG_BYTES = 64;

function cutTexts(record: JournalRecord, cap: number): JournalRecord {
  if (cap === Number.POSITIVE_INFINITY) return record;
  const msg = cutToBytes(record.msg, cap);
  const raw_line = cutToBytes(record.raw_line, cap);
  const flags = withFlag(record, "fields_cut");
  const { command } = record;
  if (command === undefined) return ordered(record, { msg, raw_line, flags });
  const cut = Object.entries(command).map(([key, value]) => [key, cutToBytes(String(value), cap)]);
  return ordered(record, { msg, raw_line, flags, command: Object.fromEntries(cut) as ShellAudit });
}

function keepFirstKeys(record: JournalRecord): JournalRecord {
  const fields = copyFields(record.fields, Object.keys(record.fields).slice(0, LAST_KEYS));
  return ordered(record, { fields, flags: withFlag(record, "fields_cut") });
}

function copyFields(
  fields: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, string> {
  const copy = createFields();
  for (const key of keys) copy[key] = fields[key] ?? "";
  return copy;
}

const withFlag = (record: JournalRecord, flag: Flag): readonly Flag[] => [
  ...new Set([...(record.flags ?? []), flag]),
];

/** The record with changes; keys that it did not have yet go where the contract has them. */
function ordered(record: JournalRecord, changes: Partial<JournalRecord>): JournalRecord {
  const { flags, raw_bytes, traceparent, ...first } = { ...record, ...changes };
  return {
    ...first,
    ...(flags === undefined ? {} : { flags }),
    ...(raw_bytes === undefined ? {} : { raw_bytes }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
