import type { LogFacets } from "../../api/model.ts";
import { columnKeys, condition } from "../../parts/query-text.ts";

export interface Suggestion {
  readonly label: string;
  /** Takes the place of the word under the caret. */
  readonly insert: string;
}

const fieldKeys = ["username", "cmd", "path", "client_banner"].map((name) => `field.${name}`);
const MOST = 8;

const facetOf: Readonly<Record<string, "service" | "decky" | "event_type" | "attacker" | "country">> = {
  service: "service",
  decky: "decky",
  event: "event_type",
  attacker: "attacker",
  country: "country",
};

/** The word that the caret stands in or behind. */
function wordAt(text: string, caret: number): { readonly start: number; readonly word: string } {
  const start = text.slice(0, caret).search(/\S*$/u);
  return { start, word: text.slice(start, caret) };
}

/** Keys while a key is typed, values that occur while a value is typed. */
export function suggest(text: string, caret: number, values: LogFacets | undefined): Suggestion[] {
  const { word } = wordAt(text, caret);
  const negated = word.startsWith("-");
  const bare = negated ? word.slice(1) : word;
  const colon = bare.indexOf(":");
  if (colon === -1) {
    if (bare === "" && text.trim() !== "") return [];
    return [...columnKeys, ...fieldKeys]
      .filter((key) => key.startsWith(bare.toLowerCase()))
      .slice(0, MOST)
      .map((key) => ({ label: `${key}:`, insert: `${negated ? "-" : ""}${key}:` }));
  }
  const key = bare.slice(0, colon);
  const typed = bare.slice(colon + 1).toLowerCase();
  const name = Object.hasOwn(facetOf, key) ? facetOf[key] : undefined;
  if (name === undefined) return [];
  return (values?.[name] ?? [])
    .filter(({ value }) => value.toLowerCase().startsWith(typed) && value.toLowerCase() !== typed)
    .slice(0, MOST)
    .map(({ value }) => ({ label: value, insert: condition(key, value, negated) }));
}

export function complete(
  text: string,
  caret: number,
  { insert }: Suggestion,
): { readonly text: string; readonly caret: number } {
  const { start } = wordAt(text, caret);
  const after = text.slice(caret).replace(/^\S*/u, "");
  const closing = insert.endsWith(":") ? "" : " ";
  const next = `${text.slice(0, start)}${insert}${closing}${after.trimStart()}`;
  return { text: next, caret: start + insert.length + closing.length };
}
