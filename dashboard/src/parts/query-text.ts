/**
 * The search text as a list of tokens, for chips and for adding and taking away single conditions. What the
 * tokens mean is the server's business: this only knows where one ends and the next begins.
 */
export interface Token {
  readonly negated: boolean;
  /** Left of the colon, when the token looks like `key:value`. */
  readonly key: string | undefined;
  /** Without its quotes. */
  readonly value: string;
  /** As written, the minus included. */
  readonly raw: string;
}

/** Keys that the server reads as columns. */
export const columnKeys = [
  "attacker",
  "service",
  "decky",
  "event",
  "country",
  "severity",
  "session",
  "asn",
] as const;

const KEY = /^[A-Za-z][A-Za-z0-9_.-]*(?=:)/u;
const isBlank = (text: string, at: number): boolean => /\s/u.test(text.charAt(at));

/** @returns undefined while a quote is still open. */
export function parseTokens(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (isBlank(text, at)) {
      at += 1;
      continue;
    }
    const start = at;
    const negated = text.charAt(at) === "-" && at + 1 < text.length && !isBlank(text, at + 1);
    if (negated) at += 1;
    const key = KEY.exec(text.slice(at))?.[0];
    if (key !== undefined) at += key.length + 1;
    const read = readValue(text, at);
    if (read === undefined) return undefined;
    at = read.end;
    tokens.push({ negated, key: key?.toLowerCase(), value: read.value, raw: text.slice(start, at) });
  }
  return tokens;
}

function readValue(text: string, start: number): { value: string; end: number } | undefined {
  if (text.charAt(start) !== '"') {
    let end = start;
    while (end < text.length && !isBlank(text, end)) end += 1;
    return { value: text.slice(start, end), end };
  }
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '"') return { value, end: at + 1 };
    if (character === "\\" && (next === '"' || next === "\\")) {
      value += next;
      at += 1;
    } else value += character;
  }
  return undefined;
}

/** Values that mean themselves without quotes: no blank, no range, no comparison, no trailing star. */
const PLAIN = /^(?!.*\.\.)[A-Za-z0-9_:/@][A-Za-z0-9_.:/@+=-]*$/u;

const quoted = (value: string): string => `"${value.replaceAll(/[\\"]/gu, String.raw`\$&`)}"`;

/** `key:value` that asks for exactly this value, whatever is in it. */
export function condition(key: string, value: string, negated = false): string {
  return `${negated ? "-" : ""}${key}:${PLAIN.test(value) ? value : quoted(value)}`;
}

/** Plain words that ask the full-text index for exactly this text. */
export const plainText = (value: string): string =>
  PLAIN.test(value) && !value.includes(":") ? value : quoted(value);

/** Adds a condition; the opposite one, if there, gives way. Text with an open quote gets it closed. */
export function withToken(text: string, raw: string): string {
  const tokens = parseTokens(text) ?? parseTokens(`${text}"`) ?? [];
  const [added] = parseTokens(raw) ?? [];
  const kept = tokens.filter((token) => token.key !== added?.key || token.value !== added?.value);
  return [...kept.map((token) => token.raw), raw].join(" ");
}

export function withoutToken(text: string, raw: string): string {
  const tokens = parseTokens(text) ?? [];
  return tokens
    .filter((token) => token.raw !== raw)
    .map((token) => token.raw)
    .join(" ");
}
