import { type Clock, systemClock } from "./clock.ts";
import { CodedError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Worker, WorkerState } from "./worker.ts";

/** One worker as the outside sees it. */
export interface WorkerStatus {
  readonly name: string;
  readonly state: WorkerState;
  /** Milliseconds since 1970 of the last change of state. */
  readonly since: number;
  readonly restarts: number;
  readonly lastError?: { readonly code: string; readonly message: string; readonly at: number };
  readonly behind: number;
  readonly extra: Readonly<Record<string, unknown>>;
}

export type WorkerAction = "stop" | "start" | "restart";

export interface WorkerAck {
  readonly accepted: boolean;
  readonly state: WorkerState | "unknown";
  readonly whyNot?: string;
}

/** Something that holds workers: a supervisor here, or a thread that has one of its own. */
export interface WorkerHost extends AsyncDisposable {
  statuses(): readonly WorkerStatus[];
  control(name: string, action: WorkerAction): Promise<WorkerAck>;
}

export interface SupervisorOptions {
  readonly clock?: Clock;
  readonly log: Log;
  /** Called on every change of state, synchronously; must not throw. */
  readonly onChange?: (status: WorkerStatus) => void;
  /** First and longest wait between restarts, ms. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
  /** How long a worker may take to obey its abort, ms. */
  readonly stopMs?: number;
  /** Source of jitter, 0 ≤ x < 1. */
  readonly random?: () => number;
}

const BACKOFF = { firstMs: 1_000, maxMs: 30_000 };
const CALM_MS = 60_000;
const STALL_MS = 120_000;
const CRASH_WINDOW_MS = 600_000;
const MAX_CRASHES = 10;
const STOP_MS = 10_000;
const MESSAGE_LIMIT = 1_000;

class EarlyReturn extends Error {
  override readonly name = "EarlyReturn";
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_LIMIT);

/** One worker's life. */
class Unit {
  readonly worker: Worker;
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #seenStacks = new Set<string>();
  #state: WorkerState = "stopped";
  #since: number;
  #restarts = 0;
  #behind = 0;
  #progressAt = 0;
  #crashes: number[] = [];
  #streak = 0;
  #lastError: WorkerStatus["lastError"];
  #abort: AbortController | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when the worker first says that it is up, or fails for good. */
  #settled: (() => void)[] = [];

  constructor(worker: Worker, options: SupervisorOptions) {
    this.worker = worker;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#since = this.#clock.now();
  }

  get state(): WorkerState {
    return this.#state;
  }

  status(): WorkerStatus {
    let extra: Readonly<Record<string, unknown>> = {};
    try {
      extra = this.worker.health?.() ?? {};
    } catch (error) {
      extra = { extra_error: messageOf(error) };
    }
    return {
      name: this.worker.name,
      state: this.#state,
      since: this.#since,
      restarts: this.#restarts,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      behind: this.#behind,
      extra,
    };
  }

  start(): void {
    if (this.#running !== undefined) return;
    clearTimeout(this.#timer);
    const abort = new AbortController();
    this.#abort = abort;
    this.#enter("starting");
    this.#progressAt = this.#clock.now();
    const context = {
      log: this.#options.log.child({ component: this.worker.name }),
      clock: this.#clock,
      progress: (_done: number, behind: number) => {
        if (abort.signal.aborted) return;
        this.#behind = behind;
        this.#progressAt = this.#clock.now();
        if (this.#state === "starting" || this.#state === "stalled") this.#enter("running");
      },
    };
    const startedAt = this.#clock.now();
    this.#running = (async () => this.worker.run(context, abort.signal))()
      .then(
        () =>
          abort.signal.aborted
            ? undefined
            : new EarlyReturn("the worker returned before it was told to stop"),
        (error: unknown) => (abort.signal.aborted ? undefined : (error ?? new Error("unknown"))),
      )
      .then((failure) => {
        this.#running = undefined;
        if (failure === undefined) this.#enter("stopped");
        else this.#failed(failure, startedAt);
      });
  }

  /** @returns whether it ended in time; else its state is `stuck`. */
  async stop(): Promise<boolean> {
    clearTimeout(this.#timer);
    if (this.#running === undefined) {
      this.#enter("stopped");
      return true;
    }
    this.#enter("stopping");
    this.#abort?.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, this.#options.stopMs ?? STOP_MS, false);
    });
    const ended = await Promise.race([this.#running.then(() => true), late]);
    clearTimeout(timer);
    if (!ended) this.#enter("stuck");
    return ended;
  }

  /** Resolves once it is `running`, `failed` or `stopped`. */
  settled(): Promise<void> {
    if (["running", "failed", "stopped", "stuck", "backing_off"].includes(this.#state))
      return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  watch(): void {
    const silent = this.#clock.now() - this.#progressAt;
    if (this.#state === "running" && this.#behind > 0 && silent > STALL_MS) this.#enter("stalled");
  }

  #enter(state: WorkerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = this.#clock.now();
    this.#options.onChange?.(this.status());
    if (state !== "starting" && state !== "stopping") for (const settle of this.#settled.splice(0)) settle();
  }

  #failed(error: unknown, startedAt: number): void {
    const now = this.#clock.now();
    const coded = error instanceof CodedError ? error : undefined;
    this.#lastError = { code: coded?.code ?? "CRASH", message: messageOf(error), at: now };
    if (now - startedAt > CALM_MS) this.#streak = 0;
    if (coded === undefined) this.#crashed(error, now);
    if ((coded !== undefined && !coded.retryable) || this.#crashes.length > MAX_CRASHES) {
      this.#options.log.error(
        { worker: this.worker.name, ...this.#lastError },
        "Worker failed; it stays down until it is started.",
      );
      this.#enter("failed");
      return;
    }
    const { firstMs, maxMs } = this.#options.backoff ?? BACKOFF;
    const jitter = 0.8 + 0.4 * (this.#options.random ?? Math.random)();
    const wait = Math.min(maxMs, firstMs * 2 ** this.#streak) * jitter;
    this.#streak = Math.min(this.#streak + 1, 16);
    this.#enter("backing_off");
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, wait);
  }

  #crashed(error: unknown, now: number): void {
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (this.#seenStacks.has(stack) || this.#seenStacks.size > 100) return;
    this.#seenStacks.add(stack);
    this.#options.log.error({ worker: this.worker.name, stack }, "Worker crashed; it is started again.");
  }

  forgetCrashes(): void {
    this.#crashes = [];
    this.#streak = 0;
  }
}

/**
 * Runs the workers of one process or thread. One worker's failure never stops, delays or restarts a
 * sibling: retryable errors back off, other coded errors stay `failed`, anything else is a crash.
 */
export class Supervisor implements WorkerHost {
  readonly #units = new Map<string, Unit>();
  readonly #options: SupervisorOptions;
  readonly #watch: NodeJS.Timeout;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#watch = setInterval(() => {
      for (const unit of this.#units.values()) unit.watch();
    }, 10_000).unref();
  }

  /** Workers start in the order in which they are added and stop in reverse. */
  add(worker: Worker): void {
    this.#units.set(worker.name, new Unit(worker, this.#options));
  }

  /**
   * Starts all; resolves when each is up or has failed.
   * @returns the required workers that failed for good.
   */
  async startAll(): Promise<readonly WorkerStatus[]> {
    for (const unit of this.#units.values()) unit.start();
    const required = [...this.#units.values()].filter((unit) => unit.worker.policy === "required");
    await Promise.all(required.map((unit) => unit.settled()));
    return required.filter((unit) => unit.state === "failed").map((unit) => unit.status());
  }

  statuses(): readonly WorkerStatus[] {
    return [...this.#units.values()].map((unit) => unit.status());
  }

  async control(name: string, action: WorkerAction): Promise<WorkerAck> {
    const unit = this.#units.get(name);
    if (unit === undefined)
      return { accepted: false, state: "unknown", whyNot: `no worker named ${name} here` };
    if (action !== "start" && !(await unit.stop()))
      return { accepted: true, state: unit.state, whyNot: "it does not obey; restart the process" };
    if (action !== "stop") {
      unit.forgetCrashes();
      unit.start();
      await unit.settled();
    }
    return { accepted: true, state: unit.state };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    for (const unit of [...this.#units.values()].reverse()) await unit.stop();
  }
}
