import type { z } from "zod";
import type { EventRow, FullEventRow } from "#store/repositories/event-row.ts";
import { instantOf } from "../paging/time-range.ts";
import type { logEvent } from "./contract.ts";

export type LogEvent = z.input<typeof logEvent>;

const MASK = "•••";

/** Fields that hold what somebody tried as a secret, whatever the service calls it. */
const secretField =
  /^(?:secret(?:_.*)?|pass|passwd|password|pwd|passphrase|passwort|mot_de_passe|.*_pass(?:word)?|.*_secret|authorization|auth|token|challenge_b64|client_first_b64|headers|headers_.*|cookie|body(?:_.*)?)$/iu;

export const isSecretField = (name: string): boolean => secretField.test(name);

const holdsSecret = (fields: Record<string, string>): boolean => Object.keys(fields).some(isSecretField);

function maskFields(fields: Record<string, string>): Record<string, string> {
  if (!holdsSecret(fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, secretField.test(name) ? MASK : value]),
  );
}

/** `fields` as it was stored: every key an own property, whatever its name. */
function readFields(json: string): Record<string, string> {
  const parsed = JSON.parse(json) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
}

/** An event as lists and the stream show it. */
export function showEvent(row: EventRow, withSecrets: boolean): LogEvent {
  const fields = readFields(row.fields);
  return {
    id: Buffer.from(row.id).toString("hex"),
    seq: row.seq,
    time: instantOf(row.time),
    received: instantOf(row.received),
    decky: row.decky,
    service: row.service,
    event_type: row.event_type,
    attacker_ip: row.attacker_ip,
    attacker_uuid: row.attacker_uuid,
    country_code: row.country_code,
    attribution: row.attribution as LogEvent["attribution"],
    origin: row.origin as LogEvent["origin"],
    severity: row.severity,
    user: row.user_name,
    session_id: row.sid,
    conn: row.conn,
    msg: row.msg,
    fields: withSecrets ? fields : maskFields(fields),
    benign: row.benign !== 0,
  };
}

const textsOf = (json: string | null): Record<string, string> | null =>
  json === null ? null : readFields(json);

/** What a single event shows beyond a list. */
export const showDetail = (row: FullEventRow, withSecrets: boolean) => ({
  ...showEvent(row, withSecrets),
  raw_line:
    row.raw_line !== "" && (withSecrets || !holdsSecret(readFields(row.fields))) ? row.raw_line : null,
  time_source: row.time_source === "line" ? ("line" as const) : ("received" as const),
  app: row.app,
  procid: row.procid,
  flags: row.flags === null ? [] : (JSON.parse(row.flags) as unknown[]).map(String),
  claimed: textsOf(row.claimed),
  command: textsOf(row.command),
  source: { host: row.host, container: row.container, stream: row.stream },
});
