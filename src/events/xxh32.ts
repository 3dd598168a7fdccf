/** XXH32, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md; 32-bit integers only. */

const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f | 0;
const PRIME_5 = 0x165667b1 | 0;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

const round = (lane: number, input: number): number =>
  Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1);

/** @returns an unsigned 32-bit number */
export function xxh32(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  let at = 0;
  let hash: number;
  if (length >= 16) {
    let one = (seed + PRIME_1 + PRIME_2) | 0;
    let two = (seed + PRIME_2) | 0;
    let three = seed | 0;
    let four = (seed - PRIME_1) | 0;
    for (; at <= length - 16; at += 16) {
      one = round(one, word(bytes, at));
      two = round(two, word(bytes, at + 4));
      three = round(three, word(bytes, at + 8));
      four = round(four, word(bytes, at + 12));
    }
    hash = (rotate(one, 1) + rotate(two, 7) + rotate(three, 12) + rotate(four, 18)) | 0;
  } else {
    hash = (seed + PRIME_5) | 0;
  }
  hash = (hash + length) | 0;
  for (; at <= length - 4; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; at < length; at++) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[at] ?? 0, PRIME_5)) | 0, 11), PRIME_1);
  }
  return avalanche(hash);
}

function avalanche(value: number): number {
  let hash = Math.imul(value ^ (value >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
