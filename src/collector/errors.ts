import { CodedError } from "#kernel/errors.ts";

/** An output or the checkpoint cannot be written: the collector pauses and tries again. */
export class OutputWriteError extends CodedError {
  readonly code = "COLLECTOR_OUTPUT_WRITE";
  override readonly retryable = true;
  /** Bytes of complete lines of the failed call that did go in. */
  readonly written: number;
  /** The system's error code, `ENOSPC` for a full disk. */
  readonly reason: string;

  constructor(what: string, written: number, cause: unknown) {
    const reason = errorCode(cause);
    super(`${what} not writable: ${reason}`, { cause });
    this.written = written;
    this.reason = reason;
  }
}

/** Another collector works in this data folder. */
export class CollectorLockedError extends CodedError {
  readonly code = "COLLECTOR_LOCKED";
  override readonly retryable = true;
}

export const errorCode = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown";
