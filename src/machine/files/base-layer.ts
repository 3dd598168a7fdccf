import { type Architecture } from "../content/elf-target.ts";
import type { Filled } from "../content/filler.ts";
import { packageFile } from "../content/package-file.ts";
import type { FileKind } from "../contract.ts";
import { FsError } from "../errors.ts";
import type { RecordedRelease } from "../release/release.ts";
import { settleAlternatives } from "./alternatives.ts";
import type { BaseNode, ReadContext } from "./base-node.ts";

export interface LayerFacts {
  readonly release: RecordedRelease;
  readonly arch: Architecture;
  readonly installedAt: number;
  /** Kernel release as recorded, and the one this machine runs: names and targets are translated. */
  readonly kernel: { readonly recorded: string; readonly running: string };
  /** Indexes of packages that this machine does not have. */
  readonly hiddenPackages: ReadonlySet<number>;
  /** Files that do not exist here although their package does. */
  isHidden(path: string): boolean;
  /** What an alternative points to when its recorded choice is not installed: base names. */
  readonly secondChoices: ReadonlyMap<string, string>;
  readonly inodeStart: number;
}

const PROGRAM_FOLDERS = [
  ["usr", "bin"],
  ["usr", "sbin"],
  ["usr", "games"],
];
const CACHED_FILES = 64;

/** The recorded files of a release as one machine has them. */
export class PackedLayer {
  readonly facts: LayerFacts;
  readonly #filled = new Map<number, Filled>();
  readonly #programFolders: ReadonlySet<number>;
  /** By number of the owner set: is everything it lists absent here? */
  readonly #absent: readonly boolean[];
  /** Targets of alternatives as this machine's packages leave them; undefined: nothing provides it. */
  #alternatives: ReadonlyMap<number, string | undefined> = new Map();

  constructor(facts: LayerFacts) {
    this.facts = facts;
    const { tree } = facts.release;
    this.#programFolders = new Set(
      PROGRAM_FOLDERS.map((parts) => parts.reduce((at, part) => tree.find(at, part) ?? -1, 0)),
    );
    this.#absent = tree.ownerSets.map(
      (owners) => owners.length > 0 && owners.every((owner) => facts.hiddenPackages.has(owner)),
    );
    this.#alternatives = settleAlternatives(tree, facts.secondChoices, (index) =>
      this.isVisible(index, tree.parent(index)),
    );
  }

  targetOf(index: number): string {
    return this.#alternatives.get(index) ?? this.translate(this.facts.release.tree.target(index));
  }

  get root(): BaseNode {
    return new PackedNode(this, 0);
  }

  /** Recorded path of an entry in this machine's names. */
  pathOf(index: number): string {
    return this.translate(this.facts.release.tree.path(index));
  }

  translate(text: string): string {
    const { recorded, running } = this.facts.kernel;
    return text.includes(recorded) ? text.replaceAll(recorded, running) : text;
  }

  untranslate(name: string): string {
    const { recorded, running } = this.facts.kernel;
    return recorded !== running && name.includes(running) ? name.replaceAll(running, recorded) : name;
  }

  isVisible(index: number, folder: number): boolean {
    const { tree } = this.facts.release;
    if (this.#absent[tree.ownerSet(index)] === true) return false;
    if (this.#alternatives.has(index) && this.#alternatives.get(index) === undefined) return false;
    return !this.#programFolders.has(folder) || !this.facts.isHidden(tree.path(index));
  }

  /** A few plans are kept: a file is often read in pieces. */
  content(index: number): Filled {
    const known = this.#filled.get(index);
    if (known !== undefined) return known;
    const made = packageFile(this.facts.release, index, {
      arch: this.facts.arch,
      kernel: this.facts.kernel.running,
    });
    if (this.#filled.size >= CACHED_FILES) this.#filled.clear();
    this.#filled.set(index, made);
    return made;
  }
}

class PackedNode implements BaseNode {
  readonly #layer: PackedLayer;
  readonly index: number;

  constructor(layer: PackedLayer, index: number) {
    this.#layer = layer;
    this.index = index;
  }

  get #tree() {
    return this.#layer.facts.release.tree;
  }

  get ino(): number {
    return this.index === 0 ? 2 : this.#layer.facts.inodeStart + this.#tree.identity(this.index);
  }

  get kind(): FileKind {
    return this.#tree.attribute(this.index).kind;
  }

  get mode(): number {
    return this.#tree.attribute(this.index).mode;
  }

  get uid(): number {
    return this.#tree.attribute(this.index).uid;
  }

  get gid(): number {
    return this.#tree.attribute(this.index).gid;
  }

  get nlink(): number {
    if (this.kind !== "directory") return this.#tree.linkCount(this.index);
    const { first, count } = this.#tree.children(this.index);
    let folders = 0;
    for (let child = first; child < first + count; child += 1)
      if (this.#tree.attribute(child).kind === "directory") folders += 1;
    return 2 + folders;
  }

  mtime(): number {
    const time = this.#tree.time(this.index);
    return time === 0 ? this.#layer.facts.installedAt + (this.index % 419) : time;
  }

  size(): number {
    const { kind } = this;
    if (kind === "file") return this.#tree.size(this.index);
    if (kind === "symlink") return Buffer.byteLength(this.target());
    return Math.max(4096, Math.ceil((this.#tree.children(this.index).count * 40) / 4096) * 4096);
  }

  target(): string {
    return this.#layer.targetOf(this.index);
  }

  lookup(name: string): BaseNode | undefined {
    if (this.kind !== "directory") return undefined;
    const found = this.#tree.find(this.index, this.#layer.untranslate(name));
    if (found === undefined) return undefined;
    return this.#layer.isVisible(found, this.index) ? new PackedNode(this.#layer, found) : undefined;
  }

  names(): readonly string[] {
    const { first, count } = this.#tree.children(this.index);
    const names: string[] = [];
    for (let child = first; child < first + count; child += 1)
      if (this.#layer.isVisible(child, this.index)) names.push(this.#layer.translate(this.#tree.name(child)));
    return names;
  }

  readAt(offset: number, length: number): Uint8Array {
    return this.#layer.content(this.index).readAt(offset, length);
  }
}

export interface MadeAttributes {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number | ((context: ReadContext) => number);
}

abstract class MadeNode implements BaseNode {
  abstract readonly kind: FileKind;
  readonly ino: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly #mtime: number | ((context: ReadContext) => number);

  constructor(ino: number, attributes: MadeAttributes) {
    this.ino = ino;
    this.mode = attributes.mode;
    this.uid = attributes.uid ?? 0;
    this.gid = attributes.gid ?? 0;
    this.#mtime = attributes.mtime ?? 0;
  }

  get nlink(): number {
    return 1;
  }

  mtime(context: ReadContext): number {
    return typeof this.#mtime === "number" ? this.#mtime : this.#mtime(context);
  }
  size(_context: ReadContext): number {
    return 0;
  }
  target(_context: ReadContext): string {
    return "";
  }
  lookup(_name: string, _context: ReadContext): BaseNode | undefined {
    return undefined;
  }
  names(_context: ReadContext): readonly string[] {
    return [];
  }
  readAt(_offset: number, _length: number, _context: ReadContext): Uint8Array {
    throw new FsError("EINVAL", "");
  }
}

export type Content = Uint8Array | string | ((context: ReadContext) => Uint8Array | string);

const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? Buffer.from(content, "utf8") : content;

/** A file whose content belongs to this machine alone. */
export class MadeFile extends MadeNode {
  readonly kind = "file";
  readonly #content: Content;
  /** `/proc` says 0 for all its files. */
  readonly #sizeless: boolean;

  constructor(ino: number, attributes: MadeAttributes, content: Content, sizeless = false) {
    super(ino, attributes);
    this.#content = content;
    this.#sizeless = sizeless;
  }

  #bytes(context: ReadContext): Uint8Array {
    return bytesOf(typeof this.#content === "function" ? this.#content(context) : this.#content);
  }
  override size(context: ReadContext): number {
    return this.#sizeless ? 0 : this.#bytes(context).length;
  }
  override readAt(offset: number, length: number, context: ReadContext): Uint8Array {
    return this.#bytes(context).subarray(offset, offset + length);
  }
}

/** A large or patterned file of this machine alone. */
export class MadeFilled extends MadeNode {
  readonly kind = "file";
  readonly #filled: Filled;
  constructor(ino: number, attributes: MadeAttributes, content: Filled) {
    super(ino, attributes);
    this.#filled = content;
  }
  override size(): number {
    return this.#filled.size;
  }
  override readAt(offset: number, length: number): Uint8Array {
    return this.#filled.readAt(offset, length);
  }
}

export class MadeLink extends MadeNode {
  readonly kind = "symlink";
  readonly #target: string | ((context: ReadContext) => string);
  constructor(ino: number, attributes: MadeAttributes, target: string | ((context: ReadContext) => string)) {
    super(ino, attributes);
    this.#target = target;
  }
  override target(context: ReadContext): string {
    return typeof this.#target === "string" ? this.#target : this.#target(context);
  }
  /** The kernel's own links have no size. */
  override size(): number {
    return typeof this.#target === "string" ? Buffer.byteLength(this.#target) : 0;
  }
}

export class MadeSpecial extends MadeNode {
  readonly kind: "character" | "block" | "fifo" | "socket";
  readonly rdev: { readonly major: number; readonly minor: number };
  readonly #read: ((offset: number, length: number) => Uint8Array) | undefined;
  constructor(
    ino: number,
    attributes: MadeAttributes,
    special: {
      readonly kind: "character" | "block" | "fifo" | "socket";
      readonly rdev?: readonly [number, number];
      readonly read?: (offset: number, length: number) => Uint8Array;
    },
  ) {
    super(ino, attributes);
    this.kind = special.kind;
    this.rdev = { major: special.rdev?.[0] ?? 0, minor: special.rdev?.[1] ?? 0 };
    this.#read = special.read;
  }
  override readAt(offset: number, length: number): Uint8Array {
    if (this.#read === undefined) throw new FsError("ENXIO", "");
    return this.#read(offset, length);
  }
}

/** A folder that this machine has, laid over the recorded one of the same name. */
export class MadeFolder extends MadeNode {
  readonly kind = "directory";
  readonly #entries = new Map<string, BaseNode | undefined>();
  readonly #origin: BaseNode | undefined;
  readonly #extra: Extra | undefined;

  constructor(ino: number, attributes: MadeAttributes, origin?: BaseNode, extra?: Extra) {
    super(ino, attributes);
    this.#origin = origin;
    this.#extra = extra;
  }

  /** `undefined` hides the recorded entry. */
  set(name: string, node: BaseNode | undefined): void {
    this.#entries.set(name, node);
  }

  own(name: string): BaseNode | undefined {
    return this.#entries.get(name);
  }

  /** Without what comes and goes: for building. */
  installed(name: string, context: ReadContext): BaseNode | undefined {
    if (this.#entries.has(name)) return this.#entries.get(name);
    return this.#origin instanceof MadeFolder
      ? this.#origin.installed(name, context)
      : this.#origin?.lookup(name, context);
  }

  override get nlink(): number {
    let folders = this.#origin?.nlink ?? 2;
    for (const node of this.#entries.values()) if (node?.kind === "directory") folders += 1;
    return folders;
  }

  override mtime(context: ReadContext): number {
    return super.mtime(context) || (this.#origin?.mtime(context) ?? 0);
  }

  override size(context: ReadContext): number {
    return this.#origin?.size(context) ?? 4096;
  }

  override lookup(name: string, context: ReadContext): BaseNode | undefined {
    if (this.#entries.has(name)) return this.#entries.get(name);
    return this.#extra?.lookup(name, context) ?? this.#origin?.lookup(name, context);
  }

  override names(context: ReadContext): readonly string[] {
    const names = new Set(this.#origin?.names(context));
    for (const [name, node] of this.#entries)
      if (node === undefined) names.delete(name);
      else names.add(name);
    for (const name of this.#extra?.names(context) ?? []) names.add(name);
    return [...names].toSorted(byBytes);
  }
}

/** Entries that come and go by themselves: processes, terminals. */
export interface Extra {
  lookup(name: string, context: ReadContext): BaseNode | undefined;
  names(context: ReadContext): readonly string[];
}

export const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Puts this machine's own entries over the recorded tree. */
export class LayerBuilder {
  readonly root: MadeFolder;
  readonly #layer: PackedLayer | undefined;
  readonly #context: ReadContext;
  readonly #defaultTime: number;
  #ino: number;

  constructor(origin: PackedLayer | undefined, context: ReadContext, options: { ino: number; time: number }) {
    this.#layer = origin;
    this.#context = context;
    this.#ino = options.ino;
    this.#defaultTime = options.time;
    this.root = new MadeFolder(2, { mode: 0o755, mtime: options.time }, origin?.root);
  }

  ino(): number {
    this.#ino += 1;
    return this.#ino;
  }

  /** The folder at `path` as one of ours, made with its parents when it is not there. */
  folder(path: string, attributes?: MadeAttributes, extra?: Extra): MadeFolder {
    if (path === "/" || path === "") return this.root;
    const cut = path.lastIndexOf("/");
    const parent = this.folder(path.slice(0, cut));
    const name = path.slice(cut + 1);
    const own = parent.own(name);
    if (own instanceof MadeFolder && attributes === undefined && extra === undefined) return own;
    const origin = own ?? parent.installed(name, this.#context);
    const made = new MadeFolder(origin?.ino ?? this.ino(), attributes ?? this.#like(origin), origin, extra);
    parent.set(name, made);
    return made;
  }

  /** As recorded; a time of 0 asks the origin. */
  #like(origin: BaseNode | undefined): MadeAttributes {
    if (origin === undefined) return { mode: 0o755, mtime: this.#defaultTime };
    return { mode: origin.mode, uid: origin.uid, gid: origin.gid, mtime: 0 };
  }

  put(path: string, make: (ino: number) => BaseNode): void {
    const cut = path.lastIndexOf("/");
    const parent = this.folder(path.slice(0, cut));
    const name = path.slice(cut + 1);
    parent.set(name, make(parent.installed(name, this.#context)?.ino ?? this.ino()));
  }

  file(path: string, content: Content, attributes: Partial<MadeAttributes> = {}): void {
    this.put(
      path,
      (ino) => new MadeFile(ino, { mode: 0o644, mtime: this.#defaultTime, ...attributes }, content),
    );
  }

  link(path: string, target: string, attributes: Partial<MadeAttributes> = {}): void {
    this.put(
      path,
      (ino) => new MadeLink(ino, { mode: 0o777, mtime: this.#defaultTime, ...attributes }, target),
    );
  }

  hide(path: string): void {
    const cut = path.lastIndexOf("/");
    this.folder(path.slice(0, cut)).set(path.slice(cut + 1), undefined);
  }

  /** Text of a recorded file, for those that are changed only in part. */
  recorded(path: string): string {
    return this.#layer?.facts.release.text(path)?.toString("latin1") ?? "";
  }
}
