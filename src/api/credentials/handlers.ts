import { seesSecrets } from "../auth/sees-secrets.ts";
import { addressParameter } from "../logs/filter.ts";
import { openPage } from "../paging/page.ts";
import { sinceMicroseconds } from "../paging/time-range.ts";
import { type Handled, handle } from "../route.ts";
import { wordsOf } from "../words.ts";
import { listCredentials, topCredentials } from "./contract.ts";
import { credentialOrder, showCredential } from "./show.ts";

export const credentialHandlers: readonly Handled[] = [
  handle(listCredentials, async ({ api, caller }, { query }) => {
    const paging = openPage(api, ["credentials"], query);
    const withSecrets = seesSecrets(api, caller);
    const order = credentialOrder(query.sort);
    const found = await api.store.credentialsRead.page({
      filter: {
        words: wordsOf(query.search),
        searchSecrets: withSecrets,
        network: addressParameter("attacker_ip", query.attacker_ip),
        service: query.service,
        decky: query.decky,
        secretKind: query.secret_kind,
        outcome: query.outcome,
        ...paging.range,
      },
      ...order,
      page: paging.page,
    });
    return paging.reply(found, {
      keyOf: (row) => [row[order.sort], row.id],
      show: (row) => showCredential(row, withSecrets),
    });
  }),

  handle(topCredentials, async ({ api, caller }, { query }) => {
    const withSecrets = seesSecrets(api, caller);
    const sinceUs =
      query.since === undefined ? null : api.clock.now() * 1000 - sinceMicroseconds(query.since);
    const rows = await api.store.credentialsRead.top(query.by, sinceUs, query.limit);
    return {
      by: query.by,
      data: rows.map((row) => ({
        ...row,
        secret: withSecrets ? row.secret : null,
        masked: !withSecrets && query.by !== "principal",
      })),
    };
  }),
];
