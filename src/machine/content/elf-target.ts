import { createHash } from "node:crypto";
import type { MachinePersona } from "../persona.ts";

export type Architecture = MachinePersona["hardware"]["arch"];

export interface Target {
  readonly bits: 32 | 64;
  readonly little: boolean;
  readonly machine: number;
  readonly flags: number;
  readonly interpreter: string;
  readonly base: number;
}

/** ELF facts per architecture, as `readelf -h` prints them on Debian 12 and on such a router. */
export const targets: Readonly<Record<Architecture, Target>> = {
  x86_64: {
    bits: 64,
    little: true,
    machine: 62,
    flags: 0,
    interpreter: "/lib64/ld-linux-x86-64.so.2",
    base: 0x400000,
  },
  aarch64: {
    bits: 64,
    little: true,
    machine: 183,
    flags: 0,
    interpreter: "/lib/ld-linux-aarch64.so.1",
    base: 0x400000,
  },
  armv7l: {
    bits: 32,
    little: true,
    machine: 40,
    flags: 0x05000400,
    interpreter: "/lib/ld-linux-armhf.so.3",
    base: 0x10000,
  },
  mips: {
    bits: 32,
    little: false,
    machine: 8,
    flags: 0x50001007,
    interpreter: "/lib/ld-uClibc.so.0",
    base: 0x400000,
  },
  mipsel: {
    bits: 32,
    little: true,
    machine: 8,
    flags: 0x50001007,
    interpreter: "/lib/ld-uClibc.so.0",
    base: 0x400000,
  },
};

/** Writes words in the byte order and width of one target. */
export class Writer {
  readonly bytes: Buffer;
  readonly #target: Target;
  at = 0;
  constructor(length: number, target: Target) {
    this.bytes = Buffer.alloc(length);
    this.#target = target;
  }
  half(value: number): void {
    if (this.#target.little) this.bytes.writeUInt16LE(value, this.at);
    else this.bytes.writeUInt16BE(value, this.at);
    this.at += 2;
  }
  word(value: number): void {
    if (this.#target.little) this.bytes.writeUInt32LE(value >>> 0, this.at);
    else this.bytes.writeUInt32BE(value >>> 0, this.at);
    this.at += 4;
  }
  /** An address, offset or size: as wide as the class. */
  address(value: number): void {
    if (this.#target.bits === 32) return this.word(value);
    const low = value % 4_294_967_296;
    const high = Math.floor(value / 4_294_967_296);
    if (this.#target.little) {
      this.word(low);
      this.word(high);
    } else {
      this.word(high);
      this.word(low);
    }
  }
  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

/** What marks one of our programs wherever it was copied to: the note that compilers leave. */
export function buildIdOf(identity: string): Buffer {
  return createHash("sha1").update(`build-id\0${identity}`).digest();
}

/** Finds the build id in the first bytes of a file. */
export function findBuildId(head: Uint8Array): string | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const at = bytes.indexOf("GNU\0", 0, "latin1");
  if (at < 0 || at + 24 > bytes.length) return undefined;
  return bytes.toString("hex", at + 4, at + 24);
}

export interface ElfHead {
  readonly bits: 32 | 64;
  readonly little: boolean;
  readonly machine: number;
}

/** Class, byte order and machine of an ELF file; undefined when it is none or cut before them. */
export function parseElfHead(head: Uint8Array): ElfHead | undefined {
  if (head.length < 20) return undefined;
  if (head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) return undefined;
  const little = head[5] === 1;
  const [low, high] = little ? [head[18], head[19]] : [head[19], head[18]];
  return { bits: head[4] === 2 ? 64 : 32, little, machine: (low ?? 0) + (high ?? 0) * 256 };
}
