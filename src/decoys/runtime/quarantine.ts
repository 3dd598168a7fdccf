import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Quarantine } from "../contract.ts";
import { sourceOf } from "./address.ts";
import { SourceMap, TokenBucket } from "./rate.ts";
import { DiskGauge } from "./recorder.ts";
import type { Limits } from "./settings.ts";

/** Hashes remembered per decky; the oldest is forgotten and would be stored again. */
const MAX_KNOWN = 100_000;
/** Bytes that wait for the disk, for the whole decky. */
const PENDING_BYTES = 134_217_728;
const MAX_SESSIONS = 1_024;
const SAVES_PER_SECOND = 50;

type Saved = Exclude<ReturnType<Quarantine["save"]>, { skipped: string }>;
type SkipReason = "size" | "quota" | "disk" | "rate";

/** `YYYYMMDDTHHMMSSZ_<first 12 hex of sha256>_<basename>`; the true name travels in the event. */
export function storedName(now: number, sha256: string, name: string): string {
  const stamp = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  const safe = basename(name)
    .replaceAll(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 100);
  return `${stamp}_${sha256.slice(0, 12)}_${/^\.*$/.test(safe) ? "file" : safe}`;
}

/** What one decky has captured, shared by its services: each content once, all caps in one place. */
export class CaptureLedger {
  readonly #path: string;
  readonly #known = new Map<string, Saved>();
  readonly #sessions: SourceMap<{ files: number; bytes: number }>;
  readonly #sources: SourceMap<{ day: string; bytes: number }>;
  readonly #rate: TokenBucket;
  readonly limits: Limits;
  #total = 0;

  constructor(stateDir: string, limits: Limits, now: number) {
    this.#path = join(stateDir, "captured.jsonl");
    this.limits = limits;
    this.#rate = new TokenBucket(SAVES_PER_SECOND, SAVES_PER_SECOND * 10, now);
    this.#sessions = new SourceMap({
      max: MAX_SESSIONS,
      make: () => ({ files: 0, bytes: 0 }),
      mayForget: () => true,
    });
    this.#sources = new SourceMap({
      max: 4_096,
      make: () => ({ day: "", bytes: 0 }),
      mayForget: () => true,
    });
    this.#load();
  }

  #load(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch {
      return;
    }
    for (const line of text.split("\n").slice(-MAX_KNOWN - 1)) {
      try {
        const { storedAs, sha256, size } = JSON.parse(line) as Saved;
        this.#known.set(sha256, { storedAs, sha256, size, known: true });
        this.#total += size;
      } catch {
        // The last line of a killed process may be cut: that file is stored once more.
      }
    }
  }

  known(sha256: string): Saved | undefined {
    return this.#known.get(sha256);
  }

  /** @returns why a file of this size may not be kept now. */
  refuse(size: number, owner: { sid?: string; ip?: string }, now: number): SkipReason | undefined {
    if (size > this.limits.captureBytes) return "size";
    if (!this.#rate.take(now)) return "rate";
    if (this.#total + size > this.limits.captureBytesPerDecky) return "quota";
    return this.#exceedsOwner(size, owner, now) ? "quota" : undefined;
  }

  #exceedsOwner(size: number, owner: { sid?: string; ip?: string }, now: number): boolean {
    if (owner.sid !== undefined) {
      const { files, bytes } = this.#sessions.of(owner.sid);
      if (files >= this.limits.captureFilesPerSession || bytes + size > this.limits.captureBytesPerSession)
        return true;
    }
    return (
      owner.ip !== undefined && this.#today(owner.ip, now).bytes + size > this.limits.captureBytesPerSource
    );
  }

  #today(ip: string, now: number): { day: string; bytes: number } {
    const entry = this.#sources.of(sourceOf(ip));
    const day = new Date(now).toISOString().slice(0, 10);
    if (entry.day !== day) {
      entry.day = day;
      entry.bytes = 0;
    }
    return entry;
  }

  count(size: number, owner: { sid?: string; ip?: string }, now: number): void {
    if (owner.sid !== undefined) {
      const session = this.#sessions.of(owner.sid);
      session.files += 1;
      session.bytes += size;
    }
    if (owner.ip !== undefined) this.#today(owner.ip, now).bytes += size;
  }

  add(saved: Saved): void {
    this.#known.set(saved.sha256, { ...saved, known: true });
    this.#total += saved.size;
    if (this.#known.size > MAX_KNOWN) {
      const oldest = this.#known.keys().next().value;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
  }

  /** After the file itself is safe. */
  remember({ storedAs, sha256, size }: Saved): void {
    appendFileSync(this.#path, `${JSON.stringify({ storedAs, sha256, size })}\n`);
  }

  forget(saved: Saved): void {
    this.#known.delete(saved.sha256);
    this.#total -= saved.size;
  }
}

/** Stores captured bytes in `<dropDir>/<slug>/files/`: written as `.part`, synced, renamed; nothing waits for it. */
export class DropQuarantine implements Quarantine {
  readonly #dir: string;
  readonly #ledger: CaptureLedger;
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #disk: DiskGauge;
  #writing: Promise<void> = Promise.resolve();
  #pending = 0;
  /** Files that were promised and could not be written. */
  failures = 0;

  constructor(dropDir: string, ledger: CaptureLedger, deps: { clock: Clock; log: Log }) {
    this.#dir = join(dropDir, "files");
    mkdirSync(this.#dir, { recursive: true });
    this.#ledger = ledger;
    this.#deps = deps;
    this.#disk = new DiskGauge(this.#dir, ledger.limits.freeDiskBytes, () => deps.clock.now());
  }

  save(
    bytes: Uint8Array,
    name: string,
    owner: { readonly sid?: string; readonly ip?: string } = {},
  ): ReturnType<Quarantine["save"]> {
    const now = this.#deps.clock.now();
    const size = bytes.length;
    const refused = this.#ledger.refuse(size, owner, now);
    if (refused !== undefined) return { skipped: refused, size };
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const known = this.#ledger.known(sha256);
    if (known !== undefined) return known;
    if (!this.#disk.hasRoom() || this.#pending + size > PENDING_BYTES) return { skipped: "disk", size };
    const saved: Saved = { storedAs: storedName(now, sha256, name), sha256, size, known: false };
    this.#ledger.count(size, owner, now);
    this.#ledger.add(saved);
    this.#pending += size;
    const copy = Buffer.from(bytes);
    this.#writing = this.#writing.then(() => this.#write(saved, copy));
    return saved;
  }

  async #write(saved: Saved, bytes: Buffer): Promise<void> {
    const path = join(this.#dir, saved.storedAs);
    try {
      const file = await open(`${path}.part`, "w", 0o640);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
      this.#ledger.remember(saved);
    } catch (error) {
      this.failures += 1;
      this.#ledger.forget(saved);
      this.#deps.log.error(
        { error: String(error), stored_as: saved.storedAs },
        "A captured file was not stored.",
      );
      await rm(`${path}.part`, { force: true }).catch(() => {});
    } finally {
      this.#pending -= bytes.length;
    }
  }

  /** Resolves when everything that `save` promised is stored. */
  async flush(): Promise<void> {
    await this.#writing;
  }
}
