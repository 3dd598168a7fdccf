import type { ExitStatus, FileFacts, UserFs } from "#machine/contract.ts";
import { SshProtocolError } from "../errors.ts";
import { errnoOf, filesOf, resolvePath, type TransferDeps } from "../transfer.ts";
import { WireReader, WireWriter } from "../transport/wire.ts";
import { Handles, OpenFile } from "./handles.ts";
import { longName, OwnerNames } from "./long-name.ts";
import {
  type Attributes,
  extensions,
  FX,
  FXP,
  OPEN,
  readAttributes,
  reply,
  status,
  statusOf,
  writeAttributes,
} from "./protocol.ts";

/** `SFTP_MAX_MSG_LENGTH` */
const MAX_MESSAGE = 256 * 1024;
const MAX_READ = MAX_MESSAGE - 1_024;
/** Entries of one READDIR answer. */
const NAMES_PER_READ = 100;
/** `RLIMIT_NOFILE` less what the process has open. */
const CLAIMED_HANDLES = 1_019n;

type Operation = (id: number, reader: WireReader) => WireWriter;

/** OpenSSH's sftp-server, protocol 3, over the files of the session's world. */
export async function runSftp(deps: TransferDeps): Promise<ExitStatus> {
  const server = new SftpServer(deps);
  let received: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of deps.channel.input) {
      received = received.length === 0 ? Buffer.from(chunk) : Buffer.concat([received, chunk]);
      while (received.length >= 4) {
        const length = received.readUInt32BE();
        if (length > MAX_MESSAGE || length < 1) return { code: 11, end: "logout" };
        if (received.length < 4 + length) break;
        const answer = server.take(Buffer.from(received.subarray(4, 4 + length)));
        received = received.subarray(4 + length);
        if (answer === undefined) return { code: 11, end: "logout" };
        await deps.channel.write(new WireWriter().string(answer).done());
      }
    }
    return { code: 0, end: "logout" };
  } finally {
    server.close();
  }
}

class SftpServer {
  readonly #deps: TransferDeps;
  readonly #files: UserFs;
  readonly #home: string;
  readonly #handles: Handles;
  #owners: OwnerNames | undefined;
  #started = false;

  constructor(deps: TransferDeps) {
    this.#deps = deps;
    this.#files = filesOf(deps.session);
    this.#home = deps.session.shell.home;
    this.#handles = new Handles(deps);
  }

  close(): void {
    this.#handles.closeAll();
  }

  /** @returns the answer, or `undefined` when sftp-server would give up. */
  take(request: Buffer): Buffer | undefined {
    const type = request[0] ?? 0;
    const reader = new WireReader(request, 1);
    if (type === FXP.INIT) {
      this.#started = true;
      return this.#version();
    }
    if (!this.#started) return undefined;
    try {
      const id = reader.uint32();
      const operation = this.#operations.get(type);
      if (operation === undefined) return status(id, FX.OP_UNSUPPORTED).done();
      return this.#guarded(id, () => operation(id, reader)).done();
    } catch (error) {
      // A message shorter than its own lengths: sftp-server calls that fatal.
      if (error instanceof SshProtocolError) return undefined;
      throw error;
    }
  }

  #guarded(id: number, work: () => WireWriter): WireWriter {
    try {
      return work();
    } catch (error) {
      if (error instanceof SshProtocolError) throw error;
      return status(id, statusOf(errnoOf(error)));
    }
  }

  #version(): Buffer {
    const writer = new WireWriter().byte(FXP.VERSION).uint32(3);
    for (const [name, version] of extensions) writer.string(name).string(version);
    return writer.done();
  }

  /** One line a request in the recording. */
  #note(text: string): void {
    // oxlint-disable-next-line no-control-regex -- names are the client's; a recording is played on terminals
    this.#deps.session.output(Buffer.from(`${text.replaceAll(/[\x00-\x1f\x7f]/g, "?")}\r\n`));
  }

  #path(reader: WireReader): string {
    return resolvePath(this.#home, reader.text());
  }

  readonly #operations = new Map<number, Operation>([
    [FXP.OPEN, (id, reader) => this.#open(id, reader)],
    [FXP.CLOSE, (id, reader) => status(id, this.#handles.close(reader.string()) ? FX.OK : FX.FAILURE)],
    [FXP.READ, (id, reader) => this.#read(id, reader)],
    [FXP.WRITE, (id, reader) => this.#write(id, reader)],
    [FXP.STAT, (id, reader) => this.#attributes(id, this.#files.stat(this.#path(reader)))],
    [FXP.LSTAT, (id, reader) => this.#attributes(id, this.#files.lstat(this.#path(reader)))],
    [FXP.FSTAT, (id, reader) => this.#fstat(id, reader)],
    [FXP.SETSTAT, (id, reader) => this.#setstat(id, this.#path(reader), readAttributes(reader))],
    [FXP.FSETSTAT, (id, reader) => this.#fsetstat(id, reader)],
    [FXP.OPENDIR, (id, reader) => this.#openDirectory(id, reader)],
    [FXP.READDIR, (id, reader) => this.#readDirectory(id, reader)],
    [
      FXP.REMOVE,
      (id, reader) => this.#change(id, "rm", this.#path(reader), (path) => this.#files.unlink(path)),
    ],
    [FXP.MKDIR, (id, reader) => this.#mkdir(id, reader)],
    [
      FXP.RMDIR,
      (id, reader) => this.#change(id, "rmdir", this.#path(reader), (path) => this.#files.rmdir(path)),
    ],
    [FXP.REALPATH, (id, reader) => this.#realpath(id, this.#path(reader))],
    [FXP.RENAME, (id, reader) => this.#rename(id, reader, false)],
    [FXP.READLINK, (id, reader) => this.#name(id, this.#files.readlink(this.#path(reader)))],
    [FXP.SYMLINK, (id, reader) => this.#symlink(id, reader)],
    [FXP.EXTENDED, (id, reader) => this.#extended(id, reader)],
  ]);

  #change(id: number, verb: string, path: string, work: (path: string) => void): WireWriter {
    this.#note(`${verb} ${path}`);
    work(path);
    return status(id, FX.OK);
  }

  #open(id: number, reader: WireReader): WireWriter {
    const path = this.#path(reader);
    const flags = reader.uint32();
    const { mode = 0o666 } = readAttributes(reader);
    this.#note(`open ${path} flags ${flags} mode ${mode.toString(8)}`);
    const exists = this.#files.access(path, "exists");
    const refused = exists
      ? this.#refusesOpen(path, flags)
      : (flags & OPEN.CREAT) === 0
        ? FX.NO_SUCH_FILE
        : undefined;
    if (refused !== undefined) return status(id, refused);
    // The process's umask is 022.
    if (!exists || (flags & OPEN.TRUNC) !== 0)
      this.#files.write(path, new Uint8Array(0), { mode: mode & ~0o022 });
    const { mode: made } = this.#files.stat(path);
    return this.#handle(id, this.#handles.add(new OpenFile(this.#files, path, { flags, mode: made })));
  }

  /** Why a file that exists may not be opened so. */
  #refusesOpen(path: string, flags: number): number | undefined {
    const wants = (flag: number): boolean => (flags & flag) !== 0;
    if (wants(OPEN.EXCL) && wants(OPEN.CREAT)) return FX.FAILURE;
    if (wants(OPEN.WRITE) && this.#files.stat(path).kind === "directory") return FX.FAILURE;
    const readable = !wants(OPEN.READ) || this.#files.access(path, "read");
    const writable = !wants(OPEN.WRITE) || this.#files.access(path, "write");
    return readable && writable ? undefined : FX.PERMISSION_DENIED;
  }

  #handle(id: number, handle: Buffer | undefined): WireWriter {
    return handle === undefined ? status(id, FX.FAILURE) : reply(FXP.HANDLE, id).string(handle);
  }

  #read(id: number, reader: WireReader): WireWriter {
    const file = this.#handles.file(reader.string());
    const offset = Number(reader.uint64());
    const length = Math.min(reader.uint32(), MAX_READ);
    if (file === undefined || (file.flags & OPEN.READ) === 0) return status(id, FX.FAILURE);
    const bytes = file.read(offset, length);
    return bytes.length === 0 && length > 0 ? status(id, FX.EOF) : reply(FXP.DATA, id).string(bytes);
  }

  #write(id: number, reader: WireReader): WireWriter {
    const file = this.#handles.file(reader.string());
    const offset = Number(reader.uint64());
    const bytes = reader.string();
    if (file === undefined || (file.flags & OPEN.WRITE) === 0) return status(id, FX.FAILURE);
    if (!this.#handles.hasRoomFor(bytes.length) || !file.write(offset, bytes)) return status(id, FX.FAILURE);
    return status(id, FX.OK);
  }

  #attributes(id: number, facts: FileFacts): WireWriter {
    return writeAttributes(reply(FXP.ATTRS, id), facts);
  }

  #fstat(id: number, reader: WireReader): WireWriter {
    const file = this.#handles.file(reader.string());
    if (file === undefined) return status(id, FX.FAILURE);
    const facts = this.#files.stat(file.path);
    return this.#attributes(id, { ...facts, size: file.size ?? facts.size });
  }

  #setstat(id: number, path: string, attributes: Attributes, follow = true): WireWriter {
    this.#note(`setstat ${path} ${JSON.stringify(attributes)}`);
    if (attributes.size !== undefined) this.#files.truncate(path, attributes.size);
    if (attributes.mode !== undefined) this.#files.chmod(path, attributes.mode);
    if (attributes.times !== undefined)
      this.#files.utimes(path, attributes.times.atime, attributes.times.mtime);
    if (attributes.owner !== undefined)
      this.#files.chown(path, attributes.owner.uid, attributes.owner.gid, { follow });
    return status(id, FX.OK);
  }

  #fsetstat(id: number, reader: WireReader): WireWriter {
    const file = this.#handles.file(reader.string());
    const { size, ...others } = readAttributes(reader);
    if (file === undefined) return status(id, FX.FAILURE);
    if (size !== undefined && !file.truncate(size)) return status(id, FX.FAILURE);
    // Content first: writing it later would move the times that the client sets now.
    file.flush();
    return this.#setstat(id, file.path, others);
  }

  #openDirectory(id: number, reader: WireReader): WireWriter {
    const path = this.#path(reader);
    this.#note(`opendir ${path}`);
    const listed = this.#files.readdir(path).filter((name) => name !== "." && name !== "..");
    return this.#handle(id, this.#handles.add({ path, names: [".", "..", ...listed], at: 0 }));
  }

  #readDirectory(id: number, reader: WireReader): WireWriter {
    const directory = this.#handles.directory(reader.string());
    if (directory === undefined) return status(id, FX.FAILURE);
    const names = directory.names.slice(directory.at, directory.at + NAMES_PER_READ);
    directory.at += names.length;
    const entries = names.flatMap((name) => {
      try {
        return [{ name, facts: this.#files.lstat(`${directory.path}/${name}`) }];
      } catch {
        // Gone since the directory was opened.
        return [];
      }
    });
    if (entries.length === 0) return status(id, FX.EOF);
    const writer = reply(FXP.NAME, id).uint32(entries.length);
    for (const { name, facts } of entries) {
      this.#owners ??= new OwnerNames(this.#files);
      const shown = {
        owners: this.#owners,
        now: this.#deps.session.now() / 1_000,
        timezone: this.#deps.session.timezone,
      };
      writeAttributes(writer.string(name).string(longName(name, facts, shown)), facts);
    }
    return writer;
  }

  #mkdir(id: number, reader: WireReader): WireWriter {
    const path = this.#path(reader);
    const { mode = 0o777 } = readAttributes(reader);
    return this.#change(id, "mkdir", path, () => this.#files.mkdir(path, mode & ~0o022));
  }

  #name(id: number, name: string): WireWriter {
    return reply(FXP.NAME, id).uint32(1).string(name).string(name).uint32(0);
  }

  /** sftp-server resolves the parent even when the last part does not exist. */
  #realpath(id: number, path: string): WireWriter {
    const clean = path.replace(/\/\.?$/, "") || "/";
    if (this.#files.access(clean, "exists")) return this.#name(id, this.#files.realpath(clean));
    const cut = clean.lastIndexOf("/");
    const parent = this.#files.realpath(clean.slice(0, cut) || "/");
    return this.#name(id, `${parent === "/" ? "" : parent}/${clean.slice(cut + 1)}`);
  }

  #rename(id: number, reader: WireReader, overwrite: boolean): WireWriter {
    const from = this.#path(reader);
    const to = this.#path(reader);
    this.#note(`rename ${from} ${to}`);
    if (!overwrite && this.#files.access(to, "exists")) return status(id, FX.FAILURE);
    this.#files.rename(from, to);
    return status(id, FX.OK);
  }

  #symlink(id: number, reader: WireReader): WireWriter {
    const target = reader.text();
    const path = this.#path(reader);
    return this.#change(id, `ln -s ${target}`, path, () => this.#files.symlink(target, path));
  }

  #extended(id: number, reader: WireReader): WireWriter {
    const name = reader.text();
    const operation = this.#extendedOperations.get(name);
    return operation === undefined ? status(id, FX.OP_UNSUPPORTED) : operation(id, reader);
  }

  readonly #extendedOperations = new Map<string, Operation>([
    ["posix-rename@openssh.com", (id, reader) => this.#rename(id, reader, true)],
    ["statvfs@openssh.com", (id, reader) => this.#statvfs(id, this.#path(reader))],
    [
      "fstatvfs@openssh.com",
      (id, reader) => this.#statvfs(id, this.#handles.file(reader.string())?.path ?? "/"),
    ],
    ["hardlink@openssh.com", (id, reader) => this.#hardlink(id, reader)],
    ["fsync@openssh.com", (id, reader) => this.#fsync(id, reader)],
    [
      "lsetstat@openssh.com",
      (id, reader) => this.#setstat(id, this.#path(reader), readAttributes(reader), false),
    ],
    ["limits@openssh.com", (id) => limits(id)],
    ["expand-path@openssh.com", (id, reader) => this.#realpath(id, this.#expand(reader.text()))],
    ["home-directory", (id, reader) => this.#homeDirectory(id, reader.text())],
    ["users-groups-by-id@openssh.com", (id, reader) => this.#namesById(id, reader)],
    ["copy-data", (id, reader) => this.#copy(id, reader)],
  ]);

  #expand(path: string): string {
    return resolvePath(this.#home, path.replace(/^~(?=\/|$)/, this.#home));
  }

  #homeDirectory(id: number, user: string): WireWriter {
    const own = user === "" || this.#home.endsWith(`/${user}`);
    return own ? this.#name(id, this.#home) : status(id, FX.FAILURE);
  }

  #hardlink(id: number, reader: WireReader): WireWriter {
    const from = this.#path(reader);
    const path = this.#path(reader);
    return this.#change(id, `ln ${from}`, path, () => this.#files.link(from, path));
  }

  #fsync(id: number, reader: WireReader): WireWriter {
    const file = this.#handles.file(reader.string());
    file?.flush();
    return status(id, file === undefined ? FX.NO_SUCH_FILE : FX.OK);
  }

  #statvfs(id: number, path: string): WireWriter {
    const { blockSize, blocks, free, files, filesFree } = this.#files.statfs(path);
    const values = [blockSize, blockSize, blocks, free, free, files, filesFree, filesFree, 0, 0, 255];
    const writer = reply(FXP.EXTENDED_REPLY, id);
    for (const value of values) writer.uint64(BigInt(Math.floor(value)));
    return writer;
  }

  #namesById(id: number, reader: WireReader): WireWriter {
    this.#owners ??= new OwnerNames(this.#files);
    const owners = this.#owners;
    const read = (bytes: Buffer, name: (n: number) => string): Buffer => {
      const ids = new WireReader(bytes);
      const out = new WireWriter();
      while (ids.left >= 4) out.string(name(ids.uint32()));
      return out.done();
    };
    const users = read(reader.string(), (uid) => owners.knownUser(uid));
    const groups = read(reader.string(), (gid) => owners.knownGroup(gid));
    return reply(FXP.EXTENDED_REPLY, id).string(users).string(groups);
  }

  #copy(id: number, reader: WireReader): WireWriter {
    const from = this.#handles.file(reader.string());
    const offset = Number(reader.uint64());
    const length = Number(reader.uint64());
    const to = this.#handles.file(reader.string());
    const at = Number(reader.uint64());
    if (from === undefined || to === undefined || from === to) return status(id, FX.FAILURE);
    const size = this.#files.stat(from.path).size;
    const wanted = length === 0 ? Math.max(0, size - offset) : length;
    if (!this.#handles.hasRoomFor(wanted)) return status(id, FX.FAILURE);
    const bytes = from.read(offset, Math.min(wanted, size));
    return status(id, to.write(at, Buffer.from(bytes)) ? FX.OK : FX.FAILURE);
  }
}

const limits = (id: number): WireWriter =>
  reply(FXP.EXTENDED_REPLY, id)
    .uint64(BigInt(MAX_MESSAGE))
    .uint64(BigInt(MAX_READ))
    .uint64(BigInt(MAX_READ))
    .uint64(CLAIMED_HANDLES);
