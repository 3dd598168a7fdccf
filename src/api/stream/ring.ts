import type { StreamTopic } from "./contract.ts";
import type { OutFrame } from "./frame.ts";

/** A frame as it went out, in the two forms that readers may see. */
export interface RingFrame {
  readonly n: number;
  readonly topic: StreamTopic;
  readonly at: number;
  readonly admin: OutFrame;
  readonly viewer: OutFrame;
}

const MAX_FRAMES = 20_000;
const MAX_AGE_MS = 5 * 60_000;
const MAX_BYTES = 64 * 1024 * 1024;

const sizeOf = ({ admin, viewer }: RingFrame): number =>
  admin.bytes.length + (viewer.bytes === admin.bytes ? 0 : viewer.bytes.length);

/** The frames of the last minutes, without a hole between the oldest and the newest. */
export class Ring {
  #frames: RingFrame[] = [];
  #head = 0;
  #bytes = 0;

  push(frame: RingFrame): void {
    this.#frames.push(frame);
    this.#bytes += sizeOf(frame);
    for (;;) {
      const oldest = this.#frames[this.#head];
      const count = this.#frames.length - this.#head;
      const isOver = count > MAX_FRAMES || this.#bytes > MAX_BYTES;
      if (oldest === undefined || !(isOver || frame.at - oldest.at > MAX_AGE_MS)) break;
      this.#bytes -= sizeOf(oldest);
      this.#head += 1;
    }
    if (this.#head > MAX_FRAMES) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** Frames behind `n`, or null when some of them are gone. */
  after(n: number): readonly RingFrame[] | null {
    const oldest = this.#frames[this.#head];
    if (oldest === undefined || oldest.n > n + 1) return null;
    return this.#frames.slice(this.#head + (n + 1 - oldest.n));
  }
}

const CAPACITY = 2 ** 17;

export interface Positions {
  readonly seq: number;
  readonly outboxSeq: number;
}

/** Where the tail stood after each frame, for far longer than the frames themselves are kept (2 MiB). */
export class Checkpoints {
  readonly #seqs = new Float64Array(CAPACITY);
  readonly #outboxSeqs = new Float64Array(CAPACITY);
  #first = 0;
  #last = -1;

  set(n: number, { seq, outboxSeq }: Positions): void {
    if (n !== this.#last + 1) this.#first = n;
    this.#last = n;
    this.#first = Math.max(this.#first, n - CAPACITY + 1);
    this.#seqs[n % CAPACITY] = seq;
    this.#outboxSeqs[n % CAPACITY] = outboxSeq;
  }

  get(n: number): Positions | null {
    if (n < this.#first || n > this.#last) return null;
    return { seq: this.#seqs[n % CAPACITY] ?? 0, outboxSeq: this.#outboxSeqs[n % CAPACITY] ?? 0 };
  }
}
