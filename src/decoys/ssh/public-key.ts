import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { WireReader } from "./transport/wire.ts";

/** `SHA256:…` as ssh-keygen prints it. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`;

interface Verifier {
  readonly key: KeyObject;
  /** Size of r and s, for curves. */
  readonly half?: number;
}

const unsigned = (bytes: Buffer): string => bytes.subarray(bytes[0] === 0 ? 1 : 0).toString("base64url");

const curves: Readonly<Record<string, { crv: string; half: number; hash: string }>> = {
  "ecdsa-sha2-nistp256": { crv: "P-256", half: 32, hash: "sha256" },
  "ecdsa-sha2-nistp384": { crv: "P-384", half: 48, hash: "sha384" },
  "ecdsa-sha2-nistp521": { crv: "P-521", half: 66, hash: "sha512" },
};

function readKey(blob: Buffer): Verifier | undefined {
  const reader = new WireReader(blob);
  const type = reader.text();
  if (type === "ssh-rsa") {
    const e = unsigned(reader.string());
    const n = unsigned(reader.string());
    return { key: createPublicKey({ format: "jwk", key: { kty: "RSA", e, n } }) };
  }
  if (type === "ssh-ed25519") {
    const x = reader.string().toString("base64url");
    return { key: createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } }) };
  }
  const curve = curves[type];
  if (curve === undefined) return undefined;
  reader.string();
  const point = reader.string();
  const x = point.subarray(1, 1 + curve.half).toString("base64url");
  const y = point.subarray(1 + curve.half).toString("base64url");
  const key = createPublicKey({ format: "jwk", key: { kty: "EC", crv: curve.crv, x, y } });
  return { key, half: curve.half };
}

/** Signature algorithm → hash; `null` = the key's own. SHA-1 is refused, as since 8.8. */
const hashes: Readonly<Record<string, string | null>> = {
  "rsa-sha2-256": "sha256",
  "rsa-sha2-512": "sha512",
  "ssh-ed25519": null,
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};

const fixed = (mpint: Buffer, size: number): Buffer => {
  const bytes = mpint.subarray(Math.max(0, mpint.length - size));
  return Buffer.concat([Buffer.alloc(size - bytes.length), bytes]);
};

/** True when `signature` (wire form) over `data` was made by the owner of the key. Bad input is false. */
export function verifySignature(blob: Buffer, signature: Buffer, data: Buffer): boolean {
  try {
    const verifier = readKey(blob);
    const reader = new WireReader(signature);
    const hash = hashes[reader.text()];
    if (verifier === undefined || hash === undefined) return false;
    const raw = reader.string();
    if (verifier.half === undefined) return verify(hash, data, verifier.key, raw);
    const rs = new WireReader(raw);
    const p1363 = Buffer.concat([fixed(rs.string(), verifier.half), fixed(rs.string(), verifier.half)]);
    return verify(hash, data, { key: verifier.key, dsaEncoding: "ieee-p1363" }, p1363);
  } catch {
    // Anything malformed is simply not a valid signature.
    return false;
  }
}
