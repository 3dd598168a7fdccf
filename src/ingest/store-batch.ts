import type { JournalBatch, JournalGap, JournalPosition } from "#journal/contract.ts";
import { StoreDataError } from "#store/errors.ts";
import type { EvidenceStore, GapRow, JournalCursor } from "#store/evidence.ts";
import { aggregate, type EventMeaning } from "./derive.ts";
import { dead, type IsBenign, type PreparedLine, prepareLine } from "./prepare.ts";

export interface Stored {
  readonly inserted: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  /** 0 when nothing was new. */
  readonly lastSeq: number;
}

/** A batch that has left the journal and not yet reached the store. */
export interface PendingBatch {
  readonly family: string;
  readonly lines: readonly PreparedLine[];
  readonly gaps: readonly GapRow[];
  readonly from: JournalPosition | undefined;
  readonly next: JournalPosition | undefined;
}

/** Decodes, validates and derives; no lock is held. */
export function prepareBatch(
  family: string,
  from: JournalPosition | undefined,
  batch: JournalBatch,
  context: { readonly nowUs: number; readonly isBenign: IsBenign },
): PendingBatch {
  return {
    family,
    lines: batch.lines.map((line) => prepareLine(line, family, context.isBenign)),
    gaps: batch.gaps.map((gap) => gapRow(gap, context.nowUs)),
    from,
    next: batch.next,
  };
}

function gapRow(gap: JournalGap, nowUs: number): GapRow {
  return {
    at: nowUs,
    kind: gap.reason,
    decky: null,
    container: null,
    family: gap.family,
    from: `${gap.segment}:${gap.offset}`,
    to: null,
    detail: gap.detail,
    dedupe_key: `${gap.reason}:${gap.family}:${gap.segment}:${gap.offset}`,
  };
}

/**
 * Stores a batch with its cursor in one transaction. When the data is what fails, the batch is split until the record
 * that cannot be stored is alone: it becomes a dead letter and the rest is stored. A part that is not the last one
 * moves the cursor as far as its place is known, and after a crash its rows fall on their ids.
 *
 * @throws whatever is not the data's fault; the batch may then be given again
 */
export function storeBatch(store: EvidenceStore, batch: PendingBatch, nowUs: number): Stored {
  return storePart(store, { batch, from: 0, to: batch.lines.length, nowUs });
}

interface Part {
  readonly batch: PendingBatch;
  readonly from: number;
  readonly to: number;
  readonly nowUs: number;
}

function storePart(store: EvidenceStore, part: Part): Stored {
  const { batch, from, to, nowUs } = part;
  try {
    return commit(store, part, batch.lines.slice(from, to));
  } catch (error) {
    if (!(error instanceof StoreDataError) || to === from) throw error;
    if (to - from === 1) return bury(store, part, error);
    const middle = from + Math.floor((to - from) / 2);
    const first = storePart(store, { batch, from, to: middle, nowUs });
    const second = storePart(store, { batch, from: middle, to, nowUs });
    return {
      inserted: first.inserted + second.inserted,
      duplicates: first.duplicates + second.duplicates,
      deadLetters: first.deadLetters + second.deadLetters,
      lastSeq: Math.max(first.lastSeq, second.lastSeq),
    };
  }
}

function bury(store: EvidenceStore, part: Part, error: StoreDataError): Stored {
  const prepared = part.batch.lines[part.from];
  if (prepared === undefined) throw error;
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  return commit(store, part, [dead(prepared.line, part.batch.family, "constraint", cause)]);
}

function commit(store: EvidenceStore, part: Part, lines: readonly PreparedLine[]): Stored {
  const { batch, from, nowUs } = part;
  const meanings = lines.flatMap(({ meaning }) => meaning ?? []);
  const deadLetters = lines.flatMap(({ letter }) => letter ?? []);
  const result = store.commit(
    {
      cursor: cursorBehind(part),
      events: meanings.map(({ row }) => row),
      deadLetters,
      gaps: from === 0 ? batch.gaps : [],
      derive: (fresh, seqs) => aggregate(pick(meanings, fresh), seqs),
    },
    nowUs,
  );
  return { ...result, deadLetters: deadLetters.length };
}

/** Nearly always everything is new, and then nothing is copied. */
function pick(meanings: readonly EventMeaning[], fresh: readonly number[]): readonly EventMeaning[] {
  if (fresh.length === meanings.length) return meanings;
  return fresh.flatMap((i) => meanings[i] ?? []);
}

/** The place behind a part: known in the segments where the batch begins and ends, elsewhere the cursor waits. */
function cursorBehind({ batch, to }: Part): JournalCursor | undefined {
  if (to === batch.lines.length) return batch.next;
  const segment = batch.lines[to]?.line.segment;
  const offset = batch.lines[to]?.line.offset;
  const place = [batch.next, batch.from].find((known) => known?.segment === segment);
  return place === undefined || offset === undefined ? undefined : { ...place, offset };
}
