import { CodedError } from "#kernel/errors.ts";
import type { ProblemCode, ProblemExtra } from "./problems.ts";

/** Ends a request with a problem reply; thrown by handlers, caught by the server. */
export class ProblemError extends CodedError {
  readonly code = "API_PROBLEM";
  readonly problem: ProblemCode;
  readonly extra: ProblemExtra;
  constructor(problem: ProblemCode, detail: string, extra: ProblemExtra = {}) {
    super(detail);
    this.problem = problem;
    this.extra = extra;
  }
}

/** Another program listens on our port. */
export class ApiPortBusyError extends CodedError {
  readonly code = "API_PORT_BUSY";
}

/** The address cannot be listened on: not ours, or not allowed. */
export class ApiAddressError extends CodedError {
  readonly code = "API_ADDRESS";
}

/** A setting that cannot be followed, found at start. */
export class ApiSettingError extends CodedError {
  readonly code = "API_SETTING";
}
