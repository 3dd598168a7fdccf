import { createHmac } from "node:crypto";

/** A deterministic generator: the same secret and purpose give the same values for ever. */
export interface Seed {
  /** 0 ≤ x < 1 */
  next(): number;
  /** min ≤ n ≤ max */
  integer(min: number, max: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  hex(digits: number): string;
}

/** HMAC-SHA-256 in counter mode over the purpose. */
export function seed(secretHex: string, purpose: string): Seed {
  const key = Buffer.from(secretHex, "hex");
  let block = Buffer.alloc(0);
  let counter = 0;
  let at = 0;
  const take = (count: number): Buffer => {
    const out = Buffer.alloc(count);
    for (let i = 0; i < count; i += 1) {
      if (at === block.length) {
        block = createHmac("sha256", key).update(`${purpose}#${counter}`).digest();
        counter += 1;
        at = 0;
      }
      out[i] = block[at] ?? 0;
      at += 1;
    }
    return out;
  };
  const next = (): number => take(6).readUIntBE(0, 6) / 2 ** 48;
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    hex: (digits) =>
      take(Math.ceil(digits / 2))
        .toString("hex")
        .slice(0, digits),
  };
}
