import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { Disk } from "#journal/file/disk.ts";
import type { Log } from "#kernel/log.ts";
import type { Source, SourceHost } from "../../contract.ts";
import { type FindHolders, findHolders } from "./holders.ts";
import { isDeckyName, isServiceName, parseSpoolName } from "./spool-name.ts";
import { type SpoolPlace, type SpoolPosition, SpoolStream, spoolKey } from "./spool-stream.ts";

const IDLE_MS = 500;
const BUSY_MS = 50;
/** A folder counts as busy this long after its last bytes; then it is watched instead of asked. */
const CALM_MS = 2000;
/** How often processes are asked what they hold open: when a run looks finished, and otherwise. */
const HOLDERS_SOON_MS = 2000;
const HOLDERS_LATE_MS = 60_000;
/** Where processes cannot be asked, an older run that is quiet for so long is over. */
const QUIET_MS = 60_000;

interface Folder {
  readonly path: string;
  readonly decky: string;
  readonly service: string;
  readonly runs: Map<string, SpoolStream>;
  watcher: FSWatcher | undefined;
  busyUntil: number;
  /** What the last look found, so that a quiet folder costs one listing. */
  names: string;
}

interface Quiet {
  readonly folder: Folder;
  readonly run: string;
  readonly stream: SpoolStream;
  readonly isNewest: boolean;
}

export interface SpoolSourceOptions {
  /** `<data>/spool` */
  readonly root: string;
  readonly host: SourceHost;
  readonly disk: Disk;
  readonly log: Log;
  readonly findHolders?: FindHolders;
  /** Folder watching by the system; `false` = only polling. */
  readonly watch?: boolean;
}

/** Follows what local decoy processes append below one folder. */
export class SpoolSource implements Source {
  readonly kind = "process";
  readonly #options: SpoolSourceOptions;
  readonly #folders = new Map<string, Folder>();
  readonly #refused = new Set<string>();
  #canWatch: boolean;
  #rootWatchers = new Map<string, FSWatcher>();
  #isFirst = true;
  #now = 0;
  #sweepAt = 0;
  #holdersAt = 0;
  #holdersLateAt = 0;

  constructor(options: SpoolSourceOptions) {
    this.#options = options;
    this.#canWatch = options.watch ?? true;
  }

  poll(now: number): number {
    this.#now = now;
    if (now >= this.#sweepAt) {
      this.#sweep(now);
      this.#sweepAt = now + IDLE_MS;
    }
    this.#forgetDeleted();
    this.#release(now);
    let next = this.#sweepAt;
    for (const folder of this.#folders.values()) {
      if (now < folder.busyUntil) {
        this.#readyAll(folder, now);
        next = Math.min(next, now + BUSY_MS);
      }
    }
    return Math.max(1, next - now);
  }

  status(): { readonly expected: number; readonly streaming: number } {
    let streaming = 0;
    for (const { runs } of this.#folders.values()) streaming += runs.size;
    return { expected: streaming + this.#refused.size, streaming };
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#rootWatchers.values()) watcher.close();
    for (const folder of this.#folders.values()) {
      folder.watcher?.close();
      for (const run of folder.runs.values()) run.close();
    }
    this.#rootWatchers.clear();
    this.#folders.clear();
  }

  /** Looks for new folders and runs, and asks every known run whether it has grown. */
  #sweep(now: number): void {
    const { root } = this.#options;
    this.#watchTree(root);
    for (const decky of this.#list(root)) {
      if (!this.#isAllowed(isDeckyName(decky), decky)) continue;
      const path = join(root, decky);
      this.#watchTree(path);
      for (const service of this.#list(path)) {
        if (this.#isAllowed(isServiceName(service), `${decky}/${service}`))
          this.#folder(join(path, service), decky, service);
      }
    }
    for (const folder of this.#folders.values()) this.#findRuns(folder, now);
    if (this.#isFirst) this.#openVanished();
    this.#isFirst = false;
    for (const folder of this.#folders.values()) this.#readyAll(folder, now);
  }

  #list(path: string): readonly string[] {
    try {
      return this.#options.disk.list(path);
    } catch (error) {
      if (!this.#refused.has(path) && this.#refused.size < 1000) {
        this.#refused.add(path);
        this.#options.log.warn({ error, path }, "A spool folder cannot be listed; it is tried again.");
      }
      return [];
    }
  }

  #isAllowed(isName: boolean, what: string): boolean {
    if (isName || this.#refused.has(what)) return isName;
    if (this.#refused.size < 1000) this.#refused.add(what);
    this.#options.log.warn({ folder: what }, "A spool folder has no name of ours and is not read.");
    return false;
  }

  #folder(path: string, decky: string, service: string): Folder {
    let folder = this.#folders.get(path);
    if (folder === undefined) {
      folder = { path, decky, service, runs: new Map(), watcher: undefined, busyUntil: 0, names: "" };
      this.#folders.set(path, folder);
    }
    return folder;
  }

  #findRuns(folder: Folder, now: number): void {
    const names = this.#list(folder.path);
    const text = names.join("/");
    if (text !== folder.names) {
      folder.names = text;
      const found = new Set(
        names.map((name) => parseSpoolName(name)?.run).filter((run) => run !== undefined),
      );
      for (const run of [...found].toSorted()) {
        const known = folder.runs.get(run);
        if (known === undefined) this.#open(folder, run, now);
        else known.lookAgain();
      }
    }
    if (now >= folder.busyUntil) this.#watchFolder(folder);
  }

  #open(folder: Folder, run: string, now: number): void {
    const place: SpoolPlace = { folder: folder.path, decky: folder.decky, service: folder.service, run };
    const known = this.#options.host.positionOf(spoolKey(place));
    const position = known === undefined ? undefined : (JSON.parse(known) as SpoolPosition);
    const stream = new SpoolStream(place, this.#options.disk, position);
    stream.grewAt = now;
    if (known !== undefined) stream.committed(known); // a crash may have come before its files were deleted
    folder.runs.set(run, stream);
    this.#options.host.opened(stream);
  }

  /** Runs of the checkpoint whose files are gone: delivered, or lost and then told as a gap. */
  #openVanished(): void {
    for (const key of this.#options.host.keysOf("process")) {
      const [, decky, service, run] = /^spool:([^/]+)\/([^/]+)\/(.+)$/.exec(key) ?? [];
      if (decky === undefined || service === undefined || run === undefined) continue;
      const folder = this.#folder(join(this.#options.root, decky, service), decky, service);
      if (!folder.runs.has(run)) this.#open(folder, run, 0);
    }
  }

  #readyAll(folder: Folder, now: number): void {
    for (const run of folder.runs.values()) {
      if (!run.isDone) this.#options.host.ready(run);
      if (run.hasGrown) run.grewAt = now;
      run.hasGrown = false;
      if (run.grewAt > 0 && now - run.grewAt < CALM_MS) this.#busy(folder, run.grewAt + CALM_MS);
    }
  }

  #busy(folder: Folder, until: number): void {
    folder.busyUntil = Math.max(folder.busyUntil, until);
    folder.watcher?.close();
    folder.watcher = undefined;
  }

  #forgetDeleted(): void {
    for (const folder of this.#folders.values()) {
      for (const [run, stream] of folder.runs) {
        if (!stream.isDeleted) continue;
        folder.runs.delete(run);
        this.#options.host.finished(stream);
      }
    }
  }

  /** Finds runs that nobody can write any more. */
  #release(now: number): void {
    if (now < this.#holdersAt) return;
    const quiet: Quiet[] = [];
    for (const folder of this.#folders.values()) {
      const newest = [...folder.runs.keys()].toSorted().at(-1);
      for (const [run, stream] of folder.runs) {
        if (!stream.isDone && now - stream.grewAt >= 1000)
          quiet.push({ folder, run, stream, isNewest: run === newest });
      }
    }
    this.#holdersAt = now + HOLDERS_SOON_MS;
    if (now < this.#holdersLateAt && quiet.every(({ isNewest, stream }) => isNewest && stream.grewAt > 0))
      return;
    if (quiet.length === 0) return;
    this.#holdersLateAt = now + HOLDERS_LATE_MS;
    const held = (this.#options.findHolders ?? findHolders)(this.#options.root);
    const heldRuns = held && new Set([...held].map(runOf));
    for (const each of quiet) {
      if (!isOver(each, heldRuns, now)) continue;
      each.stream.release();
      this.#options.host.ready(each.stream);
    }
  }

  /** Hints of new deckies and services. */
  #watchTree(path: string): void {
    if (!this.#canWatch || this.#rootWatchers.has(path)) return;
    const watcher = this.#watch(path, () => {
      this.#sweepAt = 0;
      this.#options.host.wake();
    });
    if (watcher === undefined) return;
    this.#rootWatchers.set(path, watcher);
    const forget = (): void => {
      watcher.close();
      this.#rootWatchers.delete(path);
    };
    watcher.on("error", forget).on("close", () => this.#rootWatchers.delete(path));
  }

  /** One hint ends the quiet; while bytes flow the folder is asked, not watched: a hint per line would cost more. */
  #watchFolder(folder: Folder): void {
    if (!this.#canWatch || folder.watcher !== undefined) return;
    folder.watcher = this.#watch(folder.path, () => {
      this.#busy(folder, this.#now + CALM_MS);
      this.#sweepAt = 0;
      this.#options.host.wake();
    });
    folder.watcher?.on("error", () => {
      folder.watcher?.close();
      folder.watcher = undefined;
    });
  }

  #watch(path: string, hint: () => void): FSWatcher | undefined {
    try {
      return watch(path, { persistent: false }, hint);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT") return undefined; // the next sweep tries again
      this.#canWatch = false;
      this.#options.log.warn({ error, path }, "Folders cannot be watched; spools are polled.");
      return undefined;
    }
  }
}

const isOver = (
  { folder, run, stream, isNewest }: Quiet,
  heldRuns: ReadonlySet<string> | undefined,
  now: number,
) =>
  heldRuns === undefined
    ? !isNewest && now - stream.grewAt > QUIET_MS
    : !heldRuns.has(`${folder.decky}/${folder.service}/${run}`);

/** `<decky>/<service>/<run>` of a file below the root. */
const runOf = (path: string): string => path.replace(/-\d{5,9}\.log(?: \(deleted\))?$/, "");
