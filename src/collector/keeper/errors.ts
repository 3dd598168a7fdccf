import { CodedError } from "#kernel/errors.ts";

/** The folder of artifacts or of drops cannot be made or opened. */
export class KeeperFolderError extends CodedError {
  readonly code = "KEEPER_FOLDER";
  override readonly retryable = true;
  constructor(path: string, cause: unknown) {
    super(`The keeper cannot use ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
