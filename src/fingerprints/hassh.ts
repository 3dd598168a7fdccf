import { createHash } from "node:crypto";

/** The name lists of an SSH_MSG_KEXINIT (RFC 4253 §7.1), as sent. */
export interface KexInit {
  readonly kex: string;
  readonly hostKey: string;
  readonly encryptionC2s: string;
  readonly encryptionS2c: string;
  readonly macC2s: string;
  readonly macS2c: string;
  readonly compressionC2s: string;
  readonly compressionS2c: string;
  readonly languagesC2s: string;
  readonly languagesS2c: string;
  readonly firstKexPacketFollows: boolean;
}

const MSG_KEXINIT = 20;
const COOKIE_BYTES = 16;

/** Reads a KEXINIT payload; `undefined` when it is none or is cut short. */
export function parseKexInit(payload: Uint8Array): KexInit | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes[0] !== MSG_KEXINIT) return undefined;
  const lists: string[] = [];
  let at = 1 + COOKIE_BYTES;
  for (let n = 0; n < 10; n += 1) {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    at += 4;
    if (length > bytes.length - at) return undefined;
    lists.push(bytes.toString("latin1", at, at + length));
    at += length;
  }
  const follows = bytes[at];
  if (follows === undefined) return undefined;
  const list = (n: number): string => lists[n] ?? "";
  return {
    kex: list(0),
    hostKey: list(1),
    encryptionC2s: list(2),
    encryptionS2c: list(3),
    macC2s: list(4),
    macS2c: list(5),
    compressionC2s: list(6),
    compressionS2c: list(7),
    languagesC2s: list(8),
    languagesS2c: list(9),
    firstKexPacketFollows: follows !== 0,
  };
}

const md5 = (text: string): string => createHash("md5").update(text, "latin1").digest("hex");

/** `kex;encryption;mac;compression`, client to server. */
export const hasshAlgorithms = (init: KexInit): string =>
  [init.kex, init.encryptionC2s, init.macC2s, init.compressionC2s].join(";");

/** `kex;encryption;mac;compression`, server to client. */
const hasshServerAlgorithms = (init: KexInit): string =>
  [init.kex, init.encryptionS2c, init.macS2c, init.compressionS2c].join(";");

/** The client's HASSH. @see https://github.com/salesforce/hassh */
export const hassh = (init: KexInit): string => md5(hasshAlgorithms(init));

/** The server's HASSH. */
export const hasshServer = (init: KexInit): string => md5(hasshServerAlgorithms(init));
