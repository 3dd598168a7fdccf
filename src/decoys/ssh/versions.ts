import { implementedCiphers, implementedMacs } from "./transport/ciphers.ts";
import { implementedKex } from "./transport/key-exchange.ts";

export interface AlgorithmLists {
  readonly kex: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly compression: readonly string[];
  /** Signature algorithms the extension `server-sig-algs` names. */
  readonly signatures: readonly string[];
}

export interface SshVersion extends AlgorithmLists {
  /** What follows `SSH-2.0-`. */
  readonly software: string;
}

/**
 * `myproposal.h` of 9.2p1 with what Debian added: `kex-strict-s` in 2+deb12u2 (CVE-2023-48795), the name
 * `sntrup761x25519-sha512` without suffix in 2+deb12u4.
 */
const openssh92: AlgorithmLists = {
  kex: [
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
    "kex-strict-s-v00@openssh.com",
  ],
  ciphers: [
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
  ],
  macs: [
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
  ],
  compression: ["none", "zlib@openssh.com"],
  signatures: [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ssh-rsa",
    "rsa-sha2-256",
    "rsa-sha2-512",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
  ],
};

/** What `lists: hardened` in the configuration leaves, as common hardening guides write it. */
const hardened: Pick<AlgorithmLists, "kex" | "ciphers" | "macs"> = {
  kex: [
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha256",
    "kex-strict-s-v00@openssh.com",
  ],
  ciphers: [
    "chacha20-poly1305@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
  ],
  macs: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "umac-128-etm@openssh.com"],
};

/** Update levels of bookworm that are in the wild; 2+deb12u3 is left out because detectors list it. */
export const debianUpdates = [
  "Debian-2+deb12u4",
  "Debian-2+deb12u5",
  "Debian-2+deb12u6",
  "Debian-2+deb12u7",
  "Debian-2+deb12u8",
  "Debian-2+deb12u9",
  "Debian-2+deb12u10",
] as const;

export type DebianUpdate = (typeof debianUpdates)[number];

/** What `dpkg -l openssh-server` shows on the machine, so that banner and package agree. */
export function updateOf(dpkgStatus: string): DebianUpdate | undefined {
  const version = /(?:^|\n)Package: openssh-server\n(?:\S.*\n| .*\n)*?Version: 1:9\.2p1-(\S+)/.exec(
    dpkgStatus,
  )?.[1];
  return debianUpdates.find((update) => update === `Debian-${version}`);
}

export const openSsh92 = (update: string, lists: "stock" | "hardened"): SshVersion => ({
  ...openssh92,
  ...(lists === "hardened" ? hardened : {}),
  software: `OpenSSH_9.2p1 ${update}`,
});

/** Algorithms of a version that we could not speak if a client chose them: must be none. */
export const unspeakable = (version: AlgorithmLists): readonly string[] => [
  ...version.kex.filter((name) => !name.startsWith("kex-strict-") && !implementedKex.includes(name)),
  ...version.ciphers.filter((name) => !implementedCiphers.includes(name)),
  ...version.macs.filter((name) => !implementedMacs.includes(name)),
  ...version.compression.filter((name) => name !== "none" && name !== "zlib@openssh.com"),
];
