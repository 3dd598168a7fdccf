/** Where time comes from. Pure code never reads it; edges get one passed in. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Nanoseconds since 1970, UTC. Never runs backwards within one process. */
  nowNs(): bigint;
}

const startedNs = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
let lastNs = 0n;

export const systemClock: Clock = {
  now: () => Date.now(),
  nowNs: () => {
    const ns = startedNs + process.hrtime.bigint();
    lastNs = ns > lastNs ? ns : lastNs + 1n;
    return lastNs;
  },
};
