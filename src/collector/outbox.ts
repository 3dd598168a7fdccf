import type { SourceFacts } from "#events/record.ts";
import type { ByteBuffer } from "./byte-buffer.ts";
import { encodeOwn, type OwnRecord } from "./own-record.ts";
import type { OutboxRow } from "./state-store.ts";

/**
 * Records of the pipeline's own. Each goes into a checkpoint first and from there into the journal, so that a crash
 * neither loses nor repeats it.
 */
export class Outbox {
  #fresh: { readonly id: string; readonly line: string }[] = [];
  #due: OutboxRow[];
  #queued: number;
  #delivered = 0;

  /** @param due rows of the checkpoint that are not in the journal. @param last number of its last row */
  constructor(due: readonly OutboxRow[], last: number) {
    this.#due = [...due];
    this.#queued = last;
  }

  get isIdle(): boolean {
    return this.#fresh.length === 0 && this.#due.length === 0;
  }

  /** For the next checkpoint. */
  get fresh(): readonly { readonly id: string; readonly line: string }[] {
    return this.#fresh;
  }

  /** Rows up to this one are in the journal. */
  get delivered(): number {
    return this.#delivered;
  }

  add(own: OwnRecord, facts: SourceFacts, nowNs: bigint): void {
    this.#fresh.push(encodeOwn(own, facts, nowNs));
  }

  committed(added: readonly OutboxRow[]): void {
    this.#fresh = [];
    this.#due.push(...added);
  }

  queueInto(journal: ByteBuffer): void {
    for (const { line, seq } of this.#due) {
      journal.appendText(line);
      this.#queued = seq;
    }
    this.#due = [];
  }

  /** Everything queued is written. */
  flushed(): void {
    if (this.#due.length === 0) this.#delivered = this.#queued;
  }
}
