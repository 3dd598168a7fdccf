import { CodedError } from "#kernel/errors.ts";

export class DecoyOptionsError extends CodedError {
  readonly code = "DECOY_OPTIONS";
}

export class DecoyUnknownError extends CodedError {
  readonly code = "DECOY_UNKNOWN";
}

export class DecoyBindError extends CodedError {
  readonly code = "DECOY_BIND";
  override readonly retryable = true;
}
