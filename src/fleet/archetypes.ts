import type { MachinePersona } from "#decoys/persona.ts";

export interface Archetype {
  readonly name: string;
  readonly title: string;
  readonly services: readonly string[];
  /** Prefix of the internal name and word in the host name. */
  readonly short: string;
  readonly role: MachinePersona["role"];
  readonly release: MachinePersona["release"];
}

/**
 * The kinds of machines whose services exist so far. More services make more archetypes: one line each.
 */
export const archetypes = [
  {
    name: "web-server",
    title: "Linux web server",
    services: ["ssh", "http", "https"],
    short: "web",
    role: "web",
    release: "debian-12",
  },
  {
    name: "linux-server",
    title: "Linux server with remote shells",
    services: ["ssh", "telnet"],
    short: "srv",
    role: "server",
    release: "debian-12",
  },
  {
    name: "iot-device",
    title: "Small embedded Linux device",
    services: ["telnet", "http"],
    short: "gw",
    role: "router",
    release: "busybox-router",
  },
] as const satisfies readonly Archetype[];

export const findArchetype = (name: string): Archetype | undefined => archetypes.find((a) => a.name === name);
