import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { machinePersonaSchema } from "#decoys/persona.ts";
import { readState } from "#fleet/local/identity.ts";
import { type Seed, seed } from "#fleet/personas/seed.ts";
import { nearest } from "#kernel/config.ts";
import { CodedError } from "#kernel/errors.ts";
import type { Scenario, Target, Visit } from "./contract.ts";
import { scenarios } from "./scenarios.ts";

/** A wish that `decnet simulate` does not fulfil: another machine as a target, no fleet, no such scenario. */
export class SimulateError extends CodedError {
  readonly code = "SIMULATE_REFUSED";
}

export interface SimulateWish {
  readonly dataDir: string;
  readonly host: string;
  readonly seed: string;
  readonly attackers: number;
  /** Names; empty = all in turn. */
  readonly scenarios: readonly string[];
  /** 2 = twice as fast. */
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Attackers on their way at once. */
const AT_ONCE = 4;

/** @throws {SimulateError} for anything but a loopback address */
export function requireLoopback(host: string): void {
  const loopback = ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback";
  if (!loopback)
    throw new SimulateError(
      `${host} is not a loopback address; simulate only ever attacks this machine (127.0.0.0/8 or ::1)`,
    );
}

const portFile = z.record(z.string(), z.int().min(1).max(65_535));

/** The services of the local fleet, as `decnet up` wrote them down. */
function loadTargets(dataDir: string, host: string): readonly Target[] {
  const folder = join(dataDir, "fleet");
  const ports = readState(join(folder, "ports.json"), portFile);
  if (ports === undefined)
    throw new SimulateError(
      `no local fleet under ${dataDir}; start it with \`decnet up\` first, with the same DECNET_DATA_DIR`,
    );
  return Object.entries(ports).flatMap(([key, port]) => {
    const [decky = "", slug = ""] = key.split("/");
    const identity = join(folder, "identity", `${decky}.json`);
    const persona = existsSync(identity) ? readState(identity, machinePersonaSchema) : undefined;
    return [{ decky, slug, host, port, accounts: persona?.auth.accounts ?? [] }];
  });
}

function chosen(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    const known = scenarios.map((scenario) => scenario.name);
    const meant = nearest(name, known);
    throw new SimulateError(
      `no scenario "${name}"${meant === undefined ? "" : `; did you mean ${meant}?`} Known: ${known.join(", ")}`,
    );
  });
}

/** Each attacker has a loopback address of their own where the system allows it (Linux answers on all of 127/8). */
const addressOf = (host: string, dice: Seed): string =>
  process.platform === "linux" && host.startsWith("127.")
    ? `127.${dice.integer(32, 223)}.${dice.integer(0, 255)}.${dice.integer(1, 254)}`
    : host;

/**
 * Plays attackers against the local fleet through real protocol clients.
 * @returns how many things were done by how many attackers
 * @throws {SimulateError} for a target that is not loopback, an unknown scenario, or no fleet
 */
export async function simulate(
  wish: SimulateWish,
): Promise<{ readonly attackers: number; readonly actions: number }> {
  requireLoopback(wish.host);
  const targets = loadTargets(wish.dataDir, wish.host);
  const plays = chosen(wish.scenarios).filter(({ slugs }) =>
    targets.some(({ slug }) => slugs.includes(slug)),
  );
  if (plays.length === 0)
    throw new SimulateError("the local fleet runs no service that these scenarios attack");
  const key = createHash("sha256").update(wish.seed).digest("hex");
  let actions = 0;
  const one = async (index: number): Promise<void> => {
    const dice = seed(key, `attacker ${index}`);
    const scenario = plays[index % plays.length];
    if (scenario === undefined || wish.signal.aborted) return;
    const [first, ...rest] = targets.filter(({ slug }) => scenario.slugs.includes(slug));
    if (first === undefined) return;
    const target = dice.pick([first, ...rest]);
    const visit: Visit = {
      target,
      from: addressOf(wish.host, dice),
      dice,
      pause: (ms) => pause(ms / wish.speed, wish.signal),
      signal: wish.signal,
    };
    wish.report(
      `${visit.from.padEnd(15)} ${scenario.name.padEnd(12)} → ${target.decky} ${target.slug} (port ${target.port})`,
    );
    actions += await scenario.play(visit);
  };
  const queue = Array.from({ length: wish.attackers }, (_, index) => index);
  const hand = async (): Promise<void> => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) await one(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
  return { attackers: wish.attackers, actions };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
