import type { MachinePersona } from "./persona.ts";

/** Who logged in, from where, on what kind of channel. Host facts, never text of the attacker's choice but `user`. */
export interface LoginFacts {
  readonly user: string;
  readonly service: string;
  readonly peer: { readonly ip: string; readonly port: number };
  readonly local: { readonly ip: string; readonly port: number };
  /** Variables the client sent and the daemon accepts (`LANG`, `LC_*`), plus `TERM`. */
  readonly env: Readonly<Record<string, string>>;
  readonly sid: string;
  readonly observer: ShellObserver;
}

/** What a shell tells whoever records it. Calls are synchronous and must not throw. */
export interface ShellObserver {
  /** At completion, or after 1 s with `exitCode` undefined; then `commandEnded` follows. */
  command(event: {
    readonly n: number;
    readonly cmd: string;
    readonly uid: number;
    readonly user: string;
    readonly cwd: string;
    readonly tty: boolean;
    readonly exitCode: number | undefined;
    readonly durationMs: number;
    /** False when the answer came from no rule. */
    readonly known: boolean;
    readonly parent?: number;
  }): void;
  commandEnded(event: {
    readonly n: number;
    readonly exitCode: number;
    readonly durationMs: number;
    readonly bytesOut: number;
  }): void;
  shellInput(event: {
    readonly reader: string;
    readonly prompt: string;
    readonly text: string;
    readonly secret: boolean;
  }): void;
  downloadAttempt(event: {
    readonly url: string;
    readonly tool: string;
    readonly userAgent?: string;
    readonly out?: string;
    readonly result: "filtered" | "refused" | "not_found" | "fetched" | "stand_in";
    readonly n: number;
  }): void;
  urlSeen(event: { readonly url: string; readonly n: number }): void;
  lateralAttempt(event: {
    readonly tool: string;
    readonly host: string;
    readonly port: number;
    readonly user?: string;
  }): void;
  machineChange(event: { readonly kind: string; readonly path: string; readonly detail: string }): void;
  /** A writer closed a file whose content is new on this decky. */
  fileCaptured(event: {
    readonly path: string;
    readonly bytes: Uint8Array;
    readonly method: string;
    readonly mode: number;
    readonly writer: string;
    readonly n?: number;
  }): void;
}

export interface ExitStatus {
  readonly code: number;
  readonly signal?: string;
  /** Why the session ended. */
  readonly end: "logout" | "disconnect" | "timeout" | "killed" | "limit";
}

/** The far end of a pseudo terminal. */
export interface Terminal {
  /** Keystrokes as sent. Ends when the client goes away. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when the peer can take more: honour it before writing again. */
  write(bytes: Uint8Array): Promise<void> | void;
  readonly size: { readonly columns: number; readonly rows: number };
  onResize(listener: (size: { readonly columns: number; readonly rows: number }) => void): void;
}

/** Pipes of a command without a terminal. */
export interface Pipes {
  readonly stdin: AsyncIterable<Uint8Array>;
  stdout(bytes: Uint8Array): Promise<void> | void;
  stderr(bytes: Uint8Array): Promise<void> | void;
}

/** One login's shell. Dispose ends it and whatever it still runs. */
export interface Shell extends AsyncDisposable {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** A login shell on a terminal: motd, prompt, line editing, until logout or end of input. */
  interact(terminal: Terminal, signal: AbortSignal): Promise<ExitStatus>;
  /** `ssh host command`: no login banner; several may run side by side. */
  exec(command: string, pipes: Pipes, signal: AbortSignal): Promise<ExitStatus>;
  /** `ssh -t host command`. */
  execOnTerminal(command: string, terminal: Terminal, signal: AbortSignal): Promise<ExitStatus>;
}

export type FileKind = "file" | "directory" | "symlink" | "character" | "block" | "fifo" | "socket";

export interface FileFacts {
  readonly kind: FileKind;
  /** Permission bits including setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly atime: number;
  readonly ctime: number;
  readonly inode: number;
  readonly target?: string;
  readonly rdev?: { readonly major: number; readonly minor: number };
}

/** An errno as the kernel gives it. */
export type Errno =
  | "ENOENT"
  | "EACCES"
  | "EPERM"
  | "EEXIST"
  | "ENOTDIR"
  | "EISDIR"
  | "ENOTEMPTY"
  | "EROFS"
  | "ENOSPC"
  | "EINVAL"
  | "ELOOP"
  | "ENAMETOOLONG"
  | "ENXIO"
  | "ESRCH"
  | "EXDEV"
  | "EBUSY"
  | "EIO"
  | "EAGAIN"
  | "EFBIG"
  | "EMLINK"
  | "ENODEV";

/**
 * The files of one world as one user sees them: permissions apply, `/proc/self` is the caller's.
 * Synchronous: everything is computed or in memory. All paths absolute, already normalised or not.
 * @throws {FsError} with the errno a real kernel would give
 */
export interface UserFs {
  stat(path: string): FileFacts;
  lstat(path: string): FileFacts;
  readdir(path: string): readonly string[];
  readlink(path: string): string;
  realpath(path: string): string;
  /** Whole content. At most 64 MiB; larger files are read by `readAt`. */
  read(path: string): Uint8Array;
  readAt(path: string, offset: number, length: number): Uint8Array;
  /** Creates or truncates; `mode` only when created. Captures are reported on close by the caller's writer name. */
  write(path: string, bytes: Uint8Array, options?: WriteOptions): void;
  append(path: string, bytes: Uint8Array, options?: WriteOptions): void;
  writeAt(path: string, offset: number, bytes: Uint8Array): void;
  truncate(path: string, size: number): void;
  mkdir(path: string, mode?: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  link(existing: string, path: string): void;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number, options?: { readonly follow?: boolean }): void;
  utimes(path: string, atime: number, mtime: number): void;
  access(path: string, want: "read" | "write" | "execute" | "exists"): boolean;
  statfs(path: string): {
    readonly blockSize: number;
    readonly blocks: number;
    readonly free: number;
    readonly files: number;
    readonly filesFree: number;
  };
}

export interface WriteOptions {
  readonly mode?: number;
  readonly exclusive?: boolean;
}

/** One attacker group's copy-on-write view of the machine; every service of the decky shares it. */
export interface World {
  readonly group: string;
  /** Files as this account sees them. */
  filesOf(user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }): UserFs;
  openShell(login: LoginFacts): Shell;
  /** Runs a command as a service's user (a web shell, a database's program call). */
  openShellAs(user: string, login: LoginFacts): Shell;
}

export interface AuthAttempt {
  readonly service: string;
  readonly user: string;
  readonly group: string;
  /** Where it came from, for the machine's own auth.log and `lastb`. */
  readonly peer?: { readonly ip: string; readonly port: number };
  readonly secret:
    | { readonly kind: "password"; readonly bytes: Uint8Array }
    /** The key's wire form, as in `authorized_keys`, and whether a signature was verified. */
    | { readonly kind: "publickey"; readonly type: string; readonly blob: Uint8Array };
}

export interface AuthVerdict {
  readonly accepted: boolean;
  /** Facts of the account as `/etc/passwd` shows it; present also when refused and known. */
  readonly account?: {
    readonly uid: number;
    readonly gid: number;
    readonly home: string;
    readonly shell: string;
  };
}

/** The simulated computer of one decky. */
export interface Machine extends AsyncDisposable {
  readonly persona: MachinePersona;
  /** One policy object for every service (`docs/machine.md`). Deterministic per (decky, group, user). */
  authenticate(attempt: AuthAttempt): AuthVerdict;
  /** /32 for IPv4, /64 for IPv6. */
  groupOf(ip: string): string;
  world(group: string): World;
  /** Seconds since 1970 at which the machine says it started. */
  readonly bootTime: number;
}
