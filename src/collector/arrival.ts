/** Stamps for what has no clock of its own: RFC 3339, nine digits, each later than the one before. */
export class ArrivalClock {
  readonly #nowNs: () => bigint;
  #second = 0;
  #nano = 0;
  #prefixSecond = -1;
  #prefix = "";

  constructor(nowNs: () => bigint) {
    this.#nowNs = nowNs;
  }

  /** Reads the clock; call it once per batch. */
  turn(): void {
    const now = this.#nowNs();
    const second = Number(now / 1_000_000_000n);
    const nano = Number(now % 1_000_000_000n);
    if (second > this.#second || (second === this.#second && nano > this.#nano)) {
      this.#second = second;
      this.#nano = nano;
    }
  }

  next(): string {
    this.#nano++;
    if (this.#nano >= 1_000_000_000) {
      this.#nano = 0;
      this.#second++;
    }
    if (this.#second !== this.#prefixSecond) {
      this.#prefixSecond = this.#second;
      this.#prefix = new Date(this.#second * 1000).toISOString().slice(0, 19);
    }
    return `${this.#prefix}.${String(this.#nano).padStart(9, "0")}Z`;
  }
}

/** Milliseconds since 1970 of such a stamp, with its fraction. */
export const stampMs = (stamp: string): number =>
  Date.parse(`${stamp.slice(0, 19)}Z`) + Number(stamp.slice(20, 29)) / 1_000_000;
