import { createHash } from "node:crypto";

/** Content that exists only when it is read: same place, same bytes. */
export interface Filled {
  readonly size: number;
  readAt(offset: number, length: number): Uint8Array;
}

/** Bytes `from … to` of a stream that begins at 0. */
export type Fill = (from: number, to: number) => Uint8Array;

const BLOCK = 4096;

/** Copies into the window the part of `range` that it shows; `fill` counts from the start of the range. */
export function fillRange(
  window: { readonly out: Buffer; readonly offset: number },
  range: readonly [number, number],
  fill: Fill,
): void {
  const from = Math.max(range[0], window.offset);
  const to = Math.min(range[1], window.offset + window.out.length);
  if (from >= to) return;
  window.out.set(fill(from - range[0], to - range[0]), from - window.offset);
}

/** Builds a stream from blocks that are each made on their own, so reading the end costs no more than the start. */
function blocks(make: (index: number) => Buffer): Fill {
  return (from, to) => {
    const out = Buffer.allocUnsafe(to - from);
    let at = from;
    while (at < to) {
      const index = Math.floor(at / BLOCK);
      const start = at - index * BLOCK;
      const count = Math.min(BLOCK - start, to - at);
      make(index).copy(out, at - from, start, start + count);
      at += count;
    }
    return out;
  };
}

const seedOf = (identity: string, purpose: string): number =>
  createHash("sha256").update(`${purpose}\0${identity}`).digest().readInt32LE(0);

/** A cheap generator per block; quality does not matter, speed does (≈ 400 MB/s). */
function xorshift(seed: number, index: number): () => number {
  let x = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0 || 0x6d2b79f5;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** Opcodes that are frequent in compiled code, so that the byte statistics look like it. */
const opcodes: Readonly<Record<string, readonly number[]>> = {
  x86_64: [
    0x48, 0x89, 0xe5, 0x8b, 0x45, 0x00, 0x00, 0xff, 0xe8, 0x0f, 0x1f, 0x44, 0x00, 0x85, 0xc0, 0x74, 0x75,
    0x41, 0x5c, 0x5d, 0xc3, 0x31, 0x83, 0xec, 0x08, 0x4c, 0x8d, 0x3d, 0x24, 0x10, 0xeb, 0x66,
  ],
  aarch64: [
    0xfd, 0x7b, 0xbf, 0xa9, 0xe0, 0x03, 0x00, 0xaa, 0x1f, 0x20, 0x03, 0xd5, 0xc0, 0x03, 0x5f, 0xd6, 0x00,
    0x94, 0x97, 0x54, 0xf9, 0x40, 0x91, 0x52, 0xb4, 0x35, 0x21, 0x00, 0x80, 0xd2, 0x13, 0x2a,
  ],
  armv7l: [
    0x00, 0xe5, 0x9f, 0xe2, 0x4d, 0xe1, 0xa0, 0xeb, 0x2f, 0xff, 0x1e, 0xe3, 0x50, 0x0a, 0xe8, 0xbd, 0x30,
    0x40, 0x10, 0x00, 0x1b, 0x13, 0xe0, 0x8d, 0x03, 0x93, 0x20, 0x55, 0x02, 0x0c, 0xd0, 0xea,
  ],
  mips: [
    0x27, 0xbd, 0xff, 0xe0, 0xaf, 0xbf, 0x00, 0x1c, 0x8f, 0x99, 0x80, 0x00, 0x24, 0x02, 0x00, 0x21, 0x03,
    0xe0, 0x00, 0x08, 0x10, 0x40, 0x14, 0x62, 0x0c, 0x00, 0x3c, 0x1c, 0xae, 0x42, 0x00, 0x25,
  ],
};

export function code(identity: string, arch: string): Fill {
  const seed = seedOf(identity, "code");
  const table = Uint8Array.from(opcodes[arch === "mipsel" ? "mips" : arch] ?? []);
  const pairs = Uint16Array.from(
    { length: 1024 },
    (_, i) => ((table[i & 31] ?? 0) << 8) | (table[i >> 5] ?? 0),
  );
  return blocks((index) => {
    const next = xorshift(seed, index);
    const out = new Uint32Array(BLOCK / 4);
    for (let i = 0; i < out.length; i += 1) {
      const x = next();
      // Two bytes from the table, an operand, and half of the time a zero.
      const last = (x & 0x40000) === 0 ? 0 : (table[(x >>> 20) & 31] ?? 0);
      out[i] = (pairs[x & 1023] ?? 0) | (((x >>> 10) & 255) << 16) | (last << 24);
    }
    return Buffer.from(out.buffer);
  });
}

const words =
  "the of and to in is for that with as on be by this from are it or at not which file name option value set use when if line default output input error read write list directory user system path time data type size mode number string format command process support version must can will may only each other first last same before after between without also current given used following specified example information standard function argument return number zero empty valid invalid unknown missing found open close create remove copy move change update check test build install configure enable disable start stop print display show describe define declare include contain match replace search select sort merge split convert encode decode compress extract load save store fetch send receive connect listen bind accept request response header body field record entry table index key pair map array object class method module package library program utility service daemon client server host address port network interface protocol message event signal handler buffer memory cache page block sector device driver kernel".split(
    " ",
  );

const phrase = (next: () => number, count: number): string =>
  Array.from({ length: count }, () => words[next() % words.length] ?? "").join(" ");

/** Zero-terminated texts, the given ones first. */
export function strings(identity: string, first: readonly string[]): Fill {
  const seed = seedOf(identity, "strings");
  const lead = Buffer.from(`${first.join("\0")}\0`, "latin1").subarray(0, BLOCK);
  return blocks((index) => {
    const next = xorshift(seed, index);
    const out = Buffer.alloc(BLOCK);
    let at = 0;
    if (index === 0) at = lead.copy(out);
    while (at < BLOCK - 96) {
      const kind = next() % 4;
      const text =
        kind === 0
          ? `%s: ${phrase(next, 3)}\n`
          : kind === 1
            ? `/${phrase(next, 2).replace(" ", "/")}`
            : phrase(next, 1 + (next() % 5));
      at += out.write(text, at, "latin1") + 1;
      if (kind === 3) at += 8 - (at % 8);
    }
    return out;
  });
}

/** Bytes without any pattern. */
export function noise(identity: string): Fill {
  const seed = seedOf(identity, "noise");
  return blocks((index) => {
    const next = xorshift(seed, index);
    const out = new Uint32Array(BLOCK / 4);
    for (let i = 0; i < out.length; i += 1) out[i] = next();
    return Buffer.from(out.buffer);
  });
}

export interface ProseStyle {
  /** Before each line: `# `, `// `, ` * `. */
  readonly prefix: string;
}

/** Lines of text; every block ends with a line end, so any length can be cut from it. */
export function prose(identity: string, style: ProseStyle): Fill {
  const seed = seedOf(identity, "prose");
  return blocks((index) => {
    const next = xorshift(seed, index);
    let text = "";
    while (text.length < BLOCK) {
      const line = next() % 9 === 0 ? style.prefix.trimEnd() : style.prefix + phrase(next, 5 + (next() % 6));
      text += `${line}\n`;
    }
    return Buffer.from(`${text.slice(0, BLOCK - 1)}\n`, "latin1");
  });
}

/** `head`, then `fill`, cut to `size`; a text ends with a line end. */
export function filled(size: number, head: Uint8Array, fill: Fill, endsWithNewline = false): Filled {
  const lead = head.subarray(0, size);
  return {
    size,
    readAt: (offset, length) => {
      const out = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const window = { out, offset };
      fillRange(window, [0, lead.length], (from, to) => lead.subarray(from, to));
      fillRange(window, [lead.length, size], fill);
      if (endsWithNewline && out.length > 0 && offset + out.length === size) out[out.length - 1] = 10;
      return out;
    },
  };
}

export function fromBytes(bytes: Uint8Array): Filled {
  return {
    size: bytes.length,
    readAt: (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
  };
}
