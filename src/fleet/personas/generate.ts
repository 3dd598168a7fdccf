import { type MachinePersona, machinePersonaSchema } from "#decoys/persona.ts";
import type { Archetype } from "../archetypes.ts";
import {
  type Board,
  deviceBoards,
  devicePairs,
  familyNames,
  givenNames,
  organisations,
  serverBoards,
  servicePairs,
  sites,
  weakPairs,
} from "./lists.ts";
import { type Seed, seed } from "./seed.ts";

/** What all deckies of one fleet have in common, so that they look like neighbours. */
export interface Site {
  readonly code: string;
  readonly organisation: string;
  readonly domain: string;
  /** First three octets of the pretended network. */
  readonly network: string;
}

/** The site of a fleet, from the fleet's own secret. */
export function generateSite(fleetSecret: string): Site {
  const dice = seed(fleetSecret, "site");
  const { name, domain } = dice.pick(organisations);
  return {
    code: dice.pick(sites),
    organisation: name,
    domain,
    network: `10.${dice.integer(16, 239)}.${dice.integer(1, 250)}`,
  };
}

export interface PersonaWish {
  readonly secret: string;
  readonly archetype: Archetype;
  readonly site: Site;
  /** 1-based place in the fleet; host names and addresses follow it. */
  readonly number: number;
  /** Ports that the decky answers, as a scanner sees them. */
  readonly listens: MachinePersona["listens"];
  /** Seconds since 1970. */
  readonly createdAt: number;
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

function people(dice: Seed, count: number): MachinePersona["people"] {
  const made = new Map<string, MachinePersona["people"][number]>();
  for (let tries = 0; made.size < count && tries < 40; tries += 1) {
    const [given, family] = [dice.pick(givenNames), dice.pick(familyNames)];
    const user = `${given.slice(0, 1)}${family}`;
    if (!made.has(user))
      made.set(user, { user, name: `${capital(given)} ${capital(family)}`, uid: 1000 + made.size });
  }
  return [...made.values()];
}

function hardware(dice: Seed, board: Board): MachinePersona["hardware"] {
  const tail = dice.hex(6);
  return {
    vendor: board.vendor,
    product: board.product,
    serial: dice.hex(7).toUpperCase(),
    arch: board.arch,
    cpuModel: board.cpuModel,
    cpus: dice.pick(board.cpus),
    memoryMiB: dice.pick(board.memoryMiB),
    diskGiB: dice.pick(board.diskGiB),
    mac: `${board.oui}:${tail.slice(0, 2)}:${tail.slice(2, 4)}:${tail.slice(4, 6)}`,
  };
}

/** One machine, from the decky's secret alone: the same wish gives the same persona. */
export function generatePersona({
  secret,
  archetype,
  site,
  number,
  listens,
  createdAt,
}: PersonaWish): MachinePersona {
  const dice = seed(secret, "persona");
  const device = archetype.release === "busybox-router";
  const board = dice.pick(device ? deviceBoards : serverBoards);
  const [user, password] = dice.pick(device ? devicePairs : weakPairs);
  const [serviceUser, servicePassword] = dice.pick(servicePairs);
  const pairs = [{ user, password }, ...(device ? [] : [{ user: serviceUser, password: servicePassword }])];
  return machinePersonaSchema.parse({
    secret,
    hostname: `${site.code}-${archetype.short}-${String(number).padStart(2, "0")}`,
    domain: device ? "" : site.domain,
    release: archetype.release,
    timezone: "Etc/UTC",
    role: archetype.role,
    hardware: hardware(dice, board),
    installedAt: createdAt - dice.integer(200, 900) * 86_400 - dice.integer(0, 86_399),
    bootedAt: createdAt - dice.integer(3, 120) * 86_400 - dice.integer(0, 86_399),
    network: {
      interface: board.interface,
      address: `${site.network}.${20 + number * 3 + dice.integer(0, 2)}`,
      prefix: 24,
      gateway: `${site.network}.1`,
      resolver: `${site.network}.${dice.pick([2, 3, 10])}`,
    },
    listens,
    people: device ? [] : people(dice, dice.integer(1, 4)),
    auth: { accounts: pairs },
  } satisfies Parameters<typeof machinePersonaSchema.parse>[0]);
}
