import type { Worker as Thread } from "node:worker_threads";
import type { Log } from "#kernel/log.ts";
import type { SpawnThread } from "#kernel/thread.ts";
import {
  type Call,
  type CallFailure,
  type FromQueryThread,
  QUERY_THREAD_ROLE,
  type QueryThreadData,
} from "./calls.ts";
import { QueryTimeoutError, StoreCallError, StoreOverloadedError, StoreThreadError } from "./errors.ts";
import { type Repositories, registry } from "./repositories/index.ts";
import { parseStoreUrl } from "./url.ts";

export type StoreClient = Repositories & AsyncDisposable;

export interface StoreClientDeps {
  readonly spawn: SpawnThread;
  readonly log: Log;
}

export interface StoreClientOptions {
  /** Query threads; each runs one call at a time. */
  readonly threads?: number;
  /** From the call to its answer, waiting included. */
  readonly deadlineMs?: number;
  /** Calls that may wait for a thread. */
  readonly maxWaiting?: number;
  /** Names of the repositories; tests bring their own. */
  readonly repositories?: readonly string[];
}

/** Threads over their deadline that still sit in a query: above this, new calls are refused until one has ended. */
const MAX_LINGERING = 4;
const RESPAWN_MS = 1000;

interface Pending extends Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Seat {
  thread: Thread | undefined;
  ready: boolean;
  current: Pending | undefined;
}

/**
 * The repositories behind worker threads: no query ever runs on the caller's event loop, and one that takes too long
 * ends with its thread.
 *
 * @throws {StoreCallError} the store cannot be opened (its code says why)
 */
export async function openStoreClient(
  url: string,
  deps: StoreClientDeps,
  options: StoreClientOptions = {},
): Promise<StoreClient> {
  const pool = new QueryPool({ path: parseStoreUrl(url).path }, deps, options);
  try {
    await pool.start();
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
  const names = options.repositories ?? Object.keys(registry);
  const client = Object.fromEntries(names.map((name) => [name, remote(pool, name)]));
  return Object.assign(client, {
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }) as unknown as StoreClient;
}

function remote(pool: QueryPool, repository: string): object {
  const methods = new Map<string, (...args: readonly unknown[]) => Promise<unknown>>();
  return new Proxy(Object.create(null) as object, {
    get: (_target, method) => {
      if (typeof method !== "string" || method === "then") return undefined;
      let call = methods.get(method);
      if (call === undefined) {
        call = (...args) => pool.call(repository, method, args);
        methods.set(method, call);
      }
      return call;
    },
  });
}

class QueryPool implements AsyncDisposable {
  readonly #data: QueryThreadData;
  readonly #deps: StoreClientDeps;
  readonly #deadlineMs: number;
  readonly #maxWaiting: number;
  readonly #seats: readonly Seat[];
  readonly #waiting: Pending[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #lingering = 0;
  #nextId = 1;
  #closed = false;

  constructor(data: QueryThreadData, deps: StoreClientDeps, options: StoreClientOptions) {
    this.#data = data;
    this.#deps = deps;
    this.#deadlineMs = options.deadlineMs ?? 5000;
    this.#maxWaiting = options.maxWaiting ?? 512;
    this.#seats = Array.from({ length: options.threads ?? 2 }, () => ({
      thread: undefined,
      ready: false,
      current: undefined,
    }));
  }

  /** @throws {StoreCallError} the first thread's reason when the store cannot be opened */
  async start(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => this.#launch(seat)));
  }

  call(repository: string, method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new StoreThreadError("the store client is closed"));
    if (this.#waiting.length >= this.#maxWaiting || this.#lingering > MAX_LINGERING) {
      return Promise.reject(new StoreOverloadedError("too many queries are waiting"));
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => this.#expire(id), this.#deadlineMs);
    this.#waiting.push({ id, repository, method, args, resolve, reject, timer });
    this.#dispatch();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const gone = new StoreThreadError("the store client is closed");
    for (const pending of this.#waiting.splice(0)) fail(pending, gone);
    await Promise.all(
      this.#seats.map(async (seat) => {
        if (seat.current !== undefined) fail(seat.current, gone);
        seat.current = undefined;
        await seat.thread?.terminate();
      }),
    );
  }

  #launch(seat: Seat): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const thread = this.#deps.spawn(QUERY_THREAD_ROLE, this.#data, []);
    seat.thread = thread;
    seat.ready = false;
    thread.on("message", (message: FromQueryThread) => {
      if (seat.thread !== thread) return;
      if (message.kind === "ready") {
        seat.ready = true;
        resolve();
        this.#dispatch();
      } else if (message.kind === "unready") reject(revive(message.error));
      else this.#settle(seat, message);
    });
    thread.on("error", (error) => {
      this.#deps.log.error({ error }, "A query thread failed.");
    });
    thread.once("exit", () => {
      reject(new StoreThreadError("a query thread ended while it started"));
      if (seat.thread === thread) this.#lost(seat);
    });
    return promise;
  }

  #settle(seat: Seat, message: Extract<FromQueryThread, { id: number }>): void {
    const pending = seat.current;
    if (pending === undefined || pending.id !== message.id) return;
    seat.current = undefined;
    clearTimeout(pending.timer);
    if (message.kind === "result") pending.resolve(message.value);
    else pending.reject(revive(message.error));
    this.#dispatch();
  }

  #dispatch(): void {
    for (const seat of this.#seats) {
      if (!seat.ready || seat.current !== undefined || seat.thread === undefined) continue;
      const pending = this.#waiting.shift();
      if (pending === undefined) return;
      seat.current = pending;
      const { id, repository, method, args } = pending;
      try {
        seat.thread.postMessage({ id, repository, method, args } satisfies Call);
      } catch (error) {
        seat.current = undefined;
        fail(pending, new StoreCallError("STORE_NOT_CLONEABLE", String(error), false));
      }
    }
  }

  #expire(id: number): void {
    const index = this.#waiting.findIndex((pending) => pending.id === id);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    const seat = this.#seats.find(({ current }) => current?.id === id);
    const pending = waiting ?? seat?.current;
    if (pending === undefined) return;
    const { repository, method } = pending;
    fail(pending, new QueryTimeoutError(`${repository}.${method} took longer than ${this.#deadlineMs} ms`));
    if (seat !== undefined) this.#replace(seat);
  }

  /** SQLite cannot be interrupted from outside: the old thread ends when its query lets go, the new one starts now. */
  #replace(seat: Seat): void {
    const old = seat.thread;
    seat.current = undefined;
    this.#relaunch(seat);
    this.#lingering += 1;
    void old?.terminate().finally(() => {
      this.#lingering -= 1;
    });
  }

  #lost(seat: Seat): void {
    seat.thread = undefined;
    seat.ready = false;
    if (seat.current !== undefined) fail(seat.current, new StoreThreadError("the query's thread ended"));
    seat.current = undefined;
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#relaunch(seat);
    }, RESPAWN_MS);
    this.#timers.add(timer);
  }

  #relaunch(seat: Seat): void {
    this.#launch(seat).catch((error: unknown) => {
      this.#deps.log.warn({ error }, "A query thread could not start.");
    });
  }
}

function fail(pending: Pending, error: Error): void {
  clearTimeout(pending.timer);
  pending.reject(error);
}

const revive = ({ code, message, retryable }: CallFailure): StoreCallError =>
  new StoreCallError(code, message, retryable);
