/** Counts of one container; `accepted + suppressed + dropped + rejected = lines`. */
export interface LineCounts {
  lines: number;
  accepted: number;
  suppressed: number;
  dropped: number;
  rejected: number;
  stderrLines: number;
  bytes: number;
  frames: number;
  cutBytes: number;
  utf8Replaced: number;
  identityMismatches: number;
  gaps: number;
  /** Lines that a crash had left in an output already. */
  duplicatesSkipped: number;
}

const noCounts = (): LineCounts => ({
  lines: 0,
  accepted: 0,
  suppressed: 0,
  dropped: 0,
  rejected: 0,
  stderrLines: 0,
  bytes: 0,
  frames: 0,
  cutBytes: 0,
  utf8Replaced: 0,
  identityMismatches: 0,
  gaps: 0,
  duplicatesSkipped: 0,
});

const MAX_CONTAINERS = 10_000;

/** All counters of the collector; labels are containers and reasons, never values of an attacker. */
export class Counters {
  readonly #containers = new Map<string, LineCounts>();
  readonly #reasons = new Map<string, number>();
  records = 0;
  checkpoints = 0;
  writeErrors = 0;
  sourceErrors = 0;

  /** @param container `<decky>/<service>`; beyond 10 000 the rest shares one count */
  of(container: string): LineCounts {
    const name =
      this.#containers.size < MAX_CONTAINERS || this.#containers.has(container) ? container : "others";
    let counts = this.#containers.get(name);
    if (counts === undefined) this.#containers.set(name, (counts = noCounts()));
    return counts;
  }

  /** @param name one of a closed set: `rejected:pri`, `gap:spool_lost`, `flag:dup_key` */
  reason(name: string): void {
    this.#reasons.set(name, (this.#reasons.get(name) ?? 0) + 1);
  }

  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  get containers(): ReadonlyMap<string, Readonly<LineCounts>> {
    return this.#containers;
  }

  total(): LineCounts {
    const sum = noCounts();
    for (const counts of this.#containers.values()) {
      for (const key of Object.keys(sum) as (keyof LineCounts)[]) sum[key] += counts[key];
    }
    return sum;
  }
}
