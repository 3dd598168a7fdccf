import type { KexInit } from "#fingerprints/hassh.ts";
import { SshProtocolError } from "../errors.ts";
import type { HostKeyType } from "../host-keys.ts";
import type { AlgorithmLists } from "../versions.ts";
import { isSealed } from "./ciphers.ts";

export interface Direction {
  readonly cipher: string;
  readonly mac: string;
  readonly compression: string;
}

export interface Negotiated {
  readonly kex: string;
  readonly hostKeyAlgorithm: string;
  readonly hostKeyType: HostKeyType;
  readonly clientToServer: Direction;
  readonly serverToClient: Direction;
  readonly strict: boolean;
  readonly extInfo: boolean;
  /** The client's first guess was wrong: its next key exchange message is to be ignored. */
  readonly skipGuess: boolean;
}

/** Host key algorithms in the order in which sshd lists them. */
export const hostKeyAlgorithms: readonly (readonly [string, HostKeyType])[] = [
  ["rsa-sha2-512", "ssh-rsa"],
  ["rsa-sha2-256", "ssh-rsa"],
  ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"],
  ["ssh-ed25519", "ssh-ed25519"],
];

const split = (list: string): readonly string[] => (list === "" ? [] : list.split(","));

/** RFC 4253 §7.1: the first of the client's list that the server has. sshd says nothing before it closes. */
function choose(client: readonly string[], server: readonly string[], what: string): string {
  const chosen = client.find((name) => server.includes(name));
  if (chosen === undefined) throw new SshProtocolError(`no matching ${what}`);
  return chosen;
}

export function negotiate(client: KexInit, server: AlgorithmLists): Negotiated {
  const kexNames = split(client.kex);
  const serverKex = server.kex.filter((name) => !name.startsWith("kex-strict-"));
  const kex = choose(kexNames, serverKex, "key exchange method");
  const keyNames = split(client.hostKey);
  const algorithm = choose(
    keyNames,
    hostKeyAlgorithms.map(([name]) => name),
    "host key type",
  );
  const direction = (encryption: string, mac: string, compression: string): Direction => {
    const cipher = choose(split(encryption), server.ciphers, "cipher");
    return {
      cipher,
      mac: isSealed(cipher) ? "" : choose(split(mac), server.macs, "MAC"),
      compression: choose(split(compression), server.compression, "compression method"),
    };
  };
  const guessedRight = kexNames[0] === serverKex[0] && keyNames[0] === hostKeyAlgorithms[0]?.[0];
  return {
    kex,
    hostKeyAlgorithm: algorithm,
    hostKeyType: hostKeyAlgorithms.find(([name]) => name === algorithm)?.[1] ?? "ssh-ed25519",
    clientToServer: direction(client.encryptionC2s, client.macC2s, client.compressionC2s),
    serverToClient: direction(client.encryptionS2c, client.macS2c, client.compressionS2c),
    strict:
      kexNames.includes("kex-strict-c-v00@openssh.com") &&
      server.kex.includes("kex-strict-s-v00@openssh.com"),
    extInfo: kexNames.includes("ext-info-c"),
    skipGuess: client.firstKexPacketFollows && !guessedRight,
  };
}
