import { type Dir, type FSWatcher, unlinkSync, watch } from "node:fs";
import { join } from "node:path";
import { SHARD_PATTERN, TRANSCRIPTS } from "#events/shard.ts";
import type { Folder } from "#kernel/folder.ts";
import type { Custody } from "./custody.ts";
import type { Owner, Reports } from "./reports.ts";
import { ShardCopy } from "./shard-copy.ts";
import type { Usage } from "./usage.ts";

const FILES = "files";
/** Entries of a folder that one visit looks at. */
const MAX_ENTRIES = 1_024;
/** Shards that are looked at each time; a session stays in the shard of its first day. */
const NEWEST = 3;
/** Bytes after which the next folder has its turn. */
const VISIT_BYTES = 1024 * 1024;
/** Older shards that are wholly in custody are removed from the drop folder. */
const KEEP_DAYS = 3;
const MAX_AGE_DAYS = 400;
const DAY_MS = 86_400_000;
/** How soon a quiet folder is looked at although nothing was heard of it. */
const QUIET_POLL_MS = 5_000;
/** The same while something moves, or where no change is ever announced. */
const BUSY_POLL_MS = 250;
const BUSY_MS = 30_000;
/** Two visits are at least so far apart, however many changes are announced. */
const MIN_GAP_MS = 25;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

export interface DropDeps {
  readonly dropRoot: string;
  readonly drop: Folder;
  readonly artifacts: Folder;
  readonly reports: Reports;
  readonly usage: Usage;
  readonly custody: Custody;
  readonly now: () => number;
  readonly wake: () => void;
  /** A recording has grown. */
  readonly onTranscript: (owner: Owner, shard: string) => void;
}

/** When one kind of work is due in a folder. */
class Agenda {
  #hinted = true;
  #visitedAt = Number.NEGATIVE_INFINITY;
  #movedAt = Number.NEGATIVE_INFINITY;
  #backoff = 0;
  watcher: FSWatcher | undefined;

  hint(): void {
    this.#hinted = true;
  }

  /** Milliseconds until it is due; 0 = now. */
  dueIn(now: number): number {
    const since = now - this.#visitedAt;
    if (this.#backoff > 0) return Math.max(0, this.#backoff - since);
    const isBusy = now - this.#movedAt < BUSY_MS;
    const poll = isBusy || this.watcher === undefined ? BUSY_POLL_MS : QUIET_POLL_MS;
    return Math.max(0, (this.#hinted ? MIN_GAP_MS : poll) - since);
  }

  begin(now: number): void {
    this.#hinted = false;
    this.#visitedAt = now;
  }

  done(now: number, hasMoved: boolean, isMore: boolean): void {
    this.#backoff = 0;
    if (hasMoved) this.#movedAt = now;
    if (isMore) {
      this.#hinted = true;
      this.#visitedAt = Number.NEGATIVE_INFINITY;
    }
  }

  failed(): void {
    this.#backoff = Math.min(MAX_BACKOFF_MS, Math.max(FIRST_BACKOFF_MS, this.#backoff * 2));
  }
}

/** What one service of one decky leaves on the host. */
export class DropFolder implements Disposable {
  readonly owner: Owner;
  readonly #deps: DropDeps;
  readonly shards = new Agenda();
  readonly files = new Agenda();
  readonly #copies = new Map<string, ShardCopy>();
  /** Shards of which everything was in custody when they were last looked at. */
  readonly #level = new Set<string>();
  #isListing = false;
  #isClosed = false;
  #listing: { readonly folder: Folder; readonly entries: Dir } | undefined;

  constructor(owner: Owner, deps: DropDeps) {
    this.owner = owner;
    this.#deps = deps;
  }

  /** Copies what is new in the shards, a bounded piece of each. @returns bytes moved */
  async visitShards(): Promise<number> {
    const { now, onTranscript } = this.#deps;
    this.shards.begin(now());
    this.#watch(this.shards, TRANSCRIPTS);
    using source = this.#source(TRANSCRIPTS);
    if (source === undefined) return this.#finish(this.shards, 0, false);
    const names = this.#shardNames(source);
    let moved = 0;
    let isMore = false;
    for (const [index, name] of names.entries()) {
      const isOld = ageInDays(name, now()) > KEEP_DAYS;
      if (index >= NEWEST && !isOld && this.#level.has(name)) continue;
      if (moved >= VISIT_BYTES) {
        isMore = true;
        break;
      }
      using target = this.#target();
      const result = await this.#copyOf(name).visit(source, target);
      moved += result.moved;
      isMore ||= result.more;
      if (result.moved > 0) onTranscript(this.owner, name);
      if (result.isLevel) this.#level.add(name);
      else this.#level.delete(name);
      if (isOld && result.isLevel) this.#drop(source, name);
    }
    return this.#finish(this.shards, moved, isMore);
  }

  #finish(agenda: Agenda, moved: number, isMore: boolean): number {
    agenda.done(this.#deps.now(), moved > 0, isMore);
    return moved;
  }

  #copyOf(name: string): ShardCopy {
    const known = this.#copies.get(name);
    if (known !== undefined) return known;
    const { reports, usage } = this.#deps;
    const take = (bytes: number): boolean => {
      if (!usage.hasRoom(bytes)) return false;
      usage.add(bytes);
      return true;
    };
    const copy = new ShardCopy({ owner: this.owner, name, reports, take });
    this.#copies.set(name, copy);
    return copy;
  }

  /** Everything of it is in custody. */
  #drop(source: Folder, name: string): void {
    unlinkSync(source.pathOf(name));
    this.#copies.delete(name);
    this.#level.delete(name);
  }

  /** Newest first. What has no business there is removed and reported. */
  #shardNames(source: Folder): readonly string[] {
    const names: string[] = [];
    using entries = source.entries();
    for (let n = 0; n < MAX_ENTRIES; n++) {
      const entry = entries.readSync();
      if (entry === null) break;
      if (SHARD_PATTERN.test(entry.name) && isPlausible(entry.name, this.#deps.now())) names.push(entry.name);
      else this.#refuse(source, entry.name);
    }
    return names.toSorted().toReversed();
  }

  #refuse(source: Folder, name: string): void {
    this.#deps.reports.tamper(this.owner, "bad_name", { file: name, detail: "not the name of a shard" });
    try {
      unlinkSync(source.pathOf(name));
    } catch {
      // A folder stays; each visit looks at a bounded number of entries anyway.
    }
  }

  /** Takes a bounded number of files into custody. @returns how many are gone from the folder */
  async visitFiles(max: number): Promise<number> {
    this.files.begin(this.#deps.now());
    this.#watch(this.files, FILES);
    this.#isListing = true;
    try {
      return await this.#takeFiles(max);
    } finally {
      this.#isListing = false;
      if (this.#isClosed) this.#closeListing();
    }
  }

  async #takeFiles(max: number): Promise<number> {
    const listing = this.#openListing();
    if (listing === undefined) return this.#finish(this.files, 0, false);
    let taken = 0;
    for (let n = 0; n < max; n++) {
      const entry = listing.entries.readSync();
      if (entry === null) {
        this.#closeListing();
        return this.#finish(this.files, taken, false);
      }
      if (await this.#deps.custody.take(this.owner, listing.folder, entry.name)) taken += 1;
    }
    return this.#finish(this.files, taken, true);
  }

  /** Stays open from visit to visit, so that a folder full of junk is got through piece by piece. */
  #openListing(): { readonly folder: Folder; readonly entries: Dir } | undefined {
    if (this.#listing !== undefined) return this.#listing;
    const folder = this.#source(FILES);
    if (folder === undefined) return undefined;
    this.#listing = { folder, entries: folder.entries() };
    return this.#listing;
  }

  #closeListing(): void {
    this.#listing?.entries.closeSync();
    this.#listing?.folder[Symbol.dispose]();
    this.#listing = undefined;
  }

  /** Something failed: try again later, from the beginning. */
  failed(agenda: Agenda): void {
    if (agenda === this.files) this.#closeListing();
    else this.#copies.clear();
    agenda.failed();
  }

  /** The folder of that kind on the decoy's side; nothing when it is not there or is a link. */
  #source(kind: string): Folder | undefined {
    try {
      using decky = this.#deps.drop.child(this.owner.decky);
      using service = decky.child(this.owner.service);
      return service.child(kind);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
      this.#deps.reports.tamper(this.owner, "bad_kind", { file: kind, detail: "not a folder" });
      return undefined;
    }
  }

  #target(): Folder {
    using decky = this.#deps.artifacts.ensureChild(this.owner.decky, 0o750);
    using service = decky.ensureChild(this.owner.service, 0o750);
    return service.ensureChild(TRANSCRIPTS, 0o750);
  }

  /** Changes are hints: one that is missed costs the time to the next poll. */
  #watch(agenda: Agenda, kind: string): void {
    if (agenda.watcher !== undefined) return;
    const { dropRoot, wake } = this.#deps;
    try {
      const watcher = watch(join(dropRoot, this.owner.decky, this.owner.service, kind), {
        persistent: false,
      });
      const forget = () => {
        watcher.close();
        if (agenda.watcher === watcher) agenda.watcher = undefined;
      };
      watcher.on("change", (event, name) => {
        agenda.hint();
        wake();
        // The folder itself went away: the next visit watches its successor.
        if (event === "rename" && name === kind) forget();
      });
      watcher.on("error", forget);
      agenda.watcher = watcher;
    } catch {
      // Not there yet, or no more watches to be had: polling stays.
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    if (!this.#isListing) this.#closeListing();
    this.shards.watcher?.close();
    this.files.watcher?.close();
  }
}

/** How long ago the day of a shard was, in days. */
const ageInDays = (name: string, now: number): number =>
  Math.floor((now - Date.parse(`${name.slice(9, 19)}T00:00:00Z`)) / DAY_MS);

const isPlausible = (name: string, now: number): boolean => {
  const age = ageInDays(name, now);
  return age >= -2 && age <= MAX_AGE_DAYS;
};
