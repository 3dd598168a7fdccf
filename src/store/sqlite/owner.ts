import { DatabaseSync } from "node:sqlite";
import { StoreInUseError } from "../errors.ts";

/**
 * SQLite belongs to one process that runs workers. The lock is SQLite's own on a small file beside the store, held by
 * an open transaction: the operating system drops it with the process, however that ends.
 *
 * @throws {StoreInUseError} another process has it
 */
export function claimStore(path: string): Disposable {
  const lock = new DatabaseSync(`${path}.owner`, { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new StoreInUseError("another process works on this store; several processes need PostgreSQL", {
      cause: error,
    });
  }
  return { [Symbol.dispose]: () => lock.close() };
}
