import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elfFile } from "./elf.ts";
import { type Architecture, buildIdOf, findBuildId, parseElfHead, targets } from "./elf-target.ts";
import { filled, prose } from "./filler.ts";
import { gzipOf } from "./gzip.ts";

const architectures = Object.keys(targets) as Architecture[];

/** What `readelf -hS` reads, written again from the specification. */
function readElf(bytes: Buffer) {
  const wide = bytes[4] === 2;
  const little = bytes[5] === 1;
  const half = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const word = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const long = (at: number): number =>
    wide ? Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at)) : word(at);
  const sectionTable = long(wide ? 40 : 32);
  const tail = wide ? 52 : 40;
  const count = half(tail + 8);
  const names = half(tail + 10);
  const entry = half(tail + 6);
  const section = (index: number) => {
    const at = sectionTable + index * entry;
    return {
      nameAt: word(at),
      type: word(at + 4),
      offset: long(at + (wide ? 24 : 16)),
      size: long(at + (wide ? 32 : 20)),
    };
  };
  const strings = section(names);
  const nameOf = (at: number): string => {
    const start = strings.offset + at;
    return bytes.toString("latin1", start, bytes.indexOf(0, start));
  };
  const sections = Array.from({ length: count }, (_, i) => section(i)).map((one) => ({
    ...one,
    name: nameOf(one.nameAt),
  }));
  const programs = half(tail + 4);
  return { wide, little, type: half(16), machine: half(18), flags: word(wide ? 48 : 36), sections, programs };
}

describe.each(architectures)("an ELF file for %s", (arch) => {
  const spec = {
    arch,
    type: "pie" as const,
    size: 148_923,
    identity: `test ${arch}`,
    needed: ["libc.so.6"],
    texts: ["Usage: test"],
  };
  const bytes = Buffer.from(elfFile(spec).readAt(0, 1_000_000));

  it("has the header of that machine and sections that lie inside the file", () => {
    const read = readElf(bytes);
    expect(bytes).toHaveLength(spec.size);
    expect(read).toMatchObject({
      wide: targets[arch].bits === 64,
      little: targets[arch].little,
      type: 3,
      machine: targets[arch].machine,
      flags: targets[arch].flags,
    });
    const names = read.sections.map((one) => one.name);
    for (const name of [
      ".interp",
      ".note.gnu.build-id",
      ".dynsym",
      ".dynstr",
      ".dynamic",
      ".text",
      ".rodata",
      ".data",
      ".shstrtab",
    ])
      expect(names).toContain(name);
    for (const section of read.sections.filter((one) => one.type !== 8))
      expect(section.offset + section.size).toBeLessThanOrEqual(spec.size);
    const interp = read.sections.find((one) => one.name === ".interp");
    const path = bytes.toString("latin1", interp?.offset, (interp?.offset ?? 0) + (interp?.size ?? 1) - 1);
    expect(path).toBe(targets[arch].interpreter);
  });

  it("says which of our programs it is", () => {
    expect(findBuildId(bytes)).toBe(buildIdOf(spec.identity).toString("hex"));
    expect(parseElfHead(bytes)).toEqual({
      bits: targets[arch].bits,
      little: targets[arch].little,
      machine: targets[arch].machine,
    });
  });

  it("reads the same in pieces as at once", () => {
    const file = elfFile(spec);
    fc.assert(
      fc.property(fc.nat(spec.size + 10), fc.nat(20_000), (offset, length) => {
        expect(Buffer.from(file.readAt(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(
          true,
        );
      }),
      { numRuns: 60 },
    );
  });
});

it("an ELF file of any type and size has exactly that size and still names its machine", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...architectures),
      fc.constantFrom("exec", "pie", "shared", "static", "object"),
      fc.integer({ min: 64, max: 9000 }),
      (arch, type, size) => {
        const file = elfFile({
          arch,
          type: type as "exec",
          size,
          identity: "x",
          needed: ["libc.so.6"],
          texts: [],
        });
        const bytes = file.readAt(0, size + 100);
        expect(bytes.length).toBe(size);
        expect(parseElfHead(bytes)?.machine).toBe(targets[arch].machine);
      },
    ),
    { numRuns: 300 },
  );
});

it("a gzip file of any size is valid and has that size", () => {
  const sizes = [23, 24, 100, 65_558, 65_559, 65_560, 65_561, 65_562, 65_563, 65_570, 131_100, 200_000];
  for (const size of sizes) {
    const text = (length: number): Uint8Array =>
      filled(length, Buffer.alloc(0), prose("gz", { prefix: "" }), true).readAt(0, length);
    const bytes = gzipOf(size, text);
    expect(bytes).toHaveLength(size);
    const plain = gunzipSync(bytes);
    expect(plain.equals(text(plain.length))).toBe(true);
  }
});
