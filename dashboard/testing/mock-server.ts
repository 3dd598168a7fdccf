import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import type { LogEvent } from "../src/api/model.ts";
import { matches, read, statsOf } from "./mock-read.ts";
import { createWorld, type World } from "./seeded.ts";
import { castOf } from "./seeded-cast.ts";

/**
 * Stands in for the API while pages are looked at and tested in a browser: the built files under the real
 * content policy, canned rows in the real shapes, and a stream that makes events. It knows only the filters that tests use.
 */
export interface MockOptions {
  readonly seed?: number;
  readonly events?: number;
  /** Per second. */
  readonly rate?: number;
  readonly mustChangePassword?: boolean;
  readonly role?: "admin" | "viewer";
  readonly isSignedIn?: boolean;
  readonly isEmpty?: boolean;
}

export interface Mock extends AsyncDisposable {
  readonly url: string;
  readonly world: World;
  /** Reports of the content policy that browsers sent. */
  readonly reports: string[];
  emit(count: number): void;
  dropStreams(): void;
}

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const DIST = join(import.meta.dirname, "..", "dist");
const PASSWORD = "correct horse battery";

export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const world = createWorld(options.seed ?? 7, Date.now(), options.isEmpty ? 0 : (options.events ?? 3000));
  if (options.isEmpty) {
    for (const list of [world.attackers, world.sessions, world.credentials, world.commands, world.sightings])
      list.length = 0;
    for (const [index, decky] of world.deckies.entries())
      world.deckies[index] = { ...decky, hits: 0, last_event_at: null, state: "running" };
  }
  const state = {
    isSignedIn: options.isSignedIn ?? true,
    mustChange: options.mustChangePassword ?? false,
    failures: 0,
    frame: 0,
  };
  const clients = new Set<{ readonly reply: ServerResponse; readonly search: string }>();
  const reports: string[] = [];

  const session = () => ({
    user: { uuid: "7f0c1d2e-0000-4000-8000-000000000001", username: "admin", role: options.role ?? "admin" },
    must_change_password: state.mustChange,
    csrf_token: "t",
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    features: { version: "0.1.0", store: "sqlite", viewer_sees_secrets: false, idle_lock_minutes: 30 },
  });

  const send = (events: readonly LogEvent[]) => {
    state.frame += 1;
    for (const { reply, search } of clients) {
      const rows = events.filter((event) => matches(event, search));
      if (rows.length > 0)
        reply.write(`id: e-${state.frame}\ndata: ${JSON.stringify({ type: "logs", data: rows })}\n\n`);
      reply.write(
        `id: e-${state.frame}\ndata: ${JSON.stringify({ type: "stats", data: statsOf(world) })}\n\n`,
      );
    }
  };
  const emit = (count: number) => send(Array.from({ length: count }, () => world.next()));

  const server = createServer((request, reply) => {
    void answer(request, reply).catch((error: unknown) => {
      problem(reply, { status: 500, code: "internal", title: String(error) });
    });
  });

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/v1/")) return serveFile(url.pathname, reply);
    const path = url.pathname.slice("/api/v1".length);
    if (path === "/auth/login") {
      const body = (await bodyOf(request)) as { password?: string };
      if (body.password !== PASSWORD) {
        state.failures += 1;
        return state.failures > 3
          ? problem(reply, { status: 429, code: "rate", title: "Too many requests", retry_after: 5 })
          : problem(reply, { status: 401, code: "bad_credentials", title: "User name or password is wrong" });
      }
      state.isSignedIn = true;
      return json(reply, session());
    }
    if (!state.isSignedIn)
      return problem(reply, { status: 401, code: "unauthenticated", title: "Sign in first" });
    if (path === "/auth/session") return json(reply, session());
    if (path === "/auth/logout") {
      state.isSignedIn = false;
      return json(reply, { message: "Signed out." });
    }
    if (path === "/auth/change-password") {
      const body = (await bodyOf(request)) as { old_password?: string };
      if (body.old_password !== PASSWORD)
        return problem(reply, {
          status: 401,
          code: "bad_credentials",
          title: "User name or password is wrong",
        });
      state.mustChange = false;
      return json(reply, { message: "Changed." });
    }
    if (path === "/stream") return stream(url.searchParams, reply);
    const cast = /^\/transcripts\/[^/]+\/([^/]+)\/cast$/.exec(path);
    if (cast) return sendCast(cast[1] ?? "", url.searchParams, reply);
    const found = read(world, path, url.searchParams);
    return found === undefined
      ? problem(reply, { status: 404, code: "not_found", title: "There is no such thing" })
      : json(reply, found);
  }

  function stream(query: URLSearchParams, reply: ServerResponse): void {
    reply.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    reply.write(": hello\n\n");
    const client = { reply, search: query.get("search") ?? "" };
    clients.add(client);
    reply.on("close", () => clients.delete(client));
  }

  function sendCast(sid: string, query: URLSearchParams, reply: ServerResponse): void {
    const found = world.sessions.find((each) => each.sid === sid);
    if (!found) return problem(reply, { status: 404, code: "not_found", title: "There is no such thing" });
    const lines = castOf(
      world.commands.filter(({ session_id }) => session_id === found.session_id),
      found.started_at,
    );
    reply.writeHead(200, { "content-type": "application/x-asciicast" });
    reply.write(`${lines.map(({ line }) => line).join("\n")}\n`);
    if (query.get("follow") !== "true" || found.state === "closed") return void reply.end();
    const begin = Date.parse(found.started_at);
    const timer = setInterval(() => {
      const at = (Date.now() - begin) / 1000;
      reply.write(`${JSON.stringify([at, "o", `tick ${at.toFixed(0)}\r\n`])}\n`);
    }, 700);
    reply.on("close", () => clearInterval(timer));
  }

  const timer = options.rate
    ? setInterval(() => emit(Math.max(1, Math.round((options.rate ?? 0) / 10))), 100)
    : undefined;
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    reports,
    emit,
    dropStreams: () => {
      for (const { reply } of clients) reply.destroy();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const { reply } of clients) reply.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });

async function serveFile(path: string, reply: ServerResponse): Promise<void> {
  const wanted = extname(path) === "" ? "/index.html" : normalize(path);
  try {
    const content = await readFile(join(DIST, wanted));
    reply.writeHead(200, {
      "content-type": TYPES[extname(wanted)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    });
    reply.end(content);
  } catch {
    reply.writeHead(404).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}");
}

function json(reply: ServerResponse, body: unknown): void {
  reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

interface MockProblem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly retry_after?: number;
}

function problem(reply: ServerResponse, { status, code, title, ...more }: MockProblem): void {
  reply.writeHead(status, { "content-type": "application/problem+json" });
  reply.end(
    JSON.stringify({ type: `/problems/${code}`, title, status, detail: title, instance: "/", code, ...more }),
  );
}
