import { mkdirSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { DECKY_PATTERN, SERVICE_PATTERN } from "#events/shard.ts";
import { Folder } from "#kernel/folder.ts";
import { Wake } from "#kernel/wake.ts";
import type { Worker, WorkerContext } from "#kernel/worker.ts";
import { CONTENTS, Custody, type StoredFile } from "./custody.ts";
import { type DropDeps, DropFolder } from "./drop-folder.ts";
import { KeeperFolderError } from "./errors.ts";
import { type KeeperReport, type Owner, Reports } from "./reports.ts";
import type { KeeperSettings } from "./settings.ts";
import { Usage } from "./usage.ts";

export interface KeeperDeps {
  /** `<drop>/<decky>/<slug>/{files,transcripts}`, written by decoys. */
  readonly dropRoot: string;
  /** `<artifacts>/<decky>/<slug>/…`, written by the keeper alone. */
  readonly artifactsRoot: string;
  /** What must become a record (origin `system`, app `collector`). Must not throw. */
  readonly report: (report: KeeperReport) => void;
  /** Hint: a captured file is in custody. */
  readonly onStored?: (file: StoredFile) => void;
  /** Hint: a recording has grown; for followers of live sessions. */
  readonly onTranscript?: (grown: Owner & { readonly shard: string }) => void;
}

/** Services of deckies that are looked after at once. */
const MAX_FOLDERS = 8_192;
const DISCOVER_MS = 1_000;
const IDLE_MS = 500;
const COUNT_MS = 3_600_000;
/** Files of one service that are taken before the next service has its turn. */
const FILES_PER_TURN = 64;
/** How long the end may take. */
const LAST_PASS_MS = 3_000;

/**
 * Takes captured files and recordings into the host's custody (`docs/recordings.md`), soon enough that
 * a live session can be watched: a change in a drop folder is copied within 500 ms.
 */
export function createKeeper(deps: KeeperDeps, settings: Pick<KeeperSettings, "artifactsMaxBytes">): Worker {
  let current: Keeper | undefined;
  return {
    name: "keeper",
    policy: "required",
    async run(context, signal) {
      using keeper = openKeeper(deps, settings, context);
      current = keeper;
      await keeper.work(signal);
    },
    health: () => current?.health() ?? {},
  };
}

function openKeeper(
  deps: KeeperDeps,
  settings: Pick<KeeperSettings, "artifactsMaxBytes">,
  context: WorkerContext,
): Keeper {
  const drop = openRoot(deps.dropRoot);
  try {
    return new Keeper(deps, settings, { context, drop, artifacts: openRoot(deps.artifactsRoot) });
  } catch (error) {
    drop[Symbol.dispose]();
    throw error;
  }
}

function openRoot(path: string): Folder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 });
    return Folder.open(path);
  } catch (error) {
    throw new KeeperFolderError(path, error);
  }
}

interface KeeperParts {
  readonly context: WorkerContext;
  readonly drop: Folder;
  readonly artifacts: Folder;
}

class Keeper implements Disposable {
  readonly #parts: KeeperParts;
  readonly #reports: Reports;
  readonly #usage: Usage;
  readonly #custody: Custody;
  readonly #folders = new Map<string, DropFolder>();
  readonly #wakeShards = new Wake();
  readonly #wakeFiles = new Wake();
  readonly #dropDeps: DropDeps;
  #copied = 0;
  #failures = 0;
  #unfollowed = 0;

  constructor(deps: KeeperDeps, settings: Pick<KeeperSettings, "artifactsMaxBytes">, parts: KeeperParts) {
    const { context, drop, artifacts } = parts;
    const now = () => context.clock.now();
    this.#parts = parts;
    this.#reports = new Reports(deps.report, now);
    this.#usage = new Usage(settings.artifactsMaxBytes);
    this.#custody = new Custody({
      root: artifacts,
      reports: this.#reports,
      usage: this.#usage,
      now,
      onStored: (file) => deps.onStored?.(file),
    });
    this.#dropDeps = {
      dropRoot: deps.dropRoot,
      drop,
      artifacts,
      reports: this.#reports,
      usage: this.#usage,
      custody: this.#custody,
      now,
      wake: () => {
        this.#wakeShards.call();
        this.#wakeFiles.call();
      },
      onTranscript: (owner, shard) => deps.onTranscript?.({ ...owner, shard }),
    };
  }

  async work(signal: AbortSignal): Promise<void> {
    this.#custody.clear();
    await this.#usage.count(this.#parts.artifacts, CONTENTS);
    this.#discover();
    await Promise.all([this.#shardLoop(signal), this.#fileLoop(signal), this.#countLoop(signal)]);
    const deadline = AbortSignal.timeout(LAST_PASS_MS);
    await this.#shardPass(deadline);
  }

  /** Recordings and files have loops of their own: a large file must not hold up a live session. */
  async #shardLoop(signal: AbortSignal): Promise<void> {
    let discoveredAt = this.#now();
    while (!signal.aborted) {
      if (Math.abs(this.#now() - discoveredAt) >= DISCOVER_MS) {
        this.#discover();
        discoveredAt = this.#now();
      }
      const moved = await this.#shardPass(signal);
      this.#parts.context.progress(moved, 0);
      const rest = this.#untilDue("shards");
      if (rest > 0) await this.#wakeShards.wait(rest, signal);
      else await setImmediate();
    }
  }

  async #shardPass(signal: AbortSignal): Promise<number> {
    let moved = 0;
    for (const folder of this.#folders.values()) {
      if (signal.aborted) break;
      if (folder.shards.dueIn(this.#now()) > 0) continue;
      try {
        const bytes = await folder.visitShards();
        moved += bytes;
        if (bytes > 0) await setImmediate();
      } catch (error) {
        this.#failed(folder, "shards", error);
      }
    }
    this.#copied += moved;
    return moved;
  }

  async #fileLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const folder of this.#folders.values()) {
        if (signal.aborted) break;
        if (folder.files.dueIn(this.#now()) > 0) continue;
        try {
          await folder.visitFiles(FILES_PER_TURN);
        } catch (error) {
          this.#failed(folder, "files", error);
        }
      }
      const rest = this.#untilDue("files");
      if (rest > 0) await this.#wakeFiles.wait(rest, signal);
      else await setImmediate();
    }
  }

  async #countLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await setTimeout(COUNT_MS, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.#usage.count(this.#parts.artifacts, CONTENTS);
    }
  }

  #untilDue(kind: "shards" | "files"): number {
    const now = this.#now();
    let least = IDLE_MS;
    for (const folder of this.#folders.values()) least = Math.min(least, folder[kind].dueIn(now));
    return least;
  }

  #failed(folder: DropFolder, kind: "shards" | "files", error: unknown): void {
    this.#failures += 1;
    folder.failed(folder[kind]);
    this.#parts.context.log.warn(
      { decky: folder.owner.decky, service: folder.owner.service, kind, error: String(error) },
      "A drop folder could not be worked on; trying again.",
    );
  }

  /** Folders come with deckies and go with them. */
  #discover(): void {
    const seen = new Set<string>();
    this.#unfollowed = 0;
    for (const decky of this.#names(this.#parts.drop, DECKY_PATTERN)) {
      using folder = open(this.#parts.drop, decky);
      if (folder === undefined) continue;
      for (const service of this.#names(folder, SERVICE_PATTERN)) {
        const key = `${decky}/${service}`;
        if (!this.#folders.has(key) && this.#folders.size >= MAX_FOLDERS) {
          this.#unfollowed += 1;
          continue;
        }
        seen.add(key);
        if (!this.#folders.has(key)) {
          this.#folders.set(key, new DropFolder({ decky, service }, this.#dropDeps));
          this.#wakeFiles.call();
        }
      }
    }
    for (const [key, folder] of this.#folders) {
      if (seen.has(key)) continue;
      folder[Symbol.dispose]();
      this.#folders.delete(key);
    }
  }

  #names(folder: Folder, pattern: RegExp): readonly string[] {
    const names: string[] = [];
    using entries = folder.entries();
    while (names.length <= MAX_FOLDERS) {
      const entry = entries.readSync();
      if (entry === null) break;
      if (pattern.test(entry.name)) names.push(entry.name);
    }
    return names;
  }

  #now(): number {
    return this.#parts.context.clock.now();
  }

  health(): Readonly<Record<string, unknown>> {
    return {
      folders: this.#folders.size,
      folders_not_followed: this.#unfollowed,
      bytes_copied: this.#copied,
      files_stored: this.#custody.stored,
      artifacts_bytes: this.#usage.bytes,
      failures: this.#failures,
      reports: Object.fromEntries(this.#reports.counts),
    };
  }

  [Symbol.dispose](): void {
    for (const folder of this.#folders.values()) folder[Symbol.dispose]();
    this.#parts.drop[Symbol.dispose]();
    this.#parts.artifacts[Symbol.dispose]();
  }
}

function open(folder: Folder, name: string): Folder | undefined {
  try {
    return folder.child(name);
  } catch {
    return undefined;
  }
}
