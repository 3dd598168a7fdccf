/** One line of a stream of bytes. */
export interface RawLine {
  /** Without its LF; valid until the call that gave it returns. */
  readonly bytes: Buffer;
  /** Where it begins in the stream. */
  readonly offset: number;
  /** Full length of a line that was cut. */
  readonly cutFrom: number | undefined;
}

const LF = 0x0a;

/** Splits a stream into lines, each at most `maxBytes` long; the rest of a longer one is counted and skipped. */
export class LineSplitter {
  readonly #max: number;
  readonly #take: (line: RawLine) => void;
  /** The beginning of the line that has no end yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes of that line so far, kept or not. */
  #length = 0;
  #offset = 0;

  constructor(maxBytes: number, take: (line: RawLine) => void) {
    this.#max = maxBytes;
    this.#take = take;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#emit(1);
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The last line, when it has no LF. */
  end(): void {
    if (this.#length > 0) this.#emit(0);
  }

  #hold(bytes: Buffer): void {
    this.#length += bytes.length;
    const room = this.#max - this.#heldBytes;
    if (room <= 0) return;
    this.#held.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
    this.#heldBytes += Math.min(room, bytes.length);
  }

  #emit(lineEnd: number): void {
    const [only = Buffer.alloc(0)] = this.#held;
    this.#take({
      bytes: this.#held.length > 1 ? Buffer.concat(this.#held, this.#heldBytes) : only,
      offset: this.#offset,
      cutFrom: this.#length > this.#max ? this.#length : undefined,
    });
    this.#offset += this.#length + lineEnd;
    this.#held = [];
    this.#heldBytes = 0;
    this.#length = 0;
  }
}
