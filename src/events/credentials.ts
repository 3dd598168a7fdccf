import { createHash } from "node:crypto";
import * as z from "zod";

/** Bytes of a secret that travel; `secret_b64` then has at most 2 048 characters. */
const MAX_SECRET_BYTES = 1_536;
const MAX_PRINTABLE = 512;

/** Keys that a kind must carry besides the secret, without which the response is worthless. */
export const secretKinds = {
  plaintext: [],
  http_bearer: [],
  snmp_community: [],
  ssh_publickey: [],
  http_digest_md5: ["realm", "nonce", "uri", "method"],
  mysql_native_password: ["challenge_b64"],
  mysql_caching_sha2: ["challenge_b64"],
  postgres_md5_challenge: ["challenge_b64"],
  vnc_des_response: ["challenge_b64"],
  cram_md5: ["challenge_b64"],
  apop_md5: ["challenge_b64"],
  snmpv3_usm: ["challenge_b64"],
  scram_sha1: ["challenge_b64", "client_first_b64"],
  scram_sha256: ["challenge_b64", "client_first_b64"],
  scram_unknown: ["challenge_b64", "client_first_b64"],
  ntlmssp_v1: ["challenge_b64", "domain"],
  ntlmssp_v2: ["challenge_b64", "domain"],
} as const satisfies Record<string, readonly string[]>;

export type SecretKind = keyof typeof secretKinds;

const comparableKinds: ReadonlySet<string> = new Set<SecretKind>([
  "plaintext",
  "http_bearer",
  "snmp_community",
  "ssh_publickey",
]);

/** True when equal secrets of this kind mean the same password; false for answers to a nonce. */
export const isComparable = (kind: string): boolean => comparableKinds.has(kind);

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

/** Schemas of the credential keys, to be spread into the schema of a decoy's log-in event. */
export const credentialFields = {
  principal: z.string().optional().meta({ description: "account name; left out when the protocol has none" }),
  username: z.string().optional().meta({ description: "account name as it was sent" }),
  secret_b64: base64.max(2_048).optional().meta({ description: "the secret's bytes; empty = empty secret" }),
  secret_printable: z
    .string()
    .max(MAX_PRINTABLE)
    .optional()
    .meta({ description: "the same bytes for people, others than 0x20–0x7E as ?" }),
  secret_kind: z
    .enum(Object.keys(secretKinds) as [SecretKind, ...SecretKind[]])
    .optional()
    .meta({ description: "left out = plaintext" }),
  secret_truncated: z
    .literal("true")
    .optional()
    .meta({ description: "secret_b64 holds only the first 1536 bytes" }),
  secret_bytes: z.int().optional().meta({ description: "full length of a truncated secret" }),
  secret_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({ description: "of the whole of a truncated secret" }),
  outcome: z.enum(["success", "failure"]).optional().meta({ description: "left out when unknown" }),
  method: z.string().max(64).optional().meta({ description: "mechanism, as the protocol names it" }),
  attempt: z.int().optional().meta({ description: "number of the attempt within the connection" }),
} as const;

/** What a response depends on; spread beside `credentialFields` where the protocol has a challenge. */
export const challengeFields = {
  challenge_b64: base64.optional().meta({ description: "what the server sent: salt, nonce, server-first" }),
  client_first_b64: base64.optional().meta({ description: "SCRAM: the client's first message" }),
  domain: z.string().optional().meta({ description: "NTLM: domain as sent" }),
  realm: z.string().optional().meta({ description: "digest" }),
  nonce: z.string().optional().meta({ description: "digest" }),
  uri: z.string().optional().meta({ description: "digest" }),
  qop: z.string().optional().meta({ description: "digest" }),
  nc: z.string().optional().meta({ description: "digest" }),
  cnonce: z.string().optional().meta({ description: "digest" }),
  hash_line: z.string().optional().meta({ description: "the response in a public cracking format" }),
} as const;

/** The keys of a secret; an event without `secret_b64` is no credential. */
export interface SecretFields {
  readonly secret_b64: string;
  readonly secret_printable: string;
  readonly secret_kind?: SecretKind;
  readonly secret_truncated?: "true";
  readonly secret_bytes?: number;
  readonly secret_sha256?: string;
}

/** Makes the keys of a secret from its bytes; `plaintext` needs no kind. */
export function secretFields(secret: Uint8Array, kind: SecretKind = "plaintext"): SecretFields {
  const kept = Buffer.from(secret.buffer, secret.byteOffset, Math.min(secret.length, MAX_SECRET_BYTES));
  return {
    secret_b64: kept.toString("base64"),
    secret_printable: printable(kept),
    ...(kind === "plaintext" ? {} : { secret_kind: kind }),
    ...(secret.length > MAX_SECRET_BYTES
      ? {
          secret_truncated: "true" as const,
          secret_bytes: secret.length,
          secret_sha256: createHash("sha256").update(secret).digest("hex"),
        }
      : {}),
  };
}

/** Each byte outside 0x20–0x7E as `?`, at most 512 characters. */
function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_PRINTABLE)) {
    text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?";
  }
  return text;
}
