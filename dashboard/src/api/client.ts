import createClient, { type Middleware } from "openapi-fetch";
import { ApiProblem, type ProblemText } from "./problem.ts";
import type { paths } from "./schema.d.ts";
import { words } from "./words.ts";

let csrfToken: string | null = null;
let onSignedOut: () => void = () => {};

/** The token comes with the session and goes only into a header, never into storage. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Called whenever a call finds that nobody is signed in any more. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

const SAFE = new Set(["GET", "HEAD"]);

const guard: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method) && csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok) return undefined;
    const problem = await readProblem(response);
    if (response.status === 401 && !request.url.endsWith("/auth/login")) onSignedOut();
    throw new ApiProblem(problem);
  },
  onError({ error }) {
    if (error instanceof ApiProblem) return error;
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return new ApiProblem(
      { title: words.unreachable, detail: words.unreachableDetail, status: 0 },
      { cause: error },
    );
  },
};

export async function readProblem(response: Response): Promise<ProblemText> {
  const fallback: ProblemText = {
    title: `${response.status} ${response.statusText}`.trim(),
    status: response.status,
  };
  try {
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null || !("title" in body)) return fallback;
    return { ...fallback, ...(body as Partial<ProblemText>) };
  } catch {
    return fallback;
  }
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  // Looked up at each call, so that a test can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});
api.use(guard);

type Filled<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

/** Leaves out what is not set: an unknown or empty query parameter is refused by the server. */
export function given<T extends object>(query: T): Partial<Filled<T>> {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined && value !== ""),
  ) as Partial<Filled<T>>;
}

type GetOf<P extends keyof paths> = paths[P] extends { readonly get: infer G } ? G : never;
type BodyOf<P extends keyof paths> =
  GetOf<P> extends {
    readonly responses: { readonly 200: { readonly content: { readonly "application/json": infer B } } };
  }
    ? B
    : never;
type ParamsOf<P extends keyof paths> =
  GetOf<P> extends { readonly parameters: infer A } ? Pick<A, keyof A & ("query" | "path")> : never;

interface GetInit<P extends keyof paths> {
  readonly params?: ParamsOf<P>;
  readonly signal?: AbortSignal;
}

/**
 * Reads a resource. The body type is taken from the document itself, because the client's own mapping of it
 * loses read-only arrays.
 *
 * @throws {ApiProblem} for every reply that is not a success, and when there is none.
 */
export async function get<P extends keyof paths>(path: P, init: GetInit<P> = {}): Promise<BodyOf<P>> {
  const { data } = await api.GET(path as never, init as never);
  if (data === undefined) throw new ApiProblem({ title: words.unreachable, status: 0 });
  return data as BodyOf<P>;
}

/** Takes the data of a call; the guard has turned every failure into a thrown problem. */
export async function dataOf<T>(call: Promise<{ data?: T | undefined }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new ApiProblem({ title: words.unreachable, status: 0 });
  return data;
}
