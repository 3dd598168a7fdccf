import { type Address, ipv4End, MAX_ADDRESS_LENGTH, parseAddress } from "./address.ts";
import { isBlank } from "./header.ts";
import { ADDRESS_KEYS } from "./keys.ts";
import type { Attribution } from "./record.ts";
import type { AuditBody } from "./shell-audit.ts";

/** Whose address a line speaks of, and how that is known. */
export interface Finding {
  readonly address: Address | undefined;
  readonly attribution: Attribution;
}

const NONE: Finding = { address: undefined, attribution: "none" };
/** No text is searched beyond this. */
const MAX_SEARCHED = 8_192;

/** The first address key whose value is an address; a line with our fields is never searched further. */
export function fromFields(fields: Readonly<Record<string, string>>): Finding {
  for (const key of ADDRESS_KEYS) {
    const value = fields[key];
    const address = value === undefined ? undefined : parseAddress(value);
    if (address !== undefined) return { address, attribution: "field" };
  }
  return NONE;
}

/** The pair `src` of a shell audit line or, where there is none at all, another address key. */
export function fromAuditBody(body: AuditBody): Finding {
  if (body.frontLength > MAX_SEARCHED) return NONE;
  for (const key of body.hasSrc ? (["src"] as const) : ADDRESS_KEYS) {
    const value = body.pairs.get(key);
    const address = value === undefined ? undefined : parseAddress(value);
    if (address !== undefined) return { address, attribution: "message_kv" };
  }
  return NONE;
}

/** An address in the prose of a foreign program, where that program puts it. */
export function fromProse(msg: string, isUntyped: boolean): Finding {
  const text = searched(msg);
  if (text.startsWith("pam_")) return prose(behindAnchor(text, "rhost", "first"));
  const peer = beforePort(text, text.startsWith("Connection from ") ? "first" : "last");
  if (peer !== undefined) return prose(peer);
  const pair = fromWords(text);
  if (pair !== undefined) return { address: pair, attribution: "message_kv" };
  return prose(
    behindAnchor(text, "from", "last") ??
      behindAnchor(text, "rhost", "first") ??
      behindAnchor(text, "client", "first") ??
      behindAnchor(text, "src", "first") ??
      (isUntyped ? freeStanding(text) : undefined),
  );
}

const prose = (address: Address | undefined): Finding =>
  address === undefined ? NONE : { address, attribution: "prose" };

/** The first 8 192 characters, ending with a whole word, so that no address is read in half. */
function searched(msg: string): string {
  if (msg.length <= MAX_SEARCHED) return msg;
  let end = MAX_SEARCHED;
  while (end > 0 && !isBlank(msg.charCodeAt(end))) end--;
  return msg.slice(0, end);
}

/** Letters, digits, `_` and everything beyond ASCII. */
function isWord(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code) || code === 0x5f || code > 0x7f;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Characters that can stand inside an address or would make it part of something longer. */
const isAddressLike = (code: number): boolean =>
  isWord(code) ||
  code === 0x2e ||
  code === 0x3a ||
  code === 0x25 ||
  code === 0x2d ||
  code === 0x2f ||
  code === 0x40;

/** The address that begins at `start` and is a word of its own; a full stop or colon may follow it. */
function addressAt(text: string, start: number): Address | undefined {
  let end = start;
  const limit = Math.min(text.length, start + MAX_ADDRESS_LENGTH + 2);
  if (text.charCodeAt(start) === 0x5b) {
    const close = text.slice(start, limit).indexOf("]");
    if (close === -1) return undefined;
    end = start + close + 1;
  }
  while (end < limit && isAddressLike(text.charCodeAt(end))) end++;
  return end === limit && end < text.length ? undefined : addressWord(text.slice(start, end));
}

function addressWord(word: string): Address | undefined {
  const last = word.charCodeAt(word.length - 1);
  return parseAddress(word) ?? (last === 0x2e || last === 0x3a ? parseAddress(word.slice(0, -1)) : undefined);
}

/** The first or last address in front of ` port ` and digits. */
function beforePort(text: string, which: "first" | "last"): Address | undefined {
  const mark = " port ";
  const step = (at: number) =>
    which === "first" ? text.indexOf(mark, at + 1) : at === 0 ? -1 : text.lastIndexOf(mark, at - 1);
  for (let at = which === "first" ? text.indexOf(mark) : text.lastIndexOf(mark); at !== -1; at = step(at)) {
    if (!isDigit(text.charCodeAt(at + mark.length))) continue;
    const address = addressEndingAt(text, at);
    if (address !== undefined) return address;
  }
  return undefined;
}

function addressEndingAt(text: string, end: number): Address | undefined {
  const limit = Math.max(0, end - MAX_ADDRESS_LENGTH - 1);
  let start = end;
  while (start > limit && isAddressLike(text.charCodeAt(start - 1))) start--;
  return parseAddress(text.slice(start, end));
}

/** The first word `key=value` with an address key. */
function fromWords(text: string): Address | undefined {
  for (let equals = text.indexOf("="); equals !== -1; equals = text.indexOf("=", equals + 1)) {
    const key = ADDRESS_KEYS.find((candidate) => isWholeKey(text, equals, candidate));
    if (key === undefined) continue;
    const address = parseAddress(trimValue(text, equals + 1));
    if (address !== undefined) return address;
  }
  return undefined;
}

function isWholeKey(text: string, equals: number, key: string): boolean {
  const start = equals - key.length;
  return text.startsWith(key, start) && start >= 0 && (start === 0 || isBlank(text.charCodeAt(start - 1)));
}

/** The word at `start` without quotes and trailing `,;)}`. */
function trimValue(text: string, start: number): string {
  const limit = Math.min(text.length, start + MAX_ADDRESS_LENGTH + 8);
  let end = start;
  while (end < limit && !isBlank(text.charCodeAt(end))) end++;
  let from = start;
  while (from < end && isQuote(text.charCodeAt(from))) from++;
  while (end > from && isTrailing(text.charCodeAt(end - 1))) end--;
  return text.slice(from, end);
}

const isQuote = (code: number): boolean => code === 0x22 || code === 0x27;
const isTrailing = (code: number): boolean =>
  isQuote(code) || code === 0x2c || code === 0x3b || code === 0x29 || code === 0x7d;

/**
 * The address directly behind the first or last place where `anchor` stands as a whole word;
 * `from` is followed by blanks, the others by `=` or `:`.
 */
function behindAnchor(text: string, anchor: string, which: "first" | "last"): Address | undefined {
  const lower = lowerAscii(text);
  const next = (at: number) =>
    which === "first" ? lower.indexOf(anchor, at + 1) : at === 0 ? -1 : lower.lastIndexOf(anchor, at - 1);
  for (
    let at = which === "first" ? lower.indexOf(anchor) : lower.lastIndexOf(anchor);
    at !== -1;
    at = next(at)
  ) {
    if (at > 0 && isWord(text.charCodeAt(at - 1))) continue;
    const behind = anchor === "from" ? behindBlank(text, at + 4) : behindMark(text, at + anchor.length);
    if (behind !== -1) return addressAt(text, behind);
  }
  return undefined;
}

/** Same length as the text whatever it holds, unlike `toLowerCase`. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (run) => run.toLowerCase());

function behindBlank(text: string, at: number): number {
  if (!isBlank(text.charCodeAt(at))) return isWord(text.charCodeAt(at)) ? -1 : at;
  return skipBlanks(text, at);
}

function behindMark(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 0x3d) return at + 1;
  return code === 0x3a ? skipBlanks(text, at + 1) : -1;
}

function skipBlanks(text: string, start: number): number {
  let i = start;
  while (isBlank(text.charCodeAt(i))) i++;
  return i;
}

/** The first valid IPv4 that is not part of a longer word, number or version. */
function freeStanding(text: string): Address | undefined {
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i)) || (i > 0 && isAddressLike(text.charCodeAt(i - 1)))) continue;
    const end = ipv4End(text, i);
    const address = end === -1 || !isFreeBehind(text, end) ? undefined : parseAddress(text.slice(i, end));
    if (address !== undefined) return address;
  }
  return undefined;
}

/** A full stop or colon may end a sentence; a port may follow the colon. */
function isFreeBehind(text: string, end: number): boolean {
  const code = text.charCodeAt(end);
  if (!isAddressLike(code)) return true;
  if (code === 0x3a && isDigit(text.charCodeAt(end + 1)))
    return parseAddress(portWord(text, end)) !== undefined;
  return (code === 0x2e || code === 0x3a) && !isAddressLike(text.charCodeAt(end + 1));
}

/** Stands for any address with the port that follows `colon`. */
function portWord(text: string, colon: number): string {
  let end = colon + 1;
  while (end < colon + 8 && isAddressLike(text.charCodeAt(end))) end++;
  return `192.0.2.1${text.slice(colon, end)}`;
}
