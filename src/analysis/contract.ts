import type { ShellAudit } from "#events/record.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";

/** An event as consumers read it. Times are host time in microseconds; what a line says about time is not here. */
export interface StoredEvent {
  readonly seq: number;
  /** 32 hex digits. */
  readonly id: string;
  readonly received: number;
  readonly decky: string;
  readonly service: string;
  readonly eventType: string;
  readonly attackerIp: string | null;
  readonly attackerUuid: string | null;
  readonly attribution: string;
  readonly origin: string;
  /** Null-prototype: keys are attacker data. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of the raw line. */
  readonly bytes: number;
  readonly sid: string | null;
  readonly conn: string | null;
  readonly app: string | null;
  readonly benign: boolean;
  readonly host: string;
  readonly container: string | null;
  readonly command: ShellAudit | undefined;
}

/** Rows above `after` up to and with `upTo`; the next batch begins where this one ends. */
export interface EventBatch {
  readonly events: readonly StoredEvent[];
  readonly after: number;
  readonly upTo: number;
}

/**
 * One cursor over `events`. Folding a then b gives exactly what folding a‖b gives, however the stream is cut; a fold
 * knows no clock, no chance and no order of maps. Adding an analysis = one folder and one line in the registry.
 */
export interface Consumer {
  /** Name of its cursor. */
  readonly name: string;
  /** Consumers whose output it needs: it never overtakes their cursors. */
  readonly after: readonly string[];
  /** How often `tick` runs, when the fold has one. */
  readonly tickMs?: number;
  open(writer: StoreWriter): Fold;
}

export interface Fold {
  /** Reads the state that the events need and folds them in; writes nothing. */
  reduce(batch: EventBatch): void;
  /** Folds in the passing of time; the clock is its only other input. */
  tick?(clockUs: number): void;
  /** Writes what was folded since the last write, inside the transaction that also moves the cursor. */
  write(nowUs: number): void;
  /** The transaction failed: forgets everything that is not in the store. */
  discard(): void;
}
