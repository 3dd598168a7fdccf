import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Clock } from "#kernel/clock.ts";
import type { SearchTerm } from "#store/repositories/event-filter.ts";
import type { Caller } from "../auth/caller.ts";
import type { StreamTopic } from "./contract.ts";
import { controlFrame, type Gap, gapFrame, type OutFrame } from "./frame.ts";

const MAX_BYTES = 1024 * 1024;
const MAX_FRAMES = 2000;

export interface ClientOptions {
  readonly caller: Caller;
  readonly withSecrets: boolean;
  readonly topics: ReadonlySet<StreamTopic>;
  /** Terms of the search; null = all events. Clients with equal `filterKey` share one evaluation. */
  readonly terms: readonly SearchTerm[] | null;
  readonly filterKey: string;
}

/** One open stream: a bounded queue before a socket. A reader that is too slow loses log frames, never others. */
export class StreamClient {
  readonly options: ClientOptions;
  readonly #socket: Writable;
  readonly #clock: Pick<Clock, "now">;
  #queue: OutFrame[] = [];
  #bytes = 0;
  /** The dropped log frames that the gap at the begin of the queue stands for. */
  #gap: Gap | null = null;
  #blockedSince: number | null = null;
  #held = false;
  #closed = false;
  dropped = 0;

  constructor(socket: Writable, options: ClientOptions, clock: Pick<Clock, "now">) {
    this.#socket = socket;
    this.options = options;
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#closed || this.#socket.destroyed;
  }

  /** Milliseconds since the socket last took something, or 0. */
  blockedFor(now: number): number {
    return this.#blockedSince === null ? 0 : now - this.#blockedSince;
  }

  send(frame: OutFrame): void {
    if (this.isClosed) return;
    this.#queue.push(frame);
    this.#bytes += frame.bytes.length;
    this.#makeRoom();
    this.#flush();
  }

  /** Live frames wait in the queue until what came before has been sent. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#flush();
  }

  /** Writes past the queue, at the socket's own pace: for what comes before the live frames. */
  async sendDirect(bytes: Buffer, signal: AbortSignal): Promise<void> {
    if (this.isClosed) return;
    if (this.#socket.write(bytes)) return;
    this.#blockedSince = this.#clock.now();
    await once(this.#socket, "drain", { signal });
    this.#blockedSince = null;
  }

  heartbeat(): void {
    if (this.#queue.length === 0) this.send({ bytes: Buffer.from(": still here\n\n"), span: null });
  }

  close(event: "bye" | "error", reason: string): void {
    if (this.isClosed) return;
    this.#closed = true;
    this.#socket.end(controlFrame(event, reason));
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #makeRoom(): void {
    while (this.#bytes > MAX_BYTES || this.#queue.length > MAX_FRAMES) {
      const index = this.#queue.findIndex((frame) => frame.span !== null);
      const [oldest] = index < 0 ? [] : this.#queue.splice(index, 1);
      if (oldest?.span == null) return this.destroy();
      const { from, to, count } = oldest.span;
      this.dropped += count;
      this.#bytes -= oldest.bytes.length;
      this.#gap = {
        from: Math.min(this.#gap?.from ?? from, from),
        to: Math.max(this.#gap?.to ?? to, to),
        count: (this.#gap?.count ?? 0) + count,
        reason: "slow_client",
      };
    }
  }

  #flush(): void {
    while (!this.#held && this.#blockedSince === null && !this.isClosed) {
      const bytes = this.#next();
      if (bytes === undefined) return;
      if (this.#socket.write(bytes)) continue;
      this.#blockedSince = this.#clock.now();
      this.#socket.once("drain", () => {
        this.#blockedSince = null;
        this.#flush();
      });
    }
  }

  /** The gap goes out before the first log frame that was kept. */
  #next(): Buffer | undefined {
    if (this.#gap !== null && (this.#queue[0]?.span ?? null) !== null) {
      const gap = this.#gap;
      this.#gap = null;
      return gapFrame(gap, null);
    }
    const frame = this.#queue.shift();
    if (frame !== undefined) this.#bytes -= frame.bytes.length;
    else if (this.#gap !== null) {
      const gap = this.#gap;
      this.#gap = null;
      return gapFrame(gap, null);
    }
    return frame?.bytes;
  }
}
