import type { Clock } from "#kernel/clock.ts";
import { SourceMap } from "../runtime/rate.ts";

/** One event per source and value in this time; the others are counted. */
const QUIET_MS = 300_000;
const MAX_REMEMBERED = 4_096;

interface Seen {
  at: number;
  repeats: number;
}

/** Which fingerprints a source has shown lately, so that a brute force of thousands tells its client once. */
export class SeenFingerprints {
  readonly #clock: Clock;
  readonly #seen = new SourceMap<Seen>({
    max: MAX_REMEMBERED,
    make: () => ({ at: Number.NEGATIVE_INFINITY, repeats: 0 }),
    mayForget: () => true,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns `undefined` when it was told a short time ago, else how often it was seen since. */
  note(ip: string, kind: string, value: string): number | undefined {
    const entry = this.#seen.of(`${ip} ${kind} ${value}`);
    const now = this.#clock.now();
    if (now - entry.at < QUIET_MS) {
      entry.repeats += 1;
      return undefined;
    }
    const { repeats } = entry;
    entry.at = now;
    entry.repeats = 0;
    return repeats;
  }
}
