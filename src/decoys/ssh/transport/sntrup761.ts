import { createHash, randomBytes } from "node:crypto";

/**
 * Streamlined NTRU Prime 761, the encapsulating side only: a server is sent a public key and answers with
 * a ciphertext. @see https://ntruprime.cr.yp.to/nist/ntruprime-20201007.pdf
 */
const P = 761;
const Q = 4_591;
const Q12 = (Q - 1) / 2;
const WEIGHT = 286;

export const PUBLIC_KEY_BYTES = 1_158;
export const CIPHERTEXT_BYTES = 1_039;

/** Packs residues `values[i] < moduli[i]`, pairs first (§3.2 of the specification). */
function encode(values: readonly number[], moduli: readonly number[]): number[] {
  const out: number[] = [];
  let r = values;
  let m = moduli;
  while (r.length > 1) {
    const r2: number[] = [];
    const m2: number[] = [];
    for (let i = 0; i + 1 < r.length; i += 2) {
      let value = (r[i] ?? 0) + (r[i + 1] ?? 0) * (m[i] ?? 0);
      let modulus = (m[i + 1] ?? 0) * (m[i] ?? 0);
      while (modulus >= 16_384) {
        out.push(value & 0xff);
        value >>>= 8;
        modulus = (modulus + 255) >>> 8;
      }
      r2.push(value);
      m2.push(modulus);
    }
    if (r.length % 2 === 1) {
      r2.push(r.at(-1) ?? 0);
      m2.push(m.at(-1) ?? 0);
    }
    r = r2;
    m = m2;
  }
  let value = r[0] ?? 0;
  for (let modulus = m[0] ?? 1; modulus > 1; modulus = (modulus + 255) >>> 8) {
    out.push(value & 0xff);
    value >>>= 8;
  }
  return out;
}

interface Level {
  /** Per pair: the bytes taken here and what the level above is multiplied with. */
  readonly bottoms: readonly { readonly value: number; readonly scale: number }[];
  readonly upper: readonly number[];
  readonly used: number;
}

/** Bytes that a pair with this product of moduli leaves on its level: 0, 1 or 2. */
const bottomBytes = (modulus: number): number => (modulus > 256 * 16_383 ? 2 : modulus >= 16_384 ? 1 : 0);

function readLevel(bytes: Uint8Array, moduli: Uint32Array, from: number): Level {
  const bottoms: { value: number; scale: number }[] = [];
  const upper: number[] = [];
  let at = from;
  for (let i = 0; i + 1 < moduli.length; i += 2) {
    let modulus = entry(moduli, i) * entry(moduli, i + 1);
    let value = 0;
    let scale = 1;
    for (let n = bottomBytes(modulus); n > 0; n -= 1) {
      value += entry(bytes, at) * scale;
      scale *= 256;
      modulus = (modulus + 255) >>> 8;
      at += 1;
    }
    bottoms.push({ value, scale });
    upper.push(modulus);
  }
  if (moduli.length % 2 === 1) upper.push(entry(moduli, moduli.length - 1));
  return { bottoms, upper, used: at - from };
}

const entry = (list: ArrayLike<number>, index: number): number => list[index] ?? 0;

/** The inverse of `encode`; out-of-range input gives some residue, as the reference does. */
function decode(bytes: Uint8Array, moduli: Uint32Array, from = 0): number[] {
  if (moduli.length === 1) {
    const modulus = entry(moduli, 0);
    const value = entry(bytes, from) + (modulus <= 256 ? 0 : entry(bytes, from + 1) * 256);
    return [value % Math.max(1, modulus)];
  }
  const { bottoms, upper, used } = readLevel(bytes, moduli, from);
  const high = decode(bytes, Uint32Array.from(upper), from + used);
  const out: number[] = [];
  for (const [n, { value, scale }] of bottoms.entries()) {
    const whole = value + scale * entry(high, n);
    const low = Math.max(1, entry(moduli, 2 * n));
    out.push(whole % low, Math.floor(whole / low) % Math.max(1, entry(moduli, 2 * n + 1)));
  }
  if (moduli.length % 2 === 1) out.push(entry(high, high.length - 1));
  return out;
}

const moduli = (m: number): number[] => Array.from({ length: P }, () => m);
const QS = moduli(Q);
const ROUNDED = moduli((Q + 2) / 3);

/** Residue in −2295 … 2295. */
const centred = (x: number): number => {
  const r = ((x % Q) + Q) % Q;
  return r > Q12 ? r - Q : r;
};

/** A polynomial with 286 coefficients ±1, the rest 0. */
function randomShort(): Int8Array {
  const words = new Uint32Array(P);
  const random = randomBytes(4 * P);
  for (let i = 0; i < P; i += 1) {
    const word = random.readUInt32LE(4 * i);
    words[i] = i < WEIGHT ? (word & ~1) >>> 0 : ((word & ~2) | 1) >>> 0;
  }
  words.sort();
  return Int8Array.from(words, (word) => (word & 3) - 1);
}

/** Product in Z_q[x] / (x^761 − x − 1) with a small polynomial. */
function multiply(h: readonly number[], small: Int8Array): number[] {
  const product = new Float64Array(2 * P);
  for (let j = 0; j < P; j += 1) {
    const s = small[j] ?? 0;
    if (s === 0) continue;
    for (let i = 0; i < P; i += 1) product[i + j] = (product[i + j] ?? 0) + s * (h[i] ?? 0);
  }
  for (let i = 2 * P - 2; i >= P; i -= 1) {
    const carry = product[i] ?? 0;
    product[i - P] = (product[i - P] ?? 0) + carry;
    product[i - P + 1] = (product[i - P + 1] ?? 0) + carry;
  }
  return Array.from(product.subarray(0, P), centred);
}

/** To the nearest multiple of 3. */
const round = (x: number): number => {
  const rest = ((x % 3) + 3) % 3;
  return x - (rest === 2 ? -1 : rest);
};

function encodeSmall(small: Int8Array): Buffer {
  const out = Buffer.alloc(Math.ceil(P / 4));
  for (let i = 0; i < P; i += 1) out[i >> 2] = (out[i >> 2] ?? 0) | (((small[i] ?? 0) + 1) << (2 * (i & 3)));
  return out;
}

const hashPrefix = (prefix: number, ...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha512").update(Buffer.from([prefix]));
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, 32);
};

/** @param publicKey 1158 bytes @returns a 1039-byte ciphertext and the 32-byte shared secret */
export function encapsulate(publicKey: Buffer): { readonly ciphertext: Buffer; readonly secret: Buffer } {
  const h = decode(publicKey, Uint32Array.from(QS)).map((value) => value - Q12);
  const r = randomShort();
  const encodedR = encodeSmall(r);
  const rounded = multiply(h, r).map((value) => (round(value) + Q12) / 3);
  const inner = Buffer.from(encode(rounded, ROUNDED));
  const hashedR = hashPrefix(3, encodedR);
  const confirm = hashPrefix(2, hashedR, hashPrefix(4, publicKey));
  const ciphertext = Buffer.concat([inner, confirm]);
  return { ciphertext, secret: hashPrefix(1, hashedR, ciphertext) };
}
