import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";

export interface RegistryEntry {
  readonly create: (db: Kysely<Schema>) => object;
  /** Methods that change rows: they run on the writing connection. */
  readonly writes: readonly string[];
}

/** Arguments and results are plain, structured-cloneable values: every call crosses a thread. */
type Calls<M> = { readonly [K in keyof M]: (...args: never[]) => Promise<unknown> };

/**
 * One line of the registry: how to make the repository, and which of its methods write. A method that needs several
 * statements at once opens its own transaction; it is short, because ingest waits for it.
 */
export const repository = <M extends Calls<M>>(
  create: (db: Kysely<Schema>) => M,
  writes: readonly (keyof M & string)[] = [],
): { readonly create: (db: Kysely<Schema>) => M; readonly writes: readonly string[] } => ({ create, writes });
