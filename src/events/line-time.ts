/** One moment in the two forms that a record carries. */
export interface LineTime {
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  readonly timestamp: string;
  /** RFC 3339, UTC, six digits, `Z`: text order is time order. */
  readonly time: string;
}

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  hour: number;
  minute: number;
  second: number;
  /** Six digits. */
  micros: string;
  /** Minutes east of UTC. */
  offset: number;
}

/**
 * Reads a calendar date, alone or with a time of day and an offset (`docs/records.md`).
 * Nothing for anything else: no epoch numbers, no week dates, no leap seconds.
 */
export function parseLineTime(text: string): LineTime | undefined {
  const civil = readCivil(text);
  if (civil === undefined) return undefined;
  return civil.offset === 0 ? formatCivil(civil) : convert(civil);
}

/** `received` of a record: RFC 3339, UTC, nine digits. @param ns nanoseconds since 1970 */
export function stampText(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(ns % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}

/** Milliseconds since 1970 of a `time` or `received` text; NaN when it is none. */
export const timeToMs = (time: string): number => Date.parse(time);

const DIGITS = /^\d+$/;

/** `length` digits at `at` as a number, or NaN. */
function digitsAt(text: string, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function readCivil(text: string): Civil | undefined {
  const isExtended = text.charCodeAt(4) === 0x2d;
  const monthAt = isExtended ? 5 : 4;
  const dayAt = isExtended ? 8 : 6;
  if (isExtended && text.charCodeAt(7) !== 0x2d) return undefined;
  const civil: Civil = {
    year: digitsAt(text, 0, 4),
    month: digitsAt(text, monthAt, 2),
    day: digitsAt(text, dayAt, 2),
    hour: 0,
    minute: 0,
    second: 0,
    micros: "000000",
    offset: 0,
  };
  if (!isCalendarDay(civil.year, civil.month, civil.day)) return undefined;
  if (text.length === dayAt + 2) return civil;
  if (text.charCodeAt(dayAt + 2) !== 0x54) return undefined;
  const end = readClock(text, dayAt + 3, civil);
  return end !== -1 && readOffset(text, end, civil) ? civil : undefined;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1)) return false;
  if (day <= 28) return true;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last =
    month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return day <= last;
}

/** `hh[:mm[:ss[.fraction]]]`, colons optional. @returns where it ends, or -1 */
function readClock(text: string, start: number, civil: Civil): number {
  civil.hour = digitsAt(text, start, 2);
  if (!(civil.hour <= 23)) return -1;
  let at = pairAt(text, start + 2);
  if (at === -1) return start + 2;
  civil.minute = digitsAt(text, at, 2);
  if (!(civil.minute <= 59)) return -1;
  const behindMinute = at + 2;
  at = pairAt(text, behindMinute);
  if (at === -1) return behindMinute;
  civil.second = digitsAt(text, at, 2);
  if (!(civil.second <= 59)) return -1;
  return readFraction(text, at + 2, civil);
}

/** Where the next two digits of the clock begin, an optional colon before them; -1 when there are none. */
function pairAt(text: string, at: number): number {
  const from = text.charCodeAt(at) === 0x3a ? at + 1 : at;
  const digit = text.charCodeAt(from);
  return from > at || (digit >= 0x30 && digit <= 0x39) ? from : -1;
}

function readFraction(text: string, at: number, civil: Civil): number {
  if (text.charCodeAt(at) !== 0x2e) return at;
  let end = at + 1;
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  if (end === at + 1) return -1;
  civil.micros =
    end - at === 7
      ? text.slice(at + 1, end)
      : text
          .slice(at + 1, at + 7)
          .slice(0, end - at - 1)
          .padEnd(6, "0");
  return end;
}

/** `Z`, `±hh[:mm]` or nothing, then the end. */
function readOffset(text: string, at: number, civil: Civil): boolean {
  if (at === text.length) return true;
  const sign = text.charCodeAt(at);
  if (sign === 0x5a) return at + 1 === text.length;
  if (sign !== 0x2b && sign !== 0x2d) return false;
  const body = text.slice(at + 1).replace(":", "");
  if ((body.length !== 2 && body.length !== 4) || !DIGITS.test(body)) return false;
  const hours = Number(body.slice(0, 2));
  const minutes = body.length === 4 ? Number(body.slice(2)) : 0;
  if (hours > 23 || minutes > 59) return false;
  civil.offset = (sign === 0x2d ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

function formatCivil(civil: Civil): LineTime {
  const date = `${civil.year}-${two(civil.month)}-${two(civil.day)}`;
  const clock = `${two(civil.hour)}:${two(civil.minute)}:${two(civil.second)}`;
  return { timestamp: `${date} ${clock}`, time: `${date}T${clock}.${civil.micros}Z` };
}

function convert(civil: Civil): LineTime | undefined {
  const { year, month, day, hour, minute, second, micros, offset } = civil;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute - offset, second));
  const text = date.toISOString();
  // Years before 1970 or with more than four digits fall outside what a record may say.
  if (date.getTime() < 0 || !/^\d{4}-/.test(text)) return undefined;
  const seconds = text.slice(0, 19);
  return { timestamp: seconds.replace("T", " "), time: `${seconds}.${micros}Z` };
}
