import { inIpv6, textRanges } from "./address-range.ts";
import type { SearchTerm } from "./event-filter.ts";
import type { EventRow } from "./event-row.ts";
import { hasPhrase, words } from "./event-text.ts";

/** Characters of one event that the index takes in. */
const MAX_TEXT = 64 * 1024;

/** All words of an event, in the order in which the index has them. */
function eventWords(row: Pick<EventRow, "raw_line" | "msg" | "fields">): readonly string[] {
  const fields = Object.values(JSON.parse(row.fields) as Record<string, unknown>).map(String);
  return words([row.raw_line, row.msg, ...fields].join("\n").slice(0, MAX_TEXT));
}

/** Whether an event has, or lacks, what each text term says. */
export function matchesText(
  row: Pick<EventRow, "raw_line" | "msg" | "fields">,
  terms: readonly Extract<SearchTerm, { kind: "text" }>[],
): boolean {
  if (terms.length === 0) return true;
  const all = eventWords(row);
  return terms.every((term) => hasPhrase(all, words(term.text), term.prefix) !== term.not);
}

const equalOrBegins = (value: string | null, wanted: string, prefix: boolean): boolean =>
  value !== null && (prefix ? value.startsWith(wanted) : value === wanted);

function matchesAddress(
  ip: string | null,
  term: { readonly address: string; readonly bits: number | null },
): boolean {
  if (ip === null) return false;
  if (term.bits === null) return ip === term.address;
  const network = { address: term.address, bits: term.bits };
  const ranges = textRanges(network);
  if (ranges === undefined) return inIpv6(network, ip);
  if (ranges.kind === "any") return ip.includes(".");
  if (ranges.kind === "addresses") return ranges.addresses.includes(ip);
  return ranges.prefixes.some((prefix) => ip.startsWith(prefix));
}

function matchesField(row: EventRow, term: Extract<SearchTerm, { kind: "field" }>): boolean {
  const fields = JSON.parse(row.fields) as Record<string, unknown>;
  if (!Object.hasOwn(fields, term.name)) return false;
  const value = String(fields[term.name]);
  if (term.range === null) return equalOrBegins(value, term.value, term.prefix);
  const number = Number.parseFloat(value);
  return number >= term.range.from && number <= term.range.to;
}

function holds(row: EventRow, term: Exclude<SearchTerm, { kind: "text" }>): boolean {
  switch (term.kind) {
    case "column": {
      const value = term.column === "session" ? row.sid : row[term.column];
      return equalOrBegins(value, term.value, term.prefix);
    }
    case "number": {
      const value = row[term.column];
      return value !== null && value >= term.from && value <= term.to;
    }
    case "country":
      return row.country_code === term.value;
    case "address":
      return matchesAddress(row.attacker_ip, term);
    case "field":
      return matchesField(row, term);
  }
}

/** The search terms over one event that was read already: for the live stream. */
export const matchesTerms = (row: EventRow, terms: readonly SearchTerm[]): boolean =>
  terms.every((term) => (term.kind === "text" ? matchesText(row, [term]) : holds(row, term) !== term.not));
