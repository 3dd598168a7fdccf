import { decodeRecord } from "#events/journal-decode.ts";
import { MAX_RECORD_BYTES } from "#events/journal-record.ts";
import type { JournalLine } from "#journal/contract.ts";
import type { DeadLetter } from "#store/evidence.ts";
import { type EventMeaning, meaningOf } from "./derive.ts";
import { eventRow } from "./event-row.ts";

/** Is this source on the safe list? Its events are stored and profiled, but raise nothing. */
export type IsBenign = (ip: string, decky: string, service: string) => boolean;

/** One journal line, ready for the store: an event with what it means, or the letter it becomes. */
export interface PreparedLine {
  readonly line: JournalLine;
  readonly meaning: EventMeaning | undefined;
  readonly letter: DeadLetter | undefined;
}

/** Never throws: a line that cannot be understood is a dead letter, and the ones behind it go on. */
export function prepareLine(line: JournalLine, family: string, isBenign: IsBenign): PreparedLine {
  if (line.torn) return dead(line, family, "torn", "the line never got its end");
  if (line.bytes.length > MAX_RECORD_BYTES)
    return dead(line, family, "too_large", "larger than a record may be");
  try {
    const decoded = decodeRecord(line.bytes);
    if (!("record" in decoded)) return dead(line, family, decoded.reason, decoded.detail);
    const { record } = decoded;
    const row = eventRow(record, isBenign(record.attacker_ip, record.decky, record.service));
    return { line, meaning: meaningOf(row, record.fields), letter: undefined };
  } catch (error) {
    return dead(line, family, "invalid", error instanceof Error ? error.message : String(error));
  }
}

export function dead(
  line: JournalLine,
  family: string,
  reason: DeadLetter["reason"],
  error: string,
): PreparedLine {
  const letter: DeadLetter = {
    consumer: `ingest:${family}`,
    family,
    segment: line.segment,
    offset: line.offset,
    eventSeq: 0,
    reason,
    error,
    body: line.bytes,
    bodyBytes: line.bytes.length,
  };
  return { line, meaning: undefined, letter };
}
