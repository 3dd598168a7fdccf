import type { FileFacts, FileKind, WriteOptions } from "../contract.ts";
import { FsError } from "../errors.ts";
import type { Caller, Executable, MachineFs } from "../model.ts";

interface Entry {
  kind: FileKind;
  mode: number;
  uid: number;
  gid: number;
  bytes: Uint8Array;
  target: string;
  mtime: number;
  inode: number;
  rdev?: { major: number; minor: number };
}

/** Files in memory, for tests of the shell alone. */
export class MemoryTree {
  readonly entries = new Map<string, Entry>();
  #inode = 2;

  constructor() {
    for (const path of [
      "/",
      "/bin",
      "/usr",
      "/usr/bin",
      "/etc",
      "/root",
      "/tmp",
      "/home",
      "/dev",
      "/dev/shm",
      "/proc",
      "/var",
      "/var/run",
      "/mnt",
    ])
      this.add(path, "directory", 0o755);
    this.add("/tmp", "directory", 0o1777);
    this.device("/dev/null", 3);
    this.device("/dev/zero", 5);
    this.device("/dev/urandom", 9);
  }

  add(path: string, kind: FileKind, mode: number, bytes: Uint8Array = new Uint8Array(0)): Entry {
    const entry: Entry = {
      kind,
      mode,
      uid: 0,
      gid: 0,
      bytes,
      target: "",
      mtime: 1_700_000_000,
      inode: this.#inode++,
    };
    this.entries.set(path, entry);
    return entry;
  }

  device(path: string, minor: number): void {
    this.add(path, "character", 0o666).rdev = { major: 1, minor };
  }

  program(name: string): void {
    this.add(`/usr/bin/${name}`, "file", 0o755, Buffer.from(`\x7fELF program:${name}\n`));
  }

  link(path: string, target: string): void {
    this.add(path, "symlink", 0o777).target = target;
  }

  text(path: string, text: string, mode = 0o644): void {
    this.add(path, "file", mode, Buffer.from(text));
  }
}

function mustBeFolder(entry: Entry | undefined, path: string): void {
  if (entry === undefined) throw new FsError("ENOENT", path);
  if (entry.kind !== "directory") throw new FsError("ENOTDIR", path);
}

export class MemoryFs implements MachineFs {
  umask: number;
  readonly #tree: MemoryTree;
  readonly #caller: Caller;

  constructor(tree: MemoryTree, caller: Caller) {
    this.#tree = tree;
    this.#caller = caller;
    this.umask = caller.umask ?? 0o022;
  }

  #locate(path: string, follow: boolean, depth = 0): string {
    if (depth > 20) throw new FsError("ELOOP", path);
    let at = "";
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    for (const [index, part] of parts.entries()) {
      if (part === "..") {
        at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
        continue;
      }
      at = `${at}/${part}`;
      const entry = this.#tree.entries.get(at);
      const last = index === parts.length - 1;
      if (entry?.kind === "symlink" && (follow || !last)) {
        const target = entry.target.startsWith("/")
          ? entry.target
          : `${at.slice(0, at.lastIndexOf("/"))}/${entry.target}`;
        return this.#locate([target, ...parts.slice(index + 1)].join("/"), follow, depth + 1);
      }
      if (!last) mustBeFolder(entry, path);
    }
    return at === "" ? "/" : at;
  }

  #entry(path: string, follow = true): Entry {
    const entry = this.#tree.entries.get(this.#locate(path, follow));
    if (entry === undefined) throw new FsError("ENOENT", path);
    if (path.endsWith("/") && path !== "/" && entry.kind !== "directory") throw new FsError("ENOTDIR", path);
    return entry;
  }

  #facts(entry: Entry): FileFacts {
    return {
      kind: entry.kind,
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      size:
        entry.kind === "symlink"
          ? entry.target.length
          : entry.kind === "directory"
            ? 4096
            : entry.bytes.length,
      nlink: entry.kind === "directory" ? 2 : 1,
      mtime: entry.mtime,
      atime: entry.mtime,
      ctime: entry.mtime,
      inode: entry.inode,
      ...(entry.kind === "symlink" ? { target: entry.target } : {}),
      ...(entry.rdev === undefined ? {} : { rdev: entry.rdev }),
    };
  }

  stat(path: string): FileFacts {
    return this.#facts(this.#entry(path));
  }
  lstat(path: string): FileFacts {
    return this.#facts(this.#entry(path, false));
  }
  readdir(path: string): readonly string[] {
    if (this.#entry(path).kind !== "directory") throw new FsError("ENOTDIR", path);
    const at = this.#locate(path, true);
    const prefix = at === "/" ? "/" : `${at}/`;
    return [...this.#tree.entries.keys()]
      .filter((each) => each !== "/" && each.startsWith(prefix) && !each.slice(prefix.length).includes("/"))
      .map((each) => each.slice(prefix.length))
      .sort();
  }
  readlink(path: string): string {
    const entry = this.#entry(path, false);
    if (entry.kind !== "symlink") throw new FsError("EINVAL", path);
    return entry.target;
  }
  realpath(path: string): string {
    this.#entry(path);
    return this.#locate(path, true);
  }
  read(path: string): Uint8Array {
    const entry = this.#entry(path);
    if (entry.kind === "directory") throw new FsError("EISDIR", path);
    if (!this.access(path, "read")) throw new FsError("EACCES", path);
    return entry.bytes;
  }
  readAt(path: string, offset: number, length: number): Uint8Array {
    const entry = this.#entry(path);
    if (entry.rdev?.minor === 5) return new Uint8Array(length);
    if (entry.rdev?.minor === 9) return new Uint8Array(length).fill(65);
    return this.read(path).subarray(offset, offset + length);
  }
  #parent(path: string): string {
    const at = this.#locate(path, true);
    const parent = at.slice(0, at.lastIndexOf("/")) || "/";
    const entry = this.#tree.entries.get(parent);
    if (entry === undefined) throw new FsError("ENOENT", path);
    if (entry.kind !== "directory") throw new FsError("ENOTDIR", path);
    if (parent === "/proc" || parent === "/sys") throw new FsError("ENOENT", path);
    return at;
  }
  #writable(path: string, options?: WriteOptions): Entry {
    const at = this.#parent(path);
    const existing = this.#tree.entries.get(at);
    if (existing?.kind === "directory") throw new FsError("EISDIR", path);
    if (existing !== undefined) {
      if (options?.exclusive === true) throw new FsError("EEXIST", path);
      return existing;
    }
    const made = this.#tree.add(at, "file", (options?.mode ?? 0o666) & ~this.umask);
    made.uid = this.#caller.uid;
    return made;
  }
  write(path: string, bytes: Uint8Array, options?: WriteOptions): void {
    this.#writable(path, options).bytes = bytes.slice();
  }
  append(path: string, bytes: Uint8Array, options?: WriteOptions): void {
    const entry = this.#writable(path, options);
    entry.bytes = Buffer.concat([entry.bytes, bytes]);
  }
  writeAt(path: string, offset: number, bytes: Uint8Array): void {
    const entry = this.#writable(path);
    const out = new Uint8Array(Math.max(entry.bytes.length, offset + bytes.length));
    out.set(entry.bytes);
    out.set(bytes, offset);
    entry.bytes = out;
  }
  truncate(path: string, size: number): void {
    const entry = this.#writable(path);
    const out = new Uint8Array(size);
    out.set(entry.bytes.subarray(0, size));
    entry.bytes = out;
  }
  mkdir(path: string, mode = 0o777): void {
    const at = this.#parent(path.replace(/\/+$/, ""));
    if (this.#tree.entries.has(at)) throw new FsError("EEXIST", path);
    this.#tree.add(at, "directory", mode & ~this.umask);
  }
  rmdir(path: string): void {
    if (this.readdir(path).length > 0) throw new FsError("ENOTEMPTY", path);
    this.#tree.entries.delete(this.#locate(path, false));
  }
  unlink(path: string): void {
    if (this.#entry(path, false).kind === "directory") throw new FsError("EISDIR", path);
    this.#tree.entries.delete(this.#locate(path, false));
  }
  rename(from: string, to: string): void {
    const entry = this.#entry(from, false);
    const source = this.#locate(from, false);
    const target = this.#parent(to);
    for (const [path, each] of Array.from(this.#tree.entries)) {
      if (!path.startsWith(`${source}/`)) continue;
      this.#tree.entries.delete(path);
      this.#tree.entries.set(target + path.slice(source.length), each);
    }
    this.#tree.entries.delete(source);
    this.#tree.entries.set(target, entry);
  }
  symlink(target: string, path: string): void {
    const at = this.#parent(path);
    if (this.#tree.entries.has(at)) throw new FsError("EEXIST", path);
    this.#tree.link(at, target);
  }
  link(existing: string, path: string): void {
    const entry = this.#entry(existing);
    this.#tree.entries.set(this.#parent(path), entry);
  }
  chmod(path: string, mode: number): void {
    this.#entry(path).mode = mode;
  }
  chown(path: string, uid: number, gid: number): void {
    Object.assign(this.#entry(path), { uid, gid });
  }
  utimes(path: string, _atime: number, mtime: number): void {
    this.#entry(path).mtime = mtime;
  }
  access(path: string, want: "read" | "write" | "execute" | "exists"): boolean {
    let entry: Entry;
    try {
      entry = this.#entry(path);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return false;
    }
    if (want === "exists") return true;
    if (want === "execute") return (entry.mode & 0o111) !== 0;
    if (this.#caller.uid === 0) return true;
    const shift = entry.uid === this.#caller.uid ? 6 : 0;
    return ((entry.mode >> shift) & 7 & (want === "read" ? 4 : 2)) !== 0;
  }
  statfs(): ReturnType<MachineFs["statfs"]> {
    return { blockSize: 4096, blocks: 1_000_000, free: 500_000, files: 100_000, filesFree: 90_000 };
  }
  executable(path: string): Executable {
    const entry = this.#entry(path);
    if (entry.kind !== "file" || (entry.mode & 0o111) === 0) throw new FsError("EACCES", path);
    const text = Buffer.from(entry.bytes).toString("latin1");
    const program = /^\x7fELF program:(.*)\n/.exec(text)?.[1];
    if (program !== undefined) return { kind: "program", path: `/usr/bin/${program}`, name: program };
    if (text.startsWith("\x7fELF"))
      return text.length < 20 ? { kind: "format-error" } : { kind: "foreign", machine: "x86_64" };
    const line = /^#! *(\S+)(?: +(.*?))? *\n/.exec(text);
    if (line) return { kind: "script", interpreter: line[1] ?? "", argument: line[2] };
    return text === "" ? { kind: "empty" } : { kind: "text" };
  }
  mkfifo(path: string): void {
    this.#tree.add(this.#parent(path), "fifo", 0o644);
  }
  attributes(): { immutable: boolean; append: boolean } {
    return { immutable: false, append: false };
  }
  setAttributes(): void {}
  closed(): void {}
}
