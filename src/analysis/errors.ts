import { CodedError } from "#kernel/errors.ts";

/** The registry names a consumer that does not exist, or waits in a circle. */
export class ConsumerOrderError extends CodedError {
  readonly code = "ANALYSIS_CONSUMER_ORDER";
}
