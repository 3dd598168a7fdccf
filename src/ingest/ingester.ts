import type { Bus } from "#bus/contract.ts";
import type { JournalBatch, JournalPosition, JournalReader } from "#journal/contract.ts";
import type { Clock } from "#kernel/clock.ts";
import { Wake } from "#kernel/wake.ts";
import type { Worker, WorkerContext } from "#kernel/worker.ts";
import { StoreBusyError, StoreFullError } from "#store/errors.ts";
import type { EvidenceStore } from "#store/evidence.ts";
import { sqliteEvidence } from "#store/sqlite/evidence-store.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import { Arrivals } from "./artifacts/arrival.ts";
import type { IsBenign } from "./prepare.ts";
import { Relay } from "./relay/relay.ts";
import { TextIndex } from "./search/text-index.ts";
import type { IngestSettings } from "./settings.ts";
import { runTogether, sideLoop } from "./side-loop.ts";
import { type PendingBatch, prepareBatch, type Stored, storeBatch } from "./store-batch.ts";

export interface IngesterDeps {
  /** Shared with the other workers of the writing thread. */
  readonly writer: StoreWriter;
  readonly reader: JournalReader;
  readonly bus: Pick<Bus, "publish" | "subscribe">;
  /** Left out: nothing is on a safe list. */
  readonly isBenign?: IsBenign;
  /** Source of jitter, 0 ≤ x < 1. */
  readonly random?: () => number;
}

export interface IngesterConfig extends IngestSettings {
  readonly keepSegments: number;
  /** Quarantine, `<root>/<decky>/<service>/<stored_as>`; left out: captured files stay `missing`. */
  readonly artifactsRoot?: string;
}

const READ_BYTES = 1024 * 1024;
const BUSY_POLL_MS = 200;
const IDLE_POLL_MS = 1000;
/** How long the journal must be silent before the poll slows down and the store is tidied. */
const IDLE_AFTER_MS = 5000;
const FAMILIES_MS = 5000;
const TRANSACTION_BUDGET_MS = 50;
const SMALLEST_BATCH = 50;
const ARRIVALS_MS = 5000;

interface Waits {
  readonly firstMs: number;
  readonly maxMs: number;
}
const BUSY_WAITS: Waits = { firstMs: 100, maxMs: 5000 };
const FULL_WAITS: Waits = { firstMs: 1000, maxMs: 30_000 };

/** Journal → store. It never gives up on what the moment causes, and never stops for what the data causes. */
export function createIngester(deps: IngesterDeps, config: IngesterConfig): Worker {
  const totals: Totals = {
    stored: 0,
    duplicates: 0,
    deadLetters: 0,
    gaps: 0,
    retired: 0,
    lastSeq: 0,
    behindBytes: 0,
  };
  let state = "reading";
  return {
    name: "ingester",
    policy: "required",
    async run(context, signal) {
      const store = sqliteEvidence(deps.writer);
      const loop = new IngestLoop({ deps, config, store, context, totals, say: (now) => (state = now) });
      const text = new TextIndex(deps.writer, context.clock);
      const relay = new Relay(deps.writer, deps.bus, context.clock);
      const root = config.artifactsRoot;
      const arrivals = root === undefined ? undefined : new Arrivals(deps.writer, root);
      const side = { writer: deps.writer, log: context.log };
      await runTogether(
        [
          (stop) => ingestUntil(loop, deps.bus, stop),
          (stop) => sideLoop({ ...side, step: () => relay.step(), every: "commit" }, stop),
          (stop) => sideLoop({ ...side, step: () => text.step(), every: "commit" }, stop),
          (stop) => sideLoop({ ...side, step: () => arrivals?.step() ?? 0, every: ARRIVALS_MS }, stop),
        ],
        signal,
      );
    },
    health: () => ({ ...totals, ingest_state: state }),
  };
}

interface Totals {
  stored: number;
  duplicates: number;
  deadLetters: number;
  gaps: number;
  retired: number;
  lastSeq: number;
  behindBytes: number;
}

interface LoopParts {
  readonly deps: IngesterDeps;
  readonly config: IngesterConfig;
  readonly store: EvidenceStore;
  readonly context: WorkerContext;
  readonly totals: Totals;
  readonly say: (state: "reading" | "backing_off" | "disk_full") => void;
}

async function ingestUntil(
  loop: IngestLoop,
  bus: Pick<Bus, "subscribe">,
  signal: AbortSignal,
): Promise<void> {
  const wake = new Wake();
  using hints = await bus.subscribe("system.log");
  const listening = callOnHints(hints, wake);
  while (!signal.aborted) {
    if (!(await loop.round(signal))) await wake.wait(loop.pollMs(), signal);
  }
  hints[Symbol.dispose]();
  await listening;
}

async function callOnHints(hints: AsyncIterable<unknown>, wake: Wake): Promise<void> {
  for await (const _ of hints) wake.call();
}

class IngestLoop {
  readonly #parts: LoopParts;
  readonly #clock: Clock;
  readonly #cursors = new Map<string, JournalPosition | undefined>();
  readonly #retired = new Map<string, number>();
  #families: readonly string[] = [];
  #familiesAt = Number.NEGATIVE_INFINITY;
  #lastWorkAt: number;
  #lines: number;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#clock = parts.context.clock;
    this.#lastWorkAt = this.#clock.now();
    this.#lines = parts.config.batchSize;
  }

  pollMs(): number {
    if (this.#clock.now() - this.#lastWorkAt < IDLE_AFTER_MS) return BUSY_POLL_MS;
    this.#parts.deps.writer.tidy();
    return IDLE_POLL_MS;
  }

  /** One batch of every family. @returns whether there was anything to do */
  async round(signal: AbortSignal): Promise<boolean> {
    const { deps, totals, context } = this.#parts;
    let worked = false;
    let behind = 0;
    for (const family of this.#currentFamilies()) {
      if (signal.aborted) break;
      const from = this.#cursor(family);
      const batch = deps.reader.read(family, from, { lines: this.#lines, bytes: READ_BYTES });
      behind += batch.behindBytes;
      if (batch.lines.length === 0 && batch.gaps.length === 0) continue;
      worked = (await this.#take(family, from, batch, signal)) || worked;
    }
    totals.behindBytes = behind;
    context.progress(totals.stored + totals.duplicates, behind);
    if (worked) this.#lastWorkAt = this.#clock.now();
    return worked;
  }

  /** A new family is seen within 5 s; with none yet, the folder is looked at each time. */
  #currentFamilies(): readonly string[] {
    const now = this.#clock.now();
    if (this.#families.length === 0 || now - this.#familiesAt >= FAMILIES_MS) {
      this.#families = this.#parts.deps.reader.families();
      this.#familiesAt = now;
    }
    return this.#families;
  }

  #cursor(family: string): JournalPosition | undefined {
    if (!this.#cursors.has(family)) this.#cursors.set(family, this.#parts.store.cursor(family));
    return this.#cursors.get(family);
  }

  async #take(
    family: string,
    from: JournalPosition | undefined,
    batch: JournalBatch,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { deps, totals, context } = this.#parts;
    const nowUs = this.#clock.now() * 1000;
    const isBenign = deps.isBenign ?? (() => false);
    const pending = prepareBatch(family, from, batch, { nowUs, isBenign });
    const stored = await this.#storeUntilDone(pending, signal);
    if (stored === undefined) return false;
    this.#cursors.set(family, batch.next ?? from);
    totals.stored += stored.inserted;
    totals.duplicates += stored.duplicates;
    totals.deadLetters += stored.deadLetters;
    totals.gaps += batch.gaps.length;
    if (stored.deadLetters > 0)
      context.log.warn({ family, count: stored.deadLetters }, "Records became dead letters.");
    if (batch.gaps.length > 0)
      context.log.warn({ family, gaps: batch.gaps }, "Part of the journal is missing.");
    if (stored.lastSeq > 0) {
      totals.lastSeq = stored.lastSeq;
      const hint = { component: "ingester", flushed: stored.inserted, last_seq: stored.lastSeq };
      deps.bus.publish("system.log", hint, { type: "batch_committed" });
    }
    this.#retire(family, batch.next);
    return true;
  }

  /** @returns undefined when told to stop before it could be stored; the journal still has it */
  async #storeUntilDone(batch: PendingBatch, signal: AbortSignal): Promise<Stored | undefined> {
    const { deps, store, say } = this.#parts;
    for (let attempt = 0; ; attempt += 1) {
      await deps.writer.turns.take("ingest");
      try {
        const before = performance.now();
        const stored = storeBatch(store, batch, this.#clock.now() * 1000);
        this.#fitToBudget(performance.now() - before, batch.lines.length);
        say("reading");
        return stored;
      } catch (error) {
        const waits = waitsFor(error);
        if (waits === undefined) throw error;
        say(waits === FULL_WAITS ? "disk_full" : "backing_off");
        if (attempt % 100 === 0) {
          this.#parts.context.log.error({ error, attempt }, "The store does not take events; trying again.");
        }
        await pause(waits, attempt, { random: deps.random ?? Math.random, signal });
        if (signal.aborted) return undefined;
      }
    }
  }

  /** A transaction that takes too long makes readers and consumers wait: the next one is smaller. */
  #fitToBudget(ms: number, lines: number): void {
    const most = this.#parts.config.batchSize;
    if (ms > TRANSACTION_BUDGET_MS)
      this.#lines = Math.max(Math.min(SMALLEST_BATCH, most), Math.floor(lines / 2));
    else if (ms < TRANSACTION_BUDGET_MS / 2) this.#lines = Math.min(most, this.#lines * 2);
  }

  #retire(family: string, position: JournalPosition | undefined): void {
    if (position === undefined || position.segment === this.#retired.get(family)) return;
    this.#parts.totals.retired += this.#parts.deps.reader.retire(position, this.#parts.config.keepSegments);
    this.#retired.set(family, position.segment);
  }
}

function waitsFor(error: unknown): Waits | undefined {
  if (error instanceof StoreFullError) return FULL_WAITS;
  if (error instanceof StoreBusyError) return BUSY_WAITS;
  return undefined;
}

async function pause(
  { firstMs, maxMs }: Waits,
  attempt: number,
  { random, signal }: { readonly random: () => number; readonly signal: AbortSignal },
): Promise<void> {
  const base = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 16));
  await new Wake().wait(base * (0.8 + 0.4 * random()), signal);
}
