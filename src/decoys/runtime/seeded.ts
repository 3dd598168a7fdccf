import { createHmac } from "node:crypto";
import type { Seeded } from "../contract.ts";

/** `seed(purpose) = HMAC-SHA-256(secret, purpose)`; same decky and purpose, same values for ever. */
const seed = (secret: string, purpose: string): Buffer =>
  createHmac("sha256", Buffer.from(secret, "hex")).update(purpose).digest();

/** A deterministic generator over `seed`: block n = HMAC-SHA-256(seed, n). Never for nonces, salts or session ids. */
export function createSeeded(secret: string, purpose: string): Seeded {
  const key = seed(secret, purpose);
  let block = Buffer.alloc(0);
  let at = 0;
  let counter = 0;
  const bytes = (length: number): Buffer => {
    const out = Buffer.alloc(length);
    for (let filled = 0; filled < length; ) {
      if (at >= block.length) {
        const n = Buffer.alloc(8);
        n.writeBigUInt64BE(BigInt(counter));
        counter += 1;
        block = createHmac("sha256", key).update(n).digest();
        at = 0;
      }
      const part = block.copy(out, filled, at);
      filled += part;
      at += part;
    }
    return out;
  };
  const next = (): number => Number(bytes(8).readBigUInt64BE() >> 11n) / 2 ** 53;
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    bytes,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new RangeError("pick from an empty list");
      return list[integer(0, list.length - 1)] as T;
    },
  };
}
