import type { AttackerSort, AttackerTerm } from "#store/repositories/attackers-read.ts";
import { canonicalAddress, parseAddress } from "../address.ts";
import { seesSecrets } from "../auth/sees-secrets.ts";
import type { Api } from "../contract.ts";
import { credentialOrder, showCredential } from "../credentials/show.ts";
import { ProblemError } from "../errors.ts";
import { openPage } from "../paging/page.ts";
import { type Handled, handle } from "../route.ts";
import { sessionFilterOf } from "../sessions/handlers.ts";
import { showCommand, showSession } from "../sessions/show.ts";
import { wordsOf } from "../words.ts";
import {
  attackerTimeline,
  getAttacker,
  getAttackerByIp,
  listAttackerArtifacts,
  listAttackerCommands,
  listAttackerCredentials,
  listAttackerSessions,
  listAttackers,
} from "./contract.ts";
import { showAttacker, showAttackerDetail, showSighting, showTimeline } from "./show.ts";

const sorts: Readonly<Record<string, { readonly sort: AttackerSort; readonly descending: boolean }>> = {
  recent: { sort: "last_seen", descending: true },
  "-last_seen": { sort: "last_seen", descending: true },
  last_seen: { sort: "last_seen", descending: false },
  "-first_seen": { sort: "first_seen", descending: true },
  active: { sort: "event_count", descending: true },
  "-event_count": { sort: "event_count", descending: true },
  traversals: { sort: "decky_count", descending: true },
};
const byDefault = { sort: "last_seen", descending: true } as const;

const searchTerm = (word: string): AttackerTerm => {
  const address = parseAddress(word);
  if (address !== undefined) return { kind: "network", ...address };
  const asn = /^AS(\d{1,10})$/iu.exec(word)?.[1];
  return asn === undefined ? { kind: "text", value: word } : { kind: "asn", value: Number(asn) };
};

async function attackerOr404(api: Api, uuid: string) {
  const row = await api.store.attackersRead.byUuid(uuid);
  if (row === null) throw new ProblemError("not_found", "There is no attacker with this uuid.");
  return row;
}

async function detail(api: Api, uuid: string) {
  const row = await attackerOr404(api, uuid);
  return showAttackerDetail(row, await api.store.attackersRead.counts(uuid), api.clock.now() * 1000);
}

export const attackerHandlers: readonly Handled[] = [
  handle(listAttackers, async ({ api }, { query }) => {
    const paging = openPage(api, ["attackers"], query);
    const order = sorts[query.sort] ?? byDefault;
    const nowUs = api.clock.now() * 1000;
    const found = await api.store.attackersRead.page({
      filter: {
        terms: wordsOf(query.search).map(searchTerm),
        service: query.service,
        decky: query.decky,
        country: query.country?.toUpperCase(),
        asn: query.asn,
        activity: query.activity,
        behaviorClass: query.behavior_class,
        actorKind: query.actor_kind,
        benign: query.benign === "true",
        ...paging.range,
        nowUs,
      },
      ...order,
      page: paging.page,
    });
    return paging.reply(found, {
      keyOf: (row) => [row[order.sort], row.uuid],
      show: (row) => showAttacker(row, nowUs),
    });
  }),

  handle(getAttacker, ({ api }, { params }) => detail(api, params.uuid)),

  handle(getAttackerByIp, async ({ api }, { params }) => {
    const address = canonicalAddress(params.ip);
    const uuid = address === undefined ? null : await api.store.attackersRead.uuidOf(address);
    if (uuid === null) throw new ProblemError("not_found", "Nobody came from this address.");
    return detail(api, uuid);
  }),

  handle(listAttackerCommands, async ({ api }, { params, query }) => {
    await attackerOr404(api, params.uuid);
    const paging = openPage(api, ["attacker commands", params.uuid], query);
    const found = await api.store.sessionsRead.commands({
      descending: query.sort === "-at",
      filter: {
        attackerUuid: params.uuid,
        service: query.service,
        sessionId: query.session_id,
        words: wordsOf(query.search),
      },
      page: paging.page,
    });
    return paging.reply(found, { keyOf: (row) => [row.event_seq, row.id], show: showCommand });
  }),

  handle(listAttackerSessions, async ({ api }, { params, query }) => {
    await attackerOr404(api, params.uuid);
    const paging = openPage(api, ["attacker sessions", params.uuid], query);
    const found = await api.store.sessionsRead.page({
      filter: sessionFilterOf(query, paging.range, params.uuid),
      descending: query.sort === "-started_at",
      page: paging.page,
    });
    return paging.reply(found, { keyOf: (row) => [row.started_at, row.session_id], show: showSession });
  }),

  handle(listAttackerCredentials, async ({ api, caller }, { params, query }) => {
    await attackerOr404(api, params.uuid);
    const paging = openPage(api, ["attacker credentials", params.uuid], query);
    const withSecrets = seesSecrets(api, caller);
    const order = credentialOrder(query.sort);
    const found = await api.store.credentialsRead.page({
      filter: { words: [], searchSecrets: false, attackerUuid: params.uuid },
      ...order,
      page: paging.page,
    });
    return paging.reply(found, {
      keyOf: (row) => [row[order.sort], row.id],
      show: (row) => showCredential(row, withSecrets),
    });
  }),

  handle(attackerTimeline, async ({ api }, { params, query }) => {
    await attackerOr404(api, params.uuid);
    const paging = openPage(api, ["attacker timeline", params.uuid], query);
    const found = await api.store.sightingsRead.timeline(params.uuid, paging.page);
    return paging.reply(found, { keyOf: (row) => [row.at, row.kind, row.id], show: showTimeline });
  }),

  handle(listAttackerArtifacts, async ({ api }, { params, query }) => {
    await attackerOr404(api, params.uuid);
    const paging = openPage(api, ["attacker artifacts", params.uuid], query);
    const found = await api.store.sightingsRead.page(params.uuid, paging.page);
    return paging.reply(found, {
      keyOf: (row) => [row.at, Buffer.from(row.event_id).toString("hex")],
      show: showSighting,
    });
  }),
];
