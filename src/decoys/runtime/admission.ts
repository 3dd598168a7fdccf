import type { SocketLimits } from "../contract.ts";
import { sourceOf } from "./address.ts";
import { SourceMap, TokenBucket } from "./rate.ts";

export type Refusal = "service" | "source" | "rate";

interface SourceState {
  open: number;
  readonly arrivals: TokenBucket;
}

/** Sources remembered per service; open connections are at most `perService`, so they always fit. */
const MAX_SOURCES = 4_096;

/** Who may connect now: caps per service and source, and a rate of new connections. Pure but for its counters. */
export class Admission {
  readonly #limits: SocketLimits;
  readonly #sources: SourceMap<SourceState>;
  #open = 0;

  constructor(limits: SocketLimits, now: () => number) {
    this.#limits = limits;
    this.#sources = new SourceMap<SourceState>({
      max: MAX_SOURCES,
      make: () => ({
        open: 0,
        arrivals: new TokenBucket(limits.newPerSourcePerSecond, limits.newPerSourceBurst, now()),
      }),
      mayForget: (state) => state.open === 0,
    });
  }

  get open(): number {
    return this.#open;
  }

  /** @returns why not, or `undefined` after counting the connection as open: then `release` must follow. */
  admit(ip: string, now: number): Refusal | undefined {
    const source = this.#sources.of(sourceOf(ip));
    if (!source.arrivals.take(now)) return "rate";
    if (source.open >= this.#limits.perSource) return "source";
    if (this.#open >= this.#limits.perService) return "service";
    source.open += 1;
    this.#open += 1;
    return undefined;
  }

  release(ip: string): void {
    this.#sources.of(sourceOf(ip)).open -= 1;
    this.#open -= 1;
  }
}

/** Refused connections of one window, told as one event. */
export class OverloadWindow {
  readonly #bySource = new Map<string, { refused: number; port: number }>();
  #refused = 0;

  add(ip: string, port: number): void {
    this.#refused += 1;
    const known = this.#bySource.get(ip);
    if (known !== undefined) known.refused += 1;
    else if (this.#bySource.size < 1_000) this.#bySource.set(ip, { refused: 1, port });
  }

  /** The sum and the source that was refused most; empties the window. */
  take(): { refused: number; sources: number; ip: string; port: number } | undefined {
    if (this.#refused === 0) return undefined;
    let top = { ip: "", port: 0, refused: 0 };
    for (const [ip, { refused, port }] of this.#bySource)
      if (refused > top.refused) top = { ip, port, refused };
    const sum = { refused: this.#refused, sources: this.#bySource.size, ip: top.ip, port: top.port };
    this.#bySource.clear();
    this.#refused = 0;
    return sum;
  }
}
