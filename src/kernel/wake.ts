/** Lets one loop sleep until there may be work. A call that comes while the loop works is not lost: the next wait returns at once. */
export class Wake {
  #called = false;
  #resume: (() => void) | undefined;

  call(): void {
    this.#called = true;
    this.#resume?.();
  }

  /** Resolves at a call, after `ms`, or when `signal` aborts; never rejects. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#called && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      const stop = (): void => resolve();
      signal.addEventListener("abort", stop, { once: true });
      this.#resume = resolve;
      await promise;
      this.#resume = undefined;
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    this.#called = false;
  }
}
