import { isUtf8 } from "node:buffer";
import type { JournalRecord } from "./record.ts";
import { createFields } from "./structured-data.ts";

export type DecodedRecord =
  | { readonly record: JournalRecord }
  /** `not_json`: no JSON object at all; `invalid`: an object that is no record; `detail` says why. */
  | { readonly reason: "not_json" | "invalid"; readonly detail: string };

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value.isWellFormed();
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTextList: Check = (value) => Array.isArray(value) && value.every(isText);
const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTextObject: Check = (value) =>
  isPlainObject(value) && Object.entries(value).every(([key, text]) => key.isWellFormed() && isText(text));
const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const isDate: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const both =
  (a: Check, b: Check): Check =>
  (value) =>
    a(value) && b(value);

/** Each key of a record in the order of the contract; what else stands in a line is ignored. */
const required: readonly (readonly [keyof JournalRecord, Check])[] = [
  ["timestamp", matches(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)],
  ["decky", isText],
  ["service", isText],
  ["event_type", isText],
  ["attacker_ip", isText],
  ["fields", isTextObject],
  ["msg", isText],
  ["raw_line", isText],
  ["v", oneOf(1)],
  ["id", matches(/^[0-9a-f]{32}$/)],
  ["time", both(matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/), isDate)],
  ["time_source", oneOf("line", "received")],
  ["received", both(matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/), isDate)],
  ["attribution", oneOf("field", "message_kv", "prose", "session", "none")],
  ["origin", oneOf("attacker", "passive", "active", "system")],
  ["source", isTextObject],
];

const optional: readonly (readonly [keyof JournalRecord, Check])[] = [
  ["severity", (value) => isCount(value) && (value as number) <= 7],
  ["app", isText],
  ["procid", isText],
  ["claimed", isTextObject],
  ["sid", isText],
  ["seq", isCount],
  ["command", isTextObject],
  ["flags", isTextList],
  ["raw_bytes", isCount],
  ["traceparent", isText],
];

/** Reads one journal line, without its LF. Never throws. */
export function decodeRecord(line: Uint8Array | string): DecodedRecord {
  const value = parseJson(line);
  if (!isPlainObject(value)) return { reason: "not_json", detail: "The line is no JSON object." };
  const record: Record<string, unknown> = {};
  for (const [key, isValid] of required) {
    if (!Object.hasOwn(value, key)) return invalid(key, "is missing");
    if (!isValid(value[key])) return invalid(key, "is not valid");
    record[key] = value[key];
  }
  for (const [key, isValid] of optional) {
    if (!Object.hasOwn(value, key)) continue;
    if (!isValid(value[key])) return invalid(key, "is not valid");
    record[key] = value[key];
  }
  record["fields"] = Object.assign(createFields(), value["fields"]);
  return { record: record as unknown as JournalRecord };
}

const invalid = (key: string, what: string): DecodedRecord => ({
  reason: "invalid",
  detail: `Key ${key} ${what}.`,
});

function parseJson(line: Uint8Array | string): unknown {
  if (typeof line !== "string" && !isUtf8(line)) return undefined;
  try {
    return JSON.parse(
      typeof line === "string"
        ? line
        : Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"),
    ) as unknown;
  } catch {
    return undefined;
  }
}
