export type Turn = "ingest" | "consumer";

/** Ingest goes first, but never more often than this in a row while a consumer waits: analysis must keep up too. */
const INGEST_IN_A_ROW = 3;

/**
 * Who writes next on the one writing connection. A turn is one transaction without an `await` in it; between two turns
 * the event loop runs, so timers and messages of the thread are served.
 */
export class Turns {
  readonly #waiting: Readonly<Record<Turn, (() => void)[]>> = { ingest: [], consumer: [] };
  #ingestRun = 0;
  #scheduled = false;

  /** Resolves when it is this caller's turn; the work must be done synchronously right behind it. */
  take(turn: Turn): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting[turn].push(resolve);
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#next()?.();
      if (this.#waiting.ingest.length + this.#waiting.consumer.length > 0) this.#schedule();
    });
  }

  #next(): (() => void) | undefined {
    const { ingest, consumer } = this.#waiting;
    const consumerIsDue = this.#ingestRun >= INGEST_IN_A_ROW && consumer.length > 0;
    if (ingest.length > 0 && !consumerIsDue) {
      this.#ingestRun += 1;
      return ingest.shift();
    }
    this.#ingestRun = 0;
    return consumer.shift();
  }
}
