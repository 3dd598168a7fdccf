import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How often a thread is asked whether it rests. */
const LOOK_MS = 10_000;
/** Shares of a look in which the event loop worked: above the one it made garbage, below the other it rests. */
const BUSY = 0.2;
const IDLE = 0.05;

/**
 * Collects all garbage of this thread each time it comes to rest, its start included. A start or a
 * burst leaves tens of megabytes behind that an idle process would otherwise keep until it needs the
 * room. Steady work is left to the engine.
 */
export function collectWhenIdle(): void {
  let isDue = true;
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > BUSY) isDue = true;
    if (!isDue || utilization > IDLE) return;
    isDue = false;
    collect();
  }, LOOK_MS).unref();
}

/** With the flavor of the last resort the engine also gives the emptied pages back; otherwise it keeps most of them. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
