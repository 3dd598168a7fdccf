import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSecretKey } from "./auth/secret-key.ts";
import { Limiter } from "./limiter.ts";
import { openTestApi } from "./testing/open-api.ts";
import { checkAddress, checkPortFree } from "./worker.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "decnet-api-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the port", () => {
  it("is found to be taken before anything is started", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const place = { host: "127.0.0.1", port };
    await expect(checkPortFree(place)).rejects.toMatchObject({ code: "API_PORT_BUSY" });
    await expect(openTestApi({}, { port })).rejects.toMatchObject({ code: "API_PORT_BUSY" });
    other.close();
    await once(other, "close");
    expect(await checkPortFree(place)).toBeUndefined();
  });

  it("is on loopback, or somebody has said that it need not be", () => {
    for (const host of ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
      expect(checkAddress({ host, allowPlainHttp: false })).toBeUndefined();
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org"]) {
      expect(() => checkAddress({ host, allowPlainHttp: false })).toThrow("DECNET_ALLOW_PLAIN_HTTP");
      expect(checkAddress({ host, allowPlainHttp: true })).toBeUndefined();
    }
  });

  it("is not a host's that does not exist", async () => {
    await expect(checkPortFree({ host: "192.0.2.1", port: 0 })).rejects.toMatchObject({
      code: "API_ADDRESS",
    });
  });
});

describe("the secret key", () => {
  it("is made once, for its owner only, and read again", () => {
    const file = join(folder, "secret.key");
    const key = openSecretKey(undefined, file);
    expect(key.length).toBe(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openSecretKey(undefined, file)).toEqual(key);
    expect(openSecretKey(Buffer.alloc(32, 7).toString("base64"), file)).toEqual(Buffer.alloc(32, 7));
    expect(readFileSync(file, "utf8").trim()).toBe(Buffer.from(key).toString("base64"));
  });

  it("is not guessed from a damaged file", () => {
    const file = join(folder, "secret.key");
    writeFileSync(file, "short\n");
    expect(() => openSecretKey(undefined, file)).toThrow(file);
  });
});

describe("the dashboard", () => {
  it("is served with its policy, and every page address gets the application", async () => {
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>here</title>");
    writeFileSync(join(folder, "assets", "main-abc.js"), "export {};");
    await using api = await openTestApi({ dashboardDir: folder });
    for (const path of ["/", "/logs?search=a.b", "/attackers/x.y", "/login"]) {
      const response = await fetch(`${api.url}${path}`);
      expect([path, response.status, await response.text()]).toEqual([
        path,
        200,
        expect.stringContaining("here"),
      ]);
      expect(response.headers.get("content-security-policy")).toContain(
        "script-src 'self' 'wasm-unsafe-eval'",
      );
      expect(response.headers.get("cache-control")).toBe("no-cache");
    }
    const script = await fetch(`${api.url}/assets/main-abc.js`);
    expect(script.headers.get("cache-control")).toContain("immutable");
    expect(script.headers.get("content-type")).toContain("javascript");
    for (const path of ["/assets/gone.js", "/api/v1/gone", "/api/", "/assets/..%2f..%2fetc/passwd"])
      expect([path, (await fetch(`${api.url}${path}`)).status]).toEqual([
        path,
        expect.toSatisfy((status) => status === 404 || status === 403 || status === 400),
      ]);
    expect((await fetch(`${api.url}/login`, { method: "POST" })).status).toBe(404);
  });

  it("is not needed by the API", async () => {
    await using api = await openTestApi({ dashboardDir: join(folder, "nothing") });
    expect((await fetch(`${api.url}/`)).status).toBe(404);
    expect((await fetch(`${api.url}/api/v1/healthz`)).status).toBe(200);
  });
});

describe("health", () => {
  it("answers 503 with its report when a part fails that evidence needs", async () => {
    const report = {
      status: "unhealthy" as const,
      components: { ingester: { status: "failing" as const, detail: "disk full" } },
      generated_at: "2026-07-19T14:22:34Z",
    };
    await using api = await openTestApi({ health: () => report, waitingFor: () => ["ingester"] });
    await api.addUser("admin", "admin");
    const health = await api.get("/health", await api.token("admin"));
    expect([health.status, await health.json()]).toEqual([503, report]);
    const ready = await fetch(`${api.url}/api/v1/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, waiting_for: ["ingester"] }]);
  });
});

describe("the limiter", () => {
  it("allows so many a minute, fills evenly, and keeps clients and allowances apart", () => {
    const limiter = new Limiter();
    const take = (client: string, now: number) => limiter.take(client, "search", now);
    for (let i = 0; i < 60; i += 1) expect(take("a", 0).allowed).toBe(true);
    expect(take("a", 0)).toEqual({ allowed: false, limit: 60, remaining: 0, resetS: 1 });
    expect(take("b", 0).allowed).toBe(true);
    expect(limiter.take("a", "read", 0).allowed).toBe(true);
    expect(take("a", 1001).allowed).toBe(true);
    expect(take("a", 1002).allowed).toBe(false);
  });

  it("says on each reply what is left, and answers 429 with the time to wait", async () => {
    await using api = await openTestApi({}, { limiterEnabled: true });
    await api.addUser("admin", "admin");
    const token = await api.token("admin");
    const first = await api.get("/logs/facets", token);
    expect(first.headers.get("ratelimit-policy")).toBe('"search";q=60;w=60');
    let response = first;
    for (let i = 0; i < 80 && response.status === 200; i += 1)
      response = await api.get("/logs/facets", token);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await api.get("/stats", token)).status).toBe(200);
  });
});

it("says goodbye to open streams and ends within a second", async () => {
  const api = await openTestApi();
  await api.addUser("admin", "admin");
  const token = await api.token("admin");
  const stream = await api.get("/stream", token);
  const text = stream.text();
  const before = Date.now();
  await api[Symbol.asyncDispose]();
  expect(await text).toContain('event: bye\ndata: {"reason":"stopping"}');
  expect(Date.now() - before).toBeLessThan(1500);
});
