import type { SessionFilter } from "#store/repositories/sessions-read.ts";
import { canonicalAddress } from "../address.ts";
import { seesSecrets } from "../auth/sees-secrets.ts";
import type { Api } from "../contract.ts";
import { ProblemError } from "../errors.ts";
import { showEvent } from "../logs/show.ts";
import { openPage } from "../paging/page.ts";
import type { TimeRange } from "../paging/time-range.ts";
import { type Handled, handle } from "../route.ts";
import { wordsOf } from "../words.ts";
import { getSession, listSessionCommands, listSessionEvents, listSessions } from "./contract.ts";
import { showCommand, showSession } from "./show.ts";

interface SessionQuery {
  readonly decky?: string | undefined;
  readonly service?: string | undefined;
  readonly state?: "open" | "closed" | undefined;
  readonly class?: string | undefined;
  readonly has_transcript?: "true" | "false" | undefined;
  readonly min_commands?: number | undefined;
}

export const sessionFilterOf = (
  query: SessionQuery,
  range: TimeRange,
  attackerUuid: string | undefined,
): SessionFilter => ({
  attackerUuid,
  decky: query.decky,
  service: query.service,
  state: query.state,
  class: query.class,
  hasTranscript: query.has_transcript === undefined ? undefined : query.has_transcript === "true",
  minCommands: query.min_commands,
  ...range,
});

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** The uuid that a uuid or an address names; an address nobody came from names nobody. */
async function attackerOf(api: Api, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const address = canonicalAddress(text);
  if (address !== undefined) return (await api.store.attackersRead.uuidOf(address)) ?? NOBODY;
  if (/^[0-9a-f-]{36}$/u.test(text)) return text;
  const message = "This is no address and no uuid.";
  throw new ProblemError("invalid", message, { errors: [{ pointer: "/query/attacker", message }] });
}

async function sessionOr404(api: Api, id: string) {
  const row = await api.store.sessionsRead.byId(id);
  if (row === null) throw new ProblemError("not_found", "There is no session with this id.");
  return row;
}

export const sessionHandlers: readonly Handled[] = [
  handle(listSessions, async ({ api }, { query }) => {
    const paging = openPage(api, ["sessions"], query);
    const attacker = await attackerOf(api, query.attacker);
    const found = await api.store.sessionsRead.page({
      filter: sessionFilterOf(query, paging.range, attacker),
      descending: query.sort === "-started_at",
      page: paging.page,
    });
    return paging.reply(found, { keyOf: (row) => [row.started_at, row.session_id], show: showSession });
  }),

  handle(getSession, async ({ api }, { params }) => showSession(await sessionOr404(api, params.id))),

  handle(listSessionCommands, async ({ api }, { params, query }) => {
    await sessionOr404(api, params.id);
    const paging = openPage(api, ["session commands", params.id], query);
    const found = await api.store.sessionsRead.commands({
      filter: { sessionId: params.id, words: wordsOf(query.search) },
      page: paging.page,
    });
    return paging.reply(found, { keyOf: (row) => [row.n], show: showCommand });
  }),

  handle(listSessionEvents, async ({ api, caller }, { params, query }) => {
    await sessionOr404(api, params.id);
    const paging = openPage(api, ["session events", params.id], query);
    const found = await api.store.eventsRead.page({
      filter: { terms: [], sid: params.id },
      descending: false,
      page: paging.page,
    });
    const withSecrets = seesSecrets(api, caller);
    return paging.reply(found, { keyOf: (row) => [row.seq], show: (row) => showEvent(row, withSecrets) });
  }),
];
