import { bindIdentity } from "#events/bind.ts";
import { encodeLine, type FieldValue } from "#events/encode.ts";
import { nanosecondDigits, recordId, sourceSeeds } from "#events/id.ts";
import { encodeRecord } from "#events/journal-record.ts";
import { isRejection, parseLine } from "#events/parse.ts";
import type { Attribution, SourceFacts } from "#events/record.ts";

/** A record that the pipeline writes about itself. */
export interface OwnRecord {
  readonly type:
    | "gap"
    | "suppressed"
    | "unparsed_lines"
    | "identity_mismatch"
    | "source_state"
    | "evidence_tamper"
    | "file_skipped";
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Whose address, as known; default nobody's. */
  readonly ip?: string;
  readonly attribution?: Attribution;
}

const APP = "collector";
let ordinal = 0;

/** @returns the journal line of a record about this source, with its id */
export function encodeOwn(
  own: OwnRecord,
  facts: SourceFacts,
  nowNs: bigint,
): { readonly id: string; readonly line: string } {
  const raw = encodeLine({
    severity: own.type === "gap" ? "warning" : "info",
    timestampNs: nowNs,
    hostname: facts.decky,
    app: APP,
    type: own.type,
    fields: own.fields,
  });
  const parsed = parseLine(raw, facts.received);
  if (isRejection(parsed)) throw new TypeError(`own ${own.type} line is no record: ${parsed.rejected}`);
  ordinal = (ordinal + 1) >>> 0;
  const id = recordId({
    seeds: sourceSeeds(`pipeline:${facts.decky}/${facts.service}`),
    time: nanosecondDigits(nowNs),
    stream: "stdout",
    ordinal,
    line: Buffer.from(raw),
  });
  const record = bindIdentity(parsed, facts, {
    id,
    openSessions: [],
    isSlug: () => false,
    originOf: () => "system",
  });
  const { ip = record.attacker_ip, attribution = record.attribution } = own;
  return { id, line: encodeRecord({ ...record, attacker_ip: ip, attribution }) };
}
