import type { Errno, FileFacts, FileKind } from "#machine/contract.ts";
import { type WireReader, WireWriter } from "../transport/wire.ts";

/** draft-ietf-secsh-filexfer-02 */
export const FXP = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const;

export const FX = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  OP_UNSUPPORTED: 8,
} as const;

const statusText: Readonly<Record<number, string>> = {
  0: "Success",
  1: "End of file",
  2: "No such file",
  3: "Permission denied",
  4: "Failure",
  5: "Bad message",
  8: "Operation unsupported",
};

/** sftp-server's `errno_to_portable`; everything else is a failure. */
const portable: Readonly<Partial<Record<Errno, number>>> = {
  ENOENT: FX.NO_SUCH_FILE,
  ENOTDIR: FX.NO_SUCH_FILE,
  ELOOP: FX.NO_SUCH_FILE,
  EPERM: FX.PERMISSION_DENIED,
  EACCES: FX.PERMISSION_DENIED,
  ENAMETOOLONG: FX.BAD_MESSAGE,
  EINVAL: FX.BAD_MESSAGE,
};

export const statusOf = (errno: Errno): number => portable[errno] ?? FX.FAILURE;

export const OPEN = { READ: 1, WRITE: 2, APPEND: 4, CREAT: 8, TRUNC: 16, EXCL: 32 } as const;
const ATTR = { SIZE: 1, UIDGID: 2, PERMISSIONS: 4, TIMES: 8, EXTENDED: 0x80_00_00_00 } as const;

export interface Attributes {
  readonly size?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mode?: number;
  readonly times?: { readonly atime: number; readonly mtime: number };
}

export function readAttributes(reader: WireReader): Attributes {
  const flags = reader.uint32();
  const size = (flags & ATTR.SIZE) !== 0 ? Number(reader.uint64()) : undefined;
  const owner = (flags & ATTR.UIDGID) !== 0 ? { uid: reader.uint32(), gid: reader.uint32() } : undefined;
  const mode = (flags & ATTR.PERMISSIONS) !== 0 ? reader.uint32() & 0o7777 : undefined;
  const times = (flags & ATTR.TIMES) !== 0 ? { atime: reader.uint32(), mtime: reader.uint32() } : undefined;
  return {
    ...(size === undefined ? {} : { size }),
    ...(owner === undefined ? {} : { owner }),
    ...(mode === undefined ? {} : { mode }),
    ...(times === undefined ? {} : { times }),
  };
}

const typeBits: Readonly<Record<FileKind, number>> = {
  fifo: 0o010_000,
  character: 0o020_000,
  directory: 0o040_000,
  block: 0o060_000,
  file: 0o100_000,
  symlink: 0o120_000,
  socket: 0o140_000,
};

export function writeAttributes(writer: WireWriter, facts: FileFacts): WireWriter {
  return writer
    .uint32(ATTR.SIZE | ATTR.UIDGID | ATTR.PERMISSIONS | ATTR.TIMES)
    .uint64(BigInt(facts.size))
    .uint32(facts.uid)
    .uint32(facts.gid)
    .uint32(typeBits[facts.kind] | facts.mode)
    .uint32(Math.floor(facts.atime))
    .uint32(Math.floor(facts.mtime));
}

/** A reply's body behind its length: type, request id, then what the caller adds. */
export const reply = (type: number, id: number): WireWriter => new WireWriter().byte(type).uint32(id);

export const status = (id: number, code: number): WireWriter =>
  reply(FXP.STATUS, id)
    .uint32(code)
    .string(statusText[code] ?? "Unknown error")
    .string("");

/** What 9.2's `process_init` advertises, in its order. */
export const extensions: readonly (readonly [string, string])[] = [
  ["posix-rename@openssh.com", "1"],
  ["statvfs@openssh.com", "2"],
  ["fstatvfs@openssh.com", "2"],
  ["hardlink@openssh.com", "1"],
  ["fsync@openssh.com", "1"],
  ["lsetstat@openssh.com", "1"],
  ["limits@openssh.com", "1"],
  ["expand-path@openssh.com", "1"],
  ["copy-data", "1"],
  ["home-directory", "1"],
  ["users-groups-by-id@openssh.com", "1"],
];
