import { buildOpenApi } from "../openapi.ts";
import { type Handled, handle } from "../route.ts";
import { getHealth, healthz, listWorkers, openapiJson, readyz } from "./contract.ts";

let document: ReturnType<typeof buildOpenApi> | undefined;

export const healthHandlers: readonly Handled[] = [
  handle(getHealth, async ({ api, reply }) => {
    const report = await api.health();
    if (report.status === "unhealthy") void reply.code(503);
    return report;
  }),

  handle(listWorkers, async ({ api }) => api.workers()),

  handle(healthz, () => Promise.resolve({ status: "ok" as const })),

  handle(readyz, async ({ api, reply }) => {
    const waiting = await api.waitingFor();
    if (waiting.length > 0) void reply.code(503);
    return { ready: waiting.length === 0, waiting_for: [...waiting] };
  }),

  handle(openapiJson, () => {
    document ??= buildOpenApi();
    return Promise.resolve({ openapi: "3.1.0", ...document });
  }),
];
