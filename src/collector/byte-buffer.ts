const FIRST_BYTES = 512 * 1024;
const KEEP_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;

/** Lines on their way to a file. Used again after every flush; grows for a long line and shrinks afterwards. */
export class ByteBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What is in it now; valid until the next call. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  appendLine(line: Uint8Array): void {
    this.#reserve(line.length + 1);
    this.#bytes.set(line, this.#length);
    this.#length += line.length;
    this.#bytes[this.#length++] = LF;
  }

  appendText(line: string): void {
    this.#reserve(line.length * 3 + 1);
    this.#length += this.#bytes.write(line, this.#length);
    this.#bytes[this.#length++] = LF;
  }

  /** Takes what was written off the front. */
  consume(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    if (this.#length === 0 && this.#bytes.length > KEEP_BYTES)
      this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
