import { CodedError } from "#kernel/errors.ts";

/** A topic or pattern that breaks the naming rules: a mistake of the caller, found where it is made. */
export class BusTopicError extends CodedError {
  readonly code = "BUS_TOPIC";
}
