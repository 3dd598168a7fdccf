import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Turns } from "../turns.ts";
import { parseStoreUrl } from "../url.ts";
import { classify } from "./failures.ts";
import { claimStore } from "./owner.ts";
import { openMigrated } from "./prepare.ts";

/** The one writing connection of a process. Everything on it is synchronous and belongs to one thread. */
export interface StoreWriter extends Disposable {
  readonly turns: Turns;
  /** Prepared once per text; texts come from our code only. */
  statement(sql: string): StatementSync;
  /**
   * All of `work` or nothing of it.
   * @throws {StoreBusyError | StoreFullError | StoreDamagedError | StoreDataError} or what `work` threw
   */
  transaction<T>(work: () => T): T;
  /** Calls `listener` after every commit, within the thread; what it does must be short. */
  watch(listener: () => void): Disposable;
  /** Puts the log back into the file when nobody reads; call it when there is nothing to write. */
  tidy(): void;
}

export interface StoreWriterOptions {
  /** Tests that simulate two processes in one switch the lock off. */
  readonly exclusive?: boolean;
}

/**
 * Opens the store for writing, with the schema of this program.
 *
 * @throws {StoreInUseError} another process runs workers on it
 * @throws {StoreNewerError | StoreMigrationError} it is not this program's
 */
export function openStoreWriter(url: string, options: StoreWriterOptions = {}): StoreWriter {
  const { path } = parseStoreUrl(url);
  const db = openMigrated(path, "writer");
  try {
    const owner = options.exclusive === false ? undefined : claimStore(path);
    return new SqliteWriter(db, owner);
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteWriter implements StoreWriter {
  readonly turns = new Turns();
  readonly #db: DatabaseSync;
  readonly #owner: Disposable | undefined;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners = new Set<() => void>();
  #dirty = true;

  constructor(db: DatabaseSync, owner: Disposable | undefined) {
    this.#db = db;
    this.#owner = owner;
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  transaction<T>(work: () => T): T {
    const result = this.#atOnce(work);
    this.#dirty = true;
    for (const listener of this.#listeners) listener();
    return result;
  }

  watch(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #atOnce<T>(work: () => T): T {
    try {
      this.statement("BEGIN IMMEDIATE").run();
      const result = work();
      this.statement("COMMIT").run();
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors; asking again then would hide the first one.
      if (this.#db.isTransaction) this.statement("ROLLBACK").run();
      throw classify(error);
    }
  }

  tidy(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#db.exec("PRAGMA busy_timeout = 0");
    try {
      this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } finally {
      this.#db.exec("PRAGMA busy_timeout = 5000");
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#db.close();
    this.#owner?.[Symbol.dispose]();
  }
}
