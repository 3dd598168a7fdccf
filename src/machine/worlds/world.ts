import type { LoginFacts, Shell, UserFs, World } from "../contract.ts";
import { FsError } from "../errors.ts";
import type { BaseProcess } from "../facts/base-processes.ts";
import { formatLine } from "../facts/logs.ts";
import type { UnitPlan } from "../facts/units.ts";
import type { ReadContext } from "../files/base-node.ts";
import type { Programs } from "../files/programs.ts";
import { CallerFs, type FsHost } from "../files/user-fs.ts";
import type {
  Account,
  Caller,
  CpuTimes,
  MachineFs,
  MachineModel,
  MemoryState,
  Mount,
  ShellFactory,
  WorldView,
} from "../model.ts";
import { Capturer } from "./capture.ts";
import type { WorldKeeper } from "./keeper.ts";
import { WorldLogins } from "./logins.ts";
import { WorldNetwork } from "./network.ts";
import { WorldProcesses } from "./process-table.ts";
import { WorldServices } from "./services.ts";
import { KeptState } from "./state.ts";
import { WorldUsers } from "./users.ts";
import { WorldNode } from "./world-tree.ts";

const ROOT: Caller = { uid: 0, gid: 0, groups: [0], umask: 0o022 };
const KEPT_LINES = 400;
/** From power off to a running kernel. */
const REBOOT_SECONDS = 34;

export interface WorldParts {
  readonly model: MachineModel;
  readonly group: string;
  readonly baseProcesses: readonly BaseProcess[];
  readonly unitPlans: readonly UnitPlan[];
  readonly programs: Programs;
  readonly openShell: ShellFactory;
  readonly isNewContent: (hash: string) => boolean;
  readonly orphanCapture: (event: Parameters<FileCapture>[0]) => void;
  readonly crypt: (password: string) => string;
}

type FileCapture = LoginFacts["observer"]["fileCaptured"];

const isPasswords = (value: unknown): value is Record<string, { hash: string; password: string }> =>
  typeof value === "object" && value !== null;

/** One attacker group's machine. */
export class WorldInstance implements WorldView, World, Disposable {
  readonly model: MachineModel;
  readonly group: string;
  readonly keeper: WorldKeeper;
  readonly state: KeptState;
  readonly processes: WorldProcesses;
  readonly network: WorldNetwork;
  readonly users: WorldUsers;
  readonly logins: WorldLogins;
  readonly services: WorldServices;
  readonly #parts: WorldParts;
  readonly #capturer: Capturer;
  readonly #rootContext: ReadContext;
  /** Time of the last line in a log. */
  #logged = 0;
  #mounts: { readonly at: number; readonly list: readonly Mount[] } | undefined;

  constructor(parts: WorldParts, openKeeper: (world: WorldInstance) => WorldKeeper) {
    this.#parts = parts;
    this.model = parts.model;
    this.group = parts.group;
    this.#rootContext = { view: this, caller: ROOT };
    this.keeper = openKeeper(this);
    const { keeper, model } = this;
    this.state = new KeptState(keeper.values, (key, json) => {
      keeper.setState(key, json);
    });
    const now = (): number => this.now();
    const bootedAt = (): number => this.#bootedAt();
    this.processes = new WorldProcesses({
      model,
      base: parts.baseProcesses,
      state: this.state,
      now,
      bootedAt,
    });
    this.#capturer = new Capturer({
      read: (node) => node.readAt(0, node.data.size, this.#rootContext),
      isNew: parts.isNewContent,
      isOwn: (bytes) => parts.programs.ownPath(bytes) !== undefined,
      orphan: parts.orphanCapture,
    });
    this.network = new WorldNetwork({
      model,
      now,
      processes: this.processes,
      resolverFile: () => this.#rootText("/etc/resolv.conf"),
    });
    this.users = new WorldUsers({
      files: {
        read: (path) => this.#rootRead(path),
        write: (path, text) => {
          this.filesOf(ROOT).write(path, Buffer.from(text, "utf8"));
        },
      },
      crypt: parts.crypt,
      now,
      remember: (name, hash, password) => {
        this.state.set("passwords", { ...this.#passwords(), [name]: { hash, password } });
      },
      recall: (hash) => Object.values(this.#passwords()).find((one) => one.hash === hash)?.password,
    });
    this.logins = new WorldLogins({
      model,
      now,
      state: this.state,
      processes: this.processes,
      network: this.network,
      users: this.users,
      syslog: (facility, ident, message) => {
        this.syslog(facility, ident, message);
      },
    });
    this.services = new WorldServices({
      plans: parts.unitPlans,
      base: parts.baseProcesses,
      state: this.state,
      processes: this.processes,
      files: () => this.filesOf(ROOT),
      now,
      bootedAt,
    });
  }

  #passwords(): Record<string, { hash: string; password: string }> {
    const kept = this.state.get("passwords");
    return isPasswords(kept) ? kept : {};
  }

  #rootRead(path: string): Uint8Array {
    try {
      return this.filesOf(ROOT).read(path);
    } catch (error) {
      if (error instanceof FsError) return new Uint8Array();
      throw error;
    }
  }

  #rootText(path: string): string {
    return Buffer.from(this.#rootRead(path)).toString("utf8");
  }

  now(): number {
    const offset = this.state.get("clock");
    return this.model.now() + (typeof offset === "number" ? offset : 0);
  }

  setClock(seconds: number): void {
    const offset = seconds - this.model.now();
    this.state.set("clock", offset);
  }

  #bootedAt(): number {
    const set = this.state.get("booted");
    const offset = this.state.get("clock");
    return (typeof set === "number" ? set : this.model.bootTime) + (typeof offset === "number" ? offset : 0);
  }

  uptime(): number {
    return Math.max(0.01, this.now() - this.#bootedAt());
  }

  reboot(): void {
    this.processes.clear();
    this.state.set("booted", this.model.now() + REBOOT_SECONDS);
  }

  hostname(): string {
    const set = this.state.get("hostname");
    return typeof set === "string" && set !== "" ? set : this.model.persona.hostname;
  }

  setHostname(name: string): void {
    this.state.set("hostname", name.slice(0, 64));
  }

  memory(): MemoryState {
    const base = this.model.hardware.memory(this.now());
    const taken = Math.min(Math.floor(this.processes.spawnedRss * 0.4) & ~3, Math.floor(base.free * 0.5));
    return {
      ...base,
      free: base.free - taken,
      available: base.available - taken,
      anonymous: base.anonymous + taken,
      active: base.active + taken,
    };
  }

  cpuTimes(cpu?: number): CpuTimes {
    const base = this.model.hardware.cpuTimes(this.now(), cpu);
    return this.processes.addTo(base, cpu === undefined ? this.model.hardware.cpus.length : 1);
  }

  loadAverage(): readonly [number, number, number] {
    const base = this.model.hardware.loadAverage(this.now());
    const since = this.processes.miningSince;
    if (since === undefined) return base;
    const age = Math.max(0, this.now() - since);
    const [one, five, fifteen] = [60, 300, 900].map(
      (window, index) => (base[index] ?? 0) + this.processes.minedProcessors * (1 - Math.exp(-age / window)),
    );
    const round = (value: number | undefined): number => Math.round((value ?? 0) * 100) / 100;
    return [round(one), round(five), round(fifteen)];
  }

  mounts(): readonly Mount[] {
    const now = this.now();
    if (this.#mounts !== undefined && Math.abs(now - this.#mounts.at) < 0.5) return this.#mounts.list;
    const { bytes } = this.keeper.tree.usage;
    const limit = this.keeper.tree.limits.bytes;
    const list: Mount[] = this.model.hardware.mounts(now).map((mount) => {
      if (mount.target !== "/") return mount;
      // Near the world's quota the disk is seen to fill, so that ENOSPC does not come from nowhere.
      const fullness = Math.max(0, (bytes / limit - 0.75) / 0.25);
      const left = (value: number): number =>
        Math.max(0, Math.floor((value - bytes / mount.blockSize) * (1 - Math.min(1, fullness))));
      return { ...mount, free: left(mount.free), available: left(mount.available) };
    });
    const size = Math.floor(this.model.hardware.memory(now).total / 10 / 4) * 4;
    for (const uid of new Set(this.logins.current().map((one) => one.uid)))
      list.push({
        source: "tmpfs",
        target: `/run/user/${String(uid)}`,
        type: "tmpfs",
        options: `rw,nosuid,nodev,relatime,size=${String(size)}k,nr_inodes=${String(Math.floor(size / 4))},mode=700,uid=${String(uid)},gid=${String(uid)},inode64`,
        id: 320 + list.length,
        parent: 26,
        device: `0:${String(40 + list.length)}`,
        readOnly: false,
        noexec: false,
        blockSize: 4096,
        blocks: Math.floor(size / 4),
        free: Math.floor(size / 4),
        available: Math.floor(size / 4),
        files: Math.floor(size / 4),
        filesFree: Math.floor(size / 4) - 6,
      });
    this.#mounts = { at: now, list };
    return list;
  }

  #mountOf(path: string): Mount {
    let best: Mount | undefined;
    for (const mount of this.mounts()) {
      if (mount.target !== "/" && path !== mount.target && !path.startsWith(`${mount.target}/`)) continue;
      if (best === undefined || mount.target.length > best.target.length) best = mount;
    }
    if (best === undefined) throw new FsError("ENOENT", path);
    return best;
  }

  #host: FsHost | undefined;

  filesOf(caller: Caller): MachineFs;
  filesOf(user: Parameters<World["filesOf"]>[0]): UserFs;
  filesOf(caller: Caller): MachineFs {
    this.keeper.refresh();
    const { keeper, model } = this;
    this.#host ??= {
      get tree() {
        return keeper.tree;
      },
      now: () => this.now(),
      mountOf: (path) => this.#mountOf(path),
      installedAt: model.persona.installedAt,
      executable: (node, context) => this.#parts.programs.classify(node, context),
      changing: (node, path, read) => {
        this.#capturer.changing(node, path, read);
      },
      changed: (node, path, by) => {
        this.#capturer.changed(node, path, by);
      },
      settle: (_path, node) => {
        this.#capturer.settle(node);
      },
    };
    return new CallerFs(this.#host, { view: this, caller });
  }

  syslog(facility: string, ident: string, message: string): void {
    // Finer than the clock, and lines of one moment come one after the other.
    this.#logged = Math.max(this.now(), this.#logged) + (10 + Math.random() * 600) / 1_000_000;
    const line = { at: this.#logged, ident: ident.slice(0, 80), message: message.slice(0, 1024) };
    const auth = facility === "auth" || facility === "authpriv";
    const own = { cron: "cron.log", kern: "kern.log", user: "user.log", mail: "mail.log" }[facility];
    for (const log of auth ? ["auth.log"] : ["syslog", ...(own === undefined ? [] : [own])]) {
      const folder = this.keeper.tree.root.lookup("var", this.#rootContext)?.lookup("log", this.#rootContext);
      const node = folder?.lookup(log, this.#rootContext);
      if (node instanceof WorldNode) {
        const text = formatLine(this.model, this.hostname(), line);
        this.keeper.tree.writeInto(node, node.data.size, Buffer.from(text, "utf8"), this.#rootContext);
        node.attributes.mtime = line.at;
        node.settled = true;
      } else if (node !== undefined) this.state.push(`log ${log}`, line, KEPT_LINES);
    }
  }

  #account(name: string): Account {
    return (
      this.users.byName(name) ?? { name, uid: 65_534, gid: 65_534, gecos: "", home: "/", shell: "/bin/sh" }
    );
  }

  openShell(login: LoginFacts): Shell {
    return this.openShellAs(login.user, login);
  }

  openShellAs(user: string, login: LoginFacts): Shell {
    this.keeper.refresh();
    const account = this.#account(user);
    return this.#parts.openShell({
      model: this.model,
      world: this,
      login,
      account,
      gids: this.users.gidsOf(account.name),
    });
  }

  get isIdle(): boolean {
    return this.logins.openSessions === 0;
  }

  [Symbol.dispose](): void {
    this.#capturer[Symbol.dispose]();
    this.keeper[Symbol.dispose]();
  }
}
