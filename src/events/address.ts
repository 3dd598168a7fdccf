/** A usable network address in canonical form, with the port that stood beside it. */
export interface Address {
  /** IPv4, or IPv6 as RFC 5952 writes it; IPv4-mapped IPv6 is IPv4. */
  readonly ip: string;
  readonly port?: number;
}

/** Longest text that can be an address: brackets, 45 characters, a zone of 32 and a port. */
export const MAX_ADDRESS_LENGTH = 88;
const MAX_ZONE_LENGTH = 32;

/**
 * Reads `ipv4`, `ipv4:port`, `ipv6`, `[ipv6]` or `[ipv6]:port`, each IPv6 with an optional `%zone`.
 *
 * @returns nothing for anything else and for the addresses that name no peer: `0.0.0.0`, `::`,
 *   `255.255.255.255`
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length < 2 || text.length > MAX_ADDRESS_LENGTH) return undefined;
  if (text.charCodeAt(0) === 0x5b) return parseBracketed(text);
  const colon = text.indexOf(":");
  if (colon === -1) return usable(parseIpv4(text), undefined);
  if (text.indexOf(".") !== -1 && text.indexOf(".") < colon) {
    const port = parsePort(text, colon + 1);
    return port === undefined ? undefined : usable(parseIpv4(text.slice(0, colon)), port);
  }
  return usable(parseIpv6(text), undefined);
}

function parseBracketed(text: string): Address | undefined {
  const end = text.indexOf("]");
  if (end === -1) return undefined;
  const ip = parseIpv6(text.slice(1, end));
  if (end === text.length - 1) return usable(ip, undefined);
  if (text.charCodeAt(end + 1) !== 0x3a) return undefined;
  const port = parsePort(text, end + 2);
  return port === undefined ? undefined : usable(ip, port);
}

function usable(ip: string | undefined, port: number | undefined): Address | undefined {
  if (ip === undefined || ip === "0.0.0.0" || ip === "::" || ip === "255.255.255.255") return undefined;
  return port === undefined ? { ip } : { ip, port };
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function parsePort(text: string, from: number): number | undefined {
  const length = text.length - from;
  if (length < 1 || length > 5) return undefined;
  let port = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return undefined;
    port = port * 10 + code - 0x30;
  }
  return port <= 65_535 ? port : undefined;
}

/** @returns `text` itself when it is four decimal octets without leading zeros */
function parseIpv4(text: string): string | undefined {
  return ipv4End(text, 0) === text.length ? text : undefined;
}

/** @returns where an IPv4 text that begins at `start` ends, or -1 */
export function ipv4End(text: string, start: number): number {
  let i = start;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0) {
      if (text.charCodeAt(i) !== 0x2e) return -1;
      i++;
    }
    const end = octetEnd(text, i);
    if (end === -1) return -1;
    i = end;
  }
  return i;
}

function octetEnd(text: string, start: number): number {
  let i = start;
  let value = 0;
  while (i < start + 4 && isDigit(text.charCodeAt(i))) {
    value = value * 10 + text.charCodeAt(i) - 0x30;
    i++;
  }
  const length = i - start;
  const isLeadingZero = length > 1 && text.charCodeAt(start) === 0x30;
  return length === 0 || value > 255 || isLeadingZero ? -1 : i;
}

/** @returns the canonical form; the zone is dropped */
function parseIpv6(text: string): string | undefined {
  const percent = text.indexOf("%");
  if (percent !== -1 && !isZone(text, percent + 1)) return undefined;
  const words = ipv6Words(percent === -1 ? text : text.slice(0, percent));
  return words === undefined ? undefined : formatWords(words);
}

function isZone(text: string, from: number): boolean {
  const length = text.length - from;
  if (length < 1 || length > MAX_ZONE_LENGTH) return false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!isLetter && !isDigit(code) && code !== 0x2d && code !== 0x2e && code !== 0x5f) return false;
  }
  return true;
}

/** The eight 16-bit words, or nothing. */
function ipv6Words(text: string): number[] | undefined {
  const gap = text.indexOf("::");
  if (gap === -1) {
    const words = wordsOf(text, true);
    return words?.length === 8 ? words : undefined;
  }
  const head = gap === 0 ? [] : wordsOf(text.slice(0, gap), false);
  const tail = gap + 2 === text.length ? [] : wordsOf(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** Groups between single colons; the last may be an IPv4 text where `isEnd`. */
function wordsOf(text: string, isEnd: boolean): number[] | undefined {
  const words: number[] = [];
  const parts = text.split(":", 9);
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes(".")) {
      if (parseIpv4(part) === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      words.push(a * 256 + b, c * 256 + d);
    } else {
      const word = parseGroup(part);
      if (word === undefined) return undefined;
      words.push(word);
    }
  }
  return words;
}

function parseGroup(part: string): number | undefined {
  if (part.length < 1 || part.length > 4) return undefined;
  let value = 0;
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i);
    const lower = code | 0x20;
    if (isDigit(code)) value = value * 16 + code - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return undefined;
  }
  return value;
}

function formatWords(words: readonly number[]): string {
  const isMapped = words[5] === 0xff_ff && words.slice(0, 5).every((word) => word === 0);
  if (isMapped) {
    const [high = 0, low = 0] = words.slice(6);
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, length } = longestZeroRun(words);
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (length < 2) return hex(words);
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

/** RFC 5952 §4.2: the longest run is shortened, the first of equals. */
function longestZeroRun(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = -1;
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = -1;
    else if (start === -1) start = index;
    if (start !== -1 && index - start + 1 > best.length) best = { start, length: index - start + 1 };
  }
  return best;
}
