import { createCipheriv } from "node:crypto";

/** RFC 4418 with AES-128. `umac-64@openssh.com` has 8-byte tags, `umac-128@openssh.com` 16. */
const L1_BYTES = 1_024;
const P36 = 2n ** 36n - 5n;
const P64 = 2n ** 64n - 59n;
const MASK64 = 2n ** 64n - 1n;
const MASK32 = 2n ** 32n - 1n;

const aes = (key: Buffer, block: Buffer): Buffer => {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  return cipher.update(block);
};

/** KDF (§3.2.1): AES in counter mode over (index, counter). */
function derive(key: Buffer, index: number, length: number): Buffer {
  const blocks = Math.ceil(length / 16);
  const input = Buffer.alloc(blocks * 16);
  for (let n = 0; n < blocks; n += 1) {
    input.writeUInt32BE(index, n * 16 + 4);
    input.writeUInt32BE(n + 1, n * 16 + 12);
  }
  return aes(key, input).subarray(0, length);
}

const big = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex") || "0"}`);

interface Iteration {
  readonly l1: Uint32Array;
  readonly k64: bigint;
  readonly l3: readonly bigint[];
  readonly l3xor: number;
}

const K64_MASK = 0x01ffffff01ffffffn;

/** NH (§5.2.2) as two 32-bit halves; 16-bit limbs keep products exact. */
function nh(words: Uint32Array, count: number, key: Uint32Array, bits: number): bigint {
  let low = 0;
  let high = 0;
  const add = (x: number, y: number): void => {
    const xl = x & 0xffff;
    const xh = x >>> 16;
    const yl = y & 0xffff;
    const yh = y >>> 16;
    const ll = xl * yl;
    const middle = xh * yl + xl * yh;
    const lo = ll + (middle % 65_536) * 65_536;
    low += lo % 4_294_967_296;
    high += xh * yh + Math.floor(middle / 65_536) + Math.floor(lo / 4_294_967_296);
    if (low >= 4_294_967_296) {
      low -= 4_294_967_296;
      high += 1;
    }
    high %= 4_294_967_296;
  };
  for (let i = 0; i < count; i += 8)
    for (let j = 0; j < 4; j += 1)
      add(
        ((words[i + j] ?? 0) + (key[i + j] ?? 0)) >>> 0,
        ((words[i + j + 4] ?? 0) + (key[i + j + 4] ?? 0)) >>> 0,
      );
  return (((BigInt(high) << 32n) | BigInt(low)) + BigInt(bits)) & MASK64;
}

const MAX_WORD = 2n ** 64n - 2n ** 32n;
const OFFSET = 2n ** 64n - P64;

/**
 * POLY over 64-bit words (§5.3.2). The 128-bit range begins at messages of 16 MiB; packets end at 256 KiB.
 */
function polyStep(y: bigint, word: bigint, key: bigint): bigint {
  if (word >= MAX_WORD) return (key * ((key * y + P64 - 1n) % P64) + word - OFFSET) % P64;
  return (key * y + word) % P64;
}

export class Umac {
  readonly #length: 8 | 16;
  readonly #pad: Buffer;
  readonly #iterations: readonly Iteration[];

  constructor(key: Buffer, length: 8 | 16) {
    this.#length = length;
    this.#pad = derive(key, 0, 16);
    const rounds = length / 4;
    const l1 = derive(key, 1, L1_BYTES + (rounds - 1) * 16);
    const l2 = derive(key, 2, rounds * 24);
    const l3 = derive(key, 3, rounds * 64);
    const l3xor = derive(key, 4, rounds * 4);
    this.#iterations = Array.from({ length: rounds }, (_, n) => ({
      l1: Uint32Array.from({ length: L1_BYTES / 4 }, (_word, i) => l1.readUInt32BE(n * 16 + i * 4)),
      k64: big(l2.subarray(n * 24, n * 24 + 8)) & K64_MASK,
      l3: Array.from({ length: 8 }, (_word, i) => l3.readBigUInt64BE(n * 64 + i * 8) % P36),
      l3xor: l3xor.readUInt32BE(n * 4),
    }));
  }

  tag(message: Buffer, nonce: Buffer): Buffer {
    const pad = this.#padFor(nonce);
    const chunks = splitChunks(message);
    const out = Buffer.alloc(this.#length);
    for (const [n, iteration] of this.#iterations.entries())
      out.writeUInt32BE((uhash(chunks, message.length, iteration) ^ pad.readUInt32BE(n * 4)) >>> 0, n * 4);
    return out;
  }

  /** PDF (§3.3.1): tags of 8 bytes take half a block, chosen by the nonce's last bit. */
  #padFor(nonce: Buffer): Buffer {
    const block = Buffer.alloc(16);
    nonce.copy(block);
    const index = this.#length === 8 ? (block[nonce.length - 1] ?? 0) & 1 : 0;
    if (this.#length === 8) block[nonce.length - 1] = (block[nonce.length - 1] ?? 0) & 0xfe;
    return aes(this.#pad, block).subarray(index * this.#length, (index + 1) * this.#length);
  }
}

interface Chunk {
  readonly words: Uint32Array;
  readonly count: number;
  readonly bits: number;
}

/** Pieces of 1024 bytes, the last zero-padded to 32; words little-endian (§5.2.1). */
function splitChunks(message: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const total = Math.max(1, Math.ceil(message.length / L1_BYTES));
  for (let n = 0; n < total; n += 1) {
    const piece = message.subarray(n * L1_BYTES, (n + 1) * L1_BYTES);
    const padded = Buffer.alloc(Math.max(32, Math.ceil(piece.length / 32) * 32));
    piece.copy(padded);
    const words = new Uint32Array(padded.length / 4);
    for (let i = 0; i < words.length; i += 1) words[i] = padded.readUInt32LE(i * 4);
    chunks.push({ words, count: words.length, bits: piece.length * 8 });
  }
  return chunks;
}

function uhash(chunks: readonly Chunk[], length: number, iteration: Iteration): number {
  const l1 = chunks.map(({ words, count, bits }) => nh(words, count, iteration.l1, bits));
  const l2 = length <= L1_BYTES ? (l1[0] ?? 0n) : l2Hash(l1, iteration);
  return l3Hash(l2, iteration);
}

function l2Hash(words: readonly bigint[], { k64 }: Iteration): bigint {
  let y = 1n;
  for (const word of words) y = polyStep(y, word, k64);
  return y;
}

function l3Hash(value: bigint, { l3, l3xor }: Iteration): number {
  let y = 0n;
  for (let i = 0; i < 8; i += 1) y += ((value >> BigInt(16 * (7 - i))) & 0xffffn) * (l3[i] ?? 0n);
  return Number((y % P36) & MASK32) ^ l3xor;
}
