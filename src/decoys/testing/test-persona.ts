import { machinePersonaSchema, type Persona } from "../persona.ts";

/** A small Debian server; `root`/`hunter2!` gets in. */
export const testPersona: Persona = {
  ...machinePersonaSchema.parse({
    secret: "5b".repeat(32),
    hostname: "billing-2",
    domain: "example.org",
    hardware: {
      vendor: "Dell Inc.",
      product: "PowerEdge R340",
      serial: "7XK2P93",
      cpuModel: "Intel(R) Xeon(R) E-2224 CPU @ 3.40GHz",
      cpus: 4,
      memoryMiB: 8_192,
      diskGiB: 120,
      mac: "18:66:da:4c:01:9f",
    },
    installedAt: 1_750_000_000,
    bootedAt: 1_763_000_000,
    network: {
      interface: "eno1",
      address: "10.20.4.17",
      prefix: 24,
      gateway: "10.20.4.1",
      resolver: "10.20.4.2",
    },
    listens: [{ port: 22, proto: "tcp", program: "sshd" }],
    people: [{ user: "mkeller", name: "M. Keller", uid: 1000 }],
    auth: {
      policy: "list",
      accounts: [
        { user: "root", password: "hunter2!" },
        { user: "mkeller", password: "Sommer-26" },
      ],
    },
  }),
};
