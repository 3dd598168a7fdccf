import type { Allowance } from "./declaration.ts";

/** Requests per minute of each allowance. */
export const allowances: Readonly<Record<Exclude<Allowance, "none" | "login">, number>> = {
  read: 600,
  write: 120,
  search: 60,
  password: 5,
};

const WINDOW_MS = 60_000;
const MAX_BUCKETS = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until one more request is allowed. */
  readonly resetS: number;
}

/** A bucket of tokens per client and allowance, which fills evenly over a minute. */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();

  take(client: string, allowance: keyof typeof allowances, now: number): Verdict {
    const limit = allowances[allowance];
    const key = `${allowance} ${client}`;
    const known = this.#buckets.get(key);
    const filled =
      known === undefined ? limit : Math.min(limit, known.tokens + ((now - known.at) / WINDOW_MS) * limit);
    const allowed = filled >= 1;
    const tokens = allowed ? filled - 1 : filled;
    this.#buckets.delete(key);
    if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    this.#buckets.set(key, { tokens, at: now });
    const resetS = Math.max(1, Math.ceil(((1 - (tokens % 1)) * WINDOW_MS) / limit / 1000));
    return { allowed, limit, remaining: Math.floor(tokens), resetS };
  }
}
