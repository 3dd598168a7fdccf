import type { Envelope, Lagged, Subscription } from "../contract.ts";

/** Messages one subscription holds before the oldest is dropped. */
export const QUEUE_LIMIT = 1024;

/**
 * A bounded queue with one reader. When full the oldest goes and the reader is told in band.
 * Disposal ends the iterator at once, whatever is queued: the end is no item of the queue.
 */
export class SubscriptionQueue implements Subscription {
  readonly #limit: number;
  readonly #onDispose: () => void;
  #items: Envelope[] = [];
  #head = 0;
  #lost = 0;
  #dropped = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(limit: number, onDispose: () => void) {
    this.#limit = limit;
    this.#onDispose = onDispose;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** @returns false when an older message had to go. */
  push(envelope: Envelope): boolean {
    if (this.#closed) return true;
    const full = this.#items.length - this.#head >= this.#limit;
    if (full) {
      this.#head += 1;
      this.#lost += 1;
      this.#dropped += 1;
    }
    this.#items.push(envelope);
    if (this.#head > this.#limit) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#wake?.();
    return !full;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Envelope | Lagged> {
    while (!this.#closed) {
      if (this.#lost > 0) {
        const lagged = this.#lost;
        this.#lost = 0;
        yield { lagged };
        continue;
      }
      const next = this.#items[this.#head];
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        continue;
      }
      this.#head += 1;
      yield next;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#items = [];
    this.#head = 0;
    this.#onDispose();
    this.#wake?.();
  }
}
