import { randomBytes, randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type * as z from "zod";
import { audit } from "./audit.ts";
import { authorize, callerOf, checkCsrf } from "./auth/authorize.ts";
import { type ClientInfo, createClientInfo } from "./client-info.ts";
import type { Api } from "./contract.ts";
import { isPageAddress, serveDashboard } from "./dashboard.ts";
import type { Allowance, RouteDeclaration } from "./declaration.ts";
import { ProblemError } from "./errors.ts";
import { handlers } from "./handlers.ts";
import { securityHeaders } from "./headers.ts";
import { Limiter } from "./limiter.ts";
import { describeProblem, type ProblemCode, type ProblemExtra } from "./problems.ts";
import { type Handled, type RouteCall, replied } from "./route.ts";
import { toProblem } from "./to-problem.ts";

const BASE = "/api/v1";
const BODY_LIMIT = 1024 * 1024;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The HTTP server, not listening yet. */
export async function buildServer(api: Api): Promise<FastifyInstance> {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    requestTimeout: 30_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: true,
  });
  const clientOf = createClientInfo(api.settings.trustedProxies);
  await server.register(cookie);
  server.addHook("onRequest", async (request, reply) => {
    reply.headers({ ...securityHeaders(clientOf(request).secure), "x-request-id": request.id });
  });
  const parse = server.getDefaultJsonParser("error", "error");
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parse(request, String(body), done);
  });
  server.setErrorHandler((error, request, reply) => sendProblem(api, error, request, reply));
  const hasDashboard = api.dashboardDir !== null && (await serveDashboard(server, api.dashboardDir));
  server.setNotFoundHandler((request, reply) =>
    hasDashboard && isPageAddress(request.method, request.url)
      ? reply.sendFile("index.html")
      : problemReply(reply, "not_found", "There is nothing at this address."),
  );
  addRoutes(server, api, clientOf);
  return server;
}

function addRoutes(
  server: FastifyInstance,
  api: Api,
  clientOf: (request: FastifyRequest) => ClientInfo,
): void {
  const limiter = new Limiter();
  for (const [path, routes] of Map.groupBy(handlers, ({ declaration }) => declaration.path)) {
    const url = `${BASE}${path.replaceAll(/\{(\w+)\}/gu, ":$1")}`;
    for (const route of routes)
      server.route({
        method: route.declaration.method,
        url,
        handler: (request, reply) =>
          answer({ api, limiter, client: clientOf(request) }, route, request, reply),
      });
    const allowed = routes.map(({ declaration }) => declaration.method as string);
    server.route({
      method: METHODS.filter((method) => !allowed.includes(method)),
      url,
      handler: (request, reply) => {
        void reply.header("allow", allowed.join(", "));
        return problemReply(reply, "method_not_allowed", `Use ${allowed.join(" or ")}.`);
      },
    });
  }
}

interface Served {
  readonly api: Api;
  readonly limiter: Limiter;
  readonly client: ClientInfo;
}

async function answer(served: Served, route: Handled, request: FastifyRequest, reply: FastifyReply) {
  const { api, client } = served;
  const { declaration } = route;
  const caller = declaration.role === "public" ? null : await callerOf(api, request);
  const call: RouteCall = {
    api,
    request,
    reply,
    client,
    get caller() {
      if (caller === null) throw new ProblemError("unauthenticated", "Sign in first.");
      return caller;
    },
  };
  const isUnsafe = declaration.method !== "GET";
  const record = (result: string): Promise<void> =>
    isUnsafe && caller !== null ? audit(call, { caller, action: declaration.id, result }) : Promise.resolve();
  try {
    limit(served, declaration, caller?.session ?? client.ip, reply);
    authorize(declaration, caller);
    if (isUnsafe) checkCsrf(api, call, caller);
    const input = readInput(declaration, request);
    const value = await route.run(call, input);
    await record("ok");
    if (value === replied) return reply;
    return await reply
      .code(reply.statusCode === 200 ? (declaration.status ?? 200) : reply.statusCode)
      .header("cache-control", "no-store")
      .type("application/json; charset=utf-8")
      .send(JSON.stringify(value));
  } catch (error) {
    await record(error instanceof ProblemError ? error.problem : "error");
    throw error;
  }
}

function limit(
  { api, limiter }: Served,
  declaration: RouteDeclaration,
  client: string,
  reply: FastifyReply,
): void {
  const allowance = allowanceOf(declaration);
  if (!api.settings.limiterEnabled || allowance === "none" || allowance === "login") return;
  const verdict = limiter.take(client, allowance, api.clock.now());
  void reply.headers({
    ratelimit: `"${allowance}";r=${verdict.remaining};t=${verdict.resetS}`,
    "ratelimit-policy": `"${allowance}";q=${verdict.limit};w=60`,
  });
  if (!verdict.allowed)
    throw new ProblemError("rate", `At most ${verdict.limit} such requests a minute.`, {
      retry_after: verdict.resetS,
    });
}

const allowanceOf = (declaration: RouteDeclaration): Allowance =>
  declaration.allowance ?? (declaration.method === "GET" ? "read" : "write");

/** @throws {ProblemError} invalid, unsupported_media_type */
function readInput(declaration: RouteDeclaration, request: FastifyRequest) {
  const issues: { pointer: string; message: string }[] = [];
  const read = (place: string, shape: z.ZodObject | undefined, value: unknown): Record<string, unknown> => {
    const given = (value ?? {}) as Record<string, unknown>;
    if (shape === undefined) {
      for (const key of Object.keys(given))
        issues.push({ pointer: `/${place}/${key}`, message: "The route does not know this." });
      return {};
    }
    const parsed = shape.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) issues.push(...describeIssue(place, issue));
    return {};
  };
  if (declaration.body !== undefined && request.body === undefined)
    throw new ProblemError("unsupported_media_type", "Send a JSON body with Content-Type application/json.");
  const input = {
    params: read("path", declaration.params, request.params),
    query: read("query", declaration.query, request.query),
    body: read("body", declaration.body, request.body),
  };
  if (issues.length > 0)
    throw new ProblemError("invalid", issues[0]?.message ?? "", { errors: issues.slice(0, 20) });
  return input;
}

function describeIssue(place: string, issue: z.core.$ZodIssue): { pointer: string; message: string }[] {
  const at = ["", place, ...issue.path.map((part) => String(part).slice(0, 64))].join("/");
  if (issue.code !== "unrecognized_keys") return [{ pointer: at, message: issue.message }];
  return issue.keys.map((key) => ({
    pointer: `${at}/${key.slice(0, 64)}`,
    message: "The route does not know this.",
  }));
}

function problemReply(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  extra: ProblemExtra = {},
): FastifyReply {
  const problem = describeProblem(code, detail, reply.request.url.split("?", 1)[0] ?? "", extra);
  if (extra.retry_after !== undefined) void reply.header("retry-after", Math.ceil(extra.retry_after));
  return reply
    .code(problem.status)
    .header("cache-control", "no-store")
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(problem));
}

function sendProblem(api: Api, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, detail, extra } = toProblem(error);
  if (code !== "internal") return problemReply(reply, code, detail, extra);
  const error_id = randomBytes(8).toString("hex");
  api.log.error({ error, error_id, request_id: request.id }, "A request failed.");
  return problemReply(reply, code, detail, { error_id });
}
