import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type Decipheriv,
  timingSafeEqual,
} from "node:crypto";
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { SshProtocolError } from "../errors.ts";
import { Umac } from "./umac.ts";

/** Largest packet_length sshd takes. */
const MAX_PACKET = 256 * 1024;
/** sshd's words when lengths or checks do not fit; it sends them as a disconnect message. */
const CORRUPT = "Packet corrupt";

const corrupt = (what: string): SshProtocolError => new SshProtocolError(what, CORRUPT);

export interface KeyMaterial {
  readonly iv: Buffer;
  readonly key: Buffer;
  readonly macKey: Buffer;
}

/** Turns a payload with its padding into wire bytes. */
export interface Sealer {
  /** Bytes that the padding aligns to. */
  readonly block: number;
  /** False when the length field does not count towards the alignment. */
  readonly lengthInBlock: boolean;
  /** Random padding; sshd pads with zeros before it has keys. */
  readonly randomPadding: boolean;
  seal(sequence: number, packet: Buffer): Buffer;
}

/** Takes packets off the front of what was received. */
export interface Opener {
  /** @returns the packet behind its length field and the bytes used, or `undefined` until more arrives. */
  open(sequence: number, received: Buffer): { readonly packet: Buffer; readonly used: number } | undefined;
}

function checkLength(length: number, multiple: number, counted: number): void {
  if (length < 5 || length > MAX_PACKET) throw corrupt("bad packet length");
  if ((length + counted) % multiple !== 0) throw corrupt("padding error");
}

export const plainSealer: Sealer = {
  block: 8,
  lengthInBlock: true,
  randomPadding: false,
  seal: (_sequence, packet) => packet,
};

export const plainOpener: Opener = {
  open: (_sequence, received) => {
    if (received.length < 8) return undefined;
    const length = received.readUInt32BE();
    checkLength(length, 8, 4);
    if (received.length < 4 + length) return undefined;
    return { packet: received.subarray(4, 4 + length), used: 4 + length };
  },
};

interface Mac {
  readonly length: number;
  readonly etm: boolean;
  compute(sequence: number, bytes: Buffer): Buffer;
}

interface MacSpec {
  readonly keyBytes: number;
  readonly create: (key: Buffer) => Mac;
}

const sequenceBytes = (sequence: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sequence);
  return bytes;
};

const hmac = (hash: string, length: number, etm: boolean): MacSpec => ({
  keyBytes: length,
  create: (key) => ({
    length,
    etm,
    compute: (sequence, bytes) =>
      createHmac(hash, key).update(sequenceBytes(sequence)).update(bytes).digest().subarray(0, length),
  }),
});

const umac = (length: 8 | 16, etm: boolean): MacSpec => ({
  keyBytes: 16,
  create: (key) => {
    const state = new Umac(key, length);
    return {
      length,
      etm,
      compute: (sequence, bytes) => {
        const nonce = Buffer.alloc(8);
        nonce.writeUInt32BE(sequence, 4);
        return state.tag(bytes, nonce);
      },
    };
  },
});

const macs: Readonly<Record<string, MacSpec>> = {
  "umac-64-etm@openssh.com": umac(8, true),
  "umac-128-etm@openssh.com": umac(16, true),
  "hmac-sha2-256-etm@openssh.com": hmac("sha256", 32, true),
  "hmac-sha2-512-etm@openssh.com": hmac("sha512", 64, true),
  "hmac-sha1-etm@openssh.com": hmac("sha1", 20, true),
  "umac-64@openssh.com": umac(8, false),
  "umac-128@openssh.com": umac(16, false),
  "hmac-sha2-256": hmac("sha256", 32, false),
  "hmac-sha2-512": hmac("sha512", 64, false),
  "hmac-sha1": hmac("sha1", 20, false),
};

interface CipherSpec {
  readonly keyBytes: number;
  readonly ivBytes: number;
  /** True when the cipher checks integrity itself. */
  readonly sealed: boolean;
  readonly sealer: (keys: KeyMaterial, mac: Mac | undefined) => Sealer;
  readonly opener: (keys: KeyMaterial, mac: Mac | undefined) => Opener;
}

const needMac = (mac: Mac | undefined): Mac => {
  if (mac === undefined) throw new SshProtocolError("no MAC negotiated");
  return mac;
};

const BLOCK = 16;

function ctrSealer(cipher: Cipheriv, mac: Mac): Sealer {
  return {
    block: BLOCK,
    lengthInBlock: !mac.etm,
    randomPadding: true,
    seal: (sequence, packet) => {
      if (!mac.etm) return Buffer.concat([cipher.update(packet), mac.compute(sequence, packet)]);
      const sealed = Buffer.concat([packet.subarray(0, 4), cipher.update(packet.subarray(4))]);
      return Buffer.concat([sealed, mac.compute(sequence, sealed)]);
    },
  };
}

const verify = (given: Buffer, computed: Buffer): void => {
  if (!timingSafeEqual(given, computed)) throw corrupt("corrupted MAC on input");
};

function etmOpener(decipher: Decipheriv, mac: Mac): Opener {
  return {
    open: (sequence, received) => {
      if (received.length < 4) return undefined;
      const length = received.readUInt32BE();
      checkLength(length, BLOCK, 0);
      const end = 4 + length;
      if (received.length < end + mac.length) return undefined;
      verify(received.subarray(end, end + mac.length), mac.compute(sequence, received.subarray(0, end)));
      return { packet: decipher.update(received.subarray(4, end)), used: end + mac.length };
    },
  };
}

/** Encrypt-and-MAC: the length is known only after the first block is decrypted. */
function ctrOpener(decipher: Decipheriv, mac: Mac): Opener {
  let first: Buffer | undefined;
  return {
    open: (sequence, received) => {
      if (received.length < BLOCK) return undefined;
      first ??= decipher.update(received.subarray(0, BLOCK));
      const length = first.readUInt32BE();
      checkLength(length, BLOCK, 4);
      const end = 4 + length;
      if (received.length < end + mac.length) return undefined;
      const whole = Buffer.concat([first, decipher.update(received.subarray(BLOCK, end))]);
      first = undefined;
      verify(received.subarray(end, end + mac.length), mac.compute(sequence, whole));
      return { packet: whole.subarray(4), used: end + mac.length };
    },
  };
}

const ctr = (bits: 128 | 192 | 256): CipherSpec => ({
  keyBytes: bits / 8,
  ivBytes: BLOCK,
  sealed: false,
  sealer: ({ key, iv }, mac) => ctrSealer(createCipheriv(`aes-${bits}-ctr`, key, iv), needMac(mac)),
  opener: ({ key, iv }, mac) => {
    const decipher = createDecipheriv(`aes-${bits}-ctr`, key, iv);
    const checked = needMac(mac);
    return checked.etm ? etmOpener(decipher, checked) : ctrOpener(decipher, checked);
  },
});

const TAG = 16;

/** RFC 5647: the last eight bytes of the nonce count packets. */
function gcmNonce(iv: Buffer): () => Buffer {
  const nonce = Buffer.from(iv);
  let counter = nonce.readBigUInt64BE(4);
  return () => {
    nonce.writeBigUInt64BE(counter, 4);
    counter = BigInt.asUintN(64, counter + 1n);
    return nonce;
  };
}

const gcm = (bits: 128 | 256): CipherSpec => ({
  keyBytes: bits / 8,
  ivBytes: 12,
  sealed: true,
  sealer: ({ key, iv }) => {
    const next = gcmNonce(iv);
    return {
      block: BLOCK,
      lengthInBlock: false,
      randomPadding: true,
      seal: (_sequence, packet) => {
        const cipher = createCipheriv(`aes-${bits}-gcm`, key, next());
        cipher.setAAD(packet.subarray(0, 4));
        const body = cipher.update(packet.subarray(4));
        cipher.final();
        return Buffer.concat([packet.subarray(0, 4), body, cipher.getAuthTag()]);
      },
    };
  },
  opener: ({ key, iv }) => {
    const next = gcmNonce(iv);
    return {
      open: (_sequence, received) => {
        if (received.length < 4) return undefined;
        const length = received.readUInt32BE();
        checkLength(length, BLOCK, 0);
        const end = 4 + length;
        if (received.length < end + TAG) return undefined;
        const decipher = createDecipheriv(`aes-${bits}-gcm`, key, next(), { authTagLength: TAG });
        decipher.setAAD(received.subarray(0, 4));
        decipher.setAuthTag(received.subarray(end, end + TAG));
        const packet = decipher.update(received.subarray(4, end));
        try {
          decipher.final();
        } catch {
          throw corrupt("corrupted tag on input");
        }
        return { packet, used: end + TAG };
      },
    };
  },
});

/** OpenSSH's PROTOCOL.chacha20poly1305: 64-bit block counter, 64-bit nonce = sequence number. */
function chacha(key: Buffer, sequence: number, counter: number, bytes: Buffer): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(counter, 0);
  iv.writeUInt32BE(sequence, 12);
  return createCipheriv("chacha20", key, iv).update(bytes);
}

const polyTag = (key: Buffer, sequence: number, bytes: Buffer): Buffer =>
  Buffer.from(poly1305(bytes, chacha(key, sequence, 0, Buffer.alloc(32))));

const chachaPoly: CipherSpec = {
  keyBytes: 64,
  ivBytes: 0,
  sealed: true,
  sealer: ({ key }) => {
    const body = key.subarray(0, 32);
    const header = key.subarray(32);
    return {
      block: 8,
      lengthInBlock: false,
      randomPadding: true,
      seal: (sequence, packet) => {
        const sealed = Buffer.concat([
          chacha(header, sequence, 0, packet.subarray(0, 4)),
          chacha(body, sequence, 1, packet.subarray(4)),
        ]);
        return Buffer.concat([sealed, polyTag(body, sequence, sealed)]);
      },
    };
  },
  opener: ({ key }) => {
    const body = key.subarray(0, 32);
    const header = key.subarray(32);
    return {
      open: (sequence, received) => {
        if (received.length < 4) return undefined;
        const length = chacha(header, sequence, 0, received.subarray(0, 4)).readUInt32BE();
        checkLength(length, 8, 0);
        const end = 4 + length;
        if (received.length < end + TAG) return undefined;
        verify(received.subarray(end, end + TAG), polyTag(body, sequence, received.subarray(0, end)));
        return { packet: chacha(body, sequence, 1, received.subarray(4, end)), used: end + TAG };
      },
    };
  },
};

const ciphers: Readonly<Record<string, CipherSpec>> = {
  "chacha20-poly1305@openssh.com": chachaPoly,
  "aes128-ctr": ctr(128),
  "aes192-ctr": ctr(192),
  "aes256-ctr": ctr(256),
  "aes128-gcm@openssh.com": gcm(128),
  "aes256-gcm@openssh.com": gcm(256),
};

const cipherNamed = (name: string): CipherSpec => {
  const spec = ciphers[name];
  if (spec === undefined) throw new SshProtocolError(`cipher ${name} is not implemented`);
  return spec;
};

/** Algorithms this file can speak: what a version claims beyond them cannot be offered. */
export const implementedCiphers: readonly string[] = Object.keys(ciphers);
export const implementedMacs: readonly string[] = Object.keys(macs);

/** True for ciphers that need no MAC of their own. */
export const isSealed = (cipher: string): boolean => cipherNamed(cipher).sealed;

export interface DirectionNames {
  readonly cipher: string;
  readonly mac: string;
}

export function keySizes({ cipher, mac }: DirectionNames): { iv: number; key: number; mac: number } {
  const spec = cipherNamed(cipher);
  return { iv: spec.ivBytes, key: spec.keyBytes, mac: spec.sealed ? 0 : (macs[mac]?.keyBytes ?? 0) };
}

const macOf = ({ cipher, mac }: DirectionNames, keys: KeyMaterial): Mac | undefined =>
  cipherNamed(cipher).sealed ? undefined : macs[mac]?.create(keys.macKey);

export const createSealer = (names: DirectionNames, keys: KeyMaterial): Sealer =>
  cipherNamed(names.cipher).sealer(keys, macOf(names, keys));

export const createOpener = (names: DirectionNames, keys: KeyMaterial): Opener =>
  cipherNamed(names.cipher).opener(keys, macOf(names, keys));
