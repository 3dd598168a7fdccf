import type { NumberColumn, SearchTerm, TextColumn } from "#store/repositories/event-filter.ts";
import { parseAddress } from "../address.ts";

export type ParsedSearch =
  | { readonly ok: true; readonly terms: readonly SearchTerm[] }
  | { readonly ok: false; readonly position: number; readonly message: string };

const MAX_TERMS = 32;

const textColumns: Readonly<Record<string, TextColumn>> = {
  decky: "decky",
  service: "service",
  event: "event_type",
  event_type: "event_type",
  session: "session",
};
const numberColumns: Readonly<Record<string, NumberColumn>> = { asn: "asn", severity: "severity" };
const addressKeys: ReadonlySet<string> = new Set(["attacker", "attacker-ip", "attacker_ip", "ip"]);

class Refused extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

interface Value {
  readonly text: string;
  readonly at: number;
  readonly quoted: boolean;
}

/** Reads a quoted group or everything up to the next blank. */
function readValue(source: string, at: number): { readonly value: Value; readonly end: number } {
  if (source[at] !== '"') {
    let end = at;
    while (end < source.length && !/\s/u.test(source[end] ?? "")) end += 1;
    return { value: { text: source.slice(at, end), at, quoted: false }, end };
  }
  let text = "";
  for (let i = at + 1; i < source.length; i += 1) {
    const char = source[i] ?? "";
    if (char === '"') return { value: { text, at, quoted: true }, end: i + 1 };
    const escaped = source[i + 1];
    if (char === "\\" && (escaped === '"' || escaped === "\\")) {
      text += escaped;
      i += 1;
    } else text += char;
  }
  throw new Refused(at, "The quote is not closed.");
}

const withStar = (value: Value): { readonly text: string; readonly prefix: boolean } =>
  !value.quoted && value.text.length > 1 && value.text.endsWith("*")
    ? { text: value.text.slice(0, -1), prefix: true }
    : { text: value.text, prefix: false };

const NUMBER = "-?\\d{1,15}(?:\\.\\d{1,6})?";
const rangeForm = new RegExp(`^(${NUMBER})?\\.\\.(${NUMBER})?$`, "u");
const compareForm = new RegExp(`^([<>]=?)(${NUMBER})$`, "u");

/** `5`, `1..5`, `..5`, `1..`, `>5`, `<=5`; undefined when the text is none of them. */
function parseRange(text: string): { readonly from: number; readonly to: number } | undefined {
  const range = rangeForm.exec(text);
  if (range !== null && (range[1] !== undefined || range[2] !== undefined))
    return {
      from: range[1] === undefined ? -Number.MAX_SAFE_INTEGER : Number(range[1]),
      to: range[2] === undefined ? Number.MAX_SAFE_INTEGER : Number(range[2]),
    };
  const compare = compareForm.exec(text);
  if (compare === null) return undefined;
  const bound = Number(compare[2]);
  // The smallest step that matters: numbers of events are written with at most six decimals.
  const step = Number.isInteger(bound) ? 1 : 1e-6;
  const isStrict = compare[1] === ">" || compare[1] === "<";
  return compare[1]?.startsWith(">") === true
    ? { from: isStrict ? bound + step : bound, to: Number.MAX_SAFE_INTEGER }
    : { from: -Number.MAX_SAFE_INTEGER, to: isStrict ? bound - step : bound };
}

function numberTerm(column: NumberColumn, value: Value, not: boolean): SearchTerm {
  const text = column === "asn" ? value.text.replace(/^AS(?=\d)/iu, "") : value.text;
  const range =
    parseRange(text) ?? (/^\d{1,10}$/u.test(text) ? { from: Number(text), to: Number(text) } : undefined);
  if (range === undefined) throw new Refused(value.at, `${column}: needs a number or a range such as 1..5.`);
  if (range.from > range.to) throw new Refused(value.at, "The range ends before it begins.");
  return { kind: "number", column, ...range, not };
}

function fieldTerm(name: string, value: Value, not: boolean): SearchTerm {
  const range = value.quoted ? undefined : parseRange(value.text);
  if (range !== undefined && range.from > range.to)
    throw new Refused(value.at, "The range ends before it begins.");
  const { text, prefix } = withStar(value);
  return { kind: "field", name, value: text, prefix, range: range ?? null, not };
}

function keyTerm(key: string, value: Value, not: boolean): SearchTerm {
  const textColumn = textColumns[key];
  if (textColumn !== undefined) {
    const { text, prefix } = withStar(value);
    return { kind: "column", column: textColumn, value: text, prefix, not };
  }
  const numberColumn = numberColumns[key];
  if (numberColumn !== undefined) return numberTerm(numberColumn, value, not);
  if (addressKeys.has(key)) {
    const address = parseAddress(value.text);
    if (address === undefined) throw new Refused(value.at, "This is no address and no network.");
    return { kind: "address", ...address, not };
  }
  if (key === "country") {
    if (!/^[A-Za-z]{2}$/u.test(value.text)) throw new Refused(value.at, "country: needs two letters.");
    return { kind: "country", value: value.text.toUpperCase(), not };
  }
  if (key === "technique")
    throw new Refused(value.at, "technique: cannot be asked: this installation tags no techniques.");
  return fieldTerm(key.startsWith("field.") ? key.slice("field.".length) : key, value, not);
}

const isKey = (key: string, fields: ReadonlySet<string>): boolean =>
  Object.hasOwn(textColumns, key) ||
  Object.hasOwn(numberColumns, key) ||
  addressKeys.has(key) ||
  key === "country" ||
  key === "technique" ||
  /^field\.[A-Za-z0-9_.-]{1,64}$/u.test(key) ||
  fields.has(key);

const WORD = /[\p{L}\p{N}\p{Co}]/u;

function textTerm(value: Value, not: boolean): SearchTerm {
  const { text, prefix } = withStar(value);
  if (!WORD.test(text)) throw new Refused(value.at, "There is no letter or digit to search for.");
  return { kind: "text", text, prefix, not };
}

function readTerm(
  source: string,
  start: number,
  fields: ReadonlySet<string>,
): { readonly term: SearchTerm; readonly end: number } {
  const not = source[start] === "-" && /\S/u.test(source[start + 1] ?? " ");
  const at = not ? start + 1 : start;
  const key = /^[A-Za-z][A-Za-z0-9_.-]*(?=:)/u.exec(source.slice(at))?.[0];
  if (key !== undefined && isKey(key, fields)) {
    const { value, end } = readValue(source, at + key.length + 1);
    if (value.text === "" && !value.quoted) throw new Refused(value.at, `${key}: needs a value.`);
    return { term: keyTerm(key, value, not), end };
  }
  const { value, end } = readValue(source, at);
  return { term: textTerm(value, not), end };
}

/**
 * Reads a search text: tokens that must all hold. Never throws.
 *
 * @param fields names that may stand before a colon to ask a field of the event
 */
export function parseSearch(source: string, fields: ReadonlySet<string>): ParsedSearch {
  const terms: SearchTerm[] = [];
  let at = 0;
  try {
    for (;;) {
      while (at < source.length && /\s/u.test(source[at] ?? "")) at += 1;
      if (at >= source.length) return { ok: true, terms };
      if (terms.length >= MAX_TERMS) throw new Refused(at, `A search holds at most ${MAX_TERMS} tokens.`);
      const { term, end } = readTerm(source, at, fields);
      terms.push(term);
      at = end;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, position: error.position, message: error.message };
  }
}
