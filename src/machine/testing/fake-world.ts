import { createHash } from "node:crypto";
import type { LoginFacts, ShellObserver } from "../contract.ts";
import { FsError } from "../errors.ts";
import type {
  Account,
  LoginSession,
  MachineModel,
  ProcessFacts,
  ProcessTable,
  ShellRequest,
  SpawnOptions,
  WorldView,
} from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { MemoryFs, MemoryTree } from "./memory-fs.ts";

/** A process table in memory. */
class FakeProcesses implements ProcessTable {
  readonly table = new Map<number, ProcessFacts>();
  readonly #signals = new Map<number, (signal: number) => void>();
  #next = 1000;

  list(): readonly ProcessFacts[] {
    return [...this.table.values()];
  }
  get(pid: number): ProcessFacts | undefined {
    return this.table.get(pid);
  }
  cpu(): { seconds: number; lifePercent: number; percent: number } {
    return { seconds: 0.1, lifePercent: 0, percent: 0 };
  }
  spawn(options: SpawnOptions): ProcessFacts {
    if (this.table.size >= 200) throw new FsError("EAGAIN", "");
    const pid = this.#next++;
    const facts: ProcessFacts = {
      pid,
      ppid: options.ppid,
      pgid: options.pgid ?? pid,
      sid: options.sid ?? pid,
      tty: options.tty,
      uid: options.uid,
      gid: options.gid,
      comm: (options.argv[0] ?? "").slice(0, 15),
      argv: options.argv,
      exe: options.exe,
      cwd: options.cwd,
      start: 0,
      state: "S",
      nice: 0,
      threads: 1,
      rss: 3000,
      vsz: 8000,
      environ: {},
      unit: "",
      kernel: false,
      spawned: true,
    };
    this.table.set(pid, facts);
    if (options.onSignal !== undefined) this.#signals.set(pid, options.onSignal);
    return facts;
  }
  replace(pid: number, image: Pick<SpawnOptions, "argv" | "exe">): void {
    const facts = this.table.get(pid);
    if (facts !== undefined) this.table.set(pid, { ...facts, ...image });
  }
  exit(pid: number): void {
    this.table.delete(pid);
    this.#signals.delete(pid);
  }
  kill(pid: number, signal: number): "ESRCH" | "EPERM" | undefined {
    if (!this.table.has(pid)) return "ESRCH";
    this.#signals.get(pid)?.(signal);
    return undefined;
  }
  setState(pid: number, state: ProcessFacts["state"]): void {
    const facts = this.table.get(pid);
    if (facts !== undefined) this.table.set(pid, { ...facts, state });
  }
  setNice(): void {}
  nextPid(): number {
    return this.#next++;
  }
}

const rootAccount: Account = {
  name: "root",
  uid: 0,
  gid: 0,
  gecos: "root",
  home: "/root",
  shell: "/bin/bash",
};

/** Everything the observer was told, in order. */
export class RecordingObserver implements ShellObserver {
  readonly events: { readonly type: keyof ShellObserver; readonly event: Record<string, unknown> }[] = [];
  #add(type: keyof ShellObserver) {
    return (event: object) => {
      this.events.push({ type, event: { ...event } });
    };
  }
  readonly command = this.#add("command");
  readonly commandEnded = this.#add("commandEnded");
  readonly shellInput = this.#add("shellInput");
  readonly downloadAttempt = this.#add("downloadAttempt");
  readonly urlSeen = this.#add("urlSeen");
  readonly lateralAttempt = this.#add("lateralAttempt");
  readonly machineChange = this.#add("machineChange");
  readonly fileCaptured = this.#add("fileCaptured");
  of(type: keyof ShellObserver): Record<string, unknown>[] {
    return this.events.filter((each) => each.type === type).map((each) => each.event);
  }
}

/**
 * The smallest world a shell can live in. What a test needs beyond it, it gives in `parts`; anything
 * else is absent and fails loudly.
 */
export function fakeRequest(options: {
  readonly programs: Iterable<string>;
  readonly observer?: ShellObserver;
  readonly service?: string;
}): ShellRequest & { readonly tree: MemoryTree } {
  const tree = new MemoryTree();
  for (const name of options.programs) tree.program(name);
  tree.link("/bin/bash", "/usr/bin/bash");
  tree.link("/bin/sh", "/usr/bin/dash");
  tree.link("/bin/echo", "/usr/bin/echo");
  tree.link("/bin/busybox", "/usr/bin/busybox");
  tree.text("/etc/hosts", "127.0.0.1\tlocalhost\n10.0.0.5\tfiles01\n");
  tree.text(
    "/etc/passwd",
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
  );
  tree.text("/etc/motd", "\nWelcome.\n");
  const processes = new FakeProcesses();
  const model = fakeModel();
  let hostname = "files01";
  const world = {
    model,
    group: "test",
    now: () => 1_790_000_000.25,
    uptime: () => 86_400,
    hostname: () => hostname,
    setHostname: (name: string) => {
      hostname = name;
    },
    filesOf: (caller: ConstructorParameters<typeof MemoryFs>[1]) => new MemoryFs(tree, caller),
    processes,
    users: {
      accounts: () => [rootAccount],
      byName: (name: string) => (name === "root" ? rootAccount : undefined),
      byUid: (uid: number) => (uid === 0 ? rootAccount : undefined),
      groups: () => [{ name: "root", gid: 0, members: [] }],
      groupByName: () => undefined,
      groupByGid: (gid: number) => (gid === 0 ? { name: "root", gid: 0, members: [] } : undefined),
      gidsOf: () => [0],
    },
    logins: {
      open: (
        _login: LoginFacts,
        how: { readonly tty: boolean; readonly argv: readonly string[] },
      ): LoginSession => {
        const daemon = processes.spawn({
          ppid: 1,
          uid: 0,
          gid: 0,
          argv: ["sshd: root@pts/0"],
          exe: "/usr/sbin/sshd",
          cwd: "/",
        });
        const shell = processes.spawn({
          ppid: daemon.pid,
          uid: 0,
          gid: 0,
          argv: how.argv,
          exe: "/usr/bin/bash",
          cwd: "/root",
        });
        return {
          tty: how.tty ? "pts/0" : undefined,
          shellPid: shell.pid,
          daemonPid: daemon.pid,
          previous: undefined,
          session: 7,
          [Symbol.dispose]: () => {
            processes.exit(shell.pid);
            processes.exit(daemon.pid);
          },
        };
      },
    },
    network: {
      policy: "filtered",
      interfaces: () => [],
      sockets: () => [],
      routes: () => [],
      resolvers: () => ["10.0.0.1"],
    },
    state: { get: () => undefined, set: () => {} },
    syslog: () => {},
  } as unknown as WorldView;
  const login: LoginFacts = {
    user: "root",
    service: options.service ?? "ssh",
    peer: { ip: "192.0.2.77", port: 40_022 },
    local: { ip: "10.0.0.5", port: 22 },
    env: { TERM: "xterm" },
    sid: "00000000-0000-4000-8000-000000000000",
    observer: options.observer ?? new RecordingObserver(),
  };
  return { model, world, login, account: rootAccount, gids: [0], tree };
}

function fakeModel(): MachineModel {
  return {
    persona: {
      hostname: "files01",
      hardware: { memoryMiB: 2048, arch: "x86_64" },
    } as unknown as MachinePersona,
    release: {
      id: "debian-12",
      family: "debian",
      sh: "dash",
      loginShell: "/bin/bash",
      uname: {
        sysname: "Linux",
        release: "6.1.0-28-amd64",
        version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)",
        machine: "x86_64",
        operatingSystem: "GNU/Linux",
        processor: "unknown",
      },
      toolVersions: { bash: "5.2.15(1)-release" },
      path: {
        root: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        user: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
        exec: "/usr/local/bin:/usr/bin:/bin:/usr/games",
      },
    },
    hardware: {},
    bootTime: 1_789_000_000,
    now: () => 1_790_000_000.25,
    zone: () => ({ offset: 0, name: "UTC" }),
    random: (purpose: string) => {
      let counter = 0;
      const next = () =>
        createHash("sha256").update(`${purpose}:${counter++}`).digest().readUInt32BE() / 2 ** 32;
      return {
        next,
        integer: (min: number, max: number) => min + Math.floor(next() * (max - min + 1)),
        pick: (list: readonly unknown[]) => list[0],
        bytes: (length: number) => Buffer.alloc(length),
      };
    },
  } as unknown as MachineModel;
}
