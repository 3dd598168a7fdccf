import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { JournalPosition } from "#journal/contract.ts";
import { CollectorLockedError, OutputWriteError } from "./errors.ts";
import type { LogPlace } from "./raw-log.ts";

/** Where a stream stands, and what the collector knows about it beside the place. */
export interface StreamRow {
  readonly key: string;
  readonly kind: string;
  readonly position: string;
  /** JSON: open sessions, counts that are not written yet. */
  readonly facts: string;
}

/** A record of the pipeline's own on its way into the journal; it goes in once. */
export interface OutboxRow {
  readonly seq: number;
  readonly id: string;
  /** The journal line without LF. */
  readonly line: string;
}

export interface Outputs {
  /** The raw log; several while it was replaced since the last checkpoint, the present one last. */
  readonly log: readonly LogPlace[];
  readonly journal: JournalPosition;
}

export interface Checkpoint {
  readonly streams: readonly StreamRow[];
  readonly outputs: Outputs | undefined;
  readonly outbox: readonly OutboxRow[];
  readonly suppressed: string | undefined;
}

export interface CheckpointChange {
  readonly streams: readonly StreamRow[];
  readonly removed: readonly string[];
  readonly outputs: Outputs;
  /** New records of the pipeline. */
  readonly outbox: readonly Omit<OutboxRow, "seq">[];
  /** Rows up to this number are in the journal. */
  readonly delivered: number;
  readonly suppressed: string;
}

/** The collector's memory across crashes. One transaction per checkpoint. */
export interface StateStore extends Disposable {
  load(): Checkpoint;
  /** @returns the new outbox rows with their numbers. @throws {OutputWriteError} */
  commit(change: CheckpointChange): readonly OutboxRow[];
  /** Only the outputs: they were rotated, sealed or replaced. @throws {OutputWriteError} */
  noteOutputs(outputs: Outputs): void;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS streams (key TEXT PRIMARY KEY, kind TEXT NOT NULL, position TEXT NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, line TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/**
 * Opens `<data>/collector/state.db`. The database stays locked while it is open and is free when the process or
 * thread ends, however it ends: that keeps a second collector out.
 *
 * @param isDurable a commit survives a loss of power
 * @throws {CollectorLockedError}
 * @throws {OutputWriteError} the disk refused
 */
export function openStateStore(path: string, isDurable: boolean): StateStore {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    database = new DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${isDurable ? "FULL" : "OFF"}; PRAGMA journal_size_limit = 4194304`);
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    return new SqliteStateStore(database);
  } catch (error) {
    database?.close();
    if (isBusy(error)) {
      throw new CollectorLockedError(`another collector works on ${path}`, { cause: error });
    }
    throw new OutputWriteError("state.db", 0, error);
  }
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  [SQLITE_BUSY, SQLITE_LOCKED].includes(error.errcode & 0xff);

class SqliteStateStore implements StateStore {
  readonly #database: DatabaseSync;
  readonly #putStream: StatementSync;
  readonly #removeStream: StatementSync;
  readonly #addOutbox: StatementSync;
  readonly #cutOutbox: StatementSync;
  readonly #putFact: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#putStream = database.prepare(
      "INSERT INTO streams (key, kind, position, facts) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET position = excluded.position, facts = excluded.facts",
    );
    this.#removeStream = database.prepare("DELETE FROM streams WHERE key = ?");
    this.#addOutbox = database.prepare("INSERT INTO outbox (id, line) VALUES (?, ?)");
    this.#cutOutbox = database.prepare("DELETE FROM outbox WHERE seq <= ?");
    this.#putFact = database.prepare(
      "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }

  load(): Checkpoint {
    const rows = (sql: string): readonly Record<string, unknown>[] => this.#database.prepare(sql).all();
    const facts = new Map(
      rows("SELECT name, value FROM facts").map(({ name, value }) => [name, String(value)]),
    );
    const outputs = facts.get("outputs");
    return {
      streams: rows("SELECT key, kind, position, facts FROM streams") as unknown as readonly StreamRow[],
      outbox: rows("SELECT seq, id, line FROM outbox ORDER BY seq") as unknown as readonly OutboxRow[],
      outputs: outputs === undefined ? undefined : (JSON.parse(outputs) as Outputs),
      suppressed: facts.get("suppressed"),
    };
  }

  commit(change: CheckpointChange): readonly OutboxRow[] {
    return this.#transaction(() => {
      for (const { key, kind, position, facts } of change.streams)
        this.#putStream.run(key, kind, position, facts);
      for (const key of change.removed) this.#removeStream.run(key);
      if (change.delivered > 0) this.#cutOutbox.run(change.delivered);
      const added = change.outbox.map(({ id, line }) => {
        const { lastInsertRowid } = this.#addOutbox.run(id, line);
        return { seq: Number(lastInsertRowid), id, line };
      });
      this.#putFact.run("outputs", JSON.stringify(change.outputs));
      this.#putFact.run("suppressed", change.suppressed);
      return added;
    });
  }

  noteOutputs(outputs: Outputs): void {
    this.#transaction(() => this.#putFact.run("outputs", JSON.stringify(outputs)));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      } catch {
        // The first error says more.
      }
      throw new OutputWriteError("state.db", 0, error);
    }
  }
}
