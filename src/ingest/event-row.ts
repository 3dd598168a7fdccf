import { type JournalRecord, UNKNOWN_IP } from "#events/record.ts";
import type { EventRow } from "#store/evidence.ts";
import { cutText, fieldsJson } from "./cut.ts";
import { micros } from "./micros.ts";

const KIB = 1024;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Columns have caps (characters); what was longer is cut and the row is marked `col_cut`. */
class Cutter {
  cut = false;

  text(value: string, max: number): string {
    if (value.length <= max) return value;
    this.cut = true;
    return cutText(value, max);
  }

  optional(value: string | undefined, max: number): string | null {
    return value === undefined ? null : this.text(value, max);
  }

  fields(fields: Readonly<Record<string, string>>): string {
    const { json, cut } = fieldsJson(fields, 256 * KIB);
    this.cut ||= cut;
    return json;
  }
}

/**
 * The row of a record. Everything that could fail does so here, before a transaction is open.
 *
 * @throws {RecordTimeError}
 */
export function eventRow(record: JournalRecord, benign: boolean): EventRow {
  const { fields, source } = record;
  const cutter = new Cutter();
  const trace = record.traceparent === undefined ? null : TRACEPARENT.exec(record.traceparent);
  const row = {
    id: Buffer.from(record.id, "hex"),
    received: micros(record.received),
    time: micros(record.time),
    time_source: record.time_source,
    decky: cutter.text(record.decky, 80),
    service: cutter.text(record.service, 32),
    event_type: cutter.text(record.event_type, 64),
    attacker_ip: record.attacker_ip === UNKNOWN_IP ? null : record.attacker_ip,
    attribution: record.attribution,
    origin: record.origin,
    fields: cutter.fields(fields),
    msg: cutter.text(record.msg, 16 * KIB),
    raw_line: cutter.text(record.raw_line, 64 * KIB),
    app: cutter.optional(record.app, 48),
    procid: cutter.optional(record.procid, 128),
    severity: record.severity ?? null,
    sid: cutter.optional(record.sid, 64),
    conn: cutter.optional(fields["conn"], 64),
    user_name: cutter.optional(userOf(record), 256),
    benign: Number(benign),
    host: cutter.text(source.host, 255),
    container: cutter.optional(source.container, 64),
    stream: source.stream ?? null,
    claimed: record.claimed === undefined ? null : cutter.text(JSON.stringify(record.claimed), 4 * KIB),
    command: record.command === undefined ? null : commandJson(record.command, cutter),
    line_seq: record.seq ?? null,
    trace_id: trace?.[1] ?? null,
    span_id: trace?.[2] ?? null,
  };
  return { ...row, flags: flagsJson(record.flags ?? [], cutter.cut) };
}

/** The text stays JSON when it is cut, so the cut is made in the text of the command. */
function commandJson(command: NonNullable<JournalRecord["command"]>, cutter: Cutter): string {
  return JSON.stringify({ ...command, text: cutter.text(command.text, 64 * KIB) });
}

function userOf({ fields, command }: JournalRecord): string | undefined {
  return fields["principal"] ?? fields["username"] ?? fields["user"] ?? command?.user;
}

function flagsJson(flags: readonly string[], cut: boolean): string | null {
  if (cut) return JSON.stringify([...flags, "col_cut"]);
  return flags.length === 0 ? null : JSON.stringify(flags);
}
