import { derivedUuid } from "#store/ids.ts";
import type { StoredEvent } from "../contract.ts";
import { end, foldEvent, reopen, silence } from "./fold.ts";
import {
  AFTER_END_US,
  type Effects,
  gapOf,
  LONGEST_CONTACT_US,
  type Session,
  type SessionLimits,
} from "./session.ts";

/** The sessions there are, by each key that an event can name. */
export interface SessionBook {
  byId(sessionId: string): Session | undefined;
  bySid(decky: string, service: string, sid: string): Session | undefined;
  /** The newest one. */
  byConn(place: Place, conn: string): Session | undefined;
  /** The newest one without recorder and connection. */
  byContact(attackerUuid: string, decky: string, service: string): Session | undefined;
  /** Those with a connection or a recorder that are open there, or closed by nothing but silence since `sinceUs`. */
  unendedAt(place: Place, sinceUs: number): readonly Session[];
  add(session: Session): void;
  /** The session has a recorder now. */
  setSid(session: Session, sid: string): void;
  /** The session is about to change. */
  touch(session: Session): void;
}

export interface Place {
  readonly decky: string;
  readonly service: string;
  readonly source: string;
}

const SID = /^[0-9a-f-]{36}$/;

const placeOf = ({ decky, service, host, container }: StoredEvent): Place => ({
  decky,
  service,
  source: container === null ? host : `${host}/${container}`,
});

/** Puts one event where it belongs and folds it in. */
export function assemble(
  book: SessionBook,
  event: StoredEvent,
  limits: SessionLimits,
  effects: Effects,
): void {
  if (isEmitterStart(event)) {
    endAll(book, event, limits, effects);
    return;
  }
  if (event.origin !== "attacker") return;
  const session = find(book, event, limits, effects);
  if (session === undefined) return;
  book.touch(session);
  welcome(session, event, limits, effects);
  foldEvent(session, event, effects);
}

/** The decoy's process began anew: nothing that was open there is. PostgreSQL's own `startup` message has a peer. */
function isEmitterStart({ eventType, origin, attackerIp, conn, app }: StoredEvent): boolean {
  return (
    eventType === "startup" && origin === "system" && attackerIp === null && conn === null && app === null
  );
}

/** What was silent for too long before this was lost, whether or not a sweep has seen it; the rest ends here. */
function endAll(book: SessionBook, event: StoredEvent, limits: SessionLimits, effects: Effects): void {
  for (const session of book.unendedAt(placeOf(event), event.received - limits.lostUs)) {
    const at = session.last_event_at;
    book.touch(session);
    if (event.received - at > limits.lostUs) end(session, { reason: "lost", at }, effects);
    else {
      if (session.state === "closed") reopen(session, effects);
      end(session, { reason: "disconnect", at }, effects);
    }
  }
}

function find(
  book: SessionBook,
  event: StoredEvent,
  limits: SessionLimits,
  effects: Effects,
): Session | undefined {
  if (event.sid !== null) return bySid(book, event, event.sid, effects);
  if (event.conn !== null) {
    const known = book.byConn(placeOf(event), event.conn);
    return known ?? open(book, event, connId(event, event.conn), effects);
  }
  if (event.attackerUuid === null || isUnboundAudit(event)) return undefined;
  return byContact(book, event, event.attackerUuid, { limits, effects });
}

/** A shell's audit line that no session was found for: the address in it is hearsay, it opens and extends nothing. */
function isUnboundAudit({ eventType, attribution, command }: StoredEvent): boolean {
  return (
    eventType === "command" && command !== undefined && attribution !== "session" && attribution !== "field"
  );
}

/** A connection whose recorder starts is the same conversation: it keeps its id and gains the recorder's. */
function bySid(book: SessionBook, event: StoredEvent, sid: string, effects: Effects): Session {
  const known = book.bySid(event.decky, event.service, sid);
  if (known !== undefined) return known;
  const connected = event.conn === null ? undefined : book.byConn(placeOf(event), event.conn);
  const isOver = connected?.end_reason === "disconnect";
  if (connected !== undefined && connected.sid === null && !isOver) {
    book.touch(connected);
    book.setSid(connected, sid);
    return connected;
  }
  const isFree = SID.test(sid) && book.byId(sid) === undefined;
  return open(book, event, isFree ? sid : derivedUuid("session", [event.decky, event.service, sid]), effects);
}

function byContact(
  book: SessionBook,
  event: StoredEvent,
  attackerUuid: string,
  { limits, effects }: { readonly limits: SessionLimits; readonly effects: Effects },
): Session {
  const known = book.byContact(attackerUuid, event.decky, event.service);
  if (known !== undefined) {
    const silent = event.received - known.last_event_at > gapOf(event.service, limits);
    const old = event.received - known.started_at > LONGEST_CONTACT_US;
    if (!silent && !old) return known;
    book.touch(known);
    end(known, { reason: "idle", at: known.last_event_at }, effects);
  }
  const { decky, service, source } = placeOf(event);
  const parts = [decky, service, source, event.attackerIp ?? "", event.id];
  return open(book, event, derivedUuid("session", parts), effects);
}

function connId(event: StoredEvent, conn: string): string {
  const { decky, service, source } = placeOf(event);
  return derivedUuid("session", [decky, service, source, event.attackerIp ?? "", conn]);
}

function open(book: SessionBook, event: StoredEvent, sessionId: string, effects: Effects): Session {
  const session = newSession(event, sessionId);
  book.add(session);
  effects.made();
  effects.opened();
  return session;
}

/** Decides by host time alone, so it makes no difference whether a sweep has closed the session meanwhile. */
function welcome(session: Session, event: StoredEvent, limits: SessionLimits, effects: Effects): void {
  const { limitUs, reason } = silence(session, limits);
  const isSilenceEnded = session.end_reason === "lost" || session.end_reason === "idle";
  if (session.state === "closed" && !isSilenceEnded) return;
  if (event.received - session.last_event_at > Math.max(limitUs, AFTER_END_US)) {
    end(session, { reason, at: session.last_event_at }, effects);
    reopen(session, effects);
    session.reopened += 1;
    session.revision += 1;
  } else if (session.state === "closed") reopen(session, effects);
}

/** Closes what has been silent for too long at `clockUs`. */
export function sweep(
  silent: readonly Session[],
  clockUs: number,
  limits: SessionLimits,
  { book, effects }: { readonly book: SessionBook; readonly effects: Effects },
): void {
  for (const session of silent) {
    const { limitUs, reason } = silence(session, limits);
    if (session.state !== "open" || clockUs - session.last_event_at <= limitUs) continue;
    book.touch(session);
    end(session, { reason, at: session.last_event_at }, effects);
  }
}

function newSession(event: StoredEvent, sessionId: string): Session {
  const { decky, service, source } = placeOf(event);
  return {
    session_id: sessionId,
    sid: event.sid,
    conn: event.conn,
    decky,
    service,
    source,
    attacker_uuid: event.attackerUuid,
    attacker_ip: event.attackerIp,
    attacker_seq: event.attackerUuid === null ? null : event.seq,
    remote_port: null,
    benign: 0,
    kind: null,
    tty: null,
    state: "open",
    started_at: event.received,
    last_event_at: event.received,
    ended_at: null,
    duration_s: null,
    end_reason: null,
    event_count: 0,
    contact_count: 0,
    command_count: 0,
    auth_attempts: 0,
    auth_failures: 0,
    auth_success: 0,
    login_user: null,
    bytes_in: 0,
    bytes_out: 0,
    files_captured: 0,
    mails_stored: 0,
    hassh: null,
    ja4: null,
    ja4h: null,
    client_banner: null,
    transcript_available: 0,
    transcript_truncated: 0,
    transcript_bytes: null,
    transcript_width: null,
    transcript_height: null,
    class: null,
    class_score: null,
    class_reasons: null,
    last_command: null,
    last_command_at: null,
    last_command_known: null,
    left_after_ms: null,
    out_of_order: 0,
    revision: 0,
    reopened: 0,
    first_seq: event.seq,
    last_seq: event.seq,
  };
}
