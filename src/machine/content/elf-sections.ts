import { type Architecture, buildIdOf, type Target, Writer } from "./elf-target.ts";

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

export interface Section {
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

export const align = (value: number, to: number): number => Math.ceil(value / to) * to;

export function stringTable(items: readonly string[]): {
  readonly bytes: Buffer;
  readonly offsets: number[];
} {
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

interface Part {
  readonly section: Omit<Section, "offset" | "address" | "size">;
  readonly bytes: Buffer;
}

function loader(spec: ElfSpec, target: Target): Part[] {
  if (spec.type !== "pie" && spec.type !== "exec") return [];
  const path = Buffer.from(`${spec.interpreter ?? target.interpreter}\0`, "latin1");
  return [{ section: { name: ".interp", type: 1, flags: 2, align: 1 }, bytes: path }];
}

function buildNote(spec: ElfSpec, target: Target): Part {
  const note = new Writer(36, target);
  note.word(4);
  note.word(20);
  note.word(3);
  note.raw(Buffer.from("GNU\0", "latin1"));
  note.raw(buildIdOf(spec.identity));
  return { section: { name: ".note.gnu.build-id", type: 7, flags: 2, align: 4 }, bytes: note.bytes };
}

/** Imported names, and which libraries are needed for them. */
function linkage(spec: ElfSpec, target: Target): Part[] {
  if (spec.type === "static" || spec.type === "object") return [];
  const wide = target.bits === 64;
  const soname = spec.soname === undefined ? [] : [spec.soname];
  const names = stringTable([...imports, ...spec.needed, ...soname]);
  const entry = wide ? 24 : 16;
  const symbols = new Writer(entry * (imports.length + 1), target);
  for (let i = 0; i < imports.length; i += 1) {
    symbols.at = entry * (i + 1);
    symbols.word(names.offsets[i] ?? 0);
    // STB_GLOBAL, STT_FUNC
    symbols.bytes[symbols.at + (wide ? 0 : 8)] = 0x12;
  }
  const tags: [number, number][] = spec.needed.map((_, i) => [1, names.offsets[imports.length + i] ?? 0]);
  if (soname.length > 0) tags.push([14, names.offsets.at(-1) ?? 0]);
  tags.push([10, names.bytes.length], [11, entry], [0, 0]);
  const table = new Writer(tags.length * (wide ? 16 : 8), target);
  for (const [tag, value] of tags) {
    table.address(tag);
    table.address(value);
  }
  return [
    { section: { name: ".dynsym", type: 11, flags: 2, align: 8, entry }, bytes: symbols.bytes },
    { section: { name: ".dynstr", type: 3, flags: 2, align: 1 }, bytes: names.bytes },
    { section: { name: ".dynamic", type: 6, flags: 3, align: 8, entry: wide ? 16 : 8 }, bytes: table.bytes },
  ];
}

export interface Leading {
  readonly sections: readonly Section[];
  readonly bytes: Buffer;
  readonly end: number;
  /** Address of the file's first byte. */
  readonly base: number;
}

/** Everything in front of the code: loader name, notes, symbols, strings, dynamic section. */
export function leadingSections(spec: ElfSpec, target: Target, start: number): Leading {
  const base = spec.type === "exec" || spec.type === "static" ? target.base : 0;
  let at = start;
  const sections: Section[] = [];
  const bytes: Buffer[] = [];
  for (const part of [...loader(spec, target), buildNote(spec, target), ...linkage(spec, target)]) {
    const offset = align(at, part.section.align);
    if (offset > at) bytes.push(Buffer.alloc(offset - at));
    sections.push({ ...part.section, size: part.bytes.length, offset, address: base + offset });
    bytes.push(part.bytes);
    at = offset + part.bytes.length;
  }
  return { sections, bytes: Buffer.concat(bytes), end: at, base };
}
