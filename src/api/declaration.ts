import type * as z from "zod";
import type { ProblemCode } from "./problems.ts";

/** `public`: anybody; `user`: signed in, even before a password change; `viewer` reads; `admin` does everything. */
type RouteRole = "public" | "user" | "viewer" | "admin";

/** Which allowance of requests a route draws from. */
export type Allowance = "read" | "write" | "search" | "login" | "password" | "none";

export interface RouteDeclaration {
  /** Operation id of the OpenAPI document; also the action name in the audit log. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string;
  readonly role: RouteRole;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Of the success reply; a stream describes one frame. */
  readonly response: z.ZodType;
  readonly status?: 200 | 201 | 202;
  readonly produces?: "application/json" | "text/event-stream" | "application/x-asciicast";
  /** Beyond those that follow from role, parameters and body. */
  readonly problems?: readonly ProblemCode[];
  /** Statuses other than `status` that carry the same body: `/health` answers 503 with its report. */
  readonly alsoStatus?: readonly 503[];
  readonly allowance?: Allowance;
}

/** An identity function; it is here so the shapes are inferred. */
export const defineRoute = <const D extends RouteDeclaration>(declaration: D): D => declaration;
