import { once } from "node:events";
import {
  type MessagePort,
  type Worker as NodeWorker,
  parentPort,
  type Transferable,
} from "node:worker_threads";
import type { Log } from "./log.ts";
import type { Supervisor, WorkerAck, WorkerAction, WorkerHost, WorkerStatus } from "./supervisor.ts";

/** Starts a worker thread that plays `role`; where its file lies is the caller's business. */
export type SpawnThread = (role: string, data: unknown, transfer: readonly Transferable[]) => NodeWorker;

type ToThread =
  | { readonly kind: "control"; readonly id: number; readonly name: string; readonly action: WorkerAction }
  | { readonly kind: "stop" };
type FromThread =
  | { readonly kind: "status"; readonly status: WorkerStatus }
  | { readonly kind: "started"; readonly failed: readonly WorkerStatus[] }
  | { readonly kind: "ack"; readonly id: number; readonly ack: WorkerAck };

export interface ThreadHostOptions {
  readonly role: string;
  /** Workers that live in that thread, so that they have a status before it has spoken. */
  readonly names: readonly string[];
  readonly spawn: SpawnThread;
  /** Made anew for every start of the thread: ports cannot be sent twice. */
  readonly data: () => { readonly data: unknown; readonly transfer: readonly Transferable[] };
  readonly log: Log;
  readonly onChange?: (status: WorkerStatus) => void;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

export interface ThreadHost extends WorkerHost {
  /** @returns required workers that failed for good at the first start. */
  startAll(): Promise<readonly WorkerStatus[]>;
}

const STOP_MS = 12_000;
const CONTROL_MS = 12_000;
const CALM_MS = 60_000;

/** A worker thread with a supervisor of its own; its crash is the failure of the workers in it and is followed by a restart. */
export function openThreadHost(options: ThreadHostOptions): ThreadHost {
  const statuses = new Map<string, WorkerStatus>();
  const waiting = new Map<number, (ack: WorkerAck) => void>();
  let nextId = 1;
  let thread: NodeWorker | undefined;
  let stopping = false;
  let crashes = 0;
  let threadRestarts = 0;
  let threadError: WorkerStatus["lastError"];
  let timer: NodeJS.Timeout | undefined;

  const set = (status: WorkerStatus): void => {
    statuses.set(status.name, status);
    options.onChange?.(status);
  };
  const all = (state: WorkerStatus["state"]): void => {
    for (const name of options.names) {
      const before = statuses.get(name);
      const lastError = threadError ?? before?.lastError;
      set({
        name,
        state,
        since: Date.now(),
        restarts: threadRestarts,
        ...(lastError === undefined ? {} : { lastError }),
        behind: before?.behind ?? 0,
        extra: before?.extra ?? {},
      });
    }
  };

  /** The thread that speaks is new and knows nothing of the ones before it. */
  const withPast = (status: WorkerStatus): WorkerStatus => {
    const lastError = status.lastError ?? threadError;
    return { ...status, restarts: status.restarts + threadRestarts, ...(lastError && { lastError }) };
  };

  const launch = (): Promise<readonly WorkerStatus[]> => {
    const { data, transfer } = options.data();
    const started = Promise.withResolvers<readonly WorkerStatus[]>();
    const startedAt = Date.now();
    let problem: unknown;
    const current = options.spawn(options.role, data, transfer);
    thread = current;
    all("starting");
    current.on("message", (message: FromThread) => {
      if (message.kind === "status") set(withPast(message.status));
      else if (message.kind === "started") started.resolve(message.failed);
      else {
        waiting.get(message.id)?.(message.ack);
        waiting.delete(message.id);
      }
    });
    current.on("error", (error) => {
      problem = error;
    });
    current.once("exit", (code) => {
      thread = undefined;
      started.resolve([]);
      if (stopping) return;
      const message = problem instanceof Error ? problem.message : `exit code ${code}`;
      options.log.error(
        { role: options.role, error: problem ?? code },
        "A worker thread ended; it is started again.",
      );
      crashes = Date.now() - startedAt > CALM_MS ? 0 : crashes + 1;
      threadRestarts += 1;
      threadError = { code: "THREAD_EXIT", message, at: Date.now() };
      all("backing_off");
      const { firstMs, maxMs } = options.backoff ?? { firstMs: 1_000, maxMs: 30_000 };
      timer = setTimeout(() => void launch(), Math.min(maxMs, firstMs * 2 ** Math.min(crashes, 10)));
    });
    return started.promise;
  };

  return {
    startAll: launch,
    statuses: () => [...statuses.values()],
    async control(name, action) {
      const host = thread;
      if (host === undefined)
        return { accepted: false, state: "unknown", whyNot: "its thread is being restarted" };
      const id = nextId;
      nextId += 1;
      const answer = Promise.withResolvers<WorkerAck>();
      waiting.set(id, answer.resolve);
      const late = setTimeout(() => {
        waiting.delete(id);
        answer.resolve({ accepted: false, state: "unknown", whyNot: "its thread does not answer" });
      }, CONTROL_MS);
      host.postMessage({ kind: "control", id, name, action } satisfies ToThread);
      const ack = await answer.promise;
      clearTimeout(late);
      return ack;
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(timer);
      const host = thread;
      if (host === undefined) return;
      const gone = once(host, "exit");
      host.postMessage({ kind: "stop" } satisfies ToThread);
      const late = setTimeout(() => void host.terminate(), STOP_MS);
      await gone;
      clearTimeout(late);
      all("stopped");
    },
  };
}

/** How a thread reports its supervisor's changes of state to the host. Pass it as the supervisor's `onChange`. */
export const reportStatus = (status: WorkerStatus): void => {
  parentPort?.postMessage({ kind: "status", status } satisfies FromThread);
};

/** The thread's side: starts everything, answers control messages, and leaves when told to stop. */
export async function serveThread(supervisor: Supervisor, port: MessagePort): Promise<void> {
  const beat = setInterval(() => {
    for (const status of supervisor.statuses()) reportStatus(status);
  }, 5_000).unref();
  const stopped = Promise.withResolvers<void>();
  port.on("message", (message: ToThread) => {
    if (message.kind === "stop") stopped.resolve();
    else
      void supervisor.control(message.name, message.action).then((ack) => {
        port.postMessage({ kind: "ack", id: message.id, ack } satisfies FromThread);
      });
  });
  const failed = await supervisor.startAll();
  port.postMessage({ kind: "started", failed } satisfies FromThread);
  await stopped.promise;
  clearInterval(beat);
  await supervisor[Symbol.asyncDispose]();
  port.close();
}
