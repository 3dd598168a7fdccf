import { CodedError } from "#kernel/errors.ts";

/** The disk refused. What was written stays whole: the caller goes on behind `written`. */
export class JournalWriteError extends CodedError {
  readonly code = "JOURNAL_WRITE";
  override readonly retryable = true;
  /** Bytes of complete lines of the failed call that did go in and must not be appended again. */
  readonly written: number;
  /** The system's error code, `ENOSPC` for a full disk. */
  readonly reason: string;

  constructor(written: number, cause: unknown) {
    const reason = errno(cause);
    super(`journal not writable: ${reason}`, { cause });
    this.written = written;
    this.reason = reason;
  }
}

/** Another living process writes this family. */
export class JournalLockedError extends CodedError {
  readonly code = "JOURNAL_LOCKED";
  override readonly retryable = true;
}

const errno = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown";
