import { createHmac } from "node:crypto";
import type { Seeded } from "./model.ts";

/** sfc32 over four words of a hash: fast, and the same on every machine. */
function seededFrom(words: Int32Array): Seeded {
  let [a = 0, b = 0, c = 0, d = 0] = words;
  const next32 = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) next32();
  const next = (): number => next32() / 4_294_967_296;
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    pick<T>(list: readonly T[]): T {
      const item = list[integer(0, list.length - 1)];
      if (item === undefined) throw new RangeError("Nothing to pick from.");
      return item;
    },
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => next32() >>> 24)),
  };
}

const wordsOf = (digest: Buffer): Int32Array =>
  Int32Array.from([0, 4, 8, 12], (offset) => digest.readInt32LE(offset));

/** Values that belong to one decky: keyed by its secret, so that no answer tells anything about it. */
export function deckySeeded(secret: string, purpose: string): Seeded {
  return seededFrom(wordsOf(createHmac("sha256", Buffer.from(secret, "hex")).update(purpose).digest()));
}

/** A number in 0 ≤ x < 1 from two integers; smooth functions of time are made of it. */
export function hashUnit(seed: number, index: number): number {
  let x = (seed ^ Math.imul(index | 0, 0x9e3779b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 4_294_967_296;
}

/** Value noise: moves smoothly, period-free, between 0 and 1; one step of it takes `scale` units of `t`. */
export function smoothNoise(seed: number, t: number, scale: number): number {
  const x = t / scale;
  const index = Math.floor(x);
  const part = x - index;
  const ease = part * part * (3 - 2 * part);
  const low = hashUnit(seed, index);
  return low + (hashUnit(seed, index + 1) - low) * ease;
}
