import { hash } from "node:crypto";
import type { EventRow } from "#store/evidence.ts";
import { attackerUuid, derivedUuid } from "#store/ids.ts";
import type { CredentialsTable } from "#store/schema.ts";
import { cutText, fieldsJson } from "./cut.ts";

/** Standard alphabet, full padding, nothing else. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SHA256 = /^[0-9a-f]{64}$/;
const MAX_PRINCIPAL = 256;
const MAX_KIND = 32;
const MAX_SECRET_B64 = 2048;
const MAX_PRINTABLE = 512;
const MAX_FIELDS = 16 * 1024;

type Fields = Readonly<Record<string, string>>;

/** One attempt, as its own row; `invalid` = the secret is no base64, `undefined` = the event is no log-in. */
export function credentialOf(row: EventRow, fields: Fields): CredentialsTable | "invalid" | undefined {
  const b64 = fields["secret_b64"];
  if (b64 === undefined || fields["secret_masked"] !== undefined) return undefined;
  if (!BASE64.test(b64)) return "invalid";
  const bytes = Buffer.from(b64, "base64");
  const principal = principalOf(fields);
  const kind = cutText(fields["secret_kind"] ?? "plaintext", MAX_KIND);
  const sha256 = hashOf(fields, bytes);
  const outcome = outcomeOf(fields["outcome"]);
  const key = [row.attacker_ip ?? "", row.decky, row.service, kind, sha256, principal ?? ""];
  return {
    id: derivedUuid("credential", key),
    attacker_uuid: row.attacker_ip === null ? null : attackerUuid(row.attacker_ip),
    attacker_ip: row.attacker_ip,
    decky_name: row.decky,
    service: row.service,
    principal,
    principal_key: principal ?? "",
    secret_kind: kind,
    secret_sha256: sha256,
    // A cut at a multiple of four characters is a whole number of bytes.
    secret_b64: b64.slice(0, MAX_SECRET_B64),
    secret_printable: fields["secret_printable"]?.slice(0, MAX_PRINTABLE).toWellFormed() ?? printable(bytes),
    outcome,
    fields: row.fields.length <= MAX_FIELDS ? row.fields : fieldsJson(fields, MAX_FIELDS).json,
    first_seen: row.received,
    last_seen: row.received,
    first_event_id: row.id,
    last_event_id: row.id,
    attempt_count: 1,
    success_count: outcome === "success" ? 1 : 0,
  };
}

/** A user really named `None` or `null` is one; only an absent name is none. */
function principalOf(fields: Fields): string | null {
  const name = fields["principal"] ?? fields["username"];
  return name === undefined ? null : cutText(name, MAX_PRINCIPAL);
}

function hashOf(fields: Fields, bytes: Uint8Array): string {
  const whole = fields["secret_sha256"];
  if (fields["secret_truncated"] !== undefined && whole !== undefined && SHA256.test(whole)) return whole;
  return hash("sha256", bytes, "hex");
}

function outcomeOf(outcome: string | undefined): string | null {
  return outcome === "success" || outcome === "failure" ? outcome : null;
}

function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_PRINTABLE)) {
    text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "?";
  }
  return text;
}

/** A later attempt of the same key in the same batch; a success is never replaced by a failure. */
export function addAttempt(sum: CredentialsTable, next: CredentialsTable): CredentialsTable {
  return {
    ...sum,
    outcome: sum.outcome === "success" ? sum.outcome : (next.outcome ?? sum.outcome),
    fields: next.fields,
    first_seen: Math.min(sum.first_seen, next.first_seen),
    last_seen: Math.max(sum.last_seen, next.last_seen),
    last_event_id: next.last_event_id,
    attempt_count: sum.attempt_count + next.attempt_count,
    success_count: sum.success_count + next.success_count,
  };
}
