import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StoreBusyError } from "../errors.ts";
import { type Access, openSqlite } from "./connection.ts";
import { classify } from "./failures.ts";
import { migrate } from "./migrate.ts";

const TRIES = 40;
const PAUSE_MS = 50;

/**
 * Opens a connection that may write, with the schema of this program. Several threads open the store at once at the
 * first start, and the switch to WAL does not wait for locks by itself: so this does, up to 2 s, blocking its thread.
 *
 * @throws {StoreBusyError} retryable
 */
export function openMigrated(path: string, access: Exclude<Access, "reader">): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return open(path, access);
    } catch (thrown) {
      const error = classify(thrown);
      if (!(error instanceof StoreBusyError) || attempt === TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

function open(path: string, access: Exclude<Access, "reader">): DatabaseSync {
  const db = openSqlite(path, access);
  try {
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
