import type { FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";
import type { Caller } from "./auth/caller.ts";
import type { Api } from "./contract.ts";
import type { ProblemCode } from "./problems.ts";

/** `public`: anybody; `user`: signed in, even before a password change; `viewer` reads; `admin` does everything. */
export type RouteRole = "public" | "user" | "viewer" | "admin";

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

type OutputOf<S> = S extends z.ZodType ? z.output<S> : Readonly<Record<never, never>>;

export interface RouteInput<D extends RouteDeclaration> {
  readonly params: OutputOf<D["params"]>;
  readonly query: OutputOf<D["query"]>;
  readonly body: OutputOf<D["body"]>;
}

export interface RouteCall {
  readonly api: Api;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Address of the client: the peer, or what a trusted proxy says. */
  readonly ip: string;
  /** @throws {ProblemError} unauthenticated, on public routes without sign-in */
  readonly caller: Caller;
}

/** Marks a reply that the handler has written itself. */
export const replied: unique symbol = Symbol("replied");

export interface Handled {
  readonly declaration: RouteDeclaration;
  run(call: RouteCall, input: RouteInput<RouteDeclaration>): Promise<unknown>;
}

/** An identity function; it is here so the shapes are inferred. */
export const defineRoute = <const D extends RouteDeclaration>(declaration: D): D => declaration;

export function handle<D extends RouteDeclaration>(
  declaration: D,
  run: (call: RouteCall, input: RouteInput<D>) => Promise<z.input<D["response"]> | typeof replied>,
): Handled {
  return { declaration, run: run as Handled["run"] };
}
