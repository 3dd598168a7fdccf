import { hostname } from "node:os";
import type { HealthReport, WorkersReport } from "#api/deps.ts";
import type { Bus } from "#bus/contract.ts";
import type { Clock } from "#kernel/clock.ts";
import type { WorkerHost, WorkerStatus } from "#kernel/supervisor.ts";

/** Workers without which recording or storing fails. */
const VITAL = { collector: "journal", ingester: "ingester" } as const;
const ALIVE = new Set(["starting", "running", "stalled", "backing_off"]);

export interface Registry {
  statuses(): readonly WorkerStatus[];
  workers(): WorkersReport;
  health(databaseOk: boolean): HealthReport;
}

export interface RegistryDeps {
  readonly hosts: () => readonly WorkerHost[];
  readonly bus: Pick<Bus, "state">;
  readonly clock: Clock;
}

const detailOf = ({ state, restarts, lastError }: WorkerStatus): string => {
  if (state === "backing_off") return `backing off (${restarts})`;
  if (state === "failed") return `failed: ${lastError?.code ?? "unknown"}`;
  return state;
};

type Component = HealthReport["components"][string];

function componentOf(status: WorkerStatus | undefined): Component {
  if (status === undefined) return { status: "failing", detail: "not started" };
  if (status.state === "running") return { status: "ok" };
  return { status: "failing", detail: detailOf(status) };
}

/** What is known of the workers of this process and its threads, in the shapes of the API. */
export function createRegistry({ hosts, bus, clock }: RegistryDeps): Registry {
  const statuses = (): readonly WorkerStatus[] => hosts().flatMap((host) => host.statuses());
  const iso = (): string => new Date(clock.now()).toISOString();
  return {
    statuses,
    workers() {
      const { kind, connected, lastMessageAt } = bus.state;
      return {
        workers: statuses().map((status) => ({
          name: status.name,
          status: ALIVE.has(status.state) ? ("ok" as const) : ("stale" as const),
          state: status.state,
          expected: true,
          last_heartbeat_ts: clock.now() / 1000,
          seconds_since: 0,
          host: hostname(),
          process: `decnet up (pid ${process.pid})`,
          installed: true,
          controllable: false,
          can: { stop: false, start: false, restart: false },
          why_not: "workers of `decnet up` are controlled by starting and stopping it",
          extra: {
            ...status.extra,
            restarts: status.restarts,
            ...(status.lastError === undefined ? {} : { last_error: status.lastError }),
          },
          instances: [],
        })),
        other: [],
        generated_at: iso(),
        bus_connected: connected,
        bus: {
          kind,
          connected,
          last_message_s: lastMessageAt === null ? null : (clock.now() - lastMessageAt) / 1000,
          explanation: null,
        },
      };
    },
    health(databaseOk) {
      const known = new Map(statuses().map((status) => [status.name, status]));
      const components: Record<string, Component> = {
        database: databaseOk ? { status: "ok" } : { status: "failing", detail: "unreachable" },
        journal: componentOf(known.get("collector")),
        bus: bus.state.connected ? { status: "ok" } : { status: "failing", detail: "not connected" },
        docker: { status: "not_expected" },
      };
      for (const [name, status] of known) components[name] = componentOf(status);
      const failing = Object.entries(components).filter(([, { status }]) => status === "failing");
      const vital = new Set<string>(["database", ...Object.keys(VITAL), ...Object.values(VITAL)]);
      const isDown = failing.some(([name]) => vital.has(name));
      return {
        status: isDown ? "unhealthy" : failing.length > 0 ? "degraded" : "healthy",
        components,
        generated_at: iso(),
      };
    },
  };
}
