import { createHash } from "node:crypto";
import type { Errno, UserFs } from "#machine/contract.ts";
import { FsError } from "#machine/errors.ts";
import type { ConnectionLog } from "../contract.ts";
import type { TerminalSession } from "../terminal/session.ts";
import type { SshChannel } from "./channel.ts";
import type { SshEvents } from "./events.ts";

/** Largest file taken in one transfer: what the quarantine keeps at most. */
export const MAX_UPLOAD = 52_428_800;

export interface TransferDeps {
  readonly session: TerminalSession;
  readonly channel: SshChannel;
  readonly log: ConnectionLog<SshEvents>;
}

export interface Uploaded {
  readonly path: string;
  readonly bytes: Buffer;
  readonly mode: number;
  readonly mtime?: number;
}

/** Tells an upload and hands its bytes to the quarantine, whatever the machine made of them. */
export function reportUpload({ session, log }: TransferDeps, method: "sftp" | "scp", file: Uploaded): void {
  const before = session.observer.files;
  session.observer.fileCaptured({
    path: file.path,
    bytes: file.bytes,
    method,
    mode: file.mode,
    writer: method === "scp" ? "scp" : "sftp-server",
    ...(file.mtime === undefined ? {} : { mtime: file.mtime }),
  });
  log.emit("upload", {
    path: file.path,
    size: file.bytes.length,
    sha256: createHash("sha256").update(file.bytes).digest("hex"),
    method,
    stored: session.observer.files > before,
  });
}

/** The files as the logged-in account sees them. */
export const filesOf = ({ world, shell }: TerminalSession): UserFs =>
  world.filesOf({ uid: shell.uid, gid: shell.gid, groups: [shell.gid] });

/** The errno behind what a file operation threw; anything else is a bug and goes on. */
export function errnoOf(error: unknown): Errno {
  if (error instanceof FsError) return error.errno;
  throw error;
}

export const resolvePath = (home: string, path: string): string =>
  path.startsWith("/") ? path : `${home}/${path}`;

export const baseName = (path: string): string =>
  path.slice(path.replace(/\/+$/, "").lastIndexOf("/") + 1).replace(/\/+$/, "");
