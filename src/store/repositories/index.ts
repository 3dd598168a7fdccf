import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import type { RegistryEntry } from "./contract.ts";

/** One line per repository: `name: repository(createIt, ["methods", "that", "write"])`. */
export const registry = {} as const satisfies Readonly<Record<string, RegistryEntry>>;

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
