import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StoreBusyError, StoreDataError } from "./errors.ts";
import { openStoreWriter, type StoreWriter } from "./sqlite/writer.ts";
import { parseStoreUrl } from "./url.ts";

let folder: string;
let path: string;
let writer: StoreWriter;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "decnet-writer-"));
  path = join(folder, "store.db");
  writer = openStoreWriter(`sqlite:${path}`);
});
afterEach(() => {
  writer[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const put = (name: string, value: number | null): void => {
  writer.statement("INSERT INTO counters (name, value) VALUES (?, ?)").run(name, value);
};
const names = (): unknown =>
  writer
    .statement("SELECT name FROM counters ORDER BY name")
    .all()
    .map(({ name }) => name);

test("a transaction is all or nothing, and the connection works after one that failed", () => {
  expect(() =>
    writer.transaction(() => {
      put("a", 1);
      put("b", null);
    }),
  ).toThrow(StoreDataError);
  writer.transaction(() => put("c", 1));
  expect(names()).toEqual(["c"]);
});

test("whose fault an error is shows in its class: a lock is the moment's, a value is the data's", () => {
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  writer.statement("PRAGMA busy_timeout = 20").get();
  expect(() => writer.transaction(() => put("a", 1))).toThrow(StoreBusyError);
  other.exec("COMMIT");
  other.close();
  writer.transaction(() => put("a", 1));
  expect(() => writer.transaction(() => writer.statement("SELECT ?").get(2n ** 70n))).toThrow(StoreDataError);
  expect(() =>
    writer.transaction(() => {
      throw new RangeError("mine");
    }),
  ).toThrow(RangeError);
  expect(names()).toEqual(["a"]);
});

test("whoever watches is called after each commit and not after a rollback", () => {
  let commits = 0;
  const watching = writer.watch(() => {
    commits += 1;
  });
  writer.transaction(() => put("a", 1));
  expect(() => writer.transaction(() => put("a", 1))).toThrow(StoreDataError);
  watching[Symbol.dispose]();
  writer.transaction(() => put("b", 1));
  expect(commits).toBe(1);
});

test("the log goes back into the file when there is nothing to write", () => {
  writer.transaction(() => put("a", 1));
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
  writer.tidy();
  expect(statSync(`${path}-wal`).size).toBe(0);
});

test("an engine that is not here is refused by name", () => {
  expect(parseStoreUrl("sqlite:/a/b.db")).toEqual({ engine: "sqlite", path: "/a/b.db" });
  expect(parseStoreUrl("sqlite:///a/b.db")).toEqual({ engine: "sqlite", path: "/a/b.db" });
  expect(parseStoreUrl("./b.db")).toEqual({ engine: "sqlite", path: "./b.db" });
  expect(() => parseStoreUrl("mysql://x/y")).toThrow(/"mysql"/);
  expect(() => parseStoreUrl("sqlite:")).toThrow(/no path/);
});
