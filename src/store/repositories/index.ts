import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import { attackersRead } from "./attackers-read.ts";
import { type RegistryEntry, repository } from "./contract.ts";
import { credentialsRead } from "./credentials-read.ts";
import { eventsRead } from "./events-read.ts";
import { outboxRead } from "./outbox-read.ts";
import { people, peopleWrites } from "./people.ts";
import { sessionsRead } from "./sessions-read.ts";
import { sightingsRead } from "./sightings-read.ts";
import { statsRead } from "./stats-read.ts";

/** One line per repository: `name: repository(createIt, ["methods", "that", "write"])`. */
export const registry = {
  attackersRead: repository(attackersRead),
  credentialsRead: repository(credentialsRead),
  eventsRead: repository(eventsRead),
  outboxRead: repository(outboxRead),
  people: repository(people, peopleWrites),
  sessionsRead: repository(sessionsRead),
  sightingsRead: repository(sightingsRead),
  statsRead: repository(statsRead),
} as const satisfies Readonly<Record<string, RegistryEntry>>;

type Registry = typeof registry;

export type Repositories = {
  readonly [N in keyof Registry]: Registry[N] extends { readonly create: (db: Kysely<Schema>) => infer M }
    ? M
    : never;
};

export function createRepositories(db: Kysely<Schema>): Repositories {
  const entries: readonly (readonly [string, RegistryEntry])[] = Object.entries(registry);
  return Object.fromEntries(entries.map(([name, entry]) => [name, entry.create(db)])) as Repositories;
}
