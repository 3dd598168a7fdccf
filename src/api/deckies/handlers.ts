import type { Api } from "../contract.ts";
import type { DeckyFact } from "../deps.ts";
import { ProblemError } from "../errors.ts";
import { instantOrNull } from "../paging/time-range.ts";
import { type Handled, handle } from "../route.ts";
import { getDecky, listDeckies } from "./contract.ts";

async function withActivity(api: Api, facts: readonly DeckyFact[]) {
  const activity = await api.store.statsRead.deckyActivity(facts.map(({ name }) => name));
  const byName = new Map(activity.map((row) => [row.decky, row]));
  return facts.map((fact) => {
    const seen = byName.get(fact.name);
    return { ...fact, hits: seen?.hits ?? 0, last_event_at: instantOrNull(seen?.last_event_at ?? null) };
  });
}

export const deckyHandlers: readonly Handled[] = [
  handle(listDeckies, async ({ api }) => {
    const data = await withActivity(api, await api.deckies());
    return { data, total: data.length };
  }),

  handle(getDecky, async ({ api }, { params }) => {
    const fact = (await api.deckies()).find(({ name }) => name === params.name);
    const [decky] = fact === undefined ? [] : await withActivity(api, [fact]);
    if (decky === undefined) throw new ProblemError("not_found", "There is no decky with this name.");
    return decky;
  }),
];
