import type { Duplex } from "node:stream";

/** What a read can end with instead of bytes. */
export type ReadEnd = "end" | "too_long";

/**
 * Pulls bytes from a stream as they are needed, so that an unread body stays in the peer's socket.
 * Holds at most the longest thing asked for, plus one chunk.
 */
export class ByteReader {
  readonly #stream: Duplex;
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Whether the last line ended in LF alone. */
  bareLf = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    const wake = (): void => this.#wake?.();
    const over = (): void => {
      this.#ended = true;
      wake();
    };
    stream.on("readable", wake).once("end", over).once("close", over).on("error", over);
  }

  /** Bytes at hand, joined; not consumed. */
  peek(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get ended(): boolean {
    return this.#ended && this.#length === 0;
  }

  /** Waits for more bytes. @returns false when there will be none */
  async more(): Promise<boolean> {
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) {
        this.#chunks.push(chunk);
        this.#length += chunk.length;
        return true;
      }
      if (this.#ended) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Takes `count` bytes that are known to be at hand. */
  take(count: number): Buffer {
    const bytes = this.peek();
    const taken = bytes.subarray(0, count);
    this.#chunks = count < bytes.length ? [bytes.subarray(count)] : [];
    this.#length = bytes.length - taken.length;
    return taken;
  }

  /** Exactly `count` bytes, or fewer when the peer stops. The caller has checked `count` against a limit. */
  async exactly(count: number): Promise<Buffer> {
    while (this.#length < count && (await this.more()));
    return this.take(Math.min(count, this.#length));
  }

  /** One line without its LF and CR, at most `limit` bytes. */
  async line(limit: number): Promise<Buffer | ReadEnd> {
    let from = 0;
    for (;;) {
      const bytes = this.peek();
      const at = bytes.indexOf(0x0a, from);
      if (at >= 0 && at <= limit) {
        const line = this.take(at + 1).subarray(0, at);
        this.bareLf = line.at(-1) !== 0x0d;
        return this.bareLf ? line : line.subarray(0, -1);
      }
      if (at > limit || bytes.length > limit) return "too_long";
      from = bytes.length;
      if (!(await this.more())) return "end";
    }
  }
}
