import { closeSync, constants, fstatSync, ftruncateSync, type Stats } from "node:fs";
import { INDEX_SUFFIX, MAX_SHARD_LINE } from "#events/shard.ts";
import type { Folder } from "#kernel/folder.ts";
import {
  appendHead,
  appendRuns,
  headOf,
  type IndexState,
  loadIndex,
  readAt,
  scanRuns,
  writeAll,
} from "./index-writer.ts";
import type { Owner, Reports } from "./reports.ts";

/** Bytes that one visit copies and indexes at most: a few milliseconds of work. */
const STEP_BYTES = 64 * 1024;
/** Bytes that are looked at where no line ends in a step; above the longest line, so that each visit gets on. */
const LONG_STEP_BYTES = MAX_SHARD_LINE + STEP_BYTES;
/** What is compared in front of the position to see that the source is still what was copied. */
const CHECK_BYTES = 4_096;
/** A source that begins anew more often is left alone. */
const MAX_SOURCES = 16;

export interface CopyFacts {
  readonly owner: Owner;
  readonly name: string;
  readonly reports: Reports;
  /** May so many more bytes be stored? Counts them when so. */
  readonly take: (bytes: number) => boolean;
}

export interface CopyResult {
  /** Bytes copied or indexed. */
  readonly moved: number;
  /** More is waiting. */
  readonly more: boolean;
  /** The source holds nothing that is not copied. */
  readonly isLevel: boolean;
}

const LF = 0x0a;
const NEW_INDEX: IndexState = { indexed: 0, base: 0, from: 0, sources: 0 };

interface Opened extends Disposable {
  readonly source: number;
  readonly shard: number;
  readonly index: number;
}

/**
 * Copies one shard from a drop folder, append-only and byte by byte, and keeps its index.
 *
 * Where to go on follows from the length of the copy alone (minus the base in the index's last head
 * line), so a kill at any instruction loses and repeats nothing. The source belongs to the attacker's
 * side: when it shrinks or its copied part changes, the copy stays as it is, the fact is reported, and
 * only what is new is appended.
 */
export class ShardCopy {
  readonly #facts: CopyFacts;
  #index: IndexState | undefined;
  /** Device, inode and last change of the source at the last check. */
  #checked = "";
  #refused = false;
  /** Lines of the shard that belong to nobody, since this process began. */
  ignored = 0;

  constructor(facts: CopyFacts) {
    this.#facts = facts;
  }

  /** One bounded piece of work. */
  async visit(source: Folder, target: Folder): Promise<CopyResult> {
    using opened = this.#open(source, target);
    if (opened === undefined || this.#refused) return { moved: 0, more: false, isLevel: false };
    const facts = fstatSync(opened.source);
    const length = fstatSync(opened.shard).size;
    this.#index ??= await loadIndex(opened.index, opened.shard, length);
    const position = this.#positionIn(opened, facts, length);
    if (position === undefined) return { moved: 0, more: false, isLevel: false };
    const copied = this.#copy(opened, position, length, facts);
    const indexed = this.#scan(opened, length + copied);
    const isLevel = position + copied >= facts.size;
    return { moved: copied + indexed, more: copied + indexed > 0, isLevel };
  }

  #open(source: Folder, target: Folder): Opened | undefined {
    const { name, owner, reports } = this.#facts;
    const fds: number[] = [];
    const close = () => fds.forEach((fd) => closeSync(fd));
    try {
      const from = source.openFile(name, constants.O_RDONLY);
      fds.push(from);
      if (!fstatSync(from).isFile()) throw Object.assign(new Error("no file"), { code: "EISDIR" });
      const append = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
      const shard = target.openFile(name, append, 0o640);
      fds.push(shard);
      const index = target.openFile(`${name}${INDEX_SUFFIX}`, append, 0o640);
      fds.push(index);
      return { source: from, shard, index, [Symbol.dispose]: close };
    } catch (error) {
      close();
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code !== "ELOOP" && code !== "EISDIR" && code !== "ENXIO") throw error;
      reports.tamper(owner, "bad_kind", { file: name, detail: "a shard that is no plain file" });
      return undefined;
    }
  }

  /** Where to go on in the source, after making sure that it is what was copied. */
  #positionIn(opened: Opened, facts: Stats, length: number): number | undefined {
    const index = this.#index ?? NEW_INDEX;
    const position = length - index.base;
    const identity = `${facts.dev}:${facts.ino}:${facts.mtimeMs}`;
    const hasNews = facts.size !== position || identity !== this.#checked;
    if (!hasNews) return position;
    this.#checked = identity;
    if (position >= 0 && facts.size >= position && this.#isCopied(opened, position, index)) return position;
    return this.#continueAnew(opened, facts, length);
  }

  /** Is the source up to `end` what was copied? Looked at: the beginning of this part and its end. */
  #isCopied(opened: Opened, end: number, { base, from }: Pick<IndexState, "base" | "from">): boolean {
    const same = (start: number, stop: number): boolean =>
      start >= stop ||
      readAt(opened.source, start, stop - start).equals(readAt(opened.shard, base + start, stop - start));
    return same(from, Math.min(end, from + CHECK_BYTES)) && same(Math.max(from, end - CHECK_BYTES), end);
  }

  /** The source lost or changed what was copied: keep the copy, say so, append what comes from now on. */
  #continueAnew(opened: Opened, facts: Stats, length: number): number | undefined {
    const { owner, reports, name } = this.#facts;
    const index = this.#index;
    if (index === undefined) return undefined;
    const isShrunk = facts.size < length - index.base;
    const isPrefix = isShrunk && facts.size > index.from && this.#isCopied(opened, facts.size, index);
    reports.tamper(owner, isShrunk ? "shard_shrunk" : "shard_rewritten", {
      file: name,
      detail: `${length - index.base} bytes were copied, the source has ${facts.size}`,
    });
    if (index.sources >= MAX_SOURCES) {
      this.#refused = true;
      return undefined;
    }
    const position = isPrefix ? facts.size : 0;
    index.base = length - position;
    index.from = position;
    index.sources += 1;
    appendHead(opened.index, headOf(opened.shard, index));
    return position;
  }

  #copy(opened: Opened, position: number, length: number, facts: Stats): number {
    const wanted = Math.min(STEP_BYTES, facts.size - position);
    if (wanted <= 0) return 0;
    const bytes = readAt(opened.source, position, wanted);
    if (!this.#facts.take(bytes.length)) {
      this.#facts.reports.skipped(this.#facts.owner, "quota", { name: this.#facts.name, size: bytes.length });
      return 0;
    }
    try {
      writeAll(opened.shard, bytes, null);
    } catch (error) {
      // A short write on a full disk: what went in is valid, but the next visit should not have to know.
      ftruncateSync(opened.shard, length);
      throw error;
    }
    return bytes.length;
  }

  /** Indexes what is complete. @returns bytes that were indexed */
  #scan(opened: Opened, length: number): number {
    const index = this.#index;
    if (index === undefined || index.indexed >= length) return 0;
    if (index.sources === 0) {
      appendHead(opened.index, headOf(opened.shard, index));
      index.sources = 1;
    }
    const read = (most: number) =>
      readAt(opened.shard, index.indexed, Math.min(most, length - index.indexed));
    const step = read(STEP_BYTES);
    const bytes = step.includes(LF) ? step : read(LONG_STEP_BYTES);
    const scan = scanRuns(bytes, index.indexed);
    appendRuns(opened.index, scan.runs);
    this.ignored += scan.ignored;
    // A line longer than any may be is passed over, or nothing behind it would ever be found.
    const passed = scan.length === 0 && bytes.length >= LONG_STEP_BYTES ? bytes.length : scan.length;
    index.indexed += passed;
    return passed;
  }
}
