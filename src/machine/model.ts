import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { LoginFacts, Shell, ShellObserver, UserFs } from "./contract.ts";
import type { CpuTimes, Hardware, MemoryState, Mount } from "./hardware-model.ts";
import type { MachinePersona } from "./persona.ts";

/**
 * What the shell, the commands and the services compute their answers from. There is one object per
 * fact: `free`, `top` and `/proc/meminfo` read the same `memory()`, `ss`, `lsof` and `/proc/net/tcp`
 * the same `sockets()`. Nothing here is asynchronous.
 */
export interface MachineModel {
  readonly persona: MachinePersona;
  readonly release: ReleaseFacts;
  readonly packages: PackageTable;
  readonly hardware: Hardware;
  /** Seconds since 1970 at which this machine started, with a fraction. */
  readonly bootTime: number;
  /** The machine's own clock, seconds with a fraction; a world may have moved it (`WorldView.now`). */
  now(): number;
  /** Seconds east of UTC at that moment in the persona's zone, and the zone's short name (`CET`). */
  zone(at: number): { readonly offset: number; readonly name: string };
  /** Same decky and purpose, same values for ever. */
  random(purpose: string): Seeded;
}

export interface Seeded {
  /** 0 ≤ x < 1 */
  next(): number;
  /** Both ends included. */
  integer(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

export type Family = "debian" | "busybox";

export interface ReleaseFacts {
  readonly id: MachinePersona["release"];
  readonly family: Family;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly prettyName: string;
  readonly osRelease: Readonly<Record<string, string>>;
  /** `uname -s`, `-r`, `-v`, `-m`, `-o` and what `-p`/`-i` say. */
  readonly uname: {
    readonly sysname: string;
    readonly release: string;
    readonly version: string;
    readonly machine: string;
    readonly operatingSystem: string;
    readonly processor: string;
  };
  /** First line of `/proc/version`. */
  readonly procVersion: string;
  readonly libc: string;
  /** Upstream version by program name (`bash` → `5.2.15(1)-release`), for `--version` texts. */
  readonly toolVersions: Readonly<Record<string, string>>;
  /** Identification string of its sshd, without line end. */
  readonly sshBanner: string;
  /** Shown before a console or telnet login; contains agetty escapes as the file has them. */
  readonly issue: string;
  /** Static part of the message of the day (`/etc/motd`). */
  readonly motd: string;
  /** What `/bin/sh` is. */
  readonly sh: "dash" | "ash" | "bash";
  readonly loginShell: string;
  /** PATH of a root and of an ordinary login, and of a command run by sshd without a login shell. */
  readonly path: { readonly root: string; readonly user: string; readonly exec: string };
}

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly section: string;
  readonly priority: string;
  /** KiB */
  readonly installedSize: number;
  readonly summary: string;
  readonly maintainer: string;
  readonly source: string;
  readonly depends: string;
  /** Installed by the administrator, not as a dependency. */
  readonly manual: boolean;
}

export interface PackageTable {
  list(): readonly Package[];
  get(name: string): Package | undefined;
  /** Which package installed this path (as `dpkg -S` says it). */
  ownerOf(path: string): string | undefined;
  /** Its files and directories, in the order of its list. */
  filesOf(name: string): readonly string[];
}

export type ProcessState = "R" | "S" | "D" | "Z" | "T" | "I";

export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  /** Process group, session and controlling terminal (`pts/0`, `tty1`; undefined = `?`). */
  readonly pgid: number;
  readonly sid: number;
  readonly tty: string | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  /** Empty for kernel threads. */
  readonly argv: readonly string[];
  /** What `/proc/<pid>/exe` points to; undefined for kernel threads. */
  readonly exe: string | undefined;
  readonly cwd: string;
  /** Seconds since 1970. */
  readonly start: number;
  readonly state: ProcessState;
  readonly nice: number;
  readonly threads: number;
  /** KiB */
  readonly rss: number;
  /** KiB */
  readonly vsz: number;
  readonly environ: Readonly<Record<string, string>>;
  /** systemd unit it belongs to, `ssh.service`, `session-12.scope` … */
  readonly unit: string;
  readonly kernel: boolean;
  /** Started by somebody in this world. */
  readonly spawned: boolean;
}

export interface SpawnOptions {
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly argv: readonly string[];
  readonly exe: string;
  readonly cwd: string;
  readonly tty?: string;
  readonly pgid?: number;
  readonly sid?: number;
  readonly environ?: Readonly<Record<string, string>>;
  readonly nice?: number;
  readonly unit?: string;
  /** `miner`: takes the CPU it can get; `quiet` (default): hardly any. */
  readonly load?: "quiet" | "miner";
  /** Survives its session and restarts of the decoy (a started payload, a service). */
  readonly lasting?: boolean;
  /** Told when somebody signals it; without a listener, a fatal signal simply ends it. */
  readonly onSignal?: (signal: number) => void;
}

/** One world's processes. At most 200 started by the world; more are refused with EAGAIN. */
export interface ProcessTable {
  /** By pid, ascending. */
  list(): readonly ProcessFacts[];
  get(pid: number): ProcessFacts | undefined;
  /** CPU seconds used so far; the share over the process's life and over the last second, in percent. */
  cpu(pid: number): { readonly seconds: number; readonly lifePercent: number; readonly percent: number };
  /** @throws {FsError} EAGAIN at the limit */
  spawn(options: SpawnOptions): ProcessFacts;
  /** Exec in place: same pid, another image. */
  replace(pid: number, image: Pick<SpawnOptions, "argv" | "exe">): void;
  /** The process ended; its children go to pid 1. */
  exit(pid: number): void;
  /**
   * `signal` 0 only asks. Pids: >0 one, 0 and −1 and <−1 are the caller's business.
   * @returns undefined when delivered
   */
  kill(pid: number, signal: number, byUid: number): "ESRCH" | "EPERM" | undefined;
  setState(pid: number, state: ProcessState): void;
  setNice(pid: number, nice: number): void;
  /** A pid as the kernel would hand out next, used up; for helpers nobody lists. */
  nextPid(): number;
}

export interface InterfaceFacts {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly {
    readonly family: 4 | 6;
    readonly address: string;
    readonly prefix: number;
  }[];
  readonly speedMbit: number;
  readonly txQueue: number;
  readonly counters: {
    readonly rxBytes: number;
    readonly rxPackets: number;
    readonly rxDropped: number;
    readonly txBytes: number;
    readonly txPackets: number;
  };
}

export interface Route {
  readonly destination: string;
  readonly prefix: number;
  readonly gateway?: string;
  readonly interface: string;
  readonly metric: number;
  readonly source?: string;
  /** `dhcp`, `kernel`, `static` */
  readonly protocol: string;
}

export interface Neighbour {
  readonly address: string;
  readonly mac: string;
  readonly interface: string;
  readonly state: "REACHABLE" | "STALE" | "DELAY" | "PERMANENT";
}

export interface SocketFacts {
  readonly proto: "tcp" | "tcp6" | "udp" | "udp6";
  readonly state: "LISTEN" | "ESTABLISHED" | "SYN_SENT" | "TIME_WAIT" | "CLOSE_WAIT" | "UNCONN";
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly pid: number;
  readonly program: string;
  readonly uid: number;
  readonly inode: number;
  readonly fd: number;
  readonly receiveQueue: number;
  readonly sendQueue: number;
}

export interface UnixSocketFacts {
  readonly path: string;
  readonly type: "STREAM" | "DGRAM" | "SEQPACKET";
  readonly state: "LISTENING" | "CONNECTED" | "";
  readonly inode: number;
  readonly pid: number;
  readonly program: string;
  readonly fd: number;
}

export interface NetworkView {
  readonly policy: "filtered" | "nat" | "offline";
  /** What the configuration of `/etc/resolv.conf` in this world says now. */
  resolvers(): readonly string[];
  interfaces(): readonly InterfaceFacts[];
  routes(): readonly Route[];
  neighbours(): readonly Neighbour[];
  /** Includes the present connections of every login of this world. */
  sockets(): readonly SocketFacts[];
  unixSockets(): readonly UnixSocketFacts[];
  /** A socket that a process of this world holds (a dialling payload: SYN_SENT). Ends with the process. */
  hold(socket: Pick<SocketFacts, "proto" | "state" | "local" | "remote" | "pid">): Disposable;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Read from this world's `/etc/passwd`, `shadow`, `group` at each call: edits take effect. */
export interface UserDatabase {
  accounts(): readonly Account[];
  byName(name: string): Account | undefined;
  byUid(uid: number): Account | undefined;
  groups(): readonly Group[];
  groupByName(name: string): Group | undefined;
  groupByGid(gid: number): Group | undefined;
  /** Primary group first, then those that list the user. */
  gidsOf(name: string): readonly number[];
  /** Second field of the shadow line. */
  shadowHash(name: string): string | undefined;
  /** True when the password is this account's (sudo, su, passwd's old password). */
  verify(name: string, password: string): boolean;
  /** Writes shadow as `passwd`/`chpasswd` do and makes this the only accepted password of the account. */
  setPassword(name: string, password: string): void;
  /** A crypt string of the release's default method with a fresh salt. */
  crypt(password: string): string;
}

export interface LoginRecord {
  readonly user: string;
  readonly uid: number;
  /** `pts/0`, `tty1` */
  readonly tty: string;
  /** Address, or empty at the console. */
  readonly from: string;
  readonly login: number;
  readonly logout: number | undefined;
  readonly pid: number;
  readonly kind: "user" | "boot" | "runlevel" | "shutdown";
  /** How `last` ends the line when `logout` is undefined. */
  readonly end?: "crash" | "down" | "gone";
}

export interface LoginSession extends Disposable {
  /** `pts/N` when a terminal was asked for. */
  readonly tty: string | undefined;
  /** The login shell's process, and the daemon's child above it. */
  readonly shellPid: number;
  readonly daemonPid: number;
  /** What it knew before this login: the `Last login:` line. */
  readonly previous: LoginRecord | undefined;
  /** `/run/user/UID` session number. */
  readonly session: number;
}

export interface LoginTable {
  /** Now logged in (`who`, `w`). */
  current(): readonly LoginRecord[];
  /** Newest first (`last`). */
  history(): readonly LoginRecord[];
  /** Newest first (`lastb`). */
  failures(): readonly LoginRecord[];
  last(user: string): LoginRecord | undefined;
  /**
   * A login begins: terminal, utmp and wtmp entries, processes of daemon and shell, the socket of the
   * connection, lines in auth.log. Dispose ends all of it.
   * @throws {FsError} EAGAIN at 16 sessions of a world
   */
  open(login: LoginFacts, options: { readonly tty: boolean; readonly argv: readonly string[] }): LoginSession;
}

export interface UnitFacts {
  readonly name: string;
  readonly description: string;
  readonly type: "service" | "socket" | "timer" | "target" | "mount" | "slice" | "scope" | "path" | "device";
  readonly load: "loaded" | "not-found" | "masked";
  readonly active: "active" | "inactive" | "failed";
  readonly sub: string;
  readonly enabled: "enabled" | "disabled" | "static" | "masked" | "alias" | "indirect" | "generated";
  readonly preset: "enabled" | "disabled";
  readonly path: string;
  /** Seconds since 1970 of the last change. */
  readonly since: number;
  readonly mainPid: number | undefined;
}

export interface ServiceTable {
  list(): readonly UnitFacts[];
  /** Accepts `ssh`, `ssh.service`, `sshd` (alias). Reads unit files of this world too. */
  get(name: string): UnitFacts | undefined;
  /** Starting and stopping move processes and listening sockets; enabling makes the links under `/etc/systemd`. */
  act(
    name: string,
    action: "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "mask" | "unmask",
  ): "ok" | "not-found" | "masked" | "failed";
}

/** Small facts of a world that no file holds: firewall rules, sysctl, hostname set, caches of answers. */
export interface WorldState {
  get(key: string): unknown;
  /** JSON values, ≤ 64 KiB each, ≤ 256 keys; `undefined` removes. @throws {FsError} ENOSPC */
  set(key: string, value: unknown): void;
}

/** Who looks at the files. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Applied to modes of new files; default 022. */
  readonly umask?: number;
  /** The reading program: what `/proc/self` is. Without it, the caller has no process. */
  readonly as?: { readonly pid: number; readonly exe: string };
  /** Where captures and machine changes of this caller go. */
  readonly audit?: FileAudit;
}

export interface FileAudit {
  readonly observer: Pick<ShellObserver, "fileCaptured" | "machineChange">;
  /** `shell`, `scp`, `sftp`, `http` … */
  readonly method: string;
  /** Program that writes (`wget`, `cat`, `bash`). */
  readonly writer: string;
  /** Number of the command. */
  readonly n?: number;
}

/** What the kernel would do with `execve` of this path. */
export type Executable =
  /** One of this release's programs, by the path it was installed at, whatever it is called here. */
  | { readonly kind: "program"; readonly path: string; readonly name: string }
  | { readonly kind: "script"; readonly interpreter: string; readonly argument: string | undefined }
  /** Text without an interpreter line: the shell runs it itself. */
  | { readonly kind: "text" }
  /** An ELF file of this architecture that is none of ours. */
  | { readonly kind: "foreign"; readonly machine: string }
  /** "cannot execute binary file: Exec format error" */
  | { readonly kind: "format-error" }
  | { readonly kind: "empty" };

/**
 * `UserFs` plus what only a program on the machine needs. Endless devices (`/dev/zero`, `/dev/urandom`)
 * are read by `readAt`; `read` of one throws EFBIG.
 */
export interface MachineFs extends UserFs {
  /**
   * What `execve` finds.
   * @throws {FsError} ENOENT, EACCES (no execute bit, noexec mount, a directory)
   */
  executable(path: string): Executable;
  mkfifo(path: string, mode?: number): void;
  /** `lsattr` letters that matter: `i` and `a`. */
  attributes(path: string): { readonly immutable: boolean; readonly append: boolean };
  setAttributes(path: string, attributes: { readonly immutable: boolean; readonly append: boolean }): void;
  /** The writer closed it: capture now instead of shortly after the last write. */
  closed(path: string): void;
  /** Applied to the modes of new files from now on. */
  umask: number;
}

/** One attacker group's machine: the model plus everything this group changed. */
export interface WorldView {
  readonly model: MachineModel;
  readonly group: string;
  /** The clock as this world sees it (`date -s`). */
  now(): number;
  setClock(seconds: number): void;
  /** Seconds since this world's last start. */
  uptime(): number;
  /** Shutdown or reboot: processes of this world end, uptime starts again after a plausible pause. */
  reboot(): void;
  hostname(): string;
  setHostname(name: string): void;
  filesOf(caller: Caller): MachineFs;
  readonly processes: ProcessTable;
  readonly users: UserDatabase;
  readonly logins: LoginTable;
  readonly network: NetworkView;
  readonly services: ServiceTable;
  readonly state: WorldState;
  memory(): MemoryState;
  cpuTimes(cpu?: number): CpuTimes;
  loadAverage(): readonly [number, number, number];
  mounts(): readonly Mount[];
  /** Appends a line to the log that a real syslog would put it in (`auth`, `authpriv` → auth.log; `cron`, `daemon`, `user` …). */
  syslog(facility: string, ident: string, message: string): void;
}

/** Given to the shell room's factory for each login. */
export interface ShellRequest {
  readonly model: MachineModel;
  readonly world: WorldView;
  readonly login: LoginFacts;
  readonly account: Account;
  readonly gids: readonly number[];
}

/** The shell room's half. Starting a shell must not write anything: `interact` and `exec` open the login. */
export interface ShellFactory {
  (request: ShellRequest): Shell;
  /**
   * Names of the programs it can answer. Given, every other program file of the release's PATH
   * folders is not part of the machine.
   */
  readonly programs?: ReadonlySet<string>;
}

export interface MachineOptions {
  readonly persona: MachinePersona;
  /** Worlds live in `<stateDir>/worlds.sqlite`. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log?: Log;
  readonly openShell: ShellFactory;
  /** Captures that no login's observer can take any more (written by a service, or its session is over). */
  readonly capture?: (world: string, event: Parameters<ShellObserver["fileCaptured"]>[0]) => void;
  readonly settings?: Partial<WorldSettings>;
  /** Public host keys that the ssh service really presents, so that `/etc/ssh/*.pub` shows the same. */
  readonly hostKeys?: readonly { readonly type: "rsa" | "ecdsa" | "ed25519"; readonly publicLine: string }[];
}

/** Caps of `worlds.sqlite`; what they refuse is counted. */
export interface WorldSettings {
  readonly ttlDays: number;
  readonly maxWorlds: number;
  readonly maxBytes: number;
  readonly maxWorldBytes: number;
  readonly maxWorldEntries: number;
}

export type { CpuFacts, CpuTimes, Disk, Hardware, MemoryState, Mount } from "./hardware-model.ts";
