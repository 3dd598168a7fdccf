/** What a failed call tells the reader; the shape of RFC 9457 as our server fills it. */
export interface ProblemText {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly error_id?: string | undefined;
  readonly retry_after?: number | undefined;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[] | undefined;
}

/** A reply of the API that is not what was asked for, or no reply at all (`status` 0). */
export class ApiProblem extends Error {
  readonly problem: ProblemText;

  constructor(problem: ProblemText, options?: ErrorOptions) {
    super(problem.title, options);
    this.name = "ApiProblem";
    this.problem = problem;
  }
}
