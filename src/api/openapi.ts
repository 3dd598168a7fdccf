import * as z from "zod";
import type { RouteDeclaration } from "./declaration.ts";
import { declarations } from "./declarations.ts";
import { type ProblemCode, problemCodes, problemShape, problems } from "./problems.ts";

type Json = { [key: string]: unknown };

/** Problems that follow from what a route declares. */
function problemsOf(route: RouteDeclaration): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>(["malformed", "internal", "unavailable", ...(route.problems ?? [])]);
  if (route.role !== "public") codes.add("unauthenticated");
  if (route.role === "viewer" || route.role === "admin") codes.add("password_change_required");
  if (route.role === "admin") codes.add("forbidden");
  if (route.method !== "GET") codes.add("csrf");
  if (route.params !== undefined) codes.add("not_found");
  if (route.params !== undefined || route.query !== undefined || route.body !== undefined)
    codes.add("invalid");
  if (route.query === undefined) codes.add("invalid");
  if (route.body !== undefined) codes.add("too_large").add("unsupported_media_type");
  if (route.allowance !== "none") codes.add("rate");
  return [...codes];
}

/** Moves the named shapes of a schema to `components` and points to them there. */
function hoist(schema: z.ZodType, io: "input" | "output", components: Json): unknown {
  const { $schema, $defs, ...root } = z.toJSONSchema(schema, { io, target: "draft-2020-12" }) as Json;
  void $schema;
  for (const [name, shape] of Object.entries(($defs ?? {}) as Json)) {
    const moved = repoint(shape);
    const known = components[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(moved))
      throw new TypeError(`Two different shapes are named ${name}.`);
    components[name] = moved;
  }
  return repoint(root);
}

function repoint(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(repoint);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === "$ref" && typeof inner === "string"
        ? inner.replace("#/$defs/", "#/components/schemas/")
        : repoint(inner),
    ]),
  );
}

function parameters(route: RouteDeclaration, components: Json): Json[] {
  const list: Json[] = [];
  for (const [place, shape] of [
    ["path", route.params],
    ["query", route.query],
  ] as const) {
    if (shape === undefined) continue;
    const { properties = {}, required = [] } = hoist(shape, "input", components) as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    for (const [name, { description, ...schema }] of Object.entries(properties))
      list.push({
        name,
        in: place,
        required: place === "path" || required.includes(name),
        ...(description === undefined ? {} : { description }),
        schema,
      });
  }
  return list;
}

const problemRef = { $ref: "#/components/schemas/Problem" };

const statusesOf = (codes: readonly ProblemCode[]): readonly number[] =>
  [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b);

/** One shared reply per status; which codes an operation can answer stands in its `x-problems`. */
const problemResponses = (): Json =>
  Object.fromEntries(
    statusesOf(problemCodes).map((status) => [
      `Problem${status}`,
      {
        description: problemCodes.filter((code) => problems[code].status === status).join(", "),
        content: { "application/problem+json": { schema: problemRef } },
      },
    ]),
  );

function responses(route: RouteDeclaration, components: Json): Json {
  const schema = hoist(route.response, "output", components);
  const content = { [route.produces ?? "application/json"]: { schema } };
  const byStatus: Json = { [route.status ?? 200]: { description: "Success", content } };
  for (const status of statusesOf(problemsOf(route)))
    byStatus[status] = { $ref: `#/components/responses/Problem${status}` };
  for (const status of route.alsoStatus ?? [])
    byStatus[status] = {
      description: "The same body, or a problem",
      content: { ...content, "application/problem+json": { schema: problemRef } },
    };
  return byStatus;
}

function operation(route: RouteDeclaration, components: Json): Json {
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    "x-role": route.role,
    "x-problems": problemsOf(route),
    security: route.role === "public" ? [] : [{ cookie: [] }, { bearer: [] }],
    parameters: parameters(route, components),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: hoist(route.body, "input", components) } },
          },
        }),
    responses: responses(route, components),
  };
}

/** The OpenAPI 3.1 document, built from the declarations that also validate. */
export function buildOpenApi(): Json {
  const schemas: Json = {};
  hoist(problemShape, "output", schemas);
  const paths: Record<string, Json> = {};
  for (const route of declarations) {
    const methods = (paths[`/api/v1${route.path}`] ??= {});
    methods[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: { title: "DECNET", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: problemResponses(),
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "decnet_session" },
        bearer: { type: "http", scheme: "bearer" },
      },
    },
  };
}
