import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign as signBytes,
} from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { WireWriter } from "./transport/wire.ts";

export type HostKeyType = "ssh-rsa" | "ecdsa-sha2-nistp256" | "ssh-ed25519";

export interface HostKey {
  readonly type: HostKeyType;
  /** The public key's wire form. */
  readonly blob: Buffer;
  /** @returns a signature in wire form under one of the key's algorithms. */
  sign(algorithm: string, data: Buffer): Buffer;
}

const generate = promisify(generateKeyPair);

const makers: Readonly<Record<HostKeyType, () => Promise<{ privateKey: KeyObject }>>> = {
  "ssh-rsa": () => generate("rsa", { modulusLength: 3_072 }),
  "ecdsa-sha2-nistp256": () => generate("ec", { namedCurve: "P-256" }),
  "ssh-ed25519": () => generate("ed25519", {}),
};

/** In the order in which sshd loads and lists them. */
const hostKeyTypes = ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"] as const satisfies HostKeyType[];

const url = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");

function publicBlob(type: HostKeyType, key: KeyObject): Buffer {
  const jwk = createPublicKey(key).export({ format: "jwk" });
  const writer = new WireWriter().string(type);
  switch (type) {
    case "ssh-rsa":
      return writer.mpint(url(jwk.e)).mpint(url(jwk.n)).done();
    case "ecdsa-sha2-nistp256":
      return writer
        .string("nistp256")
        .string(Buffer.concat([Buffer.from([4]), url(jwk.x), url(jwk.y)]))
        .done();
    case "ssh-ed25519":
      return writer.string(url(jwk.x)).done();
  }
}

function signature(algorithm: string, key: KeyObject, data: Buffer): Buffer {
  const writer = new WireWriter().string(algorithm);
  switch (algorithm) {
    case "rsa-sha2-512":
      return writer.string(signBytes("sha512", data, key)).done();
    case "rsa-sha2-256":
      return writer.string(signBytes("sha256", data, key)).done();
    case "ecdsa-sha2-nistp256": {
      const raw = signBytes("sha256", data, { key, dsaEncoding: "ieee-p1363" });
      const rs = new WireWriter().mpint(raw.subarray(0, 32)).mpint(raw.subarray(32)).done();
      return writer.string(rs).done();
    }
    default:
      return writer.string(signBytes(null, data, key)).done();
  }
}

async function loadOrMake(dir: string, type: HostKeyType): Promise<HostKey> {
  const path = join(dir, `host-key-${type}.pem`);
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    ({ privateKey } = await makers[type]());
    // Renamed into place, so that a kill in between leaves no half key.
    await writeFile(`${path}.part`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    await rename(`${path}.part`, path);
  }
  return {
    type,
    blob: publicBlob(type, privateKey),
    sign: (algorithm, data) => signature(algorithm, privateKey, data),
  };
}

/** The decky's host keys: made once, kept in its state, the same after every restart. */
export const loadHostKeys = (dir: string): Promise<readonly HostKey[]> =>
  Promise.all(hostKeyTypes.map((type) => loadOrMake(dir, type)));

/** As in `/etc/ssh/ssh_host_*_key.pub`, without comment. */
export const publicLine = ({ type, blob }: HostKey): string => `${type} ${blob.toString("base64")}`;
