import type { UserFs } from "#machine/contract.ts";
import { MAX_UPLOAD, reportUpload, type TransferDeps } from "../transfer.ts";
import { OPEN } from "./protocol.ts";

/** Handles open at once in one session. */
const MAX_HANDLES = 64;
/** Bytes of files being written, for all handles of a session. */
const MAX_BUFFERED = 128 * 1024 * 1024;

export class OpenFile {
  readonly path: string;
  readonly flags: number;
  readonly mode: number;
  readonly #files: UserFs;
  #content: Buffer | undefined;
  #size = 0;
  #dirty = false;
  bytesRead = 0;
  #written = false;

  constructor(files: UserFs, path: string, facts: { flags: number; mode: number }) {
    this.#files = files;
    this.path = path;
    this.flags = facts.flags;
    this.mode = facts.mode;
  }

  get buffered(): number {
    return this.#content?.length ?? 0;
  }

  get size(): number | undefined {
    return this.#content === undefined ? undefined : this.#size;
  }

  read(offset: number, length: number): Uint8Array {
    this.flush();
    const bytes = this.#files.readAt(this.path, offset, length);
    this.bytesRead += bytes.length;
    return bytes;
  }

  /** @returns false when the file would become larger than is ever taken. */
  write(offset: number, bytes: Buffer): boolean {
    const old = this.#load();
    const at = (this.flags & OPEN.APPEND) !== 0 ? this.#size : offset;
    const end = at + bytes.length;
    if (end > MAX_UPLOAD) return false;
    const content = end <= old.length ? old : grow(old, end);
    bytes.copy(content, at);
    this.#content = content;
    this.#size = Math.max(this.#size, end);
    this.#dirty = true;
    this.#written = true;
    return true;
  }

  truncate(size: number): boolean {
    if (size > MAX_UPLOAD) return false;
    const old = this.#load();
    this.#content = size <= old.length ? old : grow(old, size);
    this.#content.fill(0, Math.min(size, this.#size), Math.max(size, this.#size));
    this.#size = size;
    this.#dirty = true;
    return true;
  }

  #load(): Buffer {
    if (this.#content !== undefined) return this.#content;
    const { size } = this.#files.stat(this.path);
    const content = size > MAX_UPLOAD ? Buffer.alloc(0) : Buffer.from(this.#files.read(this.path));
    this.#content = content;
    this.#size = content.length;
    return content;
  }

  /** Puts what was written into the world. @throws {FsError} when the world is full */
  flush(): void {
    if (!this.#dirty || this.#content === undefined) return;
    this.#dirty = false;
    this.#files.write(this.path, Buffer.from(this.#content.subarray(0, this.#size)));
  }

  /** What was put, if anything was. */
  uploaded(): Buffer | undefined {
    return this.#written ? this.#content?.subarray(0, this.#size) : undefined;
  }
}

function grow(old: Buffer, atLeast: number): Buffer {
  const larger = Buffer.alloc(Math.min(MAX_UPLOAD, Math.max(atLeast, old.length * 2, 65_536)));
  old.copy(larger);
  return larger;
}

export interface OpenDirectory {
  readonly path: string;
  readonly names: readonly string[];
  at: number;
}

export type Handle = OpenFile | OpenDirectory;

/** Open handles under the numbers sftp-server gives them: the lowest that is free. */
export class Handles {
  readonly #open = new Map<number, Handle>();
  readonly #deps: TransferDeps;

  constructor(deps: TransferDeps) {
    this.#deps = deps;
  }

  /** @returns `undefined` when too many are open. */
  add(handle: Handle): Buffer | undefined {
    if (this.#open.size >= MAX_HANDLES) return undefined;
    let n = 0;
    while (this.#open.has(n)) n += 1;
    this.#open.set(n, handle);
    const id = Buffer.alloc(4);
    id.writeUInt32BE(n);
    return id;
  }

  file(id: Buffer): OpenFile | undefined {
    const handle = this.#get(id);
    return handle instanceof OpenFile ? handle : undefined;
  }

  directory(id: Buffer): OpenDirectory | undefined {
    const handle = this.#get(id);
    return handle instanceof OpenFile ? undefined : handle;
  }

  #get(id: Buffer): Handle | undefined {
    return id.length === 4 ? this.#open.get(id.readUInt32BE()) : undefined;
  }

  hasRoomFor(bytes: number): boolean {
    let sum = bytes;
    for (const handle of this.#open.values()) if (handle instanceof OpenFile) sum += handle.buffered;
    return sum <= MAX_BUFFERED;
  }

  /** @returns false for an unknown handle. @throws {FsError} when the world does not take what was written */
  close(id: Buffer): boolean {
    const handle = this.#get(id);
    if (handle === undefined) return false;
    this.#open.delete(id.readUInt32BE());
    if (handle instanceof OpenFile) this.#tell(handle);
    return true;
  }

  /** The client left: what it wrote so far is there. */
  closeAll(): void {
    for (const n of this.#open.keys()) {
      const id = Buffer.alloc(4);
      id.writeUInt32BE(n);
      try {
        this.close(id);
      } catch {
        // Nobody is left to be told that the world is full; the bytes are captured.
      }
    }
  }

  #tell(file: OpenFile): void {
    const bytes = file.uploaded();
    if (bytes !== undefined) reportUpload(this.#deps, "sftp", { path: file.path, bytes, mode: file.mode });
    if (file.bytesRead > 0)
      this.#deps.log.emit("retr", {
        path: file.path,
        size: file.bytesRead,
        method: "sftp",
        direction: "out",
      });
    file.flush();
  }
}
