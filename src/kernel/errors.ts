/**
 * Base of every error we throw on purpose. Anything else that reaches a
 * supervisor is a bug and is logged with its stack.
 */
export abstract class CodedError extends Error {
  /** Stable, documented in `docs/errors.md`, never reused: `AREA_WHAT`. */
  abstract readonly code: `${Uppercase<string>}_${Uppercase<string>}`;
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean = false;
  override get name(): string {
    return this.constructor.name;
  }
}
