import type { FastifyRequest } from "fastify";
import type { Api } from "../contract.ts";
import type { RouteDeclaration } from "../declaration.ts";
import { ProblemError } from "../errors.ts";
import type { RouteCall } from "../route.ts";
import type { Caller } from "./caller.ts";

export const SESSION_COOKIE = "decnet_session";
export const DEVICE_COOKIE = "decnet_device";

/** Who makes this request, or null. A request with `Authorization` ignores cookies. */
export function callerOf(api: Api, request: FastifyRequest): Promise<Caller | null> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer ([A-Za-z0-9._~+/-]{1,128}=*)$/iu.exec(authorization)?.[1];
    return token === undefined ? Promise.resolve(null) : api.authentication.recognise(token, "token");
  }
  const token = request.cookies[SESSION_COOKIE];
  return token === undefined ? Promise.resolve(null) : api.authentication.recognise(token, "cookie");
}

/** @throws {ProblemError} unauthenticated, password_change_required, forbidden */
export function authorize(declaration: RouteDeclaration, caller: Caller | null): void {
  const { role } = declaration;
  if (role === "public") return;
  if (caller === null) throw new ProblemError("unauthenticated", "Sign in first.");
  if (role === "user") return;
  if (caller.mustChangePassword)
    throw new ProblemError(
      "password_change_required",
      "Change your password first: POST /auth/change-password.",
    );
  if (role === "admin" && caller.user.role !== "admin")
    throw new ProblemError("forbidden", "Only administrators may do this.");
}

const oneOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/**
 * A page of another origin can make a browser send our cookie, but neither our header nor a same-origin mark.
 *
 * @throws {ProblemError} csrf
 */
export function checkCsrf(
  api: Api,
  { request, client }: Pick<RouteCall, "request" | "client">,
  caller: Caller | null,
): void {
  if (caller === null) {
    // Sign-in: a page elsewhere must not sign a browser in under a name of its own.
    const site = oneOf(request.headers["sec-fetch-site"]);
    const { origin } = request.headers;
    const isForeign = origin === undefined ? site === "cross-site" : origin !== client.origin;
    if (isForeign && request.headers.authorization === undefined)
      throw new ProblemError("csrf", "The request came from a page of another origin.");
    return;
  }
  if (caller.via === "token") return;
  const site = oneOf(request.headers["sec-fetch-site"]);
  const isOurs = site === undefined ? request.headers.origin === client.origin : site === "same-origin";
  if (!isOurs) throw new ProblemError("csrf", "The request did not come from our own page.");
  if (!api.authentication.isCsrfToken(caller, oneOf(request.headers["x-csrf-token"])))
    throw new ProblemError("csrf", "The header X-CSRF-Token is missing or wrong.");
}
