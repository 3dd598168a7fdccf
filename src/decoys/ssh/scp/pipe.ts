/** Longest control line scp reads (`COPY_BUFLEN` and the file name). */
const MAX_LINE = 16_384;

/** Reads the protocol's mixture of lines and counted bytes from a channel. */
export class ScpPipe {
  readonly #input: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const next = await this.#input.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  /** @returns the next byte, or `undefined` at the end. */
  async byte(): Promise<number | undefined> {
    if (this.#rest.length === 0 && !(await this.#more())) return undefined;
    const byte = this.#rest[0];
    this.#rest = this.#rest.subarray(1);
    return byte;
  }

  /** A line without its LF; `undefined` at the end or when it is too long. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        const line = this.#rest.toString("utf8", 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (this.#rest.length > MAX_LINE || !(await this.#more())) return undefined;
    }
  }

  /** `length` bytes, of which at most `keep` are returned: a larger file is taken off the wire and forgotten. */
  async bytes(length: number, keep: number): Promise<Buffer | undefined> {
    const kept: Buffer[] = [];
    let left = length;
    let room = keep;
    while (left > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) return undefined;
      const part = this.#rest.subarray(0, left);
      if (room > 0) kept.push(Buffer.from(part.subarray(0, room)));
      room -= part.length;
      left -= part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return Buffer.concat(kept);
  }
}
