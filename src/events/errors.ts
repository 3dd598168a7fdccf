import { CodedError } from "#kernel/errors.ts";

/** A decoy named a field in a way that no reader could find again. A defect of the decoy. */
export class EventKeyError extends CodedError {
  readonly code = "EVENTS_BAD_KEY";
  constructor(key: string) {
    super(`Field keys match ^[a-z][a-z0-9_]{0,31}$; got ${JSON.stringify(key.slice(0, 64))}.`);
  }
}
