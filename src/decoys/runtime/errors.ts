import { CodedError } from "#kernel/errors.ts";

/** Options or limits of a decky that are unknown or out of their range; all of them are named. */
export class DecoyOptionsError extends CodedError {
  readonly code = "DECOY_OPTIONS";
}

/** A decky wants a service that no decoy speaks. */
export class DecoyUnknownError extends CodedError {
  readonly code = "DECOY_UNKNOWN";
}

/** A port of a decky cannot be listened on. */
export class DecoyBindError extends CodedError {
  readonly code = "DECOY_BIND";
  override readonly retryable = true;
}
