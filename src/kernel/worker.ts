import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

export interface WorkerContext {
  /** Already carries `component` = the worker's name. */
  readonly log: Log;
  readonly clock: Clock;
  /**
   * Tells the supervisor that work moves; `behind` = units of work still waiting (0 when idle).
   * The first call means "started": make it once everything that can fail at start has not failed.
   */
  progress(done: number, behind: number): void;
}

/**
 * A part of the product with a life of its own. What it needs beyond the context is given to the
 * function that makes it (`createIngester(deps, config): Worker`).
 */
export interface Worker {
  readonly name: string;
  /** `required`: a configuration failure at first start stops the process with exit code 2. */
  readonly policy: "required" | "optional";
  /**
   * Works until `signal` aborts, then finishes what it holds and resolves within 10 s.
   * Resolving earlier, or throwing, is a failure: a `CodedError` with `retryable` is restarted with
   * back-off, one without stays `failed`, anything else is a crash.
   */
  run(context: WorkerContext, signal: AbortSignal): Promise<void>;
  /** Extra facts for the heartbeat; plain JSON values only. */
  health?(): Readonly<Record<string, unknown>>;
}

export type WorkerState =
  | "starting"
  | "running"
  | "stalled"
  | "backing_off"
  | "stopping"
  | "stopped"
  | "failed"
  | "stuck";
