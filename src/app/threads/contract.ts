import type { MessagePort } from "node:worker_threads";
import type { HostFacts } from "#collector/stream-pipe.ts";
import type { Settings } from "../config.ts";

/** Threads that host workers, and which. The names are also those of the threads' roles. */
export const workersOf = {
  collector: ["collector", "keeper"],
  pipeline: ["ingester", "profiler"],
} as const;

export type ThreadRole = keyof typeof workersOf;

export interface ThreadData {
  readonly settings: Settings;
  readonly busPort: MessagePort;
  /** decky → what the host knows of it. */
  readonly facts: Readonly<Record<string, HostFacts>>;
  readonly slugs: readonly string[];
}
