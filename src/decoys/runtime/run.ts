import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import { createMachine } from "#machine/machine.ts";
import type { MachineOptions } from "#machine/model.ts";
import type { DeckyConfig } from "../persona.ts";
import { decoys } from "../registry.ts";
import { loadHostKeys, publicLine } from "../ssh/host-keys.ts";
import { failRunningConnection } from "./connection.ts";
import { type RunningDecky, startDecky } from "./decky.ts";

export interface RunDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The shell room's factory: what answers behind a login. */
  readonly openShell: MachineOptions["openShell"];
}

/**
 * Runs one decky with every decoy of the registry and its own machine. The process belongs to it: whatever
 * a handler throws later ends the connection it worked for, never the process.
 *
 * @throws what `startDecky` and `createMachine` throw
 */
export async function runDecky(config: DeckyConfig, deps: RunDeps): Promise<RunningDecky> {
  const { log, clock, signal, openShell } = deps;
  const stateDir = join(config.stateDir, "machine");
  const { persona } = config;
  const hostKeys = await machineHostKeys(config);
  const settings = config.worldTtlDays === undefined ? {} : { ttlDays: config.worldTtlDays };
  const machine = await createMachine({ persona, stateDir, clock, log, openShell, hostKeys, settings });
  const running = await startDecky(config, { log, clock, signal, decoys, machine });
  const release = containExceptions(log);
  void running.stopped.then(release);
  return running;
}

const fileTypes = { "ssh-rsa": "rsa", "ecdsa-sha2-nistp256": "ecdsa", "ssh-ed25519": "ed25519" } as const;

/** The keys that the ssh service shows are those in the machine's `/etc/ssh`. */
async function machineHostKeys(config: DeckyConfig): Promise<NonNullable<MachineOptions["hostKeys"]>> {
  if (config.services["ssh"] === undefined) return [];
  const dir = join(config.stateDir, "ssh");
  mkdirSync(dir, { recursive: true });
  const keys = await loadHostKeys(dir);
  return keys.map((key) => ({ type: fileTypes[key.type], publicLine: publicLine(key) }));
}

/** Exceptions of timers, streams and promises reach nobody's `catch`; each belongs to some connection. */
export function containExceptions(log: Log): () => void {
  const contain = (error: unknown): void => {
    if (failRunningConnection(error)) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error({ error: text }, "Something failed outside every connection.");
  };
  process.on("uncaughtException", contain);
  process.on("unhandledRejection", contain);
  return () => {
    process.off("uncaughtException", contain);
    process.off("unhandledRejection", contain);
  };
}
