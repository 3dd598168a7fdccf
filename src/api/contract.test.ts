import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RouteDeclaration } from "./declaration.ts";
import { declarations } from "./declarations.ts";
import { handlers } from "./handlers.ts";
import { buildOpenApi } from "./openapi.ts";
import { problemCodes } from "./problems.ts";
import { anyText } from "./testing/any-text.ts";
import { KNOWN_SID, openTestApi, PASSWORD, type TestApi } from "./testing/open-api.ts";
import { seedCommand, seedCredential, seedEvent, seedSession, seedSighting, uuidOf } from "./testing/seed.ts";

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly "x-role": string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, { readonly schema: object }>>; readonly $ref?: string }
    >
  >;
}

const document = buildOpenApi() as {
  paths: Record<string, Record<string, Omit<Operation, "path" | "method">>>;
  components: { schemas: Record<string, object> };
};
const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
);
const quick = operations.filter(({ operationId }) => operationId !== "stream");

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "doc", components: document.components });

function faults(schema: object, value: unknown): unknown {
  const pointed = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/components/', '"doc#/components/'),
  ) as object;
  const validate = ajv.compile(pointed);
  return validate(value) ? [] : validate.errors;
}

let api: TestApi;
let admin = "";
let viewer = "";
let session = "";
let event = "";

beforeAll(async () => {
  api = await openTestApi();
  await api.addUser("admin", "admin");
  await api.addUser("watcher", "viewer");
  admin = await api.token("admin");
  viewer = await api.token("watcher");
  session = seedSession(api.db, "192.0.2.1", { sid: KNOWN_SID });
  for (let i = 0; i < 5; i += 1)
    seedEvent(api.db, {
      attacker_ip: "192.0.2.1",
      sid: KNOWN_SID,
      fields: { username: `u${i}`, password: "hunter2" },
    });
  seedEvent(api.db, { attacker_ip: "2001:db8::5" });
  seedEvent(api.db, { attacker_ip: null, event_type: "startup" });
  seedCommand(api.db, "192.0.2.1", session, "uname -a");
  seedCredential(api.db, "192.0.2.1", ["root", "hunter2"], { success_count: 1, outcome: "success" });
  seedCredential(api.db, "192.0.2.1", [null, ""]);
  seedSighting(api.db, "192.0.2.1", "/tmp/x.sh");
  const first = await api.get("/logs?limit=1&sort=seq", admin);
  event = ((await first.json()) as { data: { id: string }[] }).data[0]?.id ?? "";
});

afterAll(() => api[Symbol.asyncDispose]());

const known = (operation: Operation): Readonly<Record<string, string>> => ({
  uuid: uuidOf("192.0.2.1"),
  ip: "192.0.2.1",
  decky: "web-01",
  sid: KNOWN_SID,
  name: "web-01",
  id: operation.operationId === "getLog" ? event : session,
});

const addressOf = (operation: Operation, values: Readonly<Record<string, string>>): string =>
  operation.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
    encodeURIComponent((values[name] ?? "x").toWellFormed()),
  );

const queryOf = (operation: Operation): string =>
  operation.operationId === "statsTop" ? "?what=attackers" : "";

async function call(operation: Operation, token: string | null, query = queryOf(operation), body?: unknown) {
  return fetch(`${api.url}${addressOf(operation, known(operation))}${query}`, {
    method: operation.method.toUpperCase(),
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const problem = (await response.json()) as { code: string; status: number };
  expect(faults({ $ref: "#/components/schemas/Problem" }, problem)).toEqual([]);
  expect(problem.status).toBe(response.status);
  return problem.code;
}

it("has a handler for each declared route, and the checked-in document is the declared one", () => {
  expect(declarations.length).toBeGreaterThan(25);
  expect(handlers.map(({ declaration }) => declaration.id).sort()).toEqual(
    declarations.map(({ id }) => id).sort(),
  );
  expect(new Set(declarations.map(({ id }) => id)).size).toBe(declarations.length);
  const checkedIn = readFileSync(new URL("../../schema/openapi.json", import.meta.url), "utf8");
  expect(JSON.parse(checkedIn)).toEqual(JSON.parse(JSON.stringify(document)));
});

it("documents every problem code and no other", () => {
  const text = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  const listed = [...text.matchAll(/^\| `([a-z_]+)` +\| \d{3} +\|/gmu)].map((match) => match[1]);
  expect(new Set(listed)).toEqual(new Set(problemCodes));
  expect(listed.length).toBe(problemCodes.length);
});

const declarationOf = (operation: Operation): RouteDeclaration =>
  declarations.find(({ id }) => id === operation.operationId) as RouteDeclaration;
const isRead = (operation: Operation): boolean => declarationOf(operation).method === "GET";
const tokenOf = (operation: Operation): string | null => (operation["x-role"] === "public" ? null : admin);

/** Operations for which a promise is made, by name. */
const those = (applies: (operation: Operation) => boolean) =>
  quick.filter(applies).map((operation) => [operation.operationId, operation] as const);

describe("every operation", () => {
  it.each(those((operation) => operation["x-role"] !== "public"))(
    "%s answers 401 without a sign-in",
    async (_, operation) => {
      const response = await call(operation, null);
      expect(response.status).toBe(401);
      expect(await problemOf(response)).toBe("unauthenticated");
    },
  );

  it.each(those((operation) => operation["x-role"] === "admin"))(
    "%s answers 403 to a viewer",
    async (_, operation) => {
      const response = await call(operation, viewer);
      expect(response.status).toBe(403);
      expect(await problemOf(response)).toBe("forbidden");
    },
  );

  it.each(those(() => true))("%s answers 422 to a parameter that it does not know", async (_, operation) => {
    const declaration = declarationOf(operation);
    const body = declaration.body === undefined ? undefined : {};
    const response = await call(operation, tokenOf(operation), "?nonsense=1", body);
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toBe("invalid");
  });

  it.each(those(isRead))("%s answers what the document says", async (_, operation) => {
    const response = await call(operation, tokenOf(operation));
    expect(response.status).toBe(200);
    const content = operation.responses["200"]?.content ?? {};
    const [type, media] = Object.entries(content)[0] ?? [];
    expect(response.headers.get("content-type")).toContain(type);
    const text = await response.text();
    const value: unknown = type === "application/json" ? JSON.parse(text) : text;
    expect(faults(media?.schema ?? {}, value)).toEqual([]);
  });

  it.each(those(isRead))(
    "%s answers no 500 to any parameter",
    async (_, operation) => {
      const value = fc.oneof(
        anyText(40),
        fc.constantFrom(
          "",
          "-1",
          "1e9",
          "NaN",
          "[]",
          "true",
          "__proto__",
          "%00",
          "'",
          "9".repeat(30),
          "2026-01-01T00:00:00Z",
          "0001-01-01T00:00:00Z",
          "24h",
          "desc",
          "a:b",
          "::1",
          "10.0.0.0/0",
          "2001:db8::/0",
        ),
      );
      const names = operation.parameters
        .filter((parameter) => parameter.in === "query")
        .map(({ name }) => name);
      const query =
        names.length === 0
          ? fc.constant({})
          : fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
      await fc.assert(
        fc.asyncProperty(
          query,
          fc.dictionary(fc.constantFrom("uuid", "ip", "decky", "sid", "name", "id"), value),
          async (asked, place) => {
            const parameters = new URLSearchParams(asked as Record<string, string>);
            if (operation.operationId === "statsTop" && !parameters.has("what"))
              parameters.set("what", "commands");
            const path = addressOf(operation, { ...known(operation), ...place });
            const response = await fetch(`${api.url}${path}?${parameters.toString()}`, {
              headers: { authorization: `Bearer ${admin}` },
            });
            const text = await response.text();
            expect([response.status < 500, text]).toEqual([true, text]);
          },
        ),
        { numRuns: 40 },
      );
    },
    30_000,
  );
});

describe.each(
  operations
    .filter(({ method }) => method === "post")
    .map((operation) => [operation.operationId, operation] as const),
)("%s", (_, operation) => {
  it("answers no 500 to any body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), anyText(60)), async (body) => {
        const response = await fetch(`${api.url}${operation.path}`, {
          method: "POST",
          headers: { authorization: "Bearer nobody", "content-type": "application/json" },
          body,
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 40 },
    );
  });

  it("answers 415 to a body that is no JSON", async () => {
    const response = await fetch(`${api.url}${operation.path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": "text/plain" },
      body: "username=admin",
    });
    expect(response.status).toBe(415);
    expect(await problemOf(response)).toBe("unsupported_media_type");
  });
});

it("answers no 500 to searches made of the pieces of the grammar, with any filter beside them", async () => {
  const piece = fc.constantFrom(
    "decky:",
    "attacker:",
    "asn:",
    "severity:",
    "session:",
    "country:",
    "username:",
    "field.x:",
    "-",
    "*",
    '"',
    " ",
    " ",
    "a",
    "web-01",
    "10.0.0.0/8",
    "2001:db8::/32",
    "192.0.2.1",
    "1..5",
    ">3",
    "DE",
    "100%",
    "a_b",
    "::1",
    "é",
    "\u0000",
    "'",
    "AND",
    "NOT",
    "(",
    ")",
  );
  const search = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(""));
  const filter = fc.record(
    {
      since: fc.constantFrom("15m", "7d"),
      decky: fc.constantFrom("web-01", "nowhere"),
      attacker_ip: fc.constantFrom("192.0.2.1", "192.0.0.0/16", "::/0"),
      session_id: fc.constantFrom(KNOWN_SID, "none"),
      severity: fc.constantFrom("0", "7"),
    },
    { requiredKeys: [] },
  );
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      search,
      filter,
      fc.constantFrom("logs", "logs/facets", "logs/histogram", "attackers", "credentials"),
      async (text, more, list) => {
        const only = list.startsWith("logs") ? more : {};
        const parameters = new URLSearchParams({ search: text, ...only });
        const response = await api.get(`/${list}?${parameters.toString()}`, admin);
        const body = await response.text();
        expect([response.status < 500, body]).toEqual([true, body]);
        if (response.status === 200) answered += 1;
      },
    ),
    { numRuns: 300 },
  );
  expect(answered).toBeGreaterThan(50);
}, 30_000);

it("answers 405 with the methods there are, and 404 elsewhere", async () => {
  const wrong = await fetch(`${api.url}/api/v1/logs`, { method: "DELETE" });
  expect([wrong.status, wrong.headers.get("allow"), await problemOf(wrong)]).toEqual([
    405,
    "GET",
    "method_not_allowed",
  ]);
  const nowhere = await fetch(`${api.url}/api/v1/nowhere`);
  expect([nowhere.status, await problemOf(nowhere)]).toEqual([404, "not_found"]);
});

it("carries the security headers on every reply", async () => {
  for (const path of ["/api/v1/healthz", "/api/v1/logs", "/api/v1/nowhere"]) {
    const { headers } = await fetch(`${api.url}${path}`);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/u);
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

it("signs in and answers what the document says", async () => {
  const login = operations.find(({ operationId }) => operationId === "login") as Operation;
  const schema = login.responses["200"]?.content?.["application/json"]?.schema ?? {};
  for (const grant of ["cookie", "token"]) {
    const response = await call(login, null, "", { username: "admin", password: PASSWORD, grant });
    expect(response.status).toBe(200);
    expect(faults(schema, await response.json())).toEqual([]);
  }
});
