import { createHash } from "node:crypto";
import type { MachinePersona } from "../persona.ts";
import { code, type Filled, fillRange, strings } from "./filler.ts";

export type Architecture = MachinePersona["hardware"]["arch"];

interface Target {
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

export interface ElfSpec {
  readonly arch: Architecture;
  readonly type: "exec" | "pie" | "shared" | "static" | "object";
  readonly size: number;
  /** Same name, same bytes. */
  readonly identity: string;
  readonly needed: readonly string[];
  readonly soname?: string;
  /** Texts that `strings` should find. */
  readonly texts: readonly string[];
  /** Replaces the default loader (`/lib/ld-musl-mips-sf.so.1`). */
  readonly interpreter?: string;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly address: number;
  readonly link?: number;
  readonly entry?: number;
  readonly align: number;
}

/** Writes words in the byte order and width of one target. */
class Writer {
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

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

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

function stringTable(items: readonly string[]): { readonly bytes: Buffer; readonly offsets: number[] } {
  const offsets: number[] = [];
  let text = "\0";
  for (const item of items) {
    offsets.push(text.length);
    text += `${item}\0`;
  }
  return { bytes: Buffer.from(text, "latin1"), offsets };
}

const imports = [
  "__libc_start_main",
  "__cxa_finalize",
  "free",
  "malloc",
  "memcpy",
  "strlen",
  "fprintf",
  "exit",
  "__stack_chk_fail",
  "stdout",
  "stderr",
];

/** Everything in front of the code: notes, loader name, symbols, strings, dynamic section. */
function leadingSections(spec: ElfSpec, target: Target, start: number) {
  const wide = target.bits === 64;
  const base = spec.type === "exec" || spec.type === "static" ? target.base : 0;
  const parts: { section: Omit<Section, "offset" | "address">; bytes: Buffer }[] = [];
  const dynamic = spec.type !== "static" && spec.type !== "object";
  if (dynamic && spec.type !== "shared") {
    const path = Buffer.from(`${spec.interpreter ?? target.interpreter}\0`, "latin1");
    parts.push({ section: { name: ".interp", type: 1, flags: 2, size: path.length, align: 1 }, bytes: path });
  }
  const note = new Writer(36, target);
  note.word(4);
  note.word(20);
  note.word(3);
  note.raw(Buffer.from("GNU\0", "latin1"));
  note.raw(buildIdOf(spec.identity));
  parts.push({
    section: { name: ".note.gnu.build-id", type: 7, flags: 2, size: 36, align: 4 },
    bytes: note.bytes,
  });
  if (dynamic) {
    const names = stringTable([
      ...imports,
      ...spec.needed,
      ...(spec.soname === undefined ? [] : [spec.soname]),
    ]);
    const entry = wide ? 24 : 16;
    const symbols = new Writer(entry * (imports.length + 1), target);
    for (let i = 0; i < imports.length; i += 1) {
      symbols.at = entry * (i + 1);
      symbols.word(names.offsets[i] ?? 0);
      if (wide) symbols.bytes[symbols.at] = 0x12;
      else symbols.bytes[symbols.at + 8] = 0x12;
    }
    parts.push({
      section: { name: ".dynsym", type: 11, flags: 2, size: symbols.bytes.length, align: 8, entry },
      bytes: symbols.bytes,
    });
    parts.push({
      section: { name: ".dynstr", type: 3, flags: 2, size: names.bytes.length, align: 1 },
      bytes: names.bytes,
    });
    const tags: [number, number][] = spec.needed.map((_, i) => [1, names.offsets[imports.length + i] ?? 0]);
    if (spec.soname !== undefined) tags.push([14, names.offsets.at(-1) ?? 0]);
    tags.push([10, names.bytes.length], [11, entry], [0, 0]);
    const table = new Writer(tags.length * (wide ? 16 : 8), target);
    for (const [tag, value] of tags) {
      table.address(tag);
      table.address(value);
    }
    parts.push({
      section: {
        name: ".dynamic",
        type: 6,
        flags: 3,
        size: table.bytes.length,
        align: 8,
        entry: wide ? 16 : 8,
      },
      bytes: table.bytes,
    });
  }
  let at = start;
  const sections: Section[] = [];
  const bytes: Buffer[] = [];
  for (const part of parts) {
    const offset = align(at, part.section.align);
    if (offset > at) bytes.push(Buffer.alloc(offset - at));
    sections.push({ ...part.section, offset, address: base + offset });
    bytes.push(part.bytes);
    at = offset + part.bytes.length;
  }
  return { sections, bytes: Buffer.concat(bytes), end: at, base };
}

interface Layout {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly text: readonly [number, number];
  readonly rodata: readonly [number, number];
  readonly data: readonly [number, number];
}

const elfTypes = { object: 1, exec: 2, static: 2, pie: 3, shared: 3 };

function layout(spec: ElfSpec, target: Target): Layout {
  const wide = target.bits === 64;
  const headerSize = wide ? 64 : 52;
  const programEntry = wide ? 56 : 32;
  const programCount = spec.type === "object" ? 0 : spec.type === "static" ? 4 : 7;
  const lead = leadingSections(spec, target, headerSize + programEntry * programCount);
  const sectionEntry = wide ? 64 : 40;
  const fixed = [".text", ".rodata", ".data", ".bss", ".shstrtab"];
  const names = stringTable([...lead.sections.map((s) => s.name), ...fixed]);
  const count = 1 + lead.sections.length + fixed.length;
  const tableSize = count * sectionEntry;
  const tailSize = align(names.bytes.length, 8) + tableSize;
  const bodyStart = align(lead.end, spec.size > 16_384 ? 4096 : 16);
  const bodyEnd = spec.size - tailSize;
  const room = bodyEnd - bodyStart;
  if (room < 16)
    return {
      head: tinyHead(spec, target),
      tail: Buffer.alloc(0),
      text: [0, 0],
      rodata: [0, 0],
      data: [0, 0],
    };
  const textEnd = bodyStart + align(Math.floor(room * 0.62), 16);
  const rodataEnd = Math.min(bodyEnd, textEnd + align(Math.floor(room * 0.27), 16));
  const at = (offset: number): number => lead.base + offset;
  const section = (name: string, type: number, flags: number, range: readonly [number, number]): Section => ({
    name,
    type,
    flags,
    offset: range[0],
    size: range[1] - range[0],
    address: (flags & 2) !== 0 ? at(range[0]) : 0,
    align: flags === 0 ? 1 : 16,
  });
  const sections: Section[] = [
    ...lead.sections,
    section(".text", 1, 6, [bodyStart, textEnd]),
    section(".rodata", 1, 2, [textEnd, rodataEnd]),
    section(".data", 1, 3, [rodataEnd, bodyEnd]),
    section(".bss", 8, 3, [bodyEnd, bodyEnd]),
    section(".shstrtab", 3, 0, [bodyEnd, bodyEnd + names.bytes.length]),
  ];
  const head = new Writer(bodyStart, target);
  writeHeader(head, spec, target, {
    entry: spec.type === "object" ? 0 : at(bodyStart + 16),
    sectionTable: spec.size - tableSize,
    programCount,
    sectionCount: count,
    programEntry,
    sectionEntry,
    headerSize,
  });
  writePrograms(head, target, programCount, {
    sections,
    base: lead.base,
    textEnd,
    rodataEnd,
    bodyEnd,
    bodyStart,
  });
  head.at = headerSize + programEntry * programCount;
  head.raw(lead.bytes);
  const tail = new Writer(tailSize, target);
  tail.raw(names.bytes);
  tail.at = tailSize - tableSize + sectionEntry;
  for (const [index, item] of sections.entries()) {
    tail.word(names.offsets[index] ?? 0);
    tail.word(item.type);
    tail.address(item.flags);
    tail.address(spec.type === "object" ? 0 : item.address);
    tail.address(item.offset);
    tail.address(item.size);
    tail.word(item.name === ".dynsym" || item.name === ".dynamic" ? dynstrIndex(sections) : 0);
    tail.word(item.name === ".dynsym" ? 1 : 0);
    tail.address(item.align);
    tail.address(item.entry ?? 0);
  }
  return {
    head: head.bytes,
    tail: tail.bytes,
    text: [bodyStart, textEnd],
    rodata: [textEnd, rodataEnd],
    data: [rodataEnd, bodyEnd],
  };
}

const dynstrIndex = (sections: readonly Section[]): number =>
  sections.findIndex((section) => section.name === ".dynstr") + 1;

/** A file too small for sections: header only, as objects without code are. */
function tinyHead(spec: ElfSpec, target: Target): Buffer {
  const headerSize = target.bits === 64 ? 64 : 52;
  const writer = new Writer(Math.max(headerSize, spec.size), target);
  writeHeader(writer, spec, target, {
    entry: 0,
    sectionTable: 0,
    programCount: 0,
    sectionCount: 0,
    programEntry: 0,
    sectionEntry: 0,
    headerSize,
  });
  return writer.bytes.subarray(0, spec.size);
}

interface HeaderFacts {
  readonly entry: number;
  readonly sectionTable: number;
  readonly programCount: number;
  readonly sectionCount: number;
  readonly programEntry: number;
  readonly sectionEntry: number;
  readonly headerSize: number;
}

function writeHeader(writer: Writer, spec: ElfSpec, target: Target, facts: HeaderFacts): void {
  writer.raw(Buffer.from([0x7f, 0x45, 0x4c, 0x46, target.bits === 64 ? 2 : 1, target.little ? 1 : 2, 1, 0]));
  writer.at = 16;
  writer.half(elfTypes[spec.type]);
  writer.half(target.machine);
  writer.word(1);
  writer.address(facts.entry);
  writer.address(facts.programCount === 0 ? 0 : facts.headerSize);
  writer.address(facts.sectionTable);
  writer.word(target.flags);
  writer.half(facts.headerSize);
  writer.half(facts.programCount === 0 ? 0 : facts.programEntry);
  writer.half(facts.programCount);
  writer.half(facts.sectionEntry);
  writer.half(facts.sectionCount);
  writer.half(facts.sectionCount === 0 ? 0 : facts.sectionCount - 1);
}

interface Segments {
  readonly sections: readonly Section[];
  readonly base: number;
  readonly bodyStart: number;
  readonly textEnd: number;
  readonly rodataEnd: number;
  readonly bodyEnd: number;
}

function writePrograms(writer: Writer, target: Target, count: number, segments: Segments): void {
  if (count === 0) return;
  const find = (name: string): Section | undefined => segments.sections.find((s) => s.name === name);
  const { base, bodyStart, textEnd, rodataEnd, bodyEnd } = segments;
  const range = (from: number, to: number) => ({ offset: from, size: to - from, address: base + from });
  const none = { offset: 0, size: 0, address: 0 };
  const rows: [number, number, { offset: number; size: number; address: number }, number][] = [];
  const interp = find(".interp");
  if (interp !== undefined) rows.push([3, 4, interp, 1]);
  rows.push([1, 4, range(0, bodyStart), 4096], [1, 5, range(bodyStart, textEnd), 4096]);
  rows.push([1, 4, range(textEnd, rodataEnd), 4096]);
  if (count > 4) rows.push([1, 6, range(rodataEnd, bodyEnd), 4096], [2, 6, find(".dynamic") ?? none, 8]);
  rows.push([0x6474e551, 6, none, 16]);
  const entry = target.bits === 64 ? 56 : 32;
  const start = target.bits === 64 ? 64 : 52;
  for (const [index, [type, flags, place, alignment]] of rows.slice(0, count).entries()) {
    writer.at = start + index * entry;
    writer.word(type);
    if (target.bits === 64) writer.word(flags);
    writer.address(place.offset);
    writer.address(place.address);
    writer.address(place.address);
    writer.address(place.size);
    writer.address(place.size);
    if (target.bits === 32) writer.word(flags);
    writer.address(alignment);
  }
}

/** An ELF file of exactly that size: true headers around bytes that look like code, texts and data. */
export function elfFile(spec: ElfSpec): Filled {
  const target = targets[spec.arch];
  const plan = layout(spec, target);
  const { head, tail, text, rodata, data } = plan;
  const textFill = code(spec.identity, spec.arch);
  const rodataFill = strings(spec.identity, spec.texts);
  return {
    size: spec.size,
    readAt: (offset, length) => {
      const out = Buffer.alloc(Math.max(0, Math.min(length, spec.size - offset)));
      const window = { out, offset };
      fillRange(window, [0, head.length], (from, to) => head.subarray(from, to));
      fillRange(window, text, textFill);
      fillRange(window, rodata, rodataFill);
      fillRange(window, data, (from, to) => Buffer.alloc(to - from));
      fillRange(window, [spec.size - tail.length, spec.size], (from, to) => tail.subarray(from, to));
      return out;
    },
  };
}
