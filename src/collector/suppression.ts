import type { Attribution } from "#events/record.ts";
import type { GateKey } from "./gate.ts";

const MAX_KEYS = 4096;

/** What was counted instead of recorded, of one key. */
export interface SuppressedCount extends GateKey {
  readonly attribution: Attribution;
  readonly reason: "rate" | "drop_app";
  count: number;
  /** Receive times. */
  readonly first: string;
  last: string;
}

/**
 * Sums of what the gate held back, until they are written as `suppressed` records. At most 4 096 keys; beyond that
 * one sum per decky, service, type and reason; beyond 8 192 sums one per reason.
 */
export class SuppressedCounts {
  readonly #counts = new Map<string, SuppressedCount>();
  readonly #due = new Set<string>();

  /** @param hash the gate's name of the key */
  add(hash: string, event: GateKey & Pick<SuppressedCount, "reason" | "attribution">, at: string): void {
    const own = `${event.reason}:${hash}`;
    const known = this.#counts.get(own);
    if (known !== undefined) {
      known.count++;
      known.last = at;
      return;
    }
    if (this.#counts.size < MAX_KEYS) {
      this.#counts.set(own, { ...event, count: 1, first: at, last: at });
      return;
    }
    const isRoomy = this.#counts.size < 2 * MAX_KEYS;
    const shared = isRoomy
      ? `${event.reason}:*:${event.decky}:${event.service}:${event.type}`
      : `${event.reason}:*`;
    const sum = this.#counts.get(shared);
    if (sum === undefined) {
      this.#counts.set(shared, {
        ...event,
        ip: "Unknown",
        attribution: "none",
        count: 1,
        first: at,
        last: at,
      });
    } else {
      sum.count++;
      sum.last = at;
    }
  }

  /** The gate forgot this key: its count is written with the next checkpoint. */
  evicted(hash: string): void {
    const own = `rate:${hash}`;
    if (this.#counts.has(own)) this.#due.add(own);
  }

  /** Takes what is to be written now: everything, or only keys that were evicted. */
  take(all: boolean): readonly SuppressedCount[] {
    const keys = all ? [...this.#counts.keys()] : [...this.#due];
    const taken: SuppressedCount[] = [];
    for (const key of keys) {
      const count = this.#counts.get(key);
      if (count !== undefined) taken.push(count);
      this.#counts.delete(key);
    }
    this.#due.clear();
    return taken;
  }

  /** For the checkpoint. */
  toJson(): string {
    return JSON.stringify([...this.#counts.values()]);
  }

  /** Counts of before a restart; the gate's names of their keys are others now. */
  restore(json: string): void {
    const counts = JSON.parse(json) as readonly SuppressedCount[];
    for (const [index, count] of counts.entries()) this.#counts.set(`before:${index}`, count);
  }
}
