import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StoreInUseError, StoreMigrationError, StoreNewerError } from "./errors.ts";
import { migrations } from "./migrations/registry.ts";
import { checkMigrated, migrate } from "./sqlite/migrate.ts";
import { openStoreWriter } from "./sqlite/writer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "decnet-migrate-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("steps run once, in the order of their names", () => {
  const db = new DatabaseSync(":memory:");
  const names = migrations.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names).toEqual([...names].sort());
  expect(migrate(db)).toEqual(names);
  expect(migrate(db)).toEqual([]);
});

test("a store of a newer program is refused and stays as it was", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, [...migrations, { name: "9999-later", sqlite: "CREATE TABLE later (x INTEGER) STRICT" }]);
  expect(() => migrate(db)).toThrow(StoreNewerError);
  expect(() => checkMigrated(db)).toThrow(StoreNewerError);
});

test("a step whose text changed after it ran is refused", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, [{ name: "0001-a", sqlite: "CREATE TABLE a (x INTEGER) STRICT" }]);
  const changed = [{ name: "0001-a", sqlite: "CREATE TABLE a (x TEXT) STRICT" }];
  expect(() => migrate(db, changed)).toThrow(StoreMigrationError);
});

test("a step that fails leaves nothing behind", () => {
  const db = new DatabaseSync(":memory:");
  const steps = [{ name: "0001-a", sqlite: "CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a (y INTEGER)" }];
  expect(() => migrate(db, steps)).toThrow(/already exists/);
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'a'").all()).toEqual([]);
});

test("one process writes: a second writer is refused until the first has gone", () => {
  const url = `sqlite:${join(folder, "store.db")}`;
  const first = openStoreWriter(url);
  expect(() => openStoreWriter(url)).toThrow(StoreInUseError);
  first[Symbol.dispose]();
  using again = openStoreWriter(url);
  expect(again.statement("SELECT count(*) AS n FROM events").get()).toMatchObject({ n: 0 });
});

test("audit rows can be neither changed nor removed", () => {
  using writer = openStoreWriter(`sqlite:${join(folder, "store.db")}`);
  writer
    .statement(
      "INSERT INTO audit (at, actor, via, action, result, prev_hash) VALUES (1, 'a', 'cli', 'x', 'ok', '')",
    )
    .run();
  expect(() => writer.statement("DELETE FROM audit").run()).toThrow(/audit rows stay/);
  expect(() => writer.statement("UPDATE audit SET actor = 'b'").run()).toThrow(/audit rows stay/);
});
