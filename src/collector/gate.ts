import { randomInt } from "node:crypto";
import { xxh32 } from "#events/xxh32.ts";

const WAYS = 8;
const KEY_BYTES = 1024;

export interface GateSettings {
  readonly dropApps: readonly string[];
  readonly rlEventTypes: readonly string[];
  readonly rlWindowSec: number;
  readonly rlMaxKeys: number;
}

export interface GateKey {
  readonly ip: string;
  readonly decky: string;
  readonly service: string;
  readonly type: string;
}

/**
 * Decides which lines become records. Keys of the rate limit live in a fixed table, sets of eight, the oldest of a
 * set is replaced: constant cost at any number of keys, and a forgotten key errs towards accepting.
 */
export class Gate {
  readonly #dropApps: ReadonlySet<string>;
  readonly #types: ReadonlySet<string>;
  readonly #windowMs: number;
  readonly #sets: number;
  readonly #keysA: Uint32Array;
  readonly #keysB: Uint32Array;
  /** Time of the last accepted event; 0 = free. */
  readonly #lastMs: Float64Array;
  readonly #seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const;
  readonly #scratch = new Uint8Array(KEY_BYTES);
  readonly #text = new TextEncoder();
  readonly #onEvicted: (hash: string) => void;
  #a = 0;
  #b = 0;

  /** @param onEvicted gets the hash of a key that left the table */
  constructor(settings: GateSettings, onEvicted: (hash: string) => void = () => {}) {
    this.#dropApps = new Set(settings.dropApps);
    this.#types = new Set(settings.rlEventTypes);
    this.#windowMs = settings.rlWindowSec * 1000;
    this.#sets = Math.max(1, Math.floor(settings.rlMaxKeys / WAYS));
    this.#keysA = new Uint32Array(this.#sets * WAYS);
    this.#keysB = new Uint32Array(this.#sets * WAYS);
    this.#lastMs = new Float64Array(this.#sets * WAYS);
    this.#onEvicted = onEvicted;
  }

  /** APP-NAME as the line says it. */
  isDropped(app: string): boolean {
    return this.#dropApps.has(app);
  }

  /** @param atMs receive time. @param isKnown accepted before a crash: counts as accepted whatever the clock says */
  decide(key: GateKey, atMs: number, isKnown = false): "accept" | "rate" {
    if (!(this.#windowMs > 0) || !this.#types.has(key.type)) return "accept";
    this.#hash(key);
    const slot = this.#find();
    const last = this.#lastMs[slot] ?? 0;
    const isSame = last !== 0 && this.#keysA[slot] === this.#a && this.#keysB[slot] === this.#b;
    if (isSame && !isKnown && atMs >= last && atMs - last < this.#windowMs) return "rate";
    if (!isSame && last !== 0) this.#onEvicted(`${this.#keysA[slot]}:${this.#keysB[slot]}`);
    this.#keysA[slot] = this.#a;
    this.#keysB[slot] = this.#b;
    this.#lastMs[slot] = Math.max(Number.MIN_VALUE, atMs);
    return "accept";
  }

  /** Name of a key in the table, as `onEvicted` says it. */
  hashOf(key: GateKey): string {
    this.#hash(key);
    return `${this.#a}:${this.#b}`;
  }

  #hash({ ip, decky, service, type }: GateKey): void {
    const { written } = this.#text.encodeInto(`${ip}\n${decky}\n${service}\n${type}`, this.#scratch);
    const bytes = this.#scratch.subarray(0, written);
    this.#a = xxh32(bytes, this.#seeds[0]);
    this.#b = xxh32(bytes, this.#seeds[1]);
  }

  /** The key's slot, else a free one of its set, else that of the key that was accepted longest ago. */
  #find(): number {
    const first = (this.#a % this.#sets) * WAYS;
    let oldest = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#lastMs[slot] !== 0 && this.#keysA[slot] === this.#a && this.#keysB[slot] === this.#b)
        return slot;
      if ((this.#lastMs[slot] ?? 0) < (this.#lastMs[oldest] ?? 0)) oldest = slot;
    }
    return oldest;
  }
}
