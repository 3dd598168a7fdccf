/**
 * Slows the guessing of passwords; nothing here ever disables an account. Failures count per client network and per
 * (user name, client network). A browser that signed in before has a bucket of its own instead of its network's.
 */

const FREE_FAILURES = 3;
const MAX_WAIT_MS = 60_000;
const FORGET_MS = 15 * 60_000;
const MAX_BUCKETS = 20_000;
const NAME_WINDOW_MS = 5 * 60_000;
const NAME_FAILURES = 50;
const NAME_WAIT_MS = 30_000;
const MAX_NAMES = 2_000;

interface Bucket {
  failures: number;
  lastAt: number;
  openAt: number;
}

interface NameRecord {
  /** Times of the newest failures, at most `NAME_FAILURES`. */
  readonly failures: number[];
  readonly networks: Set<string>;
  lastAt: number;
}

export interface Guess {
  readonly username: string;
  readonly network: string;
  /** Of a browser that signed in before, else null. */
  readonly device: string | null;
  readonly loopback: boolean;
}

/** Removes what is old, then the oldest, until there is room. Maps keep the order of insertion. */
function makeRoom<V extends { lastAt: number }>(map: Map<string, V>, limit: number, now: number): void {
  if (map.size < limit) return;
  for (const [key, value] of map) if (now - value.lastAt > FORGET_MS) map.delete(key);
  for (const key of map.keys()) {
    if (map.size < limit) return;
    map.delete(key);
  }
}

export class GuessGuard {
  readonly #buckets = new Map<string, Bucket>();
  readonly #names = new Map<string, NameRecord>();

  /** Milliseconds until this client may try again; 0 = now. */
  refusedFor(guess: Guess, now: number): number {
    const waits = this.#keys(guess).map((key) => (this.#buckets.get(key)?.openAt ?? 0) - now);
    return Math.max(0, ...waits);
  }

  /** Milliseconds that a try without a known browser is held back while its name is under attack. */
  heldFor({ username, device, loopback }: Guess, now: number): number {
    const record = this.#names.get(username);
    if (record === undefined || device !== null || loopback) return 0;
    const recent = record.failures.filter((at) => now - at < NAME_WINDOW_MS).length;
    return recent >= NAME_FAILURES && record.networks.size > 1 ? NAME_WAIT_MS : 0;
  }

  failed(guess: Guess, now: number): void {
    for (const key of this.#keys(guess)) {
      const known = this.#buckets.get(key);
      const failures = known === undefined || now - known.lastAt > FORGET_MS ? 1 : known.failures + 1;
      const excess = failures - FREE_FAILURES;
      const wait = excess > 0 ? Math.min(MAX_WAIT_MS, 1000 * 2 ** Math.min(excess - 1, 10)) : 0;
      this.#buckets.delete(key);
      makeRoom(this.#buckets, MAX_BUCKETS, now);
      this.#buckets.set(key, { failures, lastAt: now, openAt: now + wait });
    }
    this.#countName(guess, now);
  }

  succeeded(guess: Guess): void {
    for (const key of this.#keys(guess)) this.#buckets.delete(key);
  }

  #countName({ username, network, device, loopback }: Guess, now: number): void {
    if (device !== null || loopback) return;
    const record = this.#names.get(username) ?? { failures: [], networks: new Set<string>(), lastAt: now };
    record.failures.push(now);
    if (record.failures.length > NAME_FAILURES) record.failures.shift();
    if (record.networks.size < 2) record.networks.add(network);
    record.lastAt = now;
    this.#names.delete(username);
    makeRoom(this.#names, MAX_NAMES, now);
    this.#names.set(username, record);
  }

  #keys({ username, network, device, loopback }: Guess): readonly string[] {
    if (device !== null) return [`device ${device}`];
    const client = loopback ? "loopback" : network;
    return [`network ${client}`, `name ${client} ${username}`];
  }
}
