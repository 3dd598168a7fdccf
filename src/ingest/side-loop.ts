import { CodedError } from "#kernel/errors.ts";
import type { Log } from "#kernel/log.ts";
import { Wake } from "#kernel/wake.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";

export interface SideLoop {
  readonly writer: StoreWriter;
  readonly log: Log;
  /** Synchronous, one transaction at most. @returns how much was done; 0 = nothing to do */
  readonly step: () => number;
  /** When to look again after a step that found nothing: at the next commit, or after so many milliseconds. */
  readonly every: "commit" | number;
}

const POLL_MS = 5000;
const RETRY_MS = 1000;

/**
 * Work beside ingest on the same connection, in its own turns. A busy or full store is waited out here, so that it
 * never disturbs ingest, which does its own waiting.
 */
export async function sideLoop({ writer, log, step, every }: SideLoop, signal: AbortSignal): Promise<void> {
  const wake = new Wake();
  using _commits = every === "commit" ? writer.watch(() => wake.call()) : undefined;
  while (!signal.aborted) {
    await writer.turns.take("consumer");
    let waitMs = every === "commit" ? POLL_MS : every;
    try {
      if (signal.aborted || step() > 0) continue;
    } catch (error) {
      if (!(error instanceof CodedError && error.retryable)) throw error;
      log.warn({ error }, "The store is not ready; trying again.");
      waitMs = RETRY_MS;
    }
    await wake.wait(waitMs, signal);
  }
}

/** Runs all until `signal` aborts; when one fails the others are stopped and its error is thrown. */
export async function runTogether(
  loops: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results = await Promise.allSettled(
    loops.map((loop) =>
      loop(stop).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  const rejected = results.find((result) => result.status === "rejected");
  if (rejected !== undefined) throw rejected.reason;
}
