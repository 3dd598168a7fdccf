import { CodedError } from "#kernel/errors.ts";

/** A record that passed the decoder has a time that is none. */
export class RecordTimeError extends CodedError {
  readonly code = "INGEST_RECORD_TIME";
}
