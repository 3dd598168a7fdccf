import { CodedError } from "#kernel/errors.ts";

/** The store was written by a newer program. */
export class StoreNewerError extends CodedError {
  readonly code = "STORE_NEWER";
}

/** A migration that ran here is not the one this program has. */
export class StoreMigrationError extends CodedError {
  readonly code = "STORE_MIGRATION";
}

/** Another process runs workers on this SQLite file. */
export class StoreInUseError extends CodedError {
  readonly code = "STORE_IN_USE";
}

/** `DECNET_STORE_URL` names an engine or a path that cannot be used. */
export class StoreUrlError extends CodedError {
  readonly code = "STORE_URL";
}

/** Lock held, file system busy or out of memory: the same call may succeed later. */
export class StoreBusyError extends CodedError {
  readonly code = "STORE_BUSY";
  override readonly retryable = true;
}

/** The disk of the store is full. */
export class StoreFullError extends CodedError {
  readonly code = "STORE_FULL";
  override readonly retryable = true;
}

/** The file is damaged or read-only; a person is needed. */
export class StoreDamagedError extends CodedError {
  readonly code = "STORE_DAMAGED";
}

/** A value that these tables cannot hold: the data, not the store, is the cause. */
export class StoreDataError extends CodedError {
  readonly code = "STORE_DATA";
}

/** A query ran over its deadline; its thread was replaced. */
export class QueryTimeoutError extends CodedError {
  readonly code = "STORE_QUERY_TIMEOUT";
  override readonly retryable = true;
}

/** The thread that ran this call ended. A write may or may not have happened. */
export class StoreThreadError extends CodedError {
  readonly code = "STORE_THREAD";
  override readonly retryable = true;
}

/** More calls are waiting than the client holds. */
export class StoreOverloadedError extends CodedError {
  readonly code = "STORE_OVERLOADED";
  override readonly retryable = true;
}

/** An error that came out of a query thread and keeps its own code. */
export class StoreCallError extends CodedError {
  readonly code: CodedError["code"];
  override readonly retryable: boolean;

  constructor(code: CodedError["code"], message: string, retryable: boolean) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}
