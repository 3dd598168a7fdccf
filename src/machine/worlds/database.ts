import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { FileKind } from "../contract.ts";
import type { WorldSettings } from "../model.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS world (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL, used REAL NOT NULL,
  next_ino INTEGER NOT NULL, rev INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS node (
  world INTEGER NOT NULL, ino INTEGER NOT NULL, kind TEXT NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL,
  gid INTEGER NOT NULL, mtime REAL NOT NULL, atime REAL NOT NULL, ctime REAL NOT NULL, nlink INTEGER NOT NULL,
  flags INTEGER NOT NULL, target TEXT, origin TEXT, data TEXT, size INTEGER NOT NULL, length INTEGER NOT NULL,
  inline BLOB, PRIMARY KEY (world, ino)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  world INTEGER NOT NULL, folder INTEGER NOT NULL, name TEXT NOT NULL, ino INTEGER NOT NULL,
  PRIMARY KEY (world, folder, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (
  world INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (world, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blob (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS node_data ON node (data) WHERE data IS NOT NULL;
CREATE TABLE IF NOT EXISTS captured (hash TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (
  source TEXT NOT NULL, user TEXT NOT NULL, digest TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (source, user, digest)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_at ON attempt (at);
`;

export interface NodeRow {
  readonly ino: number;
  readonly kind: FileKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly atime: number;
  readonly ctime: number;
  readonly nlink: number;
  readonly flags: number;
  readonly target: string | null;
  readonly origin: string | null;
  /** `base`, `inline`, or the hash of a blob. */
  readonly data: string | null;
  readonly size: number;
  readonly length: number;
  readonly inline: Uint8Array | null;
}

export interface EntryRow {
  readonly folder: number;
  readonly name: string;
  readonly ino: number;
}

/** What one flush of one world writes. */
export interface WorldBatch {
  readonly nodes: readonly NodeRow[];
  readonly gone: readonly number[];
  /** ino 0 hides, −1 removes the row. */
  readonly entries: readonly EntryRow[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly state: ReadonlyMap<string, string | undefined>;
}

export interface StoredWorld {
  readonly id: number;
  readonly rev: number;
  readonly nodes: readonly NodeRow[];
  readonly entries: readonly EntryRow[];
  readonly state: ReadonlyMap<string, unknown>;
}

const INODE_BLOCK = 512;
const FIRST_INODE = 393_300;
const MAX_CAPTURED = 200_000;
const MAX_ATTEMPTS = 200_000;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : Number(value ?? 0));

/** `worlds.sqlite` of one decky. Several processes may have it open; each call is one short transaction. */
export class WorldDatabase implements Disposable {
  readonly #db: DatabaseSync;
  readonly #settings: WorldSettings;
  readonly #statements = new Map<string, StatementSync>();
  /** Worlds taken out to keep the caps; part of `health`. */
  retired = 0;

  constructor(stateDir: string, settings: WorldSettings) {
    mkdirSync(stateDir, { recursive: true });
    this.#db = new DatabaseSync(join(stateDir, "worlds.sqlite"));
    this.#settings = settings;
    this.#db.exec(
      "PRAGMA busy_timeout=3000; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-2048;",
    );
    this.#db.exec(SCHEMA);
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Changes when another connection committed. */
  dataVersion(): number {
    return number(this.#sql("PRAGMA data_version").get()?.["data_version"]);
  }

  has(name: string): boolean {
    return this.#sql("SELECT 1 AS one FROM world WHERE name = ?").get(name) !== undefined;
  }

  revision(id: number): number {
    return number(this.#sql("SELECT rev FROM world WHERE id = ?").get(id)?.["rev"]);
  }

  /** Finds or makes a world; its use is noted. */
  open(name: string, now: number, inUse: ReadonlySet<string>): StoredWorld {
    const id = this.#transaction(() => {
      const known = this.#sql("SELECT id FROM world WHERE name = ?").get(name);
      if (known !== undefined) {
        this.#sql("UPDATE world SET used = ? WHERE id = ?").run(now, number(known["id"]));
        return number(known["id"]);
      }
      const made = this.#sql("INSERT INTO world (name, created, used, next_ino) VALUES (?, ?, ?, ?)").run(
        name,
        now,
        now,
        FIRST_INODE,
      );
      return Number(made.lastInsertRowid);
    });
    this.prune(now, new Set([...inUse, name]));
    return this.load(id);
  }

  load(id: number): StoredWorld {
    const rev = this.revision(id);
    const state = new Map<string, unknown>();
    for (const row of this.#sql("SELECT key, value FROM state WHERE world = ?").all(id))
      state.set(text(row["key"]), JSON.parse(text(row["value"])) as unknown);
    return {
      id,
      rev,
      nodes: this.#sql("SELECT * FROM node WHERE world = ?").all(id) as unknown as NodeRow[],
      entries: this.#sql("SELECT folder, name, ino FROM entry WHERE world = ?").all(
        id,
      ) as unknown as EntryRow[],
      state,
    };
  }

  /** A block of inode numbers nobody else in this world uses. */
  takeInodes(id: number): { readonly first: number; readonly end: number } {
    const row = this.#sql("UPDATE world SET next_ino = next_ino + ? WHERE id = ? RETURNING next_ino").get(
      INODE_BLOCK,
      id,
    );
    const end = row === undefined ? FIRST_INODE + INODE_BLOCK : number(row["next_ino"]);
    return { first: end - INODE_BLOCK, end };
  }

  /** @returns the world's revision after it */
  write(id: number, batch: WorldBatch, now: number): number {
    return this.#transaction(() => {
      for (const [hash, bytes] of batch.blobs)
        this.#sql("INSERT OR IGNORE INTO blob (hash, bytes) VALUES (?, ?)").run(hash, bytes);
      for (const node of batch.nodes) this.#writeNode(id, node);
      for (const ino of batch.gone) {
        this.#sql("DELETE FROM node WHERE world = ? AND ino = ?").run(id, ino);
        this.#sql("DELETE FROM entry WHERE world = ? AND folder = ?").run(id, ino);
      }
      for (const entry of batch.entries)
        if (entry.ino < 0)
          this.#sql("DELETE FROM entry WHERE world = ? AND folder = ? AND name = ?").run(
            id,
            entry.folder,
            entry.name,
          );
        else
          this.#sql("INSERT OR REPLACE INTO entry (world, folder, name, ino) VALUES (?, ?, ?, ?)").run(
            id,
            entry.folder,
            entry.name,
            entry.ino,
          );
      for (const [key, value] of batch.state)
        if (value === undefined) this.#sql("DELETE FROM state WHERE world = ? AND key = ?").run(id, key);
        else
          this.#sql("INSERT OR REPLACE INTO state (world, key, value) VALUES (?, ?, ?)").run(id, key, value);
      const row = this.#sql("UPDATE world SET rev = rev + 1, used = ? WHERE id = ? RETURNING rev").get(
        now,
        id,
      );
      return number(row?.["rev"]);
    });
  }

  #writeNode(id: number, node: NodeRow): void {
    this.#sql(
      "INSERT OR REPLACE INTO node (world, ino, kind, mode, uid, gid, mtime, atime, ctime, nlink, flags, target, origin, data, size, length, inline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(
      id,
      node.ino,
      node.kind,
      node.mode,
      node.uid,
      node.gid,
      node.mtime,
      node.atime,
      node.ctime,
      node.nlink,
      node.flags,
      node.target,
      node.origin,
      node.data,
      node.size,
      node.length,
      node.inline,
    );
  }

  blob(hash: string): Buffer {
    const row = this.#sql("SELECT bytes FROM blob WHERE hash = ?").get(hash);
    const bytes = row?.["bytes"];
    return bytes instanceof Uint8Array
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : Buffer.alloc(0);
  }

  /** @returns true the first time this content is seen on this decky */
  noteCaptured(hash: string, now: number): boolean {
    const made = this.#sql("INSERT OR IGNORE INTO captured (hash, at) VALUES (?, ?)").run(hash, now);
    if (Number(made.changes) === 0) return false;
    const count = number(this.#sql("SELECT count(*) AS n FROM captured").get()?.["n"]);
    if (count > MAX_CAPTURED)
      this.#sql(
        "DELETE FROM captured WHERE hash IN (SELECT hash FROM captured ORDER BY at LIMIT 1000)",
      ).run();
    return true;
  }

  /** Distinct passwords that one source tried for one user, this one included. */
  countAttempt(source: string, user: string, digest: string, now: number): number {
    const made = this.#sql(
      "INSERT OR IGNORE INTO attempt (source, user, digest, at) VALUES (?, ?, ?, ?)",
    ).run(source, user, digest, now);
    if (Number(made.changes) > 0 && Math.floor(now) % 64 === 0) this.#pruneAttempts();
    return number(
      this.#sql("SELECT count(*) AS n FROM attempt WHERE source = ? AND user = ?").get(source, user)?.["n"],
    );
  }

  #pruneAttempts(): void {
    const count = number(this.#sql("SELECT count(*) AS n FROM attempt").get()?.["n"]);
    if (count <= MAX_ATTEMPTS) return;
    this.#sql("DELETE FROM attempt WHERE at <= (SELECT at FROM attempt ORDER BY at LIMIT 1 OFFSET ?)").run(
      Math.floor(MAX_ATTEMPTS / 10),
    );
  }

  /** Bytes of the file that are in use. */
  get usedBytes(): number {
    const pages = number(this.#sql("PRAGMA page_count").get()?.["page_count"]);
    const free = number(this.#sql("PRAGMA freelist_count").get()?.["freelist_count"]);
    const size = number(this.#sql("PRAGMA page_size").get()?.["page_size"]);
    return (pages - free) * size;
  }

  get worldCount(): number {
    return number(this.#sql("SELECT count(*) AS n FROM world").get()?.["n"]);
  }

  /** Takes out worlds that are too old, too many or too large, least recently used first. */
  prune(now: number, inUse: ReadonlySet<string>): void {
    const oldest = now - this.#settings.ttlDays * 86_400;
    for (let turn = 0; turn < 64; turn += 1) {
      const tooMany = this.worldCount > this.#settings.maxWorlds || this.usedBytes > this.#settings.maxBytes;
      const rows = this.#sql("SELECT id, name, used FROM world ORDER BY used LIMIT 300").all();
      const row = rows.find((one) => !inUse.has(text(one["name"])));
      if (row === undefined || (!tooMany && number(row["used"]) >= oldest)) return;
      this.remove(number(row["id"]));
      this.retired += 1;
    }
  }

  remove(id: number): void {
    this.#transaction(() => {
      for (const table of ["node", "entry", "state"])
        this.#db.prepare(`DELETE FROM ${table} WHERE world = ?`).run(id);
      this.#sql("DELETE FROM world WHERE id = ?").run(id);
      this.#sql("DELETE FROM blob WHERE hash NOT IN (SELECT data FROM node WHERE data IS NOT NULL)").run();
    });
    this.#db.exec("PRAGMA incremental_vacuum(256)");
  }

  list(): readonly { readonly name: string; readonly created: number; readonly used: number }[] {
    return this.#sql("SELECT name, created, used FROM world ORDER BY used DESC")
      .all()
      .map((row) => ({
        name: text(row["name"]),
        created: number(row["created"]),
        used: number(row["used"]),
      }));
  }
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
