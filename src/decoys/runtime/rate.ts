/** A token bucket: `burst` at once, `perSecond` lasting. Time is passed in. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  take(now: number, amount = 1): boolean {
    this.#refill(now);
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }

  /** True when nothing would differ from a new bucket: it can be forgotten. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed / 1000) * this.#perSecond);
    this.#at = Math.max(this.#at, now);
  }
}

/** One value per source, at most `max` sources; the one longest untouched goes first. */
export class SourceMap<V> {
  readonly #values = new Map<string, V>();
  readonly #max: number;
  readonly #make: () => V;
  readonly #mayForget: (value: V) => boolean;
  /** Sources forgotten because of the bound. */
  evicted = 0;

  constructor(options: { max: number; make: () => V; mayForget: (value: V) => boolean }) {
    this.#max = options.max;
    this.#make = options.make;
    this.#mayForget = options.mayForget;
  }

  get size(): number {
    return this.#values.size;
  }

  of(source: string): V {
    const known = this.#values.get(source);
    const value = known ?? this.#make();
    this.#values.delete(source);
    this.#values.set(source, value);
    if (known === undefined && this.#values.size > this.#max) this.#evict();
    return value;
  }

  /**
   * Looks at the 16 oldest at most, so a flood of sources costs constant time each. What may not be
   * forgotten moves to the end; the map then exceeds its bound by no more than the number of such values.
   */
  #evict(): void {
    let looked = 0;
    for (const [source, value] of this.#values) {
      this.#values.delete(source);
      if (this.#mayForget(value)) {
        this.evicted += 1;
        return;
      }
      this.#values.set(source, value);
      looked += 1;
      if (looked >= 16) return;
    }
  }
}
