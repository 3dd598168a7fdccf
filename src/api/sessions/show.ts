import type { z } from "zod";
import type { CommandRow, SessionRow } from "#store/repositories/sessions-read.ts";
import { instantOf, instantOrNull } from "../paging/time-range.ts";
import type { commandShape, sessionShape } from "./contract.ts";

const flagOrNull = (value: number | null): boolean | null => (value === null ? null : value !== 0);

export const showSession = (row: SessionRow): z.input<typeof sessionShape> => ({
  session_id: row.session_id,
  sid: row.sid,
  conn: row.conn,
  decky: row.decky,
  service: row.service,
  attacker_uuid: row.attacker_uuid,
  attacker_ip: row.attacker_ip,
  country_code: row.country_code,
  remote_port: row.remote_port,
  state: row.state,
  started_at: instantOf(row.started_at),
  last_event_at: instantOf(row.last_event_at),
  ended_at: instantOrNull(row.ended_at),
  duration_s: row.duration_s ?? Math.max(0, row.last_event_at - row.started_at) / 1e6,
  end_reason: row.end_reason,
  event_count: row.event_count,
  command_count: row.command_count,
  auth_attempts: row.auth_attempts,
  auth_failures: row.auth_failures,
  auth_success: row.auth_success,
  login_user: row.login_user,
  bytes_in: row.bytes_in,
  bytes_out: row.bytes_out,
  files_captured: row.files_captured,
  mails_stored: row.mails_stored,
  hassh: row.hassh,
  client_banner: row.client_banner,
  transcript: {
    available: row.transcript_available !== 0,
    truncated: row.transcript_truncated !== 0,
    bytes: row.transcript_bytes,
    width: row.transcript_width,
    height: row.transcript_height,
  },
  class: row.class,
  last_command: row.last_command,
  last_command_known: flagOrNull(row.last_command_known),
  revision: row.revision,
});

export const showCommand = (row: CommandRow): z.input<typeof commandShape> => ({
  id: row.id,
  session_id: row.session_id,
  attacker_uuid: row.attacker_uuid,
  decky: row.decky,
  service: row.service,
  n: row.n,
  at: instantOf(row.at),
  command_text: row.command_text,
  truncated: row.truncated !== 0,
  uid: row.uid,
  user: row.user,
  src: row.src,
  pwd: row.pwd,
  exit_code: row.exit_code,
  known: flagOrNull(row.known),
  event_seq: row.event_seq,
});
