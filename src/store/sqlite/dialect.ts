import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import type { Schema } from "../schema.ts";
import { classify } from "./failures.ts";

/** Prepared statements kept per connection; the texts come from our code, so few are ever evicted. */
const MAX_STATEMENTS = 256;

/** Kysely over an open `node:sqlite` connection; closing stays with whoever opened it. */
export function kyselyOver(db: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: asKyselyDatabase(db) }) });
}

function asKyselyDatabase(db: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => prepared.clear(),
    prepare: (sql) => {
      // A transaction that reads first and writes later would fail at once when another writer came between.
      const text = sql === "begin" ? "begin immediate" : sql;
      const known = prepared.get(text);
      if (known !== undefined) return known;
      const statement = guard(() => asKyselyStatement(db.prepare(text)));
      if (prepared.size >= MAX_STATEMENTS) prepared.delete(prepared.keys().next().value ?? "");
      prepared.set(text, statement);
      return statement;
    },
  };
}

function asKyselyStatement(statement: StatementSync): SqliteStatement {
  const reader = statement.columns().length > 0;
  return {
    reader,
    all: (parameters) => guard(() => statement.all(...parameters.map(toSql)).map(plain)),
    run: (parameters) => guard(() => statement.run(...parameters.map(toSql))),
    iterate: (parameters) => guard(() => statement.iterate(...parameters.map(toSql))),
  };
}

/** node:sqlite rows have no prototype; a plain spread survives structured cloning and comparison in tests. */
function plain(row: object): object {
  return { ...row };
}

function toSql(value: unknown): SQLInputValue {
  return (typeof value === "boolean" ? Number(value) : value) as SQLInputValue;
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw classify(error);
  }
}
