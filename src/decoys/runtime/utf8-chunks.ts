/** Length of an incomplete UTF-8 sequence at the end of `bytes`: 0 to 3. */
function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back && byte < 0xf8 ? back : 0;
  }
  return 0;
}

/** Splits a byte stream so that no chunk ends inside a character; the rest waits for the next one. */
export class Utf8Chunks {
  #rest: Buffer = Buffer.alloc(0);

  next(bytes: Uint8Array): Buffer {
    const all = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const tail = incompleteTail(all);
    this.#rest = Buffer.from(all.subarray(all.length - tail));
    return all.subarray(0, all.length - tail);
  }

  /** What never became whole. */
  end(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}
