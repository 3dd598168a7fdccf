/**
 * A place in one family of journal files. `offset` always stands behind an LF.
 * `device`, `inode` and `headHash` (of the first 256 bytes) recognise the segment under another name.
 */
export interface JournalPosition {
  readonly family: string;
  readonly segment: number;
  readonly offset: number;
  readonly device: string;
  readonly inode: string;
  readonly headHash: string;
}

export interface JournalGap {
  readonly reason: "journal_lost";
  readonly family: string;
  readonly segment: number;
  readonly offset: number;
  readonly detail: string;
}

export interface JournalLine {
  /** Without the LF. Empty lines are not delivered. */
  readonly bytes: Uint8Array;
  readonly segment: number;
  /** Where the line begins. */
  readonly offset: number;
  /** The rest of a sealed segment that never got its LF. */
  readonly torn: boolean;
}

export interface JournalBatch {
  readonly lines: readonly JournalLine[];
  /** Behind the last line of this batch; store it in the same transaction as the work. */
  readonly next: JournalPosition | undefined;
  readonly gaps: readonly JournalGap[];
  /** Bytes written to the family and not yet read, as far as known. */
  readonly behindBytes: number;
}

/** Reads families of a folder; synchronous, so it can stand inside one writing thread. */
export interface JournalReader extends Disposable {
  families(): readonly string[];
  /** At most `limits.lines` lines or `limits.bytes` bytes (one line may exceed it); an empty batch at the end. */
  read(
    family: string,
    from: JournalPosition | undefined,
    limits: { readonly lines: number; readonly bytes: number },
  ): JournalBatch;
  /** The present end of a family. */
  end(family: string): JournalPosition | undefined;
  /** Deletes segments that lie entirely before `position`, keeping the newest `keep`. @returns how many */
  retire(position: JournalPosition, keep: number): number;
}

/** Appends whole lines; one writing process per family. */
export interface JournalWriter extends Disposable {
  readonly family: string;
  /** Bytes of complete lines, each with its LF. @throws {JournalWriteError} retryable, nothing torn is left behind */
  append(lines: Uint8Array): void;
  sync(): void;
  /** Where the next byte goes. */
  position(): JournalPosition;
}
