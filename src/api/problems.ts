import * as z from "zod";

/** Every code a reply can carry. Closed: `docs/api.md` lists the same codes and a test compares both. */
export const problems = {
  malformed: { status: 400, title: "The request cannot be read" },
  bad_cursor: { status: 400, title: "The cursor was changed or belongs to another query" },
  bad_name: { status: 400, title: "The name is not well-formed" },
  unauthenticated: { status: 401, title: "Sign in first" },
  bad_credentials: { status: 401, title: "User name or password is wrong" },
  forbidden: { status: 403, title: "Your role does not allow this" },
  csrf: { status: 403, title: "The request did not come from our own page" },
  password_change_required: { status: 403, title: "Change your password first" },
  not_found: { status: 404, title: "There is no such thing" },
  method_not_allowed: { status: 405, title: "The route does not have this method" },
  conflict: { status: 409, title: "The present state does not allow this" },
  last_admin: { status: 409, title: "This is the last enabled administrator" },
  version: { status: 409, title: "Someone else changed it meanwhile" },
  too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body needs another media type" },
  invalid: { status: 422, title: "The request does not fit the declaration of the route" },
  rate: { status: 429, title: "Too many requests" },
  capacity: { status: 429, title: "All places are taken" },
  internal: { status: 500, title: "Something broke on our side" },
  unavailable: { status: 503, title: "A part that is needed does not answer" },
  query_timeout: { status: 503, title: "The query took too long" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

export const problemShape = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(problemCodes),
    errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
    error_id: z.string().optional().meta({ description: "Names the entry in the server's own log." }),
    retry_after: z.number().optional().meta({ description: "Seconds." }),
    what: z.string().optional().meta({ description: "The part that does not answer." }),
  })
  .meta({ id: "Problem", description: "RFC 9457; `type` is `/problems/<code>`." });

export type Problem = z.output<typeof problemShape>;
export type ProblemExtra = Pick<Problem, "errors" | "error_id" | "retry_after" | "what">;

export const describeProblem = (
  code: ProblemCode,
  detail: string,
  instance: string,
  extra: ProblemExtra = {},
): Problem => ({
  type: `/problems/${code}`,
  title: problems[code].title,
  status: problems[code].status,
  detail,
  instance,
  code,
  ...extra,
});
