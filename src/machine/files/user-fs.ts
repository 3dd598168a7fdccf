import type { Errno, FileFacts, WriteOptions } from "../contract.ts";
import { FsError } from "../errors.ts";
import type { Caller, Executable, MachineFs, Mount } from "../model.ts";
import { type NodeAttributes, WorldNode, type WorldTree } from "../worlds/world-tree.ts";
import type { BaseNode, ReadContext } from "./base-node.ts";
import { deviceOf, ENDLESS, factsOf, writeDevice } from "./entry-facts.ts";
import { type Located, locate, type Place, resolve, type Walker } from "./walk.ts";

/** What the file system needs to know of the rest of its world. */
export interface FsHost {
  readonly tree: WorldTree;
  now(): number;
  mountOf(path: string): Mount;
  /** Oldest time a change of a base entry can have. */
  readonly installedAt: number;
  executable(node: BaseNode, context: ReadContext): Executable;
  /** Content is about to change for the first time since it was settled. */
  changing(node: WorldNode | undefined, path: string, read: () => Uint8Array): void;
  /** Content or a sensitive attribute changed. */
  changed(node: WorldNode, path: string, caller: Caller): void;
  settle(path: string, node: WorldNode): void;
}

const MAX_READ = 64 * 1024 * 1024;

/** One caller's view of one world's files. */
export class CallerFs implements MachineFs {
  readonly #host: FsHost;
  readonly #caller: Caller;
  readonly #context: ReadContext;
  readonly #walker: Walker;
  umask: number;

  constructor(host: FsHost, context: ReadContext) {
    this.#host = host;
    this.#caller = context.caller;
    this.#context = context;
    this.umask = context.caller.umask ?? 0o022;
    this.#walker = { root: host.tree.root, context, permits: (node, want) => this.#permits(node, want) };
  }

  #permits(node: BaseNode, want: number): boolean {
    const { uid, gid, groups } = this.#caller;
    if (uid === 0) return (want & 1) === 0 || node.kind === "directory" || (node.mode & 0o111) !== 0;
    const shift = node.uid === uid ? 6 : node.gid === gid || groups.includes(node.gid) ? 3 : 0;
    return ((node.mode >> shift) & want) === want;
  }

  #isOwner(node: BaseNode): boolean {
    return this.#caller.uid === 0 || this.#caller.uid === node.uid;
  }

  #require(condition: boolean, errno: Errno, path: string): void {
    if (!condition) throw new FsError(errno, path);
  }

  /** What `/proc` and `/sys` answer to attempts at changing their entries. */
  #writable(path: string, inKernelFs: Errno): void {
    const mount = this.#host.mountOf(path);
    if (mount.type === "proc" || mount.type === "sysfs") throw new FsError(inKernelFs, path);
    if (mount.readOnly) throw new FsError("EROFS", path);
  }

  stat(path: string): FileFacts {
    return factsOf(resolve(this.#walker, path, true).node, this.#context, this.#host.installedAt);
  }

  lstat(path: string): FileFacts {
    return factsOf(resolve(this.#walker, path, false).node, this.#context, this.#host.installedAt);
  }

  readdir(path: string): readonly string[] {
    const { node } = resolve(this.#walker, path, true);
    this.#require(node.kind === "directory", "ENOTDIR", path);
    this.#require(this.#permits(node, 4), "EACCES", path);
    return node.names(this.#context);
  }

  readlink(path: string): string {
    const { node } = resolve(this.#walker, path, false);
    this.#require(node.kind === "symlink", "EINVAL", path);
    return node.target(this.#context);
  }

  realpath(path: string): string {
    return resolve(this.#walker, path, true).path;
  }

  #openForReading(path: string): BaseNode {
    const { node } = resolve(this.#walker, path, true);
    this.#require(node.kind !== "directory", "EISDIR", path);
    this.#require(this.#permits(node, 4), "EACCES", path);
    this.#require(node.kind !== "socket", "ENXIO", path);
    return node;
  }

  read(path: string): Uint8Array {
    const node = this.#openForReading(path);
    if (node.kind === "character" && ENDLESS.has(deviceOf(node))) throw new FsError("EFBIG", path);
    if (node.kind === "fifo") return new Uint8Array();
    const size = node.size(this.#context);
    if (size > MAX_READ) throw new FsError("EFBIG", path);
    // Kernel files say 0 and have content all the same.
    return node.readAt(0, size === 0 && !(node instanceof WorldNode) ? MAX_READ : size, this.#context);
  }

  readAt(path: string, offset: number, length: number): Uint8Array {
    const node = this.#openForReading(path);
    if (node.kind === "fifo") return new Uint8Array();
    return node.readAt(offset, Math.min(length, MAX_READ), this.#context);
  }

  /** The entry as this world's own, with every folder above it. */
  #own(at: Located): WorldNode {
    const { node } = at;
    if (node instanceof WorldNode) return node;
    const parent = at.parent === undefined ? this.#host.tree.root : this.#own(at.parent);
    // An earlier step of the same call may have made it ours already.
    const known = parent.entries.get(at.name);
    if (known instanceof WorldNode) return known;
    const own = this.#host.tree.copyUp(node, at.path, this.#context, this.#host.now());
    this.#host.tree.setEntry(parent, at.name, own, this.#context);
    return own;
  }

  #stamp(node: WorldNode, which: "content" | "attributes"): void {
    const now = this.#host.now();
    node.attributes.ctime = now;
    if (which === "content") node.attributes.mtime = now;
    this.#host.tree.touch(node);
  }

  /** May an entry be added to or taken from this folder? */
  #changeable(place: Place, path: string, taking: boolean): void {
    this.#writable(place.path, taking ? "EPERM" : place.path.startsWith("/sys") ? "EPERM" : "ENOENT");
    const folder = place.parent.node;
    this.#require(this.#permits(folder, 3), "EACCES", path);
    if (folder instanceof WorldNode) {
      this.#require(!folder.immutable, "EPERM", path);
      this.#require(!(taking && folder.append), "EPERM", path);
    }
    const { found } = place;
    if (!taking || found === undefined) return;
    const sticky = (folder.mode & 0o1000) !== 0;
    if (sticky) this.#require(this.#isOwner(folder) || this.#isOwner(found.node), "EPERM", path);
    if (found.node instanceof WorldNode)
      this.#require(!found.node.immutable && !found.node.append, "EPERM", path);
  }

  #attributes(parent: BaseNode, mode: number): NodeAttributes {
    const now = this.#host.now();
    return {
      mode,
      uid: this.#caller.uid,
      gid: (parent.mode & 0o2000) === 0 ? this.#caller.gid : parent.gid,
      mtime: now,
      atime: now,
      ctime: now,
    };
  }

  #make(place: Place, kind: FileFacts["kind"], mode: number): WorldNode {
    const folder = this.#own(place.parent);
    const node = this.#host.tree.create(kind, this.#attributes(folder, mode));
    this.#host.tree.setEntry(folder, place.name, node, this.#context);
    this.#stamp(folder, "content");
    return node;
  }

  /** Opens for writing, creating when allowed; undefined when the entry takes the bytes itself. */
  #openForWriting(path: string, mode: number | undefined, bytes: Uint8Array, exclusive: boolean) {
    const place = locate(this.#walker, path, !exclusive);
    const { found } = place;
    if (found === undefined) {
      this.#require(!place.mustBeFolder, "EISDIR", path);
      if (mode === undefined) throw new FsError("ENOENT", path);
      if (this.#host.mountOf(place.path).type === "sysfs") throw new FsError("EACCES", path);
      this.#changeable(place, path, false);
      return {
        node: this.#make(place, "file", mode & 0o7777 & ~this.umask),
        path: place.path,
        created: true,
      };
    }
    this.#require(!exclusive, "EEXIST", path);
    const { node } = found;
    this.#require(node.kind !== "directory", "EISDIR", path);
    this.#require(this.#permits(node, 2), "EACCES", path);
    if (node.kind === "character" || node.kind === "block") {
      writeDevice(node, path);
      return undefined;
    }
    this.#require(node.kind !== "socket", "ENXIO", path);
    if (node.kind === "fifo") return undefined;
    if (!(node instanceof WorldNode) && node.write !== undefined) {
      node.write(bytes, this.#context);
      return undefined;
    }
    this.#writable(found.path, this.#caller.uid === 0 ? "EIO" : "EACCES");
    if (node instanceof WorldNode) this.#require(!node.immutable, "EPERM", path);
    return { node: this.#own(found), path: found.path, created: false };
  }

  #change(opened: { node: WorldNode; path: string }, apply: () => void): void {
    const { node, path } = opened;
    this.#host.changing(node, path, () => node.readAt(0, Math.min(node.data.size, 262_144), this.#context));
    apply();
    this.#stamp(node, "content");
    // A write takes set-user-id away, as the kernel does for everybody but root.
    if (this.#caller.uid !== 0) node.attributes.mode &= ~0o6000;
    this.#host.changed(node, path, this.#caller);
  }

  write(path: string, bytes: Uint8Array, options: WriteOptions = {}): void {
    const opened = this.#openForWriting(path, options.mode ?? 0o666, bytes, options.exclusive === true);
    if (opened === undefined) return;
    this.#require(!opened.node.append, "EPERM", path);
    this.#change(opened, () => {
      this.#host.tree.setData(opened.node, Buffer.from(bytes), bytes.length);
    });
  }

  append(path: string, bytes: Uint8Array, options: WriteOptions = {}): void {
    const opened = this.#openForWriting(path, options.mode ?? 0o666, bytes, false);
    if (opened === undefined) return;
    this.#change(opened, () => {
      this.#host.tree.writeInto(opened.node, opened.node.data.size, bytes, this.#context);
    });
  }

  writeAt(path: string, offset: number, bytes: Uint8Array): void {
    const opened = this.#openForWriting(path, undefined, bytes, false);
    if (opened === undefined) return;
    this.#require(!opened.node.append || offset >= opened.node.data.size, "EPERM", path);
    this.#change(opened, () => {
      this.#host.tree.writeInto(opened.node, offset, bytes, this.#context);
    });
  }

  truncate(path: string, size: number): void {
    if (size < 0) throw new FsError("EINVAL", path);
    const opened = this.#openForWriting(path, undefined, new Uint8Array(), false);
    if (opened === undefined) return;
    const { node } = opened;
    this.#require(!node.append, "EPERM", path);
    this.#change(opened, () => {
      const held =
        node.data.at === "memory"
          ? node.data.bytes
          : Buffer.from(node.readAt(0, Math.min(size, node.data.size), this.#context));
      this.#host.tree.setData(node, held.subarray(0, Math.min(size, held.length)), size);
    });
  }

  mkdir(path: string, mode = 0o777): void {
    const place = locate(this.#walker, path.replace(/\/+$/, "") || "/", false);
    if (place.found !== undefined) throw new FsError("EEXIST", path);
    this.#changeable(place, path, false);
    this.#make(place, "directory", mode & 0o7777 & ~this.umask);
  }

  mkfifo(path: string, mode = 0o666): void {
    const place = locate(this.#walker, path, false);
    if (place.found !== undefined) throw new FsError("EEXIST", path);
    this.#changeable(place, path, false);
    this.#make(place, "fifo", mode & 0o777 & ~this.umask);
  }

  #take(place: Place): void {
    const folder = this.#own(place.parent);
    const node = place.found?.node;
    this.#host.tree.setEntry(folder, place.name, null, this.#context);
    this.#stamp(folder, "content");
    if (!(node instanceof WorldNode)) return;
    node.nlink -= 1;
    if (node.kind === "directory" || node.nlink <= 0) this.#host.tree.drop(node);
    else this.#stamp(node, "attributes");
  }

  rmdir(path: string): void {
    const trimmed = path.replace(/\/+$/, "") || "/";
    if (/(^|\/)\.$/.test(trimmed)) throw new FsError("EINVAL", path);
    const place = locate(this.#walker, trimmed, false);
    if (place.found === undefined) throw new FsError("ENOENT", path);
    this.#require(place.found.node.kind === "directory", "ENOTDIR", path);
    this.#require(place.path !== "/" && this.#host.mountOf(place.path).target !== place.path, "EBUSY", path);
    this.#changeable(place, path, true);
    this.#require(place.found.node.names(this.#context).length === 0, "ENOTEMPTY", path);
    this.#take(place);
  }

  unlink(path: string): void {
    const place = locate(this.#walker, path, false);
    if (place.found === undefined) throw new FsError("ENOENT", path);
    this.#changeable(place, path, true);
    this.#require(place.found.node.kind !== "directory", "EISDIR", path);
    const { node } = place.found;
    this.#host.changing(node instanceof WorldNode ? node : undefined, place.path, () =>
      node.kind === "file" ? node.readAt(0, 262_144, this.#context) : new Uint8Array(),
    );
    if (node instanceof WorldNode && !node.settled) this.#host.settle(place.path, node);
    this.#take(place);
  }

  rename(from: string, to: string): void {
    const source = locate(this.#walker, from.replace(/\/+$/, "") || "/", false);
    if (source.found === undefined) throw new FsError("ENOENT", from);
    const target = locate(this.#walker, to.replace(/\/+$/, "") || "/", false);
    this.#require(source.path !== "/" && target.path !== "/", "EBUSY", from);
    if (source.path === target.path) return;
    this.#changeable(source, from, true);
    this.#changeable(target, to, target.found !== undefined);
    this.#require(this.#host.mountOf(source.path).id === this.#host.mountOf(target.path).id, "EXDEV", to);
    const folder = source.found.node.kind === "directory";
    this.#require(!(folder && `${target.path}/`.startsWith(`${source.path}/`)), "EINVAL", to);
    if (target.found !== undefined) this.#replaceable(target.found.node, folder, to);
    const node = this.#own(source.found);
    this.#host.changing(undefined, target.path, () => this.#oldContent(target.found?.node));
    if (target.found !== undefined) this.#take(target);
    const sourceFolder = this.#own(source.parent);
    const targetFolder = this.#own(target.parent);
    this.#host.tree.setEntry(sourceFolder, source.name, null, this.#context);
    this.#host.tree.setEntry(targetFolder, target.name, node, this.#context);
    this.#stamp(sourceFolder, "content");
    this.#stamp(targetFolder, "content");
    this.#stamp(node, "attributes");
    if (node.kind === "file") this.#host.changed(node, target.path, this.#caller);
  }

  #oldContent(node: BaseNode | undefined): Uint8Array {
    return node?.kind === "file" ? node.readAt(0, 262_144, this.#context) : new Uint8Array();
  }

  #replaceable(node: BaseNode, byFolder: boolean, path: string): void {
    if (byFolder) {
      this.#require(node.kind === "directory", "ENOTDIR", path);
      this.#require(node.names(this.#context).length === 0, "ENOTEMPTY", path);
    } else this.#require(node.kind !== "directory", "EISDIR", path);
  }

  symlink(target: string, path: string): void {
    this.#require(target !== "", "ENOENT", path);
    this.#require(Buffer.byteLength(target) < 4096, "ENAMETOOLONG", path);
    const place = locate(this.#walker, path, false);
    if (place.found !== undefined) throw new FsError("EEXIST", path);
    this.#changeable(place, path, false);
    const node = this.#make(place, "symlink", 0o777);
    node.linkTarget = target;
  }

  link(existing: string, path: string): void {
    const source = resolve(this.#walker, existing, false);
    this.#require(source.node.kind !== "directory", "EPERM", existing);
    const place = locate(this.#walker, path, false);
    if (place.found !== undefined) throw new FsError("EEXIST", path);
    this.#changeable(place, path, false);
    this.#require(this.#host.mountOf(source.path).id === this.#host.mountOf(place.path).id, "EXDEV", path);
    // fs.protected_hardlinks: only what one owns or could write.
    this.#require(this.#isOwner(source.node) || this.#permits(source.node, 6), "EPERM", path);
    const node = this.#own(source);
    this.#require(!node.immutable && !node.append, "EPERM", existing);
    const folder = this.#own(place.parent);
    node.nlink += 1;
    this.#host.tree.setEntry(folder, place.name, node, this.#context);
    this.#stamp(folder, "content");
    this.#stamp(node, "attributes");
  }

  #changeAttributes(path: string, follow: boolean, apply: (node: WorldNode) => void): void {
    const at = resolve(this.#walker, path, follow);
    const allowed = this.#isOwner(at.node);
    this.#require(allowed, "EPERM", path);
    this.#writable(at.path, "EPERM");
    if (at.node instanceof WorldNode) this.#require(!at.node.immutable && !at.node.append, "EPERM", path);
    const node = this.#own(at);
    apply(node);
    this.#stamp(node, "attributes");
  }

  chmod(path: string, mode: number): void {
    this.#changeAttributes(path, true, (node) => {
      node.attributes.mode = mode & 0o7777;
    });
  }

  chown(path: string, uid: number, gid: number, options: { readonly follow?: boolean } = {}): void {
    const { uid: me, gid: mine, groups } = this.#caller;
    const at = resolve(this.#walker, path, options.follow !== false);
    const keepsUser = uid < 0 || uid === at.node.uid;
    const mayGroup = gid < 0 || gid === at.node.gid || gid === mine || groups.includes(gid);
    this.#require(me === 0 || (keepsUser && mayGroup && this.#isOwner(at.node)), "EPERM", path);
    this.#changeAttributes(path, options.follow !== false, (node) => {
      if (uid >= 0) node.attributes.uid = uid;
      if (gid >= 0) node.attributes.gid = gid;
      if (me !== 0) node.attributes.mode &= ~0o6000;
    });
  }

  utimes(path: string, atime: number, mtime: number): void {
    this.#changeAttributes(path, true, (node) => {
      node.attributes.atime = atime;
      node.attributes.mtime = mtime;
    });
  }

  access(path: string, want: "read" | "write" | "execute" | "exists"): boolean {
    try {
      const at = resolve(this.#walker, path, true);
      if (want === "exists") return true;
      if (want === "write" && this.#host.mountOf(at.path).readOnly) return false;
      if (want === "execute" && at.node.kind === "file" && this.#host.mountOf(at.path).noexec) return false;
      return this.#permits(at.node, want === "read" ? 4 : want === "write" ? 2 : 1);
    } catch (error) {
      if (error instanceof FsError) return false;
      throw error;
    }
  }

  statfs(path: string): ReturnType<MachineFs["statfs"]> {
    const mount = this.#host.mountOf(this.realpath(path));
    return {
      blockSize: mount.blockSize,
      blocks: mount.blocks,
      free: mount.free,
      files: mount.files,
      filesFree: mount.filesFree,
    };
  }

  executable(path: string): Executable {
    const at = resolve(this.#walker, path, true);
    this.#require(at.node.kind === "file", "EACCES", path);
    this.#require(this.#permits(at.node, 1), "EACCES", path);
    this.#require(!this.#host.mountOf(at.path).noexec, "EACCES", path);
    if (at.node instanceof WorldNode && !at.node.settled) this.#host.settle(at.path, at.node);
    return this.#host.executable(at.node, this.#context);
  }

  attributes(path: string): { readonly immutable: boolean; readonly append: boolean } {
    const { node } = resolve(this.#walker, path, false);
    return node instanceof WorldNode
      ? { immutable: node.immutable, append: node.append }
      : { immutable: false, append: false };
  }

  setAttributes(path: string, attributes: { readonly immutable: boolean; readonly append: boolean }): void {
    const at = resolve(this.#walker, path, false);
    this.#require(this.#caller.uid === 0, "EPERM", path);
    this.#writable(at.path, "EPERM");
    const node = this.#own(at);
    node.immutable = attributes.immutable;
    node.append = attributes.append;
    this.#stamp(node, "attributes");
  }

  closed(path: string): void {
    const at = resolve(this.#walker, path, true);
    if (at.node instanceof WorldNode && !at.node.settled) this.#host.settle(at.path, at.node);
  }
}
