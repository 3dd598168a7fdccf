import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import type { Log } from "#kernel/log.ts";
import type { Connection, EventCatalogue, SocketLimits } from "../contract.ts";
import { BoundedSocket } from "./bounded-socket.ts";
import type { BoundLog } from "./emitter.ts";

export type EndReason = "client" | "timeout" | "limit" | "server" | "reset";

/** How long a peer may take to receive what was written before the end. */
const LINGER_MS = 2_000;
/** How long a connection whose peer said FIN may stay without a byte moving. */
const HALF_OPEN_MS = 30_000;

interface Stage {
  readonly name: string;
  readonly timer: NodeJS.Timeout | undefined;
}

const running = new AsyncLocalStorage<OpenConnection>();

/**
 * Tells the connection on whose behalf something threw, if there is one: that connection ends with
 * `protocol_error`, the others go on.
 */
export function failRunningConnection(error: unknown): boolean {
  const connection = running.getStore();
  connection?.fail(error);
  return connection !== undefined;
}

/** One accepted socket with its deadlines, budgets and log. Emits `disconnect` exactly once. */
export class OpenConnection {
  readonly socket: BoundedSocket;
  readonly bound: BoundLog;
  readonly #limits: SocketLimits;
  readonly #log: Log;
  readonly #startedAt = performance.now();
  readonly #abort = new AbortController();
  readonly #onLimit: ((limit: string) => void)[] = [];
  readonly #total: NodeJS.Timeout;
  #idle: NodeJS.Timeout;
  #movedAt = performance.now();
  #stage: Stage = { name: "connected", timer: undefined };
  #reason: EndReason | undefined;
  #peerEnded = false;
  #lingering: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(socket: Socket, options: { bound: BoundLog; limits: SocketLimits; log: Log }) {
    this.bound = options.bound;
    this.#limits = options.limits;
    this.#log = options.log;
    this.socket = new BoundedSocket(socket, {
      run: (work) => this.run(work),
      moved: () => this.#moved(),
      peerEnded: () => this.#peerLeft(),
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#reason ??= error.code === "ECONNRESET" || error.code === "EPIPE" ? "reset" : "client";
    });
    this.socket.on("error", () => this.socket.destroy());
    this.socket.once("finish", () => {
      if (!this.#peerEnded) this.#reason ??= "server";
      this.#linger();
    });
    this.socket.once("close", () => this.#close());
    this.#total = setTimeout(() => this.#hit("total"), this.#limits.totalMs);
    this.#idle = setTimeout(() => this.#checkIdle(), this.#limits.idleMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get stageName(): string {
    return this.#stage.name;
  }

  /** Runs `work` on behalf of this connection: what it throws ends this connection only. */
  run(work: () => void): void {
    running.run(this, () => {
      try {
        work();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  fail(error: unknown): void {
    if (this.#closed) return;
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#log.error(
      { error: message, stack, stage: this.#stage.name },
      "A handler failed; its connection ends.",
    );
    this.bound.emit({
      type: "protocol_error",
      fields: { stage: this.#stage.name, error: name },
      severity: "warning",
    });
    this.#reason ??= "server";
    this.socket.destroy();
  }

  /** Absolute deadline of the present stage; bytes do not re-arm it. */
  stage(name: string, deadlineMs: number | undefined): void {
    clearTimeout(this.#stage.timer);
    const timer =
      deadlineMs === undefined || this.#closed
        ? undefined
        : setTimeout(() => this.#timeout(name), deadlineMs);
    this.#stage = { name, timer };
  }

  onLimit(listener: (limit: string) => void): void {
    this.#onLimit.push(listener);
  }

  end(reason: EndReason): void {
    if (this.#closed) return;
    this.#reason ??= reason;
    this.socket.end();
    this.#linger();
  }

  /** Waits for the peer to take the last bytes and leave, but not for long. */
  #linger(): void {
    if (this.#closed || this.#lingering !== undefined) return;
    this.socket.discard();
    this.#lingering = setTimeout(() => this.socket.destroy(), LINGER_MS);
  }

  /** What a decoy sees of it. */
  view<E extends EventCatalogue>(
    remote: { ip: string; port: number },
    local: { ip: string; port: number },
  ): Connection<E> {
    return {
      socket: this.socket,
      remote,
      local,
      log: this.bound.view<E>(),
      stage: (name, deadlineMs) => this.stage(name, deadlineMs),
      onLimit: (listener) => this.onLimit(listener),
      signal: this.signal,
      end: (reason) => this.end(reason),
    };
  }

  #moved(): void {
    this.#movedAt = performance.now();
    if (this.socket.bytesIn > this.#limits.bytesIn) this.#hit("bytes_in");
    else if (this.socket.bytesOut > this.#limits.bytesOut) this.#hit("bytes_out");
  }

  #peerLeft(): void {
    this.#peerEnded = true;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#checkIdle(), HALF_OPEN_MS);
  }

  /** One timer a connection: it looks when something moved last instead of being re-armed by every byte. */
  #checkIdle(): void {
    const allowed = this.#peerEnded ? HALF_OPEN_MS : this.#limits.idleMs;
    const quiet = performance.now() - this.#movedAt;
    if (quiet < allowed) this.#idle = setTimeout(() => this.#checkIdle(), allowed - quiet);
    else if (this.#peerEnded) this.end("client");
    else this.#timeout("idle");
  }

  #timeout(limit: string): void {
    this.#reason ??= "timeout";
    this.#lastAnswer(limit);
    this.end("timeout");
  }

  #hit(limit: string): void {
    if (this.#reason !== undefined || this.#closed) return;
    this.#reason = limit === "total" ? "timeout" : "limit";
    this.bound.emit({ type: "limit_hit", fields: { limit }, severity: "warning" });
    this.#lastAnswer(limit);
    this.end(this.#reason);
  }

  #lastAnswer(limit: string): void {
    for (const listener of this.#onLimit) this.run(() => listener(limit));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#total);
    clearTimeout(this.#lingering);
    clearTimeout(this.#stage.timer);
    this.run(() => this.#abort.abort(this.#reason ?? (this.#peerEnded ? "client" : "server")));
    this.bound.emit({
      type: "disconnect",
      fields: {
        duration_ms: Math.round(performance.now() - this.#startedAt),
        bytes_in: this.socket.bytesIn,
        bytes_out: this.socket.bytesOut,
        reason: this.#reason ?? (this.#peerEnded ? "client" : "server"),
        suppressed: this.bound.suppressed === 0 ? undefined : this.bound.suppressed,
      },
    });
  }
}
