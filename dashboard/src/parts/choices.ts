import { useQuery } from "@tanstack/react-query";
import { deckies } from "../api/queries.ts";

/** Names to filter by: of every decky, and of every service that one of them offers. */
export function useKnownNames(): {
  readonly deckies: readonly string[];
  readonly services: readonly string[];
} {
  const known = useQuery(deckies()).data?.data ?? [];
  const services = new Set(known.flatMap((decky) => decky.services.map(({ name }) => name)));
  return { deckies: known.map(({ name }) => name), services: [...services].sort() };
}

/** "Any" and the values; the current one stays choosable although it is no longer among them. */
export function choicesOf(any: string, values: readonly string[], current?: string) {
  const all = current === undefined || values.includes(current) ? values : [...values, current];
  return [{ value: "", label: any }, ...all.map((value) => ({ value, label: value }))];
}
