import { CodedError } from "#kernel/errors.ts";
import { ProblemError } from "./errors.ts";
import type { ProblemCode, ProblemExtra } from "./problems.ts";

interface Told {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extra: ProblemExtra;
}

const invalid = (message: string): Told => ({
  code: "invalid",
  detail: message,
  extra: { errors: [{ pointer: "/query", message }] },
});

const database: Told = {
  code: "unavailable",
  detail: "The store does not answer at the moment.",
  extra: { what: "database", retry_after: 2 },
};

/** Errors of the store come out of its threads with their own code kept. */
function ofStore(code: string, message: string): Told | undefined {
  switch (code) {
    case "STORE_QUERY_TIMEOUT":
      return {
        code: "query_timeout",
        detail: "The query was stopped. Narrow it: a time range, an address, a decky or a service.",
        extra: {},
      };
    case "STORE_DATA":
      return invalid(message);
    case "STORE_BUSY":
    case "STORE_FULL":
    case "STORE_OVERLOADED":
    case "STORE_THREAD":
      return database;
    default:
      return undefined;
  }
}

const byStatus: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  400: ["malformed", "The request cannot be read."],
  413: ["too_large", "The body is larger than 1 MiB."],
  415: ["unsupported_media_type", "Send JSON with Content-Type application/json."],
};

/** What a client is told about an error. Anything unexpected is `internal` and says nothing. */
export function toProblem(error: unknown): Told {
  if (error instanceof ProblemError)
    return { code: error.problem, detail: error.message, extra: error.extra };
  if (error instanceof CodedError) {
    const code =
      "remoteCode" in error && typeof error.remoteCode === "string" ? error.remoteCode : error.code;
    const told = ofStore(code, error.message);
    if (told !== undefined) return told;
  }
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  const known = byStatus[status];
  if (known !== undefined) return { code: known[0], detail: known[1], extra: {} };
  if (status >= 400 && status < 500)
    return { code: "malformed", detail: "The request cannot be read.", extra: {} };
  return { code: "internal", detail: "The error is in the server's log under this error_id.", extra: {} };
}
