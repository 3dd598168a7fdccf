import { createHash } from "node:crypto";
import type { Clock } from "#kernel/clock.ts";
import type { MachineOptions } from "../model.ts";
import { type MachinePersona, machinePersonaSchema } from "../persona.ts";

/** 2026-11-22T12:00:00Z */
export const NOON = 1_795_348_800;

/** A clock that stands until it is moved. */
export function standingClock(seconds = NOON): Clock & { move(by: number): void } {
  let ms = seconds * 1000;
  return {
    now: () => ms,
    nowNs: () => BigInt(Math.floor(ms)) * 1_000_000n,
    move: (by) => {
      ms += by * 1000;
    },
  };
}

/** A whole persona from a name; parts may be replaced. */
export function personaNamed(name: string, over: Partial<MachinePersona> = {}): MachinePersona {
  const secret = createHash("sha256").update(`persona ${name}`).digest("hex");
  const number = Number.parseInt(secret.slice(0, 6), 16);
  return machinePersonaSchema.parse({
    secret,
    hostname: name,
    domain: "example.lan",
    timezone: "Europe/Berlin",
    hardware: {
      vendor: "QEMU",
      product: "Standard PC (i440FX + PIIX, 1996)",
      serial: secret.slice(0, 10).toUpperCase(),
      cpuModel: "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz",
      cpus: 2,
      memoryMiB: 3936,
      diskGiB: 40,
      mac: `52:54:00:${secret.slice(0, 2)}:${secret.slice(2, 4)}:${secret.slice(4, 6)}`,
    },
    installedAt: NOON - 200 * 86_400 - (number % 86_400),
    bootedAt: NOON - 40 * 86_400 - (number % 500_000),
    network: {
      interface: "ens18",
      address: `10.20.30.${String(10 + (number % 200))}`,
      prefix: 24,
      gateway: "10.20.30.1",
      resolver: "10.20.30.1",
    },
    listens: [{ port: 22, proto: "tcp", program: "sshd" }],
    people: [{ user: "mkeller", name: "Martin Keller", uid: 1000 }],
    auth: { accounts: [{ user: "root", password: "root123" }] },
    ...over,
  });
}

/** For tests that never start a shell. */
export const noShell: MachineOptions["openShell"] = () => {
  throw new TypeError("This test has no shell.");
};
