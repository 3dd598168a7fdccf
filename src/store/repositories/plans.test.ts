import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kyselyOver } from "../sqlite/dialect.ts";
import { openMigrated } from "../sqlite/prepare.ts";
import { createRepositories, type Repositories } from "./index.ts";

/** Every list query, and how SQLite means to answer it. */

const folder = mkdtempSync(join(tmpdir(), "decnet-plans-"));
let db: DatabaseSync;
let store: Repositories;
let asked: string[] = [];

const watcher: ProxyHandler<DatabaseSync> = {
  get: (target, name) =>
    name === "prepare"
      ? (query: string) => {
          asked.push(query);
          return target.prepare(query);
        }
      : (Reflect.get(target, name) as unknown),
};

beforeAll(() => {
  db = openMigrated(join(folder, "decnet.db"), "writer");
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const page = { limit: 50, start: null, offset: 0, count: "none" } as const;
const from = (key: readonly (string | number)[]) => ({ ...page, start: { key, backwards: false } });
const nowUs = 1_790_000_000_000_000;
const text = { kind: "text", text: "wget", prefix: false, not: false } as const;
const network = { address: "10.0.0.0", bits: 8 };

const lists: Readonly<Record<string, () => Promise<unknown>>> = {
  "the newest events": () => store.eventsRead.page({ filter: { terms: [] }, descending: true, page }),
  "the next events": () =>
    store.eventsRead.page({ filter: { terms: [] }, descending: true, page: from([9]) }),
  "events of a decky": () =>
    store.eventsRead.page({ filter: { terms: [], decky: "a" }, descending: true, page: from([9]) }),
  "events of a service and type": () =>
    store.eventsRead.page({ filter: { terms: [], service: "a", eventType: "b" }, descending: true, page }),
  "events of an address": () =>
    store.eventsRead.page({
      filter: { terms: [], address: { address: "192.0.2.1", bits: null } },
      descending: true,
      page,
    }),
  "events of a session": () =>
    store.eventsRead.page({ filter: { terms: [], sid: "s" }, descending: false, page }),
  "events of a time range": () =>
    store.eventsRead.page({
      filter: { terms: [], startUs: 1, endUs: 2 },
      descending: true,
      page: from([9, 9]),
    }),
  "events of a decky in a time range": () =>
    store.eventsRead.page({ filter: { terms: [], decky: "a", startUs: 1 }, descending: true, page }),
  "events of an address in a time range": () =>
    store.eventsRead.page({
      filter: { terms: [], address: { address: "192.0.2.1", bits: null }, startUs: 1 },
      descending: true,
      page,
    }),
  "events with a word": () =>
    store.eventsRead.page({ filter: { terms: [text] }, descending: true, page: from([9]) }),
  "events with a word, of a decky and a time": () =>
    store.eventsRead.page({ filter: { terms: [text], decky: "a", startUs: 1 }, descending: true, page }),
  "attackers by last sight": () =>
    store.attackersRead.page({
      filter: { terms: [], benign: false, nowUs },
      sort: "last_seen",
      descending: true,
      page: from([1, "u"]),
    }),
  "attackers by events": () =>
    store.attackersRead.page({
      filter: { terms: [], benign: false, nowUs },
      sort: "event_count",
      descending: true,
      page,
    }),
  "attackers by first sight": () =>
    store.attackersRead.page({
      filter: { terms: [], benign: false, nowUs },
      sort: "first_seen",
      descending: true,
      page,
    }),
  "attackers by deckies": () =>
    store.attackersRead.page({
      filter: { terms: [], benign: false, nowUs },
      sort: "decky_count",
      descending: true,
      page,
    }),
  "attackers of a country, network, service and decky": () =>
    store.attackersRead.page({
      filter: {
        terms: [{ kind: "network", ...network }],
        benign: false,
        nowUs,
        country: "DE",
        service: "a",
        decky: "b",
      },
      sort: "last_seen",
      descending: true,
      page,
    }),
  "sessions by start": () => store.sessionsRead.page({ filter: {}, descending: true, page: from([1, "s"]) }),
  "sessions of an attacker": () =>
    store.sessionsRead.page({
      filter: { attackerUuid: "u", decky: "d", state: "open" },
      descending: true,
      page,
    }),
  "sessions of a decky": () =>
    store.sessionsRead.page({ filter: { decky: "d", startUs: 1 }, descending: true, page }),
  "sessions of a service": () =>
    store.sessionsRead.page({ filter: { service: "d" }, descending: true, page }),
  "the recording of a session": () => store.sessionsRead.recordingOf("d", "s"),
  "commands of a session": () =>
    store.sessionsRead.commands({ filter: { sessionId: "s", words: ["a"] }, page: from([1]) }),
  "credentials by last attempt": () =>
    store.credentialsRead.page({
      filter: { words: [], searchSecrets: true },
      sort: "last_seen",
      descending: true,
      page: from([1, "c"]),
    }),
  "credentials by attempts": () =>
    store.credentialsRead.page({
      filter: { words: ["a"], searchSecrets: true },
      sort: "attempt_count",
      descending: true,
      page,
    }),
  "credentials of an attacker": () =>
    store.credentialsRead.page({
      filter: { words: [], searchSecrets: true, attackerUuid: "u" },
      sort: "last_seen",
      descending: true,
      page,
    }),
  "events behind a number": () => store.eventsRead.after(5, 10),
  "outbox rows behind a number": () => store.outboxRead.after(5, 10),
  "the session of a token": () => store.people.signedIn("x"),
  "the user of a name": () => store.people.userByName("x"),
};

/** Walking a table in the order of the list is no full scan; sorting it is. */
const plansOf = (queries: readonly string[]): readonly string[] =>
  queries
    .filter((query) => /^(?:select|with)/iu.test(query))
    .flatMap((query) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${query}`)
        .all()
        .map((row) => String(row["detail"])),
    );

describe.each(Object.entries(lists))("%s", (_, ask) => {
  it("come in the order of an index", async () => {
    asked = [];
    store = createRepositories(kyselyOver(new Proxy(db, watcher)));
    await ask();
    const plans = plansOf(asked);
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.filter((plan) => plan.includes("TEMP B-TREE"))).toEqual([]);
  });
});
