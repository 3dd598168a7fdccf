import type { FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";
import type { Caller } from "./auth/caller.ts";
import type { ClientInfo } from "./client-info.ts";
import type { Api } from "./contract.ts";
import type { RouteDeclaration } from "./declaration.ts";

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
  readonly client: ClientInfo;
  /** @throws {ProblemError} unauthenticated, on public routes without sign-in */
  readonly caller: Caller;
}

/** Marks a reply that the handler has written itself. */
export const replied: unique symbol = Symbol("replied");

export interface Handled {
  readonly declaration: RouteDeclaration;
  run(call: RouteCall, input: RouteInput<RouteDeclaration>): Promise<unknown>;
}

export function handle<D extends RouteDeclaration>(
  declaration: D,
  run: (call: RouteCall, input: RouteInput<D>) => Promise<z.input<D["response"]> | typeof replied>,
): Handled {
  return { declaration, run: run as Handled["run"] };
}
