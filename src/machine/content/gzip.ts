import { crc32 } from "node:zlib";
import type { Filled } from "./filler.ts";

const STORED = 65_535;

/** Fewest stored blocks with which header, block headers, content and trailer end exactly at `size`. */
function blockCount(size: number): number {
  let count = 1;
  while (size - 18 - 5 * count > count * STORED) count += 1;
  return count;
}

/**
 * A valid gzip file of exactly `size` bytes whose content is `make(length)`: stored blocks let the
 * size be chosen.
 */
export function gzipOf(size: number, make: (length: number) => Uint8Array): Uint8Array {
  const out = Buffer.alloc(size);
  Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]).copy(out);
  if (size < 23) return out;
  const count = blockCount(size);
  const length = size - 18 - 5 * count;
  const content = make(length);
  let at = 10;
  let from = 0;
  for (let index = 0; index < count; index += 1) {
    const part = Math.min(STORED, length - from);
    out[at] = index === count - 1 ? 1 : 0;
    out.writeUInt16LE(part, at + 1);
    out.writeUInt16LE(part ^ 0xffff, at + 3);
    out.set(content.subarray(from, from + part), at + 5);
    at += 5 + part;
    from += part;
  }
  out.writeUInt32LE(crc32(content), at);
  out.writeUInt32LE(length, at + 4);
  return out;
}

/** Made when first read, kept by whoever holds it. */
export function gzipFilled(size: number, make: (length: number) => Uint8Array): Filled {
  let made: WeakRef<Uint8Array> | undefined;
  const whole = (): Uint8Array => {
    const held = made?.deref();
    if (held !== undefined) return held;
    const fresh = gzipOf(size, make);
    made = new WeakRef(fresh);
    return fresh;
  };
  return { size, readAt: (offset, length) => whole().subarray(offset, Math.min(size, offset + length)) };
}
