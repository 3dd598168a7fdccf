import { DatabaseSync } from "node:sqlite";

export type Access = "reader" | "writer" | "people";

/** Page cache in KiB; `people` writes single rows and needs none. */
const CACHE_KIB: Readonly<Record<Access, number>> = { writer: 64 * 1024, reader: 16 * 1024, people: 2048 };

const BUSY_MS = 5000;
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Opens the file with the pragmas that every connection of ours has. A reader cannot write: the file is opened
 * read-only, so a defect in a query cannot become damage.
 */
export function openSqlite(path: string, access: Access): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: access === "reader", timeout: BUSY_MS });
  if (access !== "reader") {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = NORMAL");
  }
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA temp_store = MEMORY");
  db.exec(`PRAGMA cache_size = -${CACHE_KIB[access]}`);
  db.exec(`PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
  return db;
}
