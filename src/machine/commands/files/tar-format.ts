/** Most entries of one archive that are looked at. */
const MAX_ENTRIES = 4000;

export interface TarEntry {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
  readonly bytes: Uint8Array;
}

export function* entriesOf(archive: Uint8Array): Generator<TarEntry> {
  const text = (from: number, length: number) =>
    Buffer.from(archive.subarray(from, from + length))
      .toString("utf8")
      .replace(/\0.*$/s, "");
  const octal = (from: number, length: number) => Number.parseInt(text(from, length).trim(), 8) || 0;
  let longName: string | undefined;
  for (
    let at = 0, count = 0;
    at + 512 <= archive.length && archive[at] !== 0 && count < MAX_ENTRIES;
    count++
  ) {
    const size = octal(at + 124, 12);
    const type = text(at + 156, 1) || "0";
    const bytes = archive.subarray(at + 512, at + 512 + size);
    const prefix = text(at + 345, 155);
    const name = longName ?? (prefix === "" ? text(at, 100) : `${prefix}/${text(at, 100)}`);
    longName = type === "L" ? Buffer.from(bytes).toString("utf8").replace(/\0.*$/s, "") : undefined;
    if (type !== "L" && type !== "x" && type !== "g")
      yield {
        name,
        mode: octal(at + 100, 8),
        size,
        mtime: octal(at + 136, 12),
        type,
        link: text(at + 157, 100),
        bytes,
      };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

export function tarHeader(entry: Omit<TarEntry, "bytes">): Uint8Array {
  const block = Buffer.alloc(512);
  block.write(entry.name.slice(0, 100), 0, "utf8");
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  octal(entry.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.size, 124, 12);
  octal(Math.floor(entry.mtime), 136, 12);
  block.write("        ", 148, "latin1");
  block.write(entry.type, 156, "latin1");
  block.write(entry.link.slice(0, 100), 157, "utf8");
  block.write("ustar  \0root", 257, "latin1");
  block.write("root", 297, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
