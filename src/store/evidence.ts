import type {
  ArtifactSightingsTable,
  ArtifactsTable,
  CredentialsTable,
  DeadLettersTable,
  EventsTable,
  GapsTable,
} from "./schema.ts";

/** What the ingester hands to an engine: rows, and the cursor they stand for. */

export type EventRow = Omit<EventsTable, "seq" | "benign"> & { readonly benign: number };

export interface JournalCursor {
  readonly family: string;
  readonly segment: number;
  readonly offset: number;
  readonly device: string;
  readonly inode: string;
  readonly headHash: string;
}

export interface DeadLetter {
  readonly consumer: string;
  readonly family: string;
  readonly segment: number;
  readonly offset: number;
  readonly eventSeq: number;
  readonly reason: DeadLettersTable["reason"];
  readonly error: string;
  readonly body: Uint8Array;
  readonly bodyBytes: number;
}

export type GapRow = Omit<GapsTable, "id">;

export interface AttackerAnchor {
  readonly ip: string;
  readonly confirmed: boolean;
  readonly benign: boolean;
  readonly seq: number;
  readonly received: number;
}

export type CredentialAttempts = CredentialsTable;

export type ArtifactSeen = Pick<
  ArtifactsTable,
  "sha256" | "size" | "kind" | "mime" | "last_seen" | "seen_count"
> & {
  readonly first_seen: number;
};

export interface OutboxMessage {
  readonly topic: string;
  readonly dedupeKey: string;
  readonly payload: object;
}

/** What the new events of a batch mean; one entry per key. */
export interface Derived {
  readonly attackers: readonly AttackerAnchor[];
  readonly credentials: readonly CredentialAttempts[];
  readonly artifacts: readonly ArtifactSeen[];
  readonly sightings: readonly ArtifactSightingsTable[];
  readonly gaps: readonly GapRow[];
  readonly counters: ReadonlyMap<string, number>;
  readonly outbox: readonly OutboxMessage[];
}

export interface EvidenceBatch {
  /** Undefined while a part of a split batch is stored: the cursor then waits for the last part. */
  readonly cursor: JournalCursor | undefined;
  readonly events: readonly EventRow[];
  readonly deadLetters: readonly DeadLetter[];
  /** Found by the reader itself. */
  readonly gaps: readonly GapRow[];
  /**
   * Called inside the transaction with those of `events` that were not there before: only they derive anything, so
   * reading twice changes no counter. `seqs[i]` is the row number of `events[fresh[i]]`.
   */
  derive(fresh: readonly number[], seqs: readonly number[]): Derived;
}

export interface EvidenceResult {
  readonly inserted: number;
  readonly duplicates: number;
  /** Highest row number of this batch; 0 when nothing was new. */
  readonly lastSeq: number;
}

/** The engine's side of ingest. */
export interface EvidenceStore {
  cursor(family: string): JournalCursor | undefined;
  /**
   * All of the batch or nothing of it.
   * @throws {StoreBusyError | StoreFullError} the same batch may be given again
   * @throws {StoreDataError} something in the batch cannot be stored
   */
  commit(batch: EvidenceBatch, nowUs: number): EvidenceResult;
}
