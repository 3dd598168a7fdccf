import { align, type ElfSpec, leadingSections, type Section, stringTable } from "./elf-sections.ts";
import { type Target, targets, Writer } from "./elf-target.ts";
import { code, type Filled, fillRange, strings } from "./filler.ts";

interface Layout {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly text: readonly [number, number];
  readonly rodata: readonly [number, number];
  readonly data: readonly [number, number];
}

const sizesOf = (target: Target) =>
  target.bits === 64
    ? { headerSize: 64, programEntry: 56, sectionEntry: 64 }
    : { headerSize: 52, programEntry: 32, sectionEntry: 40 };

const programCounts = { object: 0, static: 4, exec: 7, pie: 7, shared: 7 };

const elfTypes = { object: 1, exec: 2, static: 2, pie: 3, shared: 3 };

function layout(spec: ElfSpec, target: Target): Layout {
  const { headerSize, programEntry, sectionEntry } = sizesOf(target);
  const programCount = programCounts[spec.type];
  const lead = leadingSections(spec, target, headerSize + programEntry * programCount);
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
