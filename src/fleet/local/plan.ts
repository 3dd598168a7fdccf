import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DeckyConfig, MachinePersona } from "#decoys/persona.ts";
import { decoys } from "#decoys/registry.ts";
import { nearest } from "#kernel/config.ts";
import { type Archetype, archetypes, findArchetype } from "../archetypes.ts";
import { FleetSpecError } from "../errors.ts";
import { generatePersona, generateSite } from "../personas/generate.ts";
import { deckyPersona, fleetSecret } from "./identity.ts";
import { assignPorts, localPort } from "./ports.ts";

export interface LocalWish {
  readonly dataDir: string;
  readonly deckies: number;
  /** Names of archetypes, used in turn. */
  readonly archetypes: readonly string[];
  readonly bind: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Of every decoy's sockets, files and recordings; unset = the decoys' own. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly worldTtlDays?: number;
}

/** One planned decky: its process's configuration and what people want to know of it. */
export interface LocalDecky {
  readonly name: string;
  readonly archetype: string;
  readonly hostname: string;
  readonly config: DeckyConfig;
  readonly services: readonly LocalService[];
}

export interface LocalService {
  readonly slug: string;
  readonly port: number;
  readonly address: string;
  /** Ready to paste; `hint` says which password gets in. */
  readonly command: string;
  readonly hint?: string;
}

function archetypeOf(name: string): Archetype {
  const found = findArchetype(name);
  if (found !== undefined) return found;
  const known = archetypes.map((a) => a.name);
  const meant = nearest(name, known);
  throw new FleetSpecError(
    `no archetype "${name}"${meant === undefined ? "" : `; did you mean ${meant}?`} Known: ${known.join(", ")}`,
  );
}

interface Slot {
  readonly name: string;
  readonly number: number;
  readonly archetype: Archetype;
  readonly declared: readonly {
    readonly slug: string;
    readonly port: number;
    readonly proto: "tcp" | "udp";
  }[];
}

function slots(wish: LocalWish): readonly Slot[] {
  return Array.from({ length: wish.deckies }, (_, index) => {
    const archetype = archetypeOf(wish.archetypes[index % wish.archetypes.length] ?? "");
    const declared = archetype.services.flatMap((slug) => {
      const decoy = decoys.find((d) => d.slug === slug);
      if (decoy === undefined)
        throw new FleetSpecError(`archetype ${archetype.name} names the unknown service ${slug}`);
      return decoy.ports(decoy.persona.parse({})).map(({ port, proto }) => ({ slug, port, proto }));
    });
    return {
      name: `${archetype.short}-${String(index + 1).padStart(2, "0")}`,
      number: index + 1,
      archetype,
      declared,
    };
  });
}

/** A line that a person can paste to touch the service. */
function commandFor(
  slug: string,
  address: string,
  port: number,
  persona: MachinePersona,
): Pick<LocalService, "command" | "hint"> {
  const [pair] = persona.auth.accounts;
  const hint = pair === undefined ? {} : { hint: `password ${pair.password}` };
  switch (slug) {
    case "ssh":
      return { command: `ssh -p ${port} ${pair?.user ?? "root"}@${address}`, ...hint };
    case "telnet":
      return {
        command: `telnet ${address} ${port}`,
        ...(pair === undefined ? {} : { hint: `${pair.user} / ${pair.password}` }),
      };
    case "https":
      return { command: `curl -k https://${address}:${port}/` };
    default:
      return { command: `curl http://${address}:${port}/` };
  }
}

/**
 * Decides which local deckies exist and where they listen. Makes identities and the port map under
 * `dataDir/fleet` when they are not there yet.
 * @throws {FleetSpecError} for an unknown archetype or when no port is free
 */
export async function planLocalFleet(wish: LocalWish): Promise<readonly LocalDecky[]> {
  const folder = join(wish.dataDir, "fleet");
  const planned = slots(wish);
  const site = generateSite(fleetSecret(folder));
  const wanted = planned.flatMap(({ name, number, declared }) =>
    declared.map(({ slug, port }) => ({ key: `${name}/${slug}/${port}`, port: localPort(number, port) })),
  );
  const ports = await assignPorts(join(folder, "ports.json"), wish.bind, wanted);
  return planned.map(({ name, number, archetype, declared }) => {
    const persona = deckyPersona(join(folder, "identity"), name, (secret) =>
      generatePersona({
        secret,
        archetype,
        site,
        number,
        listens: declared.map(({ slug, port, proto }) => ({ port, proto, program: slug })),
        createdAt: wish.now,
      }),
    );
    const dirs = {
      spoolDir: join(wish.dataDir, "spool", name),
      dropDir: join(wish.dataDir, "drop", name),
      stateDir: join(wish.dataDir, "state", name),
    };
    for (const dir of Object.values(dirs)) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const bound = (slug: string, port: number) => ports[`${name}/${slug}/${port}`] ?? localPort(number, port);
    const bind: DeckyConfig["bind"] = {};
    for (const { slug, port } of declared)
      bind[slug] = { ...bind[slug], [String(port)]: { address: wish.bind, port: bound(slug, port) } };
    return {
      name,
      archetype: archetype.name,
      hostname: persona.hostname,
      config: {
        decky: name,
        persona,
        site: { organisation: site.organisation, domain: site.domain },
        services: Object.fromEntries(archetype.services.map((slug) => [slug, {}])),
        bind,
        ...dirs,
        emitSequence: true,
        ...(wish.worldTtlDays === undefined ? {} : { worldTtlDays: wish.worldTtlDays }),
        ...(wish.limits === undefined ? {} : { limits: { ...wish.limits } }),
      },
      services: declared.map(({ slug, port }) => ({
        slug,
        port: bound(slug, port),
        address: wish.bind,
        ...commandFor(slug, wish.bind, bound(slug, port), persona),
      })),
    };
  });
}
