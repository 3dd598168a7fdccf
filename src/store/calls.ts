import type { CodedError } from "#kernel/errors.ts";

/** What crosses between the client and a query thread. */
export interface Call {
  readonly id: number;
  readonly repository: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface CallFailure {
  readonly code: CodedError["code"];
  readonly message: string;
  readonly retryable: boolean;
}

export type FromQueryThread =
  | { readonly kind: "ready" }
  | { readonly kind: "unready"; readonly error: CallFailure }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: CallFailure };

export interface QueryThreadData {
  readonly path: string;
}

/** The role under which `app` starts a thread that runs `serveQueries`. */
export const QUERY_THREAD_ROLE = "store-query";
