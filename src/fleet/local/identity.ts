import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type MachinePersona, machinePersonaSchema } from "#decoys/persona.ts";
import { FleetStateError } from "../errors.ts";

const secretFile = z.strictObject({ secret: z.string().regex(/^[0-9a-f]{64}$/) });

/** Reads a JSON file of ours. @throws {FleetStateError} naming the file and what to do about it */
export function readState<T>(path: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new FleetStateError(
      `${path} cannot be read; restore it from a backup or move it away to make a new one`,
      {
        cause: error,
      },
    );
  }
}

/** Writes a file that is there whole or not at all, readable by its owner only. */
export function writeState(path: string, value: unknown): void {
  const part = `${path}.part`;
  writeFileSync(part, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(part, path);
}

/** The secret of the whole fleet: made once. */
export function fleetSecret(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "fleet.json");
  const known = readState(path, secretFile);
  if (known !== undefined) return known.secret;
  const secret = randomBytes(32).toString("hex");
  writeState(path, { secret });
  return secret;
}

/** A decky's persona: made once by `make`, then read back for ever. */
export function deckyPersona(
  folder: string,
  decky: string,
  make: (secret: string) => MachinePersona,
): MachinePersona {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${decky}.json`);
  const known = readState(path, machinePersonaSchema);
  if (known !== undefined) return known;
  const persona = make(randomBytes(32).toString("hex"));
  writeState(path, persona);
  return persona;
}
