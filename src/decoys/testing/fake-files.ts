import type { Errno, FileFacts, FileKind, UserFs, WriteOptions } from "#machine/contract.ts";
import { FsError } from "#machine/errors.ts";

interface Node {
  kind: FileKind;
  mode: number;
  uid: number;
  gid: number;
  bytes: Buffer;
  target: string;
  mtime: number;
  atime: number;
  readonly inode: number;
}

const fail = (errno: Errno, path: string): never => {
  throw new FsError(errno, path);
};

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

const normal = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
};

/** A flat map of paths: enough of a file system for the tests of what stands in front of one. */
export function createFakeFiles(onClose: (path: string, bytes: Buffer, mode: number) => void): UserFs {
  let inodes = 2;
  const nodes = new Map<string, Node>();
  const make = (kind: FileKind, mode: number, bytes = Buffer.alloc(0), target = ""): Node => {
    const now = Math.floor(Date.now() / 1_000);
    inodes += 1;
    return { kind, mode, uid: 0, gid: 0, bytes, target, mtime: now, atime: now, inode: inodes };
  };
  for (const path of ["/", "/root", "/tmp", "/etc", "/home", "/home/mkeller"])
    nodes.set(path, make("directory", 0o755));
  nodes.set("/etc/hostname", make("file", 0o644, Buffer.from("billing-2\n")));
  nodes.set("/proc/sys/kernel/osrelease", make("file", 0o444, Buffer.from("6.1.0-32-amd64\n")));

  const lookup = (path: string): Node => nodes.get(normal(path)) ?? fail("ENOENT", path);
  const resolve = (path: string, depth = 0): string => {
    if (depth > 8) fail("ELOOP", path);
    const clean = normal(path);
    const node = nodes.get(clean);
    return node?.kind === "symlink"
      ? resolve(
          normal(node.target.startsWith("/") ? node.target : `${parentOf(clean)}/${node.target}`),
          depth + 1,
        )
      : clean;
  };
  const follow = (path: string): Node => lookup(resolve(path));
  const facts = (path: string, node: Node): FileFacts => ({
    kind: node.kind,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    size: node.kind === "symlink" ? node.target.length : node.bytes.length,
    nlink: 1,
    mtime: node.mtime,
    atime: node.atime,
    ctime: node.mtime,
    inode: node.inode,
    ...(node.kind === "symlink" ? { target: node.target } : {}),
  });
  const needParent = (path: string): void => {
    if (lookup(parentOf(normal(path))).kind !== "directory") fail("ENOTDIR", path);
  };
  const file = (path: string): Node => {
    const node = follow(path);
    return node.kind === "directory" ? fail("EISDIR", path) : node;
  };
  const creating = (path: string, options: WriteOptions): Node => {
    const where = resolve(path);
    const known = nodes.get(where);
    if (known !== undefined) {
      if (options.exclusive) fail("EEXIST", path);
      return known.kind === "directory" ? fail("EISDIR", path) : known;
    }
    needParent(where);
    const node = make("file", options.mode ?? 0o644);
    nodes.set(where, node);
    return node;
  };
  const children = (path: string): string[] => {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...nodes.keys()].filter(
      (key) => key !== "/" && key.startsWith(prefix) && !key.slice(prefix.length).includes("/"),
    );
  };
  const put = (path: string, bytes: Uint8Array, options: WriteOptions, at: (old: Buffer) => Buffer): void => {
    const node = creating(path, options);
    node.bytes = at(node.bytes);
    node.mtime = Math.floor(Date.now() / 1_000);
    if (bytes.length > 0) onClose(resolve(path), node.bytes, node.mode);
  };
  return {
    stat: (path) => facts(path, follow(path)),
    lstat: (path) => facts(path, lookup(path)),
    readdir: (path) => {
      if (follow(path).kind !== "directory") fail("ENOTDIR", path);
      return children(resolve(path)).map((key) => key.slice(key.lastIndexOf("/") + 1));
    },
    readlink: (path) => {
      const node = lookup(path);
      return node.kind === "symlink" ? node.target : fail("EINVAL", path);
    },
    realpath: (path) => resolve(path),
    read: (path) => file(path).bytes,
    readAt: (path, offset, length) => file(path).bytes.subarray(offset, offset + length),
    write: (path, bytes, options = {}) => put(path, bytes, options, () => Buffer.from(bytes)),
    append: (path, bytes, options = {}) => put(path, bytes, options, (old) => Buffer.concat([old, bytes])),
    writeAt: (path, offset, bytes) =>
      put(path, bytes, {}, (old) => {
        const grown = Buffer.alloc(Math.max(old.length, offset + bytes.length));
        old.copy(grown);
        grown.set(bytes, offset);
        return grown;
      }),
    truncate: (path, size) => {
      const node = file(path);
      const cut = Buffer.alloc(size);
      node.bytes.copy(cut);
      node.bytes = cut;
    },
    mkdir: (path, mode = 0o755) => {
      if (nodes.has(normal(path))) fail("EEXIST", path);
      needParent(path);
      nodes.set(normal(path), make("directory", mode));
    },
    rmdir: (path) => {
      const node = lookup(path);
      if (node.kind !== "directory") fail("ENOTDIR", path);
      if (children(normal(path)).length > 0) fail("ENOTEMPTY", path);
      nodes.delete(normal(path));
    },
    unlink: (path) => {
      if (lookup(path).kind === "directory") fail("EISDIR", path);
      nodes.delete(normal(path));
    },
    rename: (from, to) => {
      const node = lookup(from);
      needParent(to);
      nodes.delete(normal(from));
      nodes.set(normal(to), node);
    },
    symlink: (target, path) => {
      if (nodes.has(normal(path))) fail("EEXIST", path);
      nodes.set(normal(path), make("symlink", 0o777, Buffer.alloc(0), target));
    },
    link: (existing, path) => {
      if (nodes.has(normal(path))) fail("EEXIST", path);
      nodes.set(normal(path), lookup(existing));
    },
    chmod: (path, mode) => void (follow(path).mode = mode),
    chown: (path, uid, gid) => void Object.assign(follow(path), { uid, gid }),
    utimes: (path, atime, mtime) => void Object.assign(follow(path), { atime, mtime }),
    access: (path) => nodes.has(resolve(path)),
    statfs: () => ({ blockSize: 4_096, blocks: 1_000_000, free: 500_000, files: 100_000, filesFree: 90_000 }),
  };
}
