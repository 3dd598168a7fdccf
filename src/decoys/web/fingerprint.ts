import { createHash } from "node:crypto";
import type { RequestHead } from "./request.ts";

/** Headers that change from request to request and say nothing of the tool. */
const volatile = new Set([
  "content-length",
  "cookie",
  "authorization",
  "forwarded",
  "x-forwarded-for",
  "x-real-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-request-id",
  "x-correlation-id",
  "x-amzn-trace-id",
]);

const short = (names: readonly string[]): string =>
  createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16);

/** What order and case of the lasting header names say about a client's tool. */
export function headerFingerprint(head: RequestHead): {
  readonly orderHash: string;
  readonly casingHash: string;
  readonly names: readonly string[];
} {
  const names = head.headers.map(([name]) => name).filter((name) => !volatile.has(name.toLowerCase()));
  return { orderHash: short(names.map((name) => name.toLowerCase())), casingHash: short(names), names };
}

/** Says whether something was not seen from a source within a while; bounded, the oldest goes first. */
export class Recently {
  readonly #seen = new Map<string, number>();
  readonly #forMs: number;
  readonly #limit: number;

  constructor(forMs: number, limit: number) {
    this.#forMs = forMs;
    this.#limit = limit;
  }

  isNew(key: string, now: number): boolean {
    const last = this.#seen.get(key);
    if (last !== undefined && now - last < this.#forMs && now >= last) return false;
    this.#seen.delete(key);
    this.#seen.set(key, now);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > this.#limit && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
