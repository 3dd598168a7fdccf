import * as z from "zod";
import { defineRoute } from "../declaration.ts";
import { instant } from "../shapes.ts";

const component = z
  .strictObject({
    status: z.enum(["ok", "failing", "not_expected"]),
    detail: z.string().optional(),
    lag_events: z.number().optional(),
    lag_s: z.number().optional(),
  })
  .meta({ id: "HealthComponent" });

export const healthShape = z
  .strictObject({
    status: z.enum(["healthy", "degraded", "unhealthy"]),
    components: z.record(z.string(), component),
    generated_at: instant,
  })
  .meta({ id: "Health" });

export const getHealth = defineRoute({
  id: "getHealth",
  method: "GET",
  path: "/health",
  role: "viewer",
  tag: "system",
  summary: "Whether everything that should run here works; 503 when recording or storing fails",
  response: healthShape,
  alsoStatus: [503],
});

const workerInstance = z
  .strictObject({
    instance: z.string(),
    host: z.string(),
    pid: z.int(),
    state: z.string(),
    seconds_since: z.number(),
  })
  .meta({ id: "WorkerInstance" });

export const workerShape = z
  .strictObject({
    name: z.string(),
    status: z.enum(["ok", "stale", "unknown"]),
    state: z.string().nullable(),
    expected: z.boolean(),
    last_heartbeat_ts: z.number().nullable(),
    seconds_since: z.number().nullable(),
    host: z.string().nullable(),
    process: z.string().nullable(),
    installed: z.boolean(),
    controllable: z.boolean(),
    can: z.strictObject({ stop: z.boolean(), start: z.boolean(), restart: z.boolean() }),
    why_not: z.string().nullable(),
    extra: z.record(z.string(), z.unknown()),
    instances: z.array(workerInstance),
  })
  .meta({ id: "Worker" });

export const workersShape = z
  .strictObject({
    workers: z.array(workerShape),
    other: z.array(workerShape),
    generated_at: instant,
    bus_connected: z.boolean(),
    bus: z.strictObject({
      kind: z.enum(["local", "nats", "off"]),
      connected: z.boolean(),
      last_message_s: z.number().nullable(),
      explanation: z.string().nullable(),
    }),
  })
  .meta({ id: "Workers" });

export const listWorkers = defineRoute({
  id: "listWorkers",
  method: "GET",
  path: "/workers",
  role: "viewer",
  tag: "system",
  summary: "Each worker with its last heartbeat",
  response: workersShape,
});

export const healthz = defineRoute({
  id: "healthz",
  method: "GET",
  path: "/healthz",
  role: "public",
  tag: "system",
  summary: "200 while the process answers",
  response: z.strictObject({ status: z.literal("ok") }).meta({ id: "Alive" }),
  allowance: "none",
});

export const readyz = defineRoute({
  id: "readyz",
  method: "GET",
  path: "/readyz",
  role: "public",
  tag: "system",
  summary: "200 when store, journal and migrations are ready",
  response: z
    .strictObject({ ready: z.boolean(), waiting_for: z.array(z.string()) })
    .meta({ id: "Readiness" }),
  alsoStatus: [503],
  allowance: "none",
});

export const openapiJson = defineRoute({
  id: "openapi",
  method: "GET",
  path: "/openapi.json",
  role: "viewer",
  tag: "system",
  summary: "This document",
  response: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApiDocument" }),
});
