import type { FileKind } from "../contract.ts";
import { FsError } from "../errors.ts";
import { byBytes } from "../files/base-layer.ts";
import type { BaseNode, ReadContext } from "../files/base-node.ts";

/** Where the content of a changed file is: in memory, in the store, or still in the base. */
export type Data =
  | { readonly at: "memory"; bytes: Buffer; size: number }
  | { readonly at: "store"; readonly hash: string; readonly length: number; readonly size: number }
  | { readonly at: "base"; readonly node: BaseNode; readonly size: number };

const empty = (): Data => ({ at: "memory", bytes: Buffer.alloc(0), size: 0 });

export interface NodeAttributes {
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  atime: number;
  ctime: number;
}

/** An entry that a world made or changed. */
export class WorldNode implements BaseNode {
  readonly tree: WorldTree;
  readonly ino: number;
  readonly kind: FileKind;
  attributes: NodeAttributes;
  nlink = 1;
  immutable = false;
  append = false;
  linkTarget = "";
  rdev: { readonly major: number; readonly minor: number } = { major: 0, minor: 0 };
  data: Data = empty();
  /** Content as it was when last captured or loaded; a write clears it. */
  settled = true;
  /** Folders: what this world put here; `null` hides an entry of the origin. */
  readonly entries = new Map<string, WorldNode | null>();
  origin: BaseNode | undefined;
  /** Path of the origin (folders) or of the base content (files) in the base. */
  originPath: string | undefined;

  constructor(tree: WorldTree, ino: number, kind: FileKind, attributes: NodeAttributes) {
    this.tree = tree;
    this.ino = ino;
    this.kind = kind;
    this.attributes = attributes;
  }

  get mode(): number {
    return this.attributes.mode;
  }
  get uid(): number {
    return this.attributes.uid;
  }
  get gid(): number {
    return this.attributes.gid;
  }
  mtime(context: ReadContext): number {
    return this.attributes.mtime === 0 ? (this.origin?.mtime(context) ?? 0) : this.attributes.mtime;
  }
  size(context: ReadContext): number {
    if (this.kind === "file") return this.data.size;
    if (this.kind === "symlink") return Buffer.byteLength(this.linkTarget);
    return this.kind === "directory" ? (this.origin?.size(context) ?? 4096) : 0;
  }
  target(): string {
    return this.linkTarget;
  }

  lookup(name: string, context: ReadContext): BaseNode | undefined {
    const own = this.entries.get(name);
    if (own !== undefined) return own ?? undefined;
    const below = this.origin?.lookup(name, context);
    if (below === undefined || below.nlink < 2 || below.kind === "directory") return below;
    return this.tree.copied.get(below.ino) ?? below;
  }

  names(context: ReadContext): readonly string[] {
    if (this.entries.size === 0 && this.origin !== undefined) return this.origin.names(context);
    const names = new Set(this.origin?.names(context));
    for (const [name, node] of this.entries)
      if (node === null) names.delete(name);
      else names.add(name);
    return [...names].toSorted(byBytes);
  }

  readAt(offset: number, length: number, context: ReadContext): Uint8Array {
    const { data } = this;
    const count = Math.max(0, Math.min(length, data.size - offset));
    if (data.at === "base") return data.node.readAt(offset, count, context);
    const bytes = data.at === "memory" ? data.bytes : this.tree.load(data.hash);
    if (offset + count <= bytes.length) return bytes.subarray(offset, offset + count);
    // A hole at the end reads as zeros.
    const out = Buffer.alloc(count);
    if (offset < bytes.length) out.set(bytes.subarray(offset, bytes.length));
    return out;
  }
}

export interface TreeLimits {
  readonly bytes: number;
  readonly entries: number;
  /** Hidden base entries in folders that still exist. */
  readonly whiteouts: number;
}

/** What a change of the tree must be written as. */
export interface TreeChanges {
  readonly nodes: Set<WorldNode>;
  readonly gone: Set<number>;
  /** folder inode → names */
  readonly entries: Map<WorldNode, Set<string>>;
}

export interface TreeHost {
  nextIno(): number;
  /** Content by hash; kept in a bounded cache. */
  load(hash: string): Buffer;
  changed(): void;
}

/**
 * One world's files over the base: only what was touched is held. A folder of the base that is
 * changed becomes a node with an origin; everything below it that is untouched still comes from there.
 */
export class WorldTree {
  readonly root: WorldNode;
  readonly limits: TreeLimits;
  /** Base inode → its changed copy, for hard links. */
  readonly copied = new Map<number, WorldNode>();
  readonly #host: TreeHost;
  #bytes = 0;
  #entries = 0;
  #whiteouts = 0;
  changes: TreeChanges = { nodes: new Set(), gone: new Set(), entries: new Map() };

  constructor(base: BaseNode, host: TreeHost, limits: TreeLimits) {
    this.#host = host;
    this.limits = limits;
    this.root = new WorldNode(this, base.ino, "directory", {
      mode: base.mode,
      uid: base.uid,
      gid: base.gid,
      mtime: 0,
      atime: 0,
      ctime: 0,
    });
    this.root.origin = base;
    this.root.originPath = "/";
  }

  get usage(): { readonly bytes: number; readonly entries: number } {
    return { bytes: this.#bytes, entries: this.#entries };
  }

  load(hash: string): Buffer {
    return this.#host.load(hash);
  }

  /** @throws {FsError} ENOSPC */
  create(kind: FileKind, attributes: NodeAttributes): WorldNode {
    if (this.#entries >= this.limits.entries) throw new FsError("ENOSPC", "");
    this.#entries += 1;
    const node = new WorldNode(this, this.#host.nextIno(), kind, attributes);
    this.touch(node);
    return node;
  }

  /** A changed copy of a base entry, not yet in any folder. */
  copyUp(base: BaseNode, path: string, context: ReadContext, ctime: number): WorldNode {
    if (this.#entries >= this.limits.entries) throw new FsError("ENOSPC", "");
    this.#entries += 1;
    const mtime = base.mtime(context);
    const node = new WorldNode(this, base.ino, base.kind, {
      mode: base.mode,
      uid: base.uid,
      gid: base.gid,
      mtime,
      atime: mtime,
      ctime,
    });
    node.originPath = path;
    if (base.kind === "directory") node.origin = base;
    else if (base.kind === "symlink") node.linkTarget = base.target(context);
    else if (base.kind === "file") node.data = { at: "base", node: base, size: base.size(context) };
    else if (base.rdev !== undefined) node.rdev = base.rdev;
    if (base.kind !== "directory") {
      node.nlink = base.nlink;
      if (base.nlink > 1) this.copied.set(base.ino, node);
    }
    this.touch(node);
    return node;
  }

  touch(node: WorldNode): void {
    this.changes.nodes.add(node);
    this.#host.changed();
  }

  setEntry(folder: WorldNode, name: string, node: WorldNode | null, context: ReadContext): void {
    const before = folder.entries.get(name);
    if (before === null) this.#whiteouts -= 1;
    if (node === null) {
      if (folder.origin?.lookup(name, context) === undefined) folder.entries.delete(name);
      else {
        if (this.#whiteouts >= this.limits.whiteouts) throw new FsError("EIO", name);
        this.#whiteouts += 1;
        folder.entries.set(name, null);
      }
    } else folder.entries.set(name, node);
    const names = this.changes.entries.get(folder) ?? new Set();
    names.add(name);
    this.changes.entries.set(folder, names);
    this.#host.changed();
  }

  /** The last name of it is gone. */
  drop(node: WorldNode): void {
    if (node.data.at === "memory" || node.data.at === "store") this.#bytes -= stored(node.data);
    this.#entries -= 1;
    for (const entry of node.entries.values()) if (entry === null) this.#whiteouts -= 1;
    this.changes.nodes.delete(node);
    this.changes.entries.delete(node);
    this.changes.gone.add(node.ino);
    this.#host.changed();
  }

  /**
   * Replaces content. Holes cost nothing, so a size far over the quota can still be set.
   * @throws {FsError} ENOSPC
   */
  setData(node: WorldNode, bytes: Buffer, size: number): void {
    const before = stored(node.data);
    if (bytes.length > before && this.#bytes + bytes.length - before > this.limits.bytes)
      throw new FsError("ENOSPC", "");
    this.#bytes += bytes.length - before;
    node.data = { at: "memory", bytes, size };
    node.settled = false;
    this.touch(node);
  }

  /**
   * Writes into content in memory, growing it by doubling so that a file sent in pieces is not copied
   * for each of them.
   */
  writeInto(node: WorldNode, offset: number, bytes: Uint8Array, context: ReadContext): void {
    const end = offset + bytes.length;
    const size = Math.max(end, node.data.size);
    const held = stored(node.data);
    if (end - held > 0 && this.#bytes + end - held > this.limits.bytes) throw new FsError("ENOSPC", "");
    let buffer: Buffer;
    let spare: Buffer;
    if (node.data.at === "memory") {
      buffer = node.data.bytes;
      spare = backing(buffer);
    } else {
      buffer = Buffer.from(node.readAt(0, node.data.size, context));
      spare = buffer;
    }
    const length = Math.max(end, buffer.length);
    let target: Buffer;
    if (spare.length >= length && offset >= buffer.length) target = spare.subarray(0, length);
    else if (length <= buffer.length) target = Buffer.from(buffer);
    else {
      target = Buffer.alloc(Math.max(length, Math.min(length * 2, length + 4_194_304))).subarray(0, length);
      buffer.copy(target);
    }
    if (offset > buffer.length) target.fill(0, buffer.length, offset);
    target.set(bytes, offset);
    this.#bytes += target.length - held;
    node.data = { at: "memory", bytes: target, size };
    node.settled = false;
    this.touch(node);
  }

  /** After loading from the store. */
  account(node: WorldNode): void {
    this.#entries += 1;
    this.#bytes += stored(node.data);
    for (const entry of node.entries.values()) if (entry === null) this.#whiteouts += 1;
  }

  /** Changes that could not be written wait for the next time; newer ones win. */
  putBack(changes: TreeChanges): void {
    for (const node of changes.nodes) this.changes.nodes.add(node);
    for (const ino of changes.gone) this.changes.gone.add(ino);
    for (const [folder, names] of changes.entries)
      this.changes.entries.set(folder, new Set([...names, ...(this.changes.entries.get(folder) ?? [])]));
    this.#host.changed();
  }

  takeChanges(): TreeChanges {
    const taken = this.changes;
    this.changes = { nodes: new Set(), gone: new Set(), entries: new Map() };
    return taken;
  }
}

/** Bytes that count against the quota. */
const stored = (data: Data): number =>
  data.at === "memory" ? data.bytes.length : data.at === "store" ? data.length : 0;

/** Room behind a buffer that was cut from a larger one made for it. */
function backing(buffer: Buffer): Buffer {
  const whole = buffer.buffer.byteLength - buffer.byteOffset;
  // Buffers from Node's shared pool must not be grown into.
  if (buffer.byteOffset !== 0 || buffer.length < 2048) return buffer;
  return Buffer.from(buffer.buffer, 0, whole);
}
