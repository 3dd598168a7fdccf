import type { JournalRecord, OpenSession } from "#events/record.ts";
import { UNKNOWN_IP } from "#events/record.ts";

const MAX_PER_STREAM = 1024;
const MAX_IN_ALL = 65_536;

interface Entry extends OpenSession {
  lastMs: number;
}

/** How many sessions all streams hold together. */
export class SessionTotal {
  count = 0;
}

/**
 * Open recorded sessions of one container, only to tell whose command a line without an address is. At most 1 024
 * per container and 65 536 in all: beyond that new ones are not noted, so attribution falls back to the line.
 */
export class SessionIndex {
  readonly #sessions = new Map<string, Entry>();
  readonly #total: SessionTotal;
  readonly #ttlMs: number;
  #list: readonly OpenSession[] | undefined = [];

  constructor(total: SessionTotal, ttlMs: number) {
    this.#total = total;
    this.#ttlMs = ttlMs;
  }

  open(nowMs: number): readonly OpenSession[] {
    // Entries stand in the order of their last record, so the idle ones are in front.
    for (const [sid, { lastMs }] of this.#sessions) {
      if (nowMs - lastMs <= this.#ttlMs) break;
      this.#delete(sid);
    }
    this.#list ??= [...this.#sessions.values()];
    return this.#list;
  }

  observe(record: JournalRecord, nowMs: number): void {
    const { sid, event_type: type, attacker_ip: ip } = record;
    if (sid === undefined || (record.attribution !== "field" && record.attribution !== "session")) return;
    if (type === "session_recorded" || type === "session_skipped") {
      this.#delete(sid);
      return;
    }
    const known = this.#sessions.get(sid);
    if (known !== undefined) {
      known.lastMs = nowMs;
      this.#sessions.delete(sid);
      this.#sessions.set(sid, known);
      return;
    }
    if (ip === UNKNOWN_IP || this.#sessions.size >= MAX_PER_STREAM || this.#total.count >= MAX_IN_ALL) return;
    const user = record.fields["user"];
    this.#sessions.set(
      sid,
      user === undefined ? { sid, ip, lastMs: nowMs } : { sid, ip, user, lastMs: nowMs },
    );
    this.#total.count++;
    this.#list = undefined;
  }

  /** For the checkpoint. */
  toJson(): readonly (OpenSession & { readonly lastMs: number })[] {
    return [...this.#sessions.values()];
  }

  restore(entries: readonly (OpenSession & { readonly lastMs: number })[]): void {
    for (const entry of entries) {
      this.#sessions.set(entry.sid, { ...entry });
      this.#total.count++;
    }
    this.#list = undefined;
  }

  clear(): void {
    for (const sid of this.#sessions.keys()) this.#delete(sid);
  }

  #delete(sid: string): void {
    if (!this.#sessions.delete(sid)) return;
    this.#total.count--;
    this.#list = undefined;
  }
}
