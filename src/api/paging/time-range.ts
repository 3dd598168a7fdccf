import { ProblemError } from "../errors.ts";
import type { Since } from "../shapes.ts";

const sinceUs: Readonly<Record<Since, number>> = {
  "15m": 15 * 60e6,
  "1h": 3600e6,
  "24h": 24 * 3600e6,
  "7d": 7 * 24 * 3600e6,
};
const MAX_RANGE_US = 400 * 24 * 3600e6;

export const sinceMicroseconds = (since: Since): number => sinceUs[since];

export interface TimeQuery {
  readonly start_time?: string | undefined;
  readonly end_time?: string | undefined;
  readonly since?: Since | undefined;
}

export interface TimeRange {
  readonly startUs: number | undefined;
  readonly endUs: number | undefined;
}

/** Microseconds of an RFC 3339 time; digits behind the sixth are cut. */
function microseconds(text: string): number {
  const fraction = /\.(\d+)/u.exec(text)?.[1] ?? "";
  const seconds = Date.parse(text.replace(/\.\d+/u, ""));
  return seconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

const wrong = (pointer: string, message: string): ProblemError =>
  new ProblemError("invalid", message, { errors: [{ pointer, message }] });

function bound(query: TimeQuery, name: "start_time" | "end_time"): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const us = microseconds(text);
  if (!Number.isSafeInteger(us)) throw wrong(`/query/${name}`, "This is not a time.");
  return us;
}

/** @throws {ProblemError} invalid, when the parameters contradict or span more than 400 days */
export function timeRange(query: TimeQuery, nowUs: number): TimeRange {
  if (query.since !== undefined) {
    if (query.start_time !== undefined || query.end_time !== undefined)
      throw wrong("/query/since", "Give since, or start_time and end_time.");
    return { startUs: nowUs - sinceUs[query.since], endUs: undefined };
  }
  const startUs = bound(query, "start_time");
  const endUs = bound(query, "end_time");
  if (startUs === undefined) return { startUs, endUs };
  if ((endUs ?? nowUs) - startUs > MAX_RANGE_US)
    throw wrong("/query/start_time", "A range spans at most 400 days.");
  if (endUs !== undefined && endUs < startUs)
    throw wrong("/query/end_time", "The range ends before it begins.");
  return { startUs, endUs };
}

/** RFC 3339 with six digits, from microseconds. */
export function instantOf(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = us - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

export const instantOrNull = (us: number | null): string | null => (us === null ? null : instantOf(us));
