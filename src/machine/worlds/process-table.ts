import { FsError } from "../errors.ts";
import { type BaseProcess, commOf, kernelWorkers } from "../facts/base-processes.ts";
import type {
  CpuTimes,
  MachineModel,
  ProcessFacts,
  ProcessState,
  ProcessTable,
  SpawnOptions,
} from "../model.ts";
import { hashUnit, smoothNoise } from "../seeded.ts";
import type { KeptState } from "./state.ts";

const HOUSEKEEPING =
  /^(systemd|init|cron|dbus|rsyslog|atd|getty|ssh|unattended-upgrades|user@|networking|ifup)/;
const MAX_SPAWNED = 200;
const PIDS_PER_SECOND = 0.03;
const SIGKILL = 9;
const SIGCONT = 18;
/** Signals whose default action does not end a process: CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH. */
const HARMLESS = new Set([17, 18, 19, 20, 21, 22, 23, 28]);
const STOPPING = new Set([19, 20, 21, 22]);

interface Spawned {
  facts: ProcessFacts;
  readonly load: "quiet" | "miner";
  readonly lasting: boolean;
  readonly onSignal: ((signal: number) => void) | undefined;
}

interface Lasting {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly argv: readonly string[];
  readonly exe: string;
  readonly cwd: string;
  readonly start: number;
  readonly load: "quiet" | "miner";
  readonly unit: string;
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isLasting = (value: unknown): value is Lasting =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  "argv" in value &&
  Array.isArray(value.argv);

/** Resident and virtual KiB of programs one meets; others get something small. */
const sizes: Readonly<Record<string, readonly [number, number]>> = {
  bash: [5248, 8064],
  sh: [1664, 2576],
  dash: [1664, 2576],
  sshd: [11_136, 17_976],
  sftpserver: [5120, 8432],
  top: [4224, 10_612],
  vi: [4096, 9412],
  nano: [4352, 6396],
  python3: [9856, 17_412],
  perl: [6144, 11_208],
  systemd: [10_880, 18_936],
  "(sd-pam)": [3376, 170_168],
  screen: [3072, 7676],
  tmux: [4224, 9036],
};

export class WorldProcesses implements ProcessTable {
  readonly #model: MachineModel;
  readonly #base: readonly BaseProcess[];
  readonly #state: KeptState;
  readonly #now: () => number;
  readonly #bootedAt: () => number;
  readonly #spawned = new Map<number, Spawned>();
  readonly #seed: number;
  readonly #firstFree: number;
  #lastPid = 0;
  #held:
    | { readonly at: number; readonly key: unknown; readonly list: ReadonlyMap<number, ProcessFacts> }
    | undefined;

  constructor(options: {
    readonly model: MachineModel;
    readonly base: readonly BaseProcess[];
    readonly state: KeptState;
    readonly now: () => number;
    readonly bootedAt: () => number;
  }) {
    this.#model = options.model;
    this.#base = options.base;
    this.#state = options.state;
    this.#now = options.now;
    this.#bootedAt = options.bootedAt;
    this.#seed = options.model.random("process cpu").integer(1, 2 ** 30);
    this.#firstFree = Math.max(...options.base.map((one) => one.pid)) + 200;
    for (const one of this.#state.list("lasting", isLasting)) this.#revive(one);
  }

  #pidAt = (at: number): number =>
    this.#firstFree + (Math.max(0, Math.floor((at - this.#bootedAt()) * PIDS_PER_SECOND)) % 3_900_000);

  nextPid(): number {
    const usual = this.#pidAt(this.#now());
    this.#lastPid = this.#lastPid >= usual ? this.#lastPid + 1 : usual;
    while (this.get(this.#lastPid) !== undefined) this.#lastPid += 1;
    return this.#lastPid;
  }

  /** Base processes that this world has not ended. Asked for every path below `/proc`, so kept a moment. */
  #installed(): ReadonlyMap<number, ProcessFacts> {
    const now = this.#now();
    const key = this.#state.get("ended");
    const held = this.#held;
    if (held !== undefined && held.key === key && Math.abs(now - held.at) < 0.05) return held.list;
    const list = new Map(this.#listInstalled(now).map((one) => [one.pid, one]));
    this.#held = { at: now, key, list };
    return list;
  }

  #listInstalled(now: number): ProcessFacts[] {
    const ended = new Set(this.#state.list("ended", isNumber));
    const shift = this.#bootedAt() - this.#model.bootTime;
    const list: ProcessFacts[] = [];
    for (const one of [...this.#base, ...kernelWorkers(this.#model.persona, now, this.#pidAt)]) {
      if (ended.has(one.pid) || this.#spawned.has(one.pid)) continue;
      const start = one.start < this.#model.bootTime + 30 ? one.start + shift : one.start;
      if (start > now) continue;
      const state: ProcessState =
        one.kernel && /^kworker|_wq$|^rcu_gp|^netns|^kblockd|^mld$/.test(one.comm) ? "I" : "S";
      list.push({ ...one, start, state, spawned: false });
    }
    return list;
  }

  list(): readonly ProcessFacts[] {
    const all = [...this.#installed().values(), ...[...this.#spawned.values()].map((one) => one.facts)];
    return all.toSorted((a, b) => a.pid - b.pid);
  }

  get(pid: number): ProcessFacts | undefined {
    return this.#spawned.get(pid)?.facts ?? this.#installed().get(pid);
  }

  cpu(pid: number): { readonly seconds: number; readonly lifePercent: number; readonly percent: number } {
    const one = this.get(pid);
    if (one === undefined) return { seconds: 0, lifePercent: 0, percent: 0 };
    const now = this.#now();
    const life = Math.max(0.01, now - one.start);
    const share = this.#share(one);
    const seconds = Math.floor(life * share * 100) / 100;
    const wobble =
      one.spawned && share > 0.5
        ? 0.98 + 0.02 * smoothNoise(this.#seed + pid, now, 2)
        : smoothNoise(this.#seed + pid, now, 4) * 2;
    return { seconds, lifePercent: share * 100, percent: Math.round(share * 1000 * wobble) / 10 };
  }

  /** Processors a process keeps busy over its life. */
  #share(one: ProcessFacts): number {
    if (this.#spawned.get(one.pid)?.load === "miner") return this.#model.hardware.cpus.length * 0.985;
    const weight = hashUnit(this.#seed, one.pid);
    if (one.spawned) return 0.0004 * weight;
    if (one.kernel) return one.comm === "rcu_preempt" ? 0.0004 : 0.00002 * weight;
    const { user, system, idle } = this.#model.hardware.cpuTimes(this.#now());
    const busy = ((user + system) / Math.max(1, user + system + idle)) * this.#model.hardware.cpus.length;
    // What the role is for does the work; the daemons that every machine has hardly run.
    return busy * (HOUSEKEEPING.test(one.unit) || one.pid === 1 ? 0.00005 + 0.0004 * weight : 0.05 * weight);
  }

  /** Processors taken by what was started here. */
  get minedProcessors(): number {
    const miners = [...this.#spawned.values()].filter((one) => one.load === "miner").length;
    return miners === 0 ? 0 : this.#model.hardware.cpus.length * 0.985;
  }

  /** When the first of them began; undefined without any. */
  get miningSince(): number | undefined {
    const starts = [...this.#spawned.values()]
      .filter((one) => one.load === "miner")
      .map((one) => one.facts.start);
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  get spawnedRss(): number {
    let sum = 0;
    for (const one of this.#spawned.values()) sum += one.facts.rss;
    return sum;
  }

  spawn(options: SpawnOptions): ProcessFacts {
    if (this.#spawned.size >= MAX_SPAWNED) throw new FsError("EAGAIN", "");
    return this.#add(this.nextPid(), options, this.#now());
  }

  #add(pid: number, options: SpawnOptions, start: number): ProcessFacts {
    const comm = commOf(options.argv, options.exe);
    const parent = this.#spawned.get(options.ppid)?.facts;
    const miner = options.load === "miner";
    const [rss, vsz] = this.#sizeOf(comm, miner);
    const inherited = {
      sid: parent?.sid ?? pid,
      tty: parent?.tty,
      unit: parent?.unit ?? "",
      pgid: pid,
      nice: 0,
      environ: {},
    };
    const { load: _load, lasting: _lasting, onSignal: _onSignal, ...given } = options;
    const facts: ProcessFacts = {
      ...inherited,
      ...given,
      pid,
      comm,
      argv: options.argv.slice(0, 256),
      start,
      state: miner ? "R" : "S",
      threads: miner ? this.#model.hardware.cpus.length + 1 : 1,
      rss: Math.round((rss * (0.94 + 0.12 * hashUnit(this.#seed, pid))) / 4) * 4,
      vsz,
      kernel: false,
      spawned: true,
    };
    this.#spawned.set(pid, {
      facts,
      load: options.load ?? "quiet",
      lasting: options.lasting === true,
      onSignal: options.onSignal,
    });
    if (options.lasting === true) this.#keepLasting();
    return facts;
  }

  #sizeOf(comm: string, miner: boolean): readonly [number, number] {
    // Every applet of a small system is the same 400 KiB.
    if (this.#model.release.family === "busybox") return [416, 1220];
    return miner ? [42_000, 318_000] : (sizes[comm] ?? [1792, 5488]);
  }

  #revive(one: Lasting): void {
    this.#add(one.pid, { ...one, ppid: 1, lasting: false }, one.start);
    const made = this.#spawned.get(one.pid);
    if (made !== undefined) this.#spawned.set(one.pid, { ...made, lasting: true });
  }

  #keepLasting(): void {
    const list: Lasting[] = [...this.#spawned.values()]
      .filter((one) => one.lasting)
      .slice(-50)
      .map(({ facts, load }) => ({
        pid: facts.pid,
        uid: facts.uid,
        gid: facts.gid,
        argv: facts.argv.slice(0, 32).map((word) => word.slice(0, 512)),
        exe: facts.exe ?? "",
        cwd: facts.cwd,
        start: facts.start,
        load,
        unit: facts.unit,
      }));
    this.#state.set("lasting", list);
  }

  #update(pid: number, change: Partial<ProcessFacts>): void {
    const one = this.#spawned.get(pid);
    if (one !== undefined) one.facts = { ...one.facts, ...change };
  }

  replace(pid: number, image: Pick<SpawnOptions, "argv" | "exe">): void {
    this.#update(pid, { argv: image.argv, exe: image.exe, comm: commOf(image.argv, image.exe) });
  }

  setState(pid: number, state: ProcessState): void {
    this.#update(pid, { state });
  }

  setNice(pid: number, nice: number): void {
    this.#update(pid, { nice });
  }

  exit(pid: number): void {
    const one = this.#spawned.get(pid);
    if (one === undefined) return;
    this.#spawned.delete(pid);
    for (const other of this.#spawned.values())
      if (other.facts.ppid === pid) other.facts = { ...other.facts, ppid: 1 };
    if (one.lasting) this.#keepLasting();
  }

  kill(pid: number, signal: number, byUid: number): "ESRCH" | "EPERM" | undefined {
    const one = this.get(pid);
    if (one === undefined) return "ESRCH";
    if (byUid !== 0 && byUid !== one.uid) return "EPERM";
    if (signal === 0 || one.kernel || pid === 1) return undefined;
    const spawned = this.#spawned.get(pid);
    if (spawned === undefined) {
      if (!HARMLESS.has(signal) && !(signal === 1 && one.unit !== "")) this.#endInstalled(one);
      return undefined;
    }
    this.#deliver(pid, spawned, signal);
    return undefined;
  }

  #deliver(pid: number, spawned: Spawned, signal: number): void {
    if (spawned.onSignal !== undefined) spawned.onSignal(signal);
    else if (STOPPING.has(signal)) this.setState(pid, "T");
    else if (signal === SIGCONT) this.setState(pid, "S");
    else if (!HARMLESS.has(signal)) this.exit(pid);
    if (signal === SIGKILL && this.#spawned.has(pid)) this.exit(pid);
  }

  #endInstalled(one: ProcessFacts): void {
    this.#state.push("ended", one.pid, 512);
    // A server's children go with it; systemd starts nothing again that was killed by hand.
    for (const child of this.#installed().values())
      if (child.ppid === one.pid && child.unit === one.unit) this.#state.push("ended", child.pid, 512);
  }

  /** Ends or brings back the processes of a unit. @returns the main process that runs now */
  setUnit(unit: string, running: boolean): number | undefined {
    const ended = new Set(this.#state.list("ended", isNumber));
    const members = this.#base.filter((one) => one.unit === unit);
    for (const one of members)
      if (running) ended.delete(one.pid);
      else ended.add(one.pid);
    this.#state.set("ended", [...ended].slice(-512));
    return running ? members[0]?.pid : undefined;
  }

  /** At a reboot everything that somebody started is gone. */
  clear(): void {
    for (const pid of this.#spawned.keys()) this.kill(pid, SIGKILL, 0);
    this.#spawned.clear();
    this.#state.set("lasting", undefined);
    this.#state.set("ended", undefined);
    this.#lastPid = 0;
  }

  addTo(times: CpuTimes, cpus: number): CpuTimes {
    const since = this.miningSince;
    if (since === undefined) return times;
    const mined = Math.floor(Math.max(0, this.#now() - since) * 98.5 * cpus);
    return { ...times, user: times.user + mined, idle: Math.max(0, times.idle - mined) };
  }
}
