import type { Flag, Rejection } from "./record.ts";

/** The parts of a line in front of its structured data. */
export interface Header {
  readonly severity: number | undefined;
  readonly timestamp: string;
  readonly hostname: string;
  readonly app: string;
  readonly procid: string;
  readonly msgid: string;
  /** Everything behind MSGID and its blank. */
  readonly rest: string;
  readonly flags: readonly Flag[];
}

const MAX_PART = 255;
/** What RFC 5424 §6 allows: TIMESTAMP (as long as an offset and fractions can make it), HOSTNAME, APP-NAME, PROCID, MSGID. */
const RFC_LENGTHS = [64, 255, 48, 128, 32] as const;

export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const rejectAt = (rejected: Rejection["rejected"], at: number): Rejection => ({ rejected, at });

/** Reads `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID`. */
export function parseHeader(text: string): Header | Rejection {
  const versionAt = endOfPri(text, 0);
  if (versionAt === -1) return rejectAt("pri", 0);
  if (!isVersionOne(text, versionAt)) return rejectAt("version", versionAt);
  const parts = readParts(text, versionAt + 2);
  if ("rejected" in parts) return parts;
  const { values, end } = parts;
  if (isBlankFrom(text, end)) return rejectAt("no_sd", end);
  const pri = Number(text.slice(1, versionAt - 1));
  const flags: Flag[] = pri > 191 ? ["pri_range"] : [];
  if (values.some((part, index) => part.length > (RFC_LENGTHS[index] ?? 0))) flags.push("header_long");
  const [timestamp = "", hostname = "", app = "", procid = "", msgid = ""] = values;
  const severity = pri > 191 ? undefined : pri % 8;
  return { severity, timestamp, hostname, app, procid, msgid, rest: text.slice(end + 1), flags };
}

const isVersionOne = (text: string, at: number): boolean =>
  text.charCodeAt(at) === 0x31 && text.charCodeAt(at + 1) === 0x20;

/** The five parts behind the version, one SP between; `end` is behind the last. */
function readParts(
  text: string,
  start: number,
): { readonly values: readonly string[]; readonly end: number } | Rejection {
  const values: string[] = [];
  for (let at = start; ; ) {
    const end = endOfPart(text, at);
    if (end - at > MAX_PART) return rejectAt("header_length", at);
    if (end === at) return rejectAt("header", at);
    values.push(text.slice(at, end));
    const isLast = values.length === RFC_LENGTHS.length;
    if (text.charCodeAt(end) !== 0x20 && !(isLast && end === text.length)) return rejectAt("header", end);
    if (isLast) return { values, end };
    at = end + 1;
  }
}

/** @returns the offset behind `<digits>`, or -1 */
function endOfPri(text: string, start: number): number {
  if (text.charCodeAt(start) !== 0x3c) return -1;
  let i = start + 1;
  while (i <= start + 9 && text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++;
  return i > start + 1 && text.charCodeAt(i) === 0x3e ? i + 1 : -1;
}

/** A run of characters above 0x20 except 0x7F; looks at no more than one beyond the longest allowed. */
function endOfPart(text: string, start: number): number {
  const limit = Math.min(text.length, start + MAX_PART + 1);
  let i = start;
  while (i < limit) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) break;
    i++;
  }
  return i;
}

function isBlankFrom(text: string, start: number): boolean {
  let i = start;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i >= text.length;
}

/**
 * Undoes one wrap by a syslog daemon inside a container, which puts a whole line behind a header of
 * its own. The outer timestamp stays. Done once, never again on what comes out.
 */
export function unwrap(outer: Header): Header {
  if (outer.msgid !== "-" || outer.rest.charCodeAt(0) !== 0x2d) return outer;
  const { rest } = outer;
  const start = skipBlanks(rest, 1);
  const priEnd = endOfPri(rest, start);
  const at = priEnd !== -1 && isVersionOne(rest, priEnd) ? priEnd + 2 : start;
  const inner = beginsWithDate(rest, at) ? readInnerParts(rest, at) : undefined;
  if (inner === undefined) return outer;
  const [, hostname = "", app = "", procid = "", msgid = ""] = inner.values;
  return {
    ...outer,
    hostname,
    app,
    procid,
    msgid,
    rest: rest.slice(inner.end),
    flags: [...outer.flags, "rewrapped"],
  };
}

/** Five parts within their RFC lengths, spaces between, then `-` or `[` at `end`. */
function readInnerParts(
  text: string,
  start: number,
): { readonly values: readonly string[]; readonly end: number } | undefined {
  const values: string[] = [];
  let at = start;
  for (const allowed of RFC_LENGTHS) {
    const end = endOfPart(text, at);
    if (end === at || end - at > allowed || text.charCodeAt(end) !== 0x20) return undefined;
    values.push(text.slice(at, end));
    at = skipSpaces(text, end);
  }
  const first = text.charCodeAt(at);
  return first === 0x2d || first === 0x5b ? { values, end: at } : undefined;
}

function skipBlanks(text: string, start: number): number {
  let i = start;
  while (isBlank(text.charCodeAt(i))) i++;
  return i;
}

function skipSpaces(text: string, start: number): number {
  let i = start;
  while (text.charCodeAt(i) === 0x20) i++;
  return i;
}

/** `YYYY-MM-DDT` */
function beginsWithDate(text: string, at: number): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text.slice(at, at + 11));
}
