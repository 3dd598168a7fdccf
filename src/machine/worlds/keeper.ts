import type { FileKind } from "../contract.ts";
import type { BaseNode, ReadContext } from "../files/base-node.ts";
import type { WorldSettings } from "../model.ts";
import {
  type EntryRow,
  hashOf,
  type NodeRow,
  type StoredWorld,
  type WorldBatch,
  type WorldDatabase,
} from "./database.ts";
import { type Data, WorldNode, WorldTree } from "./world-tree.ts";

/** Content up to this size lies in the node's row; more goes to a row by hash, once for all worlds. */
const INLINE = 65_536;
const FLUSH_MS = 60;
/** A large file that is still growing is written when it has been quiet, or after two seconds at the latest. */
const LARGE = 1_048_576;
const QUIET_MS = 200;
const PATIENCE_MS = 2000;
const CACHE_BYTES = 8 * 1_048_576;
const WHITEOUTS = 20_000;

interface Options {
  readonly database: WorldDatabase;
  readonly stored: StoredWorld;
  readonly base: BaseNode;
  readonly settings: WorldSettings;
  readonly now: () => number;
  /** For reading the base while loading: nobody in particular. */
  readonly context: () => ReadContext;
  /** A flush in the background failed; its changes are kept and tried again. */
  readonly failed: (error: unknown) => void;
}

/** Keeps one loaded world equal to its rows: loads, collects changes, writes them in batches. */
export class WorldKeeper implements Disposable {
  readonly #options: Options;
  readonly #state = new Map<string, string | undefined>();
  readonly #cache = new Map<string, Buffer>();
  readonly #growing = new Map<WorldNode, { readonly since: number; size: number; at: number }>();
  #cached = 0;
  #inodes = { first: 0, end: 0 };
  #timer: NodeJS.Timeout | undefined;
  #revision: number;
  #version: number;
  #checkedAt = 0;
  tree: WorldTree;
  values: Map<string, unknown>;

  constructor(options: Options) {
    this.#options = options;
    this.#revision = options.stored.rev;
    this.#version = options.database.dataVersion();
    this.values = new Map(options.stored.state);
    this.tree = this.#newTree();
    this.#fill(options.stored);
  }

  #newTree(): WorldTree {
    const { settings, base } = this.#options;
    return new WorldTree(
      base,
      {
        nextIno: () => this.#nextIno(),
        load: (hash) => this.#load(hash),
        changed: () => {
          this.#schedule();
        },
      },
      { bytes: settings.maxWorldBytes, entries: settings.maxWorldEntries, whiteouts: WHITEOUTS },
    );
  }

  #nextIno(): number {
    if (this.#inodes.first >= this.#inodes.end)
      this.#inodes = { ...this.#options.database.takeInodes(this.#options.stored.id) };
    this.#inodes.first += 1;
    return this.#inodes.first - 1;
  }

  #load(hash: string): Buffer {
    const held = this.#cache.get(hash);
    if (held !== undefined) return held;
    const bytes = this.#options.database.blob(hash);
    this.#cached += bytes.length;
    this.#cache.set(hash, bytes);
    for (const [old, content] of this.#cache) {
      if (this.#cached <= CACHE_BYTES || old === hash) break;
      this.#cache.delete(old);
      this.#cached -= content.length;
    }
    return bytes;
  }

  /** Builds the tree from rows. */
  #fill(stored: StoredWorld): void {
    const { tree } = this;
    const nodes = new Map<number, WorldNode>();
    for (const row of stored.nodes) {
      const node = row.ino === tree.root.ino ? tree.root : this.#fromRow(row);
      if (node === tree.root)
        node.attributes = {
          mode: row.mode,
          uid: row.uid,
          gid: row.gid,
          mtime: row.mtime,
          atime: row.atime,
          ctime: row.ctime,
        };
      nodes.set(row.ino, node);
    }
    if (!nodes.has(tree.root.ino)) nodes.set(tree.root.ino, tree.root);
    for (const { folder, name, ino } of stored.entries)
      nodes.get(folder)?.entries.set(name, ino === 0 ? null : (nodes.get(ino) ?? null));
    for (const node of nodes.values()) {
      if (node === tree.root) continue;
      tree.account(node);
      if (node.originPath !== undefined && node.kind !== "directory" && node.nlink > 1)
        tree.copied.set(node.ino, node);
    }
  }

  #fromRow(row: NodeRow): WorldNode {
    const node = new WorldNode(this.tree, row.ino, row.kind as FileKind, {
      mode: row.mode,
      uid: row.uid,
      gid: row.gid,
      mtime: row.mtime,
      atime: row.atime,
      ctime: row.ctime,
    });
    node.nlink = row.nlink;
    node.immutable = (row.flags & 1) !== 0;
    node.append = (row.flags & 2) !== 0;
    node.originPath = row.origin ?? undefined;
    if (row.kind === "directory" && row.origin !== null) node.origin = this.#basePath(row.origin);
    if (row.kind === "symlink") node.linkTarget = row.target ?? "";
    if (row.kind === "character" || row.kind === "block") {
      const [major = "0", minor = "0"] = (row.target ?? "").split(":");
      node.rdev = { major: Number(major), minor: Number(minor) };
    }
    node.data = this.#dataOf(row) ?? node.data;
    return node;
  }

  #dataOf(row: NodeRow): Data | undefined {
    if (row.data === null) return undefined;
    if (row.data === "inline") {
      const bytes = Buffer.from(row.inline ?? new Uint8Array());
      return { at: "memory", bytes, size: row.size };
    }
    if (row.data !== "base") return { at: "store", hash: row.data, length: row.length, size: row.size };
    const base = row.origin === null ? undefined : this.#basePath(row.origin);
    return base === undefined ? undefined : { at: "base", node: base, size: row.size };
  }

  #basePath(path: string): BaseNode | undefined {
    const context = this.#options.context();
    let node: BaseNode | undefined = this.#options.base;
    for (const part of path.split("/").filter((one) => one !== "")) node = node?.lookup(part, context);
    return node;
  }

  setState(key: string, json: string | undefined): void {
    this.#state.set(key, json);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      try {
        this.flush(false);
      } catch (error) {
        this.#options.failed(error);
      }
    }, FLUSH_MS).unref();
  }

  /** Takes in what other processes wrote since the last look. Asked often, looks at most every 100 ms. */
  refresh(): boolean {
    const at = performance.now();
    if (at - this.#checkedAt < 100) return false;
    this.#checkedAt = at;
    const version = this.#options.database.dataVersion();
    if (version === this.#version) return false;
    this.#version = version;
    const { id } = this.#options.stored;
    if (this.#options.database.revision(id) === this.#revision) return false;
    this.flush(true);
    const stored = this.#options.database.load(id);
    this.#revision = stored.rev;
    this.values.clear();
    for (const [key, value] of stored.state) this.values.set(key, value);
    this.tree = this.#newTree();
    this.#fill(stored);
    return true;
  }

  /** Writes everything that changed; large growing files only when `all`. */
  flush(all: boolean): void {
    const changes = this.tree.takeChanges();
    const blobs = new Map<string, Uint8Array>();
    const nodes: NodeRow[] = [];
    for (const node of changes.nodes) {
      if (!all && this.#isGrowing(node)) {
        this.tree.touch(node);
        continue;
      }
      this.#growing.delete(node);
      nodes.push(this.#toRow(node, blobs));
    }
    const entries: EntryRow[] = [];
    for (const [folder, names] of changes.entries)
      for (const name of names) {
        const entry = folder.entries.get(name);
        entries.push({
          folder: folder.ino,
          name,
          ino: entry === undefined ? -1 : entry === null ? 0 : entry.ino,
        });
      }
    const state = new Map(this.#state);
    this.#state.clear();
    if (nodes.length === 0 && entries.length === 0 && state.size === 0 && changes.gone.size === 0) return;
    const batch: WorldBatch = { nodes, gone: [...changes.gone], entries, blobs, state };
    try {
      this.#revision = this.#options.database.write(this.#options.stored.id, batch, this.#options.now());
    } catch (error) {
      this.tree.putBack(changes);
      for (const [key, value] of state) if (!this.#state.has(key)) this.#state.set(key, value);
      throw error;
    }
    this.#release(changes.nodes);
  }

  #isGrowing(node: WorldNode): boolean {
    if (node.data.at !== "memory" || node.data.bytes.length < LARGE) return false;
    const now = performance.now();
    const known = this.#growing.get(node) ?? { since: now, size: 0, at: now };
    if (known.size !== node.data.size) {
      known.size = node.data.size;
      known.at = now;
    }
    this.#growing.set(node, known);
    return now - known.at < QUIET_MS && now - known.since < PATIENCE_MS;
  }

  #toRow(node: WorldNode, blobs: Map<string, Uint8Array>): NodeRow {
    const { data } = node;
    const kept = this.#keep(node, data, blobs);
    return {
      ino: node.ino,
      kind: node.kind,
      ...node.attributes,
      nlink: node.nlink,
      flags: (node.immutable ? 1 : 0) | (node.append ? 2 : 0),
      target:
        node.kind === "symlink"
          ? node.linkTarget
          : node.kind === "character" || node.kind === "block"
            ? `${String(node.rdev.major)}:${String(node.rdev.minor)}`
            : null,
      origin: node.originPath ?? null,
      size: data.size,
      ...kept,
    };
  }

  #keep(
    node: WorldNode,
    data: Data,
    blobs: Map<string, Uint8Array>,
  ): Pick<NodeRow, "data" | "length" | "inline"> {
    if (node.kind !== "file") return { data: null, length: 0, inline: null };
    if (data.at === "base") return { data: "base", length: 0, inline: null };
    if (data.at === "store") return { data: data.hash, length: data.length, inline: null };
    if (data.bytes.length <= INLINE) return { data: "inline", length: data.bytes.length, inline: data.bytes };
    const hash = hashOf(data.bytes);
    blobs.set(hash, data.bytes);
    return { data: hash, length: data.bytes.length, inline: null };
  }

  /** What is safely in the store need not stay in memory; it comes back when it is read. */
  #release(nodes: ReadonlySet<WorldNode>): void {
    for (const node of nodes) {
      const { data } = node;
      if (data.at !== "memory" || data.bytes.length <= INLINE || this.tree.changes.nodes.has(node)) continue;
      node.data = { at: "store", hash: hashOf(data.bytes), length: data.bytes.length, size: data.size };
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.flush(true);
  }
}
