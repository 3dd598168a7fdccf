import type { Log } from "#kernel/log.ts";
import type { WorldView } from "../model.ts";
import { Interrupted } from "./control.ts";
import { CallFailed, LimitReached, ProcessEnded } from "./errors.ts";
import { abortable, type Descriptors } from "./open-file.ts";
import { defaultAction, SIGNAL } from "./signals.ts";

export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly user: string;
}

export interface ProcessFacts {
  readonly ppid: number;
  readonly pgid?: number;
  readonly sid: number;
  readonly argv: readonly string[];
  readonly exe: string;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  readonly owner: Credentials;
  readonly tty: string | undefined;
  /** Adopted from the login instead of spawned. */
  readonly pid?: number;
  readonly load?: "quiet" | "miner";
  readonly lasting?: boolean;
}

/** The processes of one world that shells of ours run, beside the world's own table. */
export class LiveProcesses {
  readonly world: WorldView;
  readonly log: Log;
  readonly #live = new Map<number, Process>();
  constructor(world: WorldView, log: Log) {
    this.world = world;
    this.log = log;
  }
  /** @throws {FsError} EAGAIN when the world has too many */
  add(process: Process, facts: ProcessFacts): number {
    const pid = facts.pid ?? this.#spawn(process, facts);
    this.#live.set(pid, process);
    return pid;
  }
  #spawn(process: Process, facts: ProcessFacts): number {
    return this.world.processes.spawn({
      ppid: facts.ppid,
      uid: facts.owner.uid,
      gid: facts.owner.gid,
      argv: facts.argv,
      exe: facts.exe,
      cwd: facts.cwd,
      sid: facts.sid,
      environ: Object.fromEntries(facts.env),
      ...(facts.pgid === undefined ? {} : { pgid: facts.pgid }),
      ...(facts.tty === undefined ? {} : { tty: facts.tty }),
      ...(facts.load === undefined ? {} : { load: facts.load }),
      ...(facts.lasting === undefined ? {} : { lasting: facts.lasting }),
      onSignal: (signal) => {
        process.deliver(signal);
      },
    }).pid;
  }
  remove(process: Process, adopted: boolean): void {
    this.#live.delete(process.pid);
    if (!adopted) this.world.processes.exit(process.pid);
  }
  find(pid: number): Process | undefined {
    return this.#live.get(pid);
  }
  all(): readonly Process[] {
    return [...this.#live.values()];
  }
  /** Signals one process, ours or the world's. */
  kill(pid: number, signal: number, byUid: number): "ESRCH" | "EPERM" | undefined {
    const mine = this.#live.get(pid);
    if (mine === undefined) return this.world.processes.kill(pid, signal, byUid);
    if (byUid !== 0 && byUid !== mine.owner.uid) return "EPERM";
    if (signal !== 0) mine.deliver(signal);
    return undefined;
  }
  /** @returns how many processes the group had */
  killGroup(pgid: number, signal: number, byUid = 0): number {
    const members = this.all().filter((process) => process.pgid === pgid);
    for (const process of members) this.kill(process.pid, signal, byUid);
    return members.length;
  }
}

export type ExitState = { readonly code: number; readonly signal?: number };

/** 128 + signal, as `$?` has it. */
export function statusOf(exit: ExitState): number {
  return exit.signal === undefined ? exit.code : 128 + exit.signal;
}

/** A pretend process: what a fork of a shell or a started program is. */
export class Process {
  readonly pid: number;
  readonly ppid: number;
  pgid: number;
  readonly sid: number;
  argv: readonly string[];
  exe: string;
  cwd: string;
  env: ReadonlyMap<string, string>;
  owner: Credentials;
  readonly tty: string | undefined;
  readonly fds: Descriptors;
  readonly exited: Promise<ExitState>;
  exitState: ExitState | undefined;
  /** What a signal does instead of its default action; `ignore` survives into children. */
  readonly dispositions = new Map<number, "ignore" | ((signal: number) => void)>();
  readonly #host: LiveProcesses;
  readonly #adopted: boolean;
  #abort = new AbortController();
  #finish: (state: ExitState) => void = () => {};
  #interruption: Error | undefined;
  #stopped = false;
  #continued: (() => void)[] = [];
  readonly #stopListeners = new Set<() => void>();

  constructor(host: LiveProcesses, facts: ProcessFacts, fds: Descriptors) {
    this.#host = host;
    this.ppid = facts.ppid;
    this.argv = facts.argv;
    this.exe = facts.exe;
    this.cwd = facts.cwd;
    this.env = facts.env;
    this.owner = facts.owner;
    this.tty = facts.tty;
    this.fds = fds;
    this.exited = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#adopted = facts.pid !== undefined;
    this.pid = host.add(this, facts);
    this.pgid = facts.pgid ?? this.pid;
    this.sid = facts.sid;
  }

  get host(): LiveProcesses {
    return this.#host;
  }
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Replaces the program: `exec`. */
  become(argv: readonly string[], exe: string): void {
    this.argv = argv;
    this.exe = exe;
    this.#host.world.processes.replace(this.pid, { argv, exe });
  }

  deliver(signal: number): void {
    if (this.exitState !== undefined) return;
    if (signal === SIGNAL.CONT) this.#resume();
    const disposition =
      signal === SIGNAL.KILL || signal === SIGNAL.STOP ? undefined : this.dispositions.get(signal);
    if (disposition === "ignore") return;
    if (disposition !== undefined) {
      disposition(signal);
      return;
    }
    const action = defaultAction(signal);
    if (action === "stop") this.#stop();
    else if (action === "terminate") {
      this.#abort.abort(new ProcessEnded(signal));
      this.#resume();
    }
  }

  /** Ends the present wait with `reason` and lets the process go on: how ^C returns to a prompt. */
  interrupt(reason: Error): void {
    this.#interruption = reason;
    this.#abort.abort(reason);
    this.#abort = new AbortController();
  }

  /** An interruption that no wait has seen yet. */
  takeInterruption(): Error | undefined {
    const reason = this.#interruption;
    this.#interruption = undefined;
    return reason;
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#host.world.processes.setState(this.pid, "T");
    for (const listener of Array.from(this.#stopListeners)) listener();
  }

  #resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#host.world.processes.setState(this.pid, "S");
    const waiting = this.#continued;
    this.#continued = [];
    for (const go of waiting) go();
  }

  onStop(listener: () => void): () => void {
    this.#stopListeners.add(listener);
    return () => this.#stopListeners.delete(listener);
  }

  /** Passes when the process may run: waits while it is stopped, throws when it is ended. */
  async gate(): Promise<void> {
    while (this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#continued.push(resolve);
      });
    }
    this.signal.throwIfAborted();
  }

  async sleep(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await abortable(
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, Math.min(milliseconds, 2_147_483_647));
        }),
        this.signal,
      );
    } finally {
      clearTimeout(timer);
    }
    if (this.#stopped) await this.gate();
  }

  finish(state: ExitState): void {
    if (this.exitState !== undefined) return;
    this.exitState = state;
    for (const descriptor of this.fds.values()) descriptor.release();
    this.fds.clear();
    this.#host.remove(this, this.#adopted);
    this.#finish(state);
  }
}

/**
 * Runs `body` as the life of `process`.
 *
 * @returns how it ended; a signal that ended it is a state, never an error. A bug in a program of ours
 * is logged and looks like one of its own: a segmentation fault.
 */
export async function live(process: Process, body: () => Promise<number>): Promise<ExitState> {
  let state: ExitState;
  try {
    state = { code: (await body()) & 0xff };
  } catch (error) {
    state = { code: 0, signal: fatalSignal(process, error) };
  }
  process.finish(state);
  return state;
}

function fatalSignal(process: Process, error: unknown): number {
  if (error instanceof ProcessEnded) return error.signal;
  if (error instanceof LimitReached) return SIGNAL.KILL;
  if (error instanceof Interrupted) return SIGNAL.INT;
  if (error instanceof CallFailed && error.errno === "EPIPE") return SIGNAL.PIPE;
  if (error instanceof CallFailed && error.errno === "EIO") return SIGNAL.HUP;
  process.host.log.error({ err: error, argv: process.argv }, "A pretend program failed.");
  return 11;
}
