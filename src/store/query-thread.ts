import type { MessagePort } from "node:worker_threads";
import type { Kysely } from "kysely";
import { CodedError } from "#kernel/errors.ts";
import type { Call, CallFailure, FromQueryThread, QueryThreadData } from "./calls.ts";
import { StoreCallError } from "./errors.ts";
import type { RegistryEntry } from "./repositories/contract.ts";
import { registry } from "./repositories/index.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite/connection.ts";
import { kyselyOver } from "./sqlite/dialect.ts";
import { openMigrated } from "./sqlite/prepare.ts";

type Repository = Readonly<Record<string, unknown>>;
type Registry = Readonly<Record<string, RegistryEntry>>;

/**
 * Runs repository calls, one at a time: reads on a connection that cannot write, writes on one of their own. It never
 * ends by itself; the client ends the thread.
 */
export function serveQueries(data: QueryThreadData, port: MessagePort, entries: Registry = registry): void {
  const send = (message: FromQueryThread): void => port.postMessage(message);
  let run: (call: Call) => Promise<unknown>;
  try {
    run = openRunner(data.path, entries);
  } catch (error) {
    send({ kind: "unready", error: describe(error) });
    port.close();
    return;
  }
  let last = Promise.resolve();
  port.on("message", (call: Call) => {
    last = last.then(async () => {
      try {
        send({ kind: "result", id: call.id, value: await run(call) });
      } catch (error) {
        send({ kind: "error", id: call.id, error: describe(error) });
      }
    });
  });
  send({ kind: "ready" });
}

function openRunner(path: string, entries: Registry): (call: Call) => Promise<unknown> {
  const writer = kyselyOver(openMigrated(path, "people"));
  const reader = kyselyOver(openSqlite(path, "reader"));
  const made = (db: Kysely<Schema>): ReadonlyMap<string, Repository> =>
    new Map(Object.entries(entries).map(([name, entry]) => [name, entry.create(db) as Repository]));
  const forReads = made(reader);
  const forWrites = made(writer);
  return async ({ repository, method, args }) => {
    const writes = entries[repository]?.writes.includes(method) ?? false;
    const target = (writes ? forWrites : forReads).get(repository);
    const work = target !== undefined && Object.hasOwn(target, method) ? target[method] : undefined;
    if (typeof work !== "function") {
      throw new StoreCallError("STORE_NO_METHOD", `no repository method ${repository}.${method}`, false);
    }
    return await (work as (...args: readonly unknown[]) => Promise<unknown>)(...args);
  };
}

function describe(error: unknown): CallFailure {
  if (error instanceof CodedError) {
    return { code: error.code, message: error.message, retryable: error.retryable };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "STORE_QUERY", message, retryable: false };
}
