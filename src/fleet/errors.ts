import { CodedError } from "#kernel/errors.ts";

/** A wish for a fleet that cannot be fulfilled; the message names the mistake and the fix. */
export class FleetSpecError extends CodedError {
  readonly code = "FLEET_SPEC";
}

/** An identity or port file under the data folder that is not what we wrote. */
export class FleetStateError extends CodedError {
  readonly code = "FLEET_STATE";
}
