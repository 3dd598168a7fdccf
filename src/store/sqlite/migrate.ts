import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { StoreMigrationError, StoreNewerError } from "../errors.ts";
import type { Migration } from "../migrations/contract.ts";
import { migrations as released } from "../migrations/registry.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

const migrationHash = (migration: Migration): string =>
  createHash("sha256").update(migration.sqlite).digest("hex");

/**
 * Brings the store to this program's schema, one transaction a step. Running it again changes nothing.
 *
 * @returns names of the steps that ran
 * @throws {StoreNewerError} the store has steps this program does not know
 * @throws {StoreMigrationError} a step that ran is not the one this program has
 */
export function migrate(
  db: DatabaseSync,
  steps: readonly Migration[] = released,
  now = Date.now(),
): string[] {
  db.exec(TABLE);
  checkApplied(db, steps);
  const ran: string[] = [];
  for (const step of steps) {
    if (apply(db, step, now)) ran.push(step.name);
  }
  return ran;
}

/** @throws as `migrate`; also when a step is missing. For connections that may not write. */
export function checkMigrated(db: DatabaseSync, steps: readonly Migration[] = released): void {
  const count = checkApplied(db, steps);
  if (count < steps.length) throw new StoreMigrationError("the store has not been brought up to date yet");
}

function checkApplied(db: DatabaseSync, steps: readonly Migration[]): number {
  const applied = db.prepare("SELECT name, hash FROM schema_migrations ORDER BY name").all();
  for (const { name, hash } of applied) {
    const step = steps.find((known) => known.name === name);
    if (step === undefined) {
      throw new StoreNewerError(`the store was written by a newer program (it has ${String(name)})`);
    }
    if (migrationHash(step) !== hash) {
      throw new StoreMigrationError(`step ${step.name} of the store differs from the one of this program`);
    }
  }
  return applied.length;
}

function apply(db: DatabaseSync, step: Migration, now: number): boolean {
  db.exec("BEGIN IMMEDIATE");
  try {
    const done = db.prepare("SELECT 1 FROM schema_migrations WHERE name = ?").get(step.name) !== undefined;
    if (!done) {
      db.exec(step.sqlite);
      db.prepare("INSERT INTO schema_migrations (name, hash, applied_at) VALUES (?, ?, ?)").run(
        step.name,
        migrationHash(step),
        now * 1000,
      );
    }
    db.exec("COMMIT");
    return !done;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
