import { brotliDecompressSync } from "node:zlib";
import { ReleaseDataError } from "../errors.ts";

interface Header {
  readonly count: number;
  readonly lengths: readonly number[];
  /** `kind mode uid gid flags` */
  readonly attrs: readonly string[];
  /** Seconds since 1970; 0 = when the machine was installed. */
  readonly times: readonly number[];
  /** Indexes of packages, comma separated. */
  readonly owners: readonly string[];
  readonly classes: readonly string[];
  /** [entry, the first entry with the same inode] */
  readonly hard: readonly (readonly [number, number])[];
  readonly targets: readonly string[];
}

export type PackedKind = "directory" | "file" | "symlink";

interface Attribute {
  readonly kind: PackedKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The package lists it as `/bin/x` although it lies in `/usr/bin`. */
  readonly unmerged: boolean;
}

const kinds: Readonly<Record<string, PackedKind>> = { d: "directory", f: "file", l: "symlink" };

function parseAttribute(text: string): Attribute {
  const [kind = "", mode = "0", uid = "0", gid = "0", flags = ""] = text.split(" ");
  const known = kinds[kind];
  if (known === undefined) throw new ReleaseDataError("Unknown kind of entry in the release data.");
  return {
    kind: known,
    mode: Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    unmerged: flags.includes("u"),
  };
}

class VarintReader {
  #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  next(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
}

/**
 * The recorded files of a release: columns instead of objects, because 25 000 objects with their
 * names cost 6 MiB and these columns one. Entries are in breadth-first order, the children of a
 * folder are neighbours and sorted by bytes, so a name is found by bisection.
 */
export class PackedTree {
  readonly count: number;
  readonly classes: readonly string[];
  readonly ownerSets: readonly (readonly number[])[];
  readonly #attributes: readonly Attribute[];
  readonly #times: readonly number[];
  readonly #names: Buffer;
  readonly #nameEnds: Uint32Array;
  readonly #attr: Uint8Array;
  readonly #time: Uint16Array;
  readonly #owner: Uint16Array;
  readonly #class: Uint8Array;
  /** Size of a file, first child of a folder, number of the target of a link. */
  readonly #value: Uint32Array;
  readonly #parent: Uint32Array;
  readonly #childCount = new Map<number, number>();
  readonly #targets: readonly string[];
  readonly #firstOf: ReadonlyMap<number, number>;
  readonly #linkCount = new Map<number, number>();

  constructor(compressed: Buffer) {
    const bytes = brotliDecompressSync(compressed);
    const headerLength = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString("utf8", 4, 4 + headerLength)) as Header;
    let at = 4 + headerLength;
    const columns = header.lengths.map((length) => {
      at += length;
      return new VarintReader(bytes.subarray(at - length, at));
    });
    this.count = header.count;
    this.classes = header.classes;
    this.ownerSets = header.owners.map((set) => (set === "" ? [] : set.split(",").map(Number)));
    this.#attributes = header.attrs.map(parseAttribute);
    this.#times = header.times;
    this.#targets = header.targets;
    this.#firstOf = new Map(header.hard);
    for (const [, first] of header.hard) this.#linkCount.set(first, (this.#linkCount.get(first) ?? 1) + 1);
    this.#attr = new Uint8Array(this.count);
    this.#time = new Uint16Array(this.count);
    this.#owner = new Uint16Array(this.count);
    this.#class = new Uint8Array(this.count);
    this.#value = new Uint32Array(this.count);
    this.#parent = new Uint32Array(this.count);
    this.#fill(columns);
    this.#names = Buffer.from(bytes.subarray(at));
    this.#nameEnds = nameEnds(this.#names, this.count);
  }

  #fill(columns: readonly VarintReader[]): void {
    const [attr, time, owner, size, cls, children] = columns;
    if (!attr || !time || !owner || !size || !cls || !children)
      throw new ReleaseDataError("The release data lacks a column.");
    let nextChild = 1;
    let nextTarget = 0;
    for (let index = 0; index < this.count; index += 1) {
      this.#attr[index] = attr.next();
      this.#time[index] = time.next();
      this.#owner[index] = owner.next();
      const { kind } = this.#attributeOf(index);
      if (kind === "directory") {
        const count = children.next();
        this.#value[index] = nextChild;
        this.#childCount.set(index, count);
        this.#parent.fill(index, nextChild, nextChild + count);
        nextChild += count;
      } else if (kind === "symlink") {
        this.#value[index] = nextTarget;
        nextTarget += 1;
      } else {
        this.#value[index] = size.next();
        this.#class[index] = cls.next();
      }
    }
  }

  #attributeOf(index: number): Attribute {
    const attribute = this.#attributes[this.#attr[index] ?? 0];
    if (attribute === undefined) throw new ReleaseDataError("The release data names an unknown attribute.");
    return attribute;
  }

  attribute = (index: number): Attribute => this.#attributeOf(index);

  /** Seconds since 1970, or 0 for "when installed". */
  time = (index: number): number => this.#times[this.#time[index] ?? 0] ?? 0;

  size = (index: number): number => this.#value[index] ?? 0;

  target = (index: number): string => this.#targets[this.#value[index] ?? 0] ?? "";

  /** How its content is made. */
  contentClass = (index: number): string => this.classes[this.#class[index] ?? 0] ?? "empty";

  owners = (index: number): readonly number[] => this.ownerSets[this.#owner[index] ?? 0] ?? [];

  ownerSet = (index: number): number => this.#owner[index] ?? 0;

  /** The entry that stands for all hard links of one file. */
  identity = (index: number): number => this.#firstOf.get(index) ?? index;

  linkCount = (index: number): number => this.#linkCount.get(this.identity(index)) ?? 1;

  parent = (index: number): number => this.#parent[index] ?? 0;

  name(index: number): string {
    const start = index === 0 ? 0 : (this.#nameEnds[index - 1] ?? 0) + 1;
    return this.#names.toString("utf8", start, this.#nameEnds[index]);
  }

  path(index: number): string {
    if (index === 0) return "/";
    const parent = this.parent(index);
    return parent === 0 ? `/${this.name(index)}` : `${this.path(parent)}/${this.name(index)}`;
  }

  /** First child and number of children of a folder. */
  children(index: number): { readonly first: number; readonly count: number } {
    return { first: this.#value[index] ?? 0, count: this.#childCount.get(index) ?? 0 };
  }

  find(directory: number, name: string): number | undefined {
    const wanted = Buffer.from(name, "utf8");
    const { first, count } = this.children(directory);
    let low = first;
    let high = first + count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = middle === 0 ? 0 : (this.#nameEnds[middle - 1] ?? 0) + 1;
      const order = this.#names.compare(wanted, 0, wanted.length, start, this.#nameEnds[middle]);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Bytes held by the columns, for the memory bound. */
  get footprint(): number {
    return this.#names.length + this.count * (1 + 2 + 2 + 1 + 4 + 4 + 4);
  }
}

function nameEnds(names: Buffer, count: number): Uint32Array {
  const ends = new Uint32Array(count);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end = names.indexOf(10, at);
    const stop = end < 0 ? names.length : end;
    ends[index] = stop;
    at = stop + 1;
  }
  return ends;
}
