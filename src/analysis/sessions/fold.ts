import { hash } from "node:crypto";
import type { StoredEvent } from "../contract.ts";
import { commandText, isContact } from "../interaction.ts";
import {
  type CommandRow,
  type Effects,
  gapOf,
  isContactOnly,
  SECOND_US,
  type Session,
  type SessionLimits,
} from "./session.ts";

const MAX_COMMAND = 16 * 1024;
const MAX_TEXT = 256;

const AUTH_TYPES: ReadonlySet<string> = new Set([
  "auth",
  "auth_attempt",
  "auth_failure",
  "auth_success",
  "login",
  "login_attempt",
]);

/** Folds one event of a session into it. Where the event came from and whether it belongs here is decided before. */
export function foldEvent(session: Session, event: StoredEvent, effects: Effects): void {
  const { fields } = event;
  session.event_count += 1;
  if (isContact(event.eventType)) session.contact_count += 1;
  if (event.received < session.last_event_at) session.out_of_order += 1;
  session.last_event_at = Math.max(session.last_event_at, event.received);
  session.last_seq = event.seq;
  if (event.benign) session.benign = 1;
  setAttacker(session, event);
  session.remote_port ??= integer(fields["remote_port"] ?? fields["src_port"], 65_535);
  foldAuth(session, event);
  foldPrints(session, event);
  foldCommand(session, event, effects);
  if (event.eventType === "file_captured") session.files_captured += 1;
  if (event.eventType === "message_stored") session.mails_stored += 1;
  if (event.eventType === "session_started") foldStart(session, event, effects);
  if (isFirstDeed(session, event)) effects.notice({ kind: "started", session: { ...session } });
  foldEnd(session, event, effects);
}

function setAttacker(session: Session, event: StoredEvent): void {
  if (session.attacker_uuid !== null || event.attackerUuid === null) return;
  session.attacker_uuid = event.attackerUuid;
  session.attacker_ip = event.attackerIp;
  session.attacker_seq = event.seq;
}

/** A banner grab is a row and no news; the first thing beyond contact is. */
function isFirstDeed(session: Session, event: StoredEvent): boolean {
  return !isContact(event.eventType) && session.event_count - session.contact_count === 1;
}

function foldAuth(session: Session, { eventType, fields }: StoredEvent): void {
  if (!AUTH_TYPES.has(eventType) && fields["secret_b64"] === undefined) return;
  // A shell's password prompt is a command's business, not a log-in to the service.
  if (eventType === "shell_input" || eventType === "lateral_attempt") return;
  session.auth_attempts += 1;
  if (fields["outcome"] === "success" || eventType === "auth_success") {
    session.auth_success += 1;
    session.login_user ??= text(fields["principal"] ?? fields["username"]);
  } else if (fields["outcome"] === "failure" || eventType === "auth_failure") session.auth_failures += 1;
}

function foldPrints(session: Session, { eventType, fields }: StoredEvent): void {
  session.hassh ??= text(fields["hassh"]);
  session.ja4 ??= text(fields["ja4"]);
  session.ja4h ??= text(fields["ja4h"]);
  session.client_banner ??= text(bannerOf(eventType, fields));
}

function bannerOf(eventType: string, fields: StoredEvent["fields"]): string | undefined {
  if (eventType === "ssh_client_banner" && fields["software"] !== undefined) {
    const comments = fields["comments"] ?? "";
    return `SSH-${fields["ssh_version"] ?? "2.0"}-${fields["software"]}${comments === "" ? "" : ` ${comments}`}`;
  }
  return fields["client_banner"] ?? fields["client_version"] ?? fields["client"];
}

function foldCommand(session: Session, event: StoredEvent, effects: Effects): void {
  const { fields } = event;
  if (event.eventType === "command_ended") {
    const decoyN = integer(fields["n"]);
    const exitCode = integer(fields["exit_code"]);
    if (decoyN !== null && exitCode !== null) {
      effects.commandEnd({ sessionId: session.session_id, decoyN, exitCode });
    }
    return;
  }
  const whole = commandText(event);
  if (whole === undefined) return;
  const row = commandRow(session, event, whole);
  session.command_count += 1;
  session.last_command = row.command_text.slice(0, 1024).toWellFormed();
  session.last_command_at = event.received;
  session.last_command_known = row.known;
  effects.command(row);
}

function commandRow(
  session: Session,
  { command, fields, received, seq }: StoredEvent,
  whole: string,
): CommandRow {
  return {
    id: `${session.session_id}#${session.command_count}`,
    session_id: session.session_id,
    n: session.command_count,
    attacker_uuid: session.attacker_uuid,
    decky: session.decky,
    service: session.service,
    at: received,
    command_text: whole.slice(0, MAX_COMMAND).toWellFormed(),
    text_hash: hash("sha256", whole, "hex"),
    truncated: Number(whole.length > MAX_COMMAND || fields["cmd_truncated"] !== undefined),
    uid: text(command?.uid ?? fields["uid"]),
    user: text(command?.user ?? fields["user"]),
    src: text(command?.src),
    pwd: text(command?.pwd ?? fields["cwd"], 4096),
    exit_code: integer(fields["exit_code"]),
    known: yesNo(fields["known"]),
    decoy_n: integer(fields["n"]),
    event_seq: seq,
  };
}

function foldStart(session: Session, event: StoredEvent, effects: Effects): void {
  const { fields } = event;
  session.kind ??= text(fields["kind"], 32);
  session.tty ??= yesNo(fields["tty"]);
  session.login_user ??= text(fields["user"]);
  session.transcript_width = integer(fields["width"], 10_000) ?? session.transcript_width;
  session.transcript_height = integer(fields["height"], 10_000) ?? session.transcript_height;
  if (event.sid === null) return;
  const day = new Date(event.received / 1000).toISOString().slice(0, 10);
  effects.recording({
    kind: "start",
    decky: session.decky,
    service: session.service,
    sid: event.sid,
    shard: `${session.decky}/${session.service}/transcripts/sessions-${day}.jsonl`,
    width: session.transcript_width,
    height: session.transcript_height,
    startedAt: event.received,
  });
}

function foldEnd(session: Session, event: StoredEvent, effects: Effects): void {
  const { eventType, fields, sid, received } = event;
  if (eventType === "disconnect" || eventType === "close") {
    session.bytes_in += integer(fields["bytes_in"]) ?? 0;
    session.bytes_out += integer(fields["bytes_out"]) ?? 0;
    // What a recorder watches ends with the recorder's word, which always comes.
    if (session.sid === null && session.conn !== null) {
      end(
        session,
        { reason: "disconnect", at: received, durationS: seconds(fields["duration_ms"], 1000) },
        effects,
      );
    }
  } else if (eventType === "session_recorded" || eventType === "session_skipped") {
    const recorded = eventType === "session_recorded";
    if (recorded) {
      session.transcript_available = 1;
      session.transcript_truncated = Number(fields["truncated"] === "true");
      session.transcript_bytes = integer(fields["bytes"]);
    }
    if (sid !== null) {
      effects.recording({
        kind: "end",
        decky: session.decky,
        service: session.service,
        sid,
        state: recorded ? "complete" : "lost",
        bytes: integer(fields["bytes"]),
        truncated: session.transcript_truncated,
      });
    }
    end(
      session,
      { reason: recorded ? "closed" : "skipped", at: received, durationS: seconds(fields["duration_s"], 1) },
      effects,
    );
  }
}

interface End {
  readonly reason: NonNullable<Session["end_reason"]>;
  readonly at: number;
  readonly durationS?: number | undefined;
}

/** Does nothing to a session that has ended. */
export function end(session: Session, { reason, at, durationS }: End, effects: Effects): void {
  if (session.state === "closed") return;
  session.state = "closed";
  session.end_reason = reason;
  session.ended_at = Math.max(at, session.started_at);
  session.duration_s = durationS ?? (session.ended_at - session.started_at) / SECOND_US;
  session.left_after_ms =
    session.last_command_at === null
      ? null
      : Math.max(0, Math.round((session.ended_at - session.last_command_at) / 1000));
  effects.closed();
  if (session.event_count > session.contact_count) effects.notice({ kind: "ended", session: { ...session } });
}

/** Open again, as if the end had not been. */
export function reopen(session: Session, effects: Effects): void {
  session.state = "open";
  session.end_reason = null;
  session.ended_at = null;
  session.duration_s = null;
  session.left_after_ms = null;
  effects.opened();
}

/** How the silence of this session ends it, once it has lasted `limit`. */
export function silence(
  session: Session,
  limits: SessionLimits,
): { limitUs: number; reason: "idle" | "lost" } {
  return isContactOnly(session)
    ? { limitUs: gapOf(session.service, limits), reason: "idle" }
    : { limitUs: limits.lostUs, reason: "lost" };
}

function text(value: string | undefined, max = MAX_TEXT): string | null {
  return value === undefined ? null : value.slice(0, max).toWellFormed();
}

function integer(value: string | undefined, max = Number.MAX_SAFE_INTEGER): number | null {
  if (value === undefined || !/^\d{1,16}$/.test(value)) return null;
  const number = Number(value);
  return number <= max ? number : null;
}

function seconds(value: string | undefined, perSecond: number): number | undefined {
  if (value === undefined || !/^\d{1,12}(\.\d{1,6})?$/.test(value)) return undefined;
  return Number(value) / perSecond;
}

function yesNo(value: string | undefined): number | null {
  if (value === "true" || value === "1") return 1;
  return value === "false" || value === "0" ? 0 : null;
}
