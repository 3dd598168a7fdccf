import { createServer } from "node:net";
import * as z from "zod";
import { FleetSpecError } from "../errors.ts";
import { readState, writeState } from "./identity.ts";

export type PortMap = Readonly<Record<string, number>>;

const portFile = z.record(z.string(), z.int().min(1).max(65_535));

/** Ports tried above the wanted one before we give up. */
const REACH = 200;

/** The port that decky `number` (1–5) answers in place of `port`. */
export const localPort = (number: number, port: number): number => number * 10_000 + (port % 10_000);

/** Whether a TCP port can be bound now. */
export async function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port, exclusive: true }, resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * Gives each `decky/slug/port` its loopback port: the persisted one if it is free, else the next free
 * one, which is then persisted.
 * @throws {FleetSpecError} when no port near the wanted one is free
 */
export async function assignPorts(
  path: string,
  address: string,
  wanted: readonly { readonly key: string; readonly port: number }[],
): Promise<PortMap> {
  const known = readState(path, portFile) ?? {};
  const given: Record<string, number> = {};
  const taken = new Set<number>();
  for (const { key, port } of wanted) {
    const first = known[key] ?? port;
    let candidate = first;
    while (taken.has(candidate) || !(await isFree(address, candidate))) {
      candidate += 1;
      if (candidate > Math.min(65_535, first + REACH))
        throw new FleetSpecError(
          `no free port from ${first} on ${address} for ${key}; stop what listens there`,
        );
    }
    taken.add(candidate);
    given[key] = candidate;
  }
  writeState(path, given);
  return given;
}
