import { webcrypto } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MachinePersona } from "../persona.ts";

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;
/** As Debian's ssl-cert makes them: ten years, RSA, the host's own name. */
const LIFETIME_DAYS = 3_650;

const pem = (label: string, der: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n")
    .trimEnd()}\n-----END ${label}-----\n`;

/** The decky's own certificate: made once, kept in `stateDir`, the same for ever. */
export async function deckyCertificate(
  stateDir: string,
  persona: MachinePersona,
): Promise<KeyAndCertificate> {
  const path = join(stateDir, "certificate.json");
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as KeyAndCertificate;
  const made = await make(persona);
  writeFileSync(`${path}.part`, JSON.stringify(made), { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
  return made;
}

async function make(persona: MachinePersona): Promise<KeyAndCertificate> {
  // Loaded only when there is a certificate to make; the library's container wants the polyfill before it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const name = persona.domain === "" ? persona.hostname : `${persona.hostname}.${persona.domain}`;
  const notBefore = new Date(persona.installedAt * 1000 + 5_400_000);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore,
    notAfter: new Date(notBefore.getTime() + LIFETIME_DAYS * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
    ],
  });
  return {
    key: pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)),
    cert: `${certificate.toString("pem")}\n`,
  };
}
