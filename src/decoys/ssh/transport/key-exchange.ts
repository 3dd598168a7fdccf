import {
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  createPublicKey,
  type DiffieHellmanGroup,
  diffieHellman,
  generateKeyPairSync,
} from "node:crypto";
import { SshProtocolError } from "../errors.ts";
import { CIPHERTEXT_BYTES, encapsulate, PUBLIC_KEY_BYTES } from "./sntrup761.ts";
import { MSG, message, WireReader, WireWriter } from "./wire.ts";

/** What an exchange adds to the exchange hash and to the reply. */
export interface Agreed {
  readonly hash: string;
  /** Encoded fields that stand between the host key and the secret in the exchange hash. */
  readonly exchange: Buffer;
  /** Encoded secret: an mpint, or a string for the hybrid method. */
  readonly secret: Buffer;
  /** The server's public part, encoded as in the reply. */
  readonly serverPublic: Buffer;
  readonly replyType: number;
}

export type KexStep = { readonly send: Buffer } | { readonly agreed: Agreed };

/** One key exchange, the server's side. @throws {SshProtocolError} for a message or value that sshd refuses */
export interface KeyExchange {
  take(payload: Buffer): KexStep;
}

const expectType = (payload: Buffer, type: number): WireReader => {
  const reader = new WireReader(payload);
  if (reader.byte() !== type) throw new SshProtocolError(`unexpected key exchange message ${payload[0]}`);
  return reader;
};

const mpint = (magnitude: Uint8Array): Buffer => new WireWriter().mpint(magnitude).done();
const string = (bytes: Uint8Array): Buffer => new WireWriter().string(bytes).done();

/** Wraps what a library throws for a peer's bad value. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SshProtocolError(`bad key exchange value: ${String(cause)}`);
  }
}

function x25519(peer: Buffer): { readonly own: Buffer; readonly shared: Buffer } {
  if (peer.length !== 32) throw new SshProtocolError("bad x25519 key length");
  const pair = generateKeyPairSync("x25519");
  const { x } = pair.publicKey.export({ format: "jwk" });
  const publicKey = createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "X25519", x: peer.toString("base64url") },
  });
  return {
    own: Buffer.from(x ?? "", "base64url"),
    shared: guarded(() => diffieHellman({ privateKey: pair.privateKey, publicKey })),
  };
}

const curve25519 = (): KeyExchange => ({
  take: (payload) => {
    const client = expectType(payload, MSG.KEX_INIT).string();
    const { own, shared } = x25519(client);
    return {
      agreed: {
        hash: "sha256",
        exchange: Buffer.concat([string(client), string(own)]),
        secret: mpint(shared),
        serverPublic: string(own),
        replyType: MSG.KEX_REPLY,
      },
    };
  },
});

/** draft-josefsson-ntruprime-ssh: the secret is SHA-512 of both secrets, as a string. */
const sntrup761x25519 = (): KeyExchange => ({
  take: (payload) => {
    const client = expectType(payload, MSG.KEX_INIT).string();
    if (client.length !== PUBLIC_KEY_BYTES + 32) throw new SshProtocolError("bad hybrid key length");
    const { ciphertext, secret } = encapsulate(client.subarray(0, PUBLIC_KEY_BYTES));
    const { own, shared } = x25519(client.subarray(PUBLIC_KEY_BYTES));
    const reply = Buffer.concat([ciphertext, own], CIPHERTEXT_BYTES + 32);
    return {
      agreed: {
        hash: "sha512",
        exchange: Buffer.concat([string(client), string(reply)]),
        secret: string(createHash("sha512").update(secret).update(shared).digest()),
        serverPublic: string(reply),
        replyType: MSG.KEX_REPLY,
      },
    };
  },
});

const ecdh = (curve: string, hash: string) => (): KeyExchange => ({
  take: (payload) => {
    const client = expectType(payload, MSG.KEX_INIT).string();
    const pair = createECDH(curve);
    const own = pair.generateKeys();
    const shared = guarded(() => pair.computeSecret(client));
    return {
      agreed: {
        hash,
        exchange: Buffer.concat([string(client), string(own)]),
        secret: mpint(shared),
        serverPublic: string(own),
        replyType: MSG.KEX_REPLY,
      },
    };
  },
});

function agreeOver(
  group: DiffieHellmanGroup,
  client: Buffer,
  more: { readonly hash: string; readonly before: Buffer; readonly replyType: number },
): Agreed {
  const own = group.generateKeys();
  const shared = guarded(() => group.computeSecret(client));
  return {
    hash: more.hash,
    exchange: Buffer.concat([more.before, mpint(client), mpint(own)]),
    secret: mpint(shared),
    serverPublic: mpint(own),
    replyType: more.replyType,
  };
}

const fixedGroup = (name: string, hash: string) => (): KeyExchange => ({
  take: (payload) => {
    const client = expectType(payload, MSG.KEX_INIT).string();
    const group = createDiffieHellmanGroup(name);
    return {
      agreed: agreeOver(group, client, { hash, before: Buffer.alloc(0), replyType: MSG.KEX_REPLY }),
    };
  },
});

/** Sizes of the safe primes we can hand out (RFC 3526); the same that sshd falls back to without moduli. */
const gexSizes: readonly (readonly [number, string])[] = [
  [2_048, "modp14"],
  [3_072, "modp15"],
  [4_096, "modp16"],
  [6_144, "modp17"],
  [8_192, "modp18"],
];
const GEX_MIN = 2_048;
const GEX_MAX = 8_192;

const groupExchange = (hash: string) => (): KeyExchange => {
  let chosen: { readonly group: DiffieHellmanGroup; readonly before: Buffer } | undefined;
  return {
    take: (payload) => {
      if (chosen !== undefined) {
        const client = expectType(payload, MSG.GEX_INIT).string();
        return {
          agreed: agreeOver(chosen.group, client, { hash, before: chosen.before, replyType: MSG.GEX_REPLY }),
        };
      }
      const request = expectType(payload, MSG.GEX_REQUEST);
      const [min, wanted, max] = [request.uint32(), request.uint32(), request.uint32()];
      if (max < min || wanted < min || max < wanted || max < GEX_MIN || min > GEX_MAX)
        throw new SshProtocolError("DH_GEX_REQUEST out of range");
      const bits = Math.min(Math.max(wanted, GEX_MIN), GEX_MAX, max);
      const [, name] = gexSizes.find(([size]) => size >= bits && size <= max) ?? gexSizes[0] ?? [0, "modp14"];
      // By its name: from bare numbers OpenSSL would test the prime, which takes seconds at 8192 bits.
      const group = createDiffieHellmanGroup(name);
      const prime = group.getPrime();
      const generator = group.getGenerator();
      const before = new WireWriter()
        .uint32(min)
        .uint32(wanted)
        .uint32(max)
        .mpint(prime)
        .mpint(generator)
        .done();
      chosen = { group, before };
      return { send: message(MSG.GEX_GROUP).mpint(prime).mpint(generator).done() };
    },
  };
};

const methods: Readonly<Record<string, () => KeyExchange>> = {
  "sntrup761x25519-sha512": sntrup761x25519,
  "sntrup761x25519-sha512@openssh.com": sntrup761x25519,
  "curve25519-sha256": curve25519,
  "curve25519-sha256@libssh.org": curve25519,
  "ecdh-sha2-nistp256": ecdh("prime256v1", "sha256"),
  "ecdh-sha2-nistp384": ecdh("secp384r1", "sha384"),
  "ecdh-sha2-nistp521": ecdh("secp521r1", "sha512"),
  "diffie-hellman-group-exchange-sha256": groupExchange("sha256"),
  "diffie-hellman-group14-sha256": fixedGroup("modp14", "sha256"),
  "diffie-hellman-group16-sha512": fixedGroup("modp16", "sha512"),
  "diffie-hellman-group18-sha512": fixedGroup("modp18", "sha512"),
};

export const implementedKex: readonly string[] = Object.keys(methods);

export function createKeyExchange(name: string): KeyExchange {
  const make = methods[name];
  if (make === undefined) throw new SshProtocolError(`key exchange ${name} is not implemented`);
  return make();
}
