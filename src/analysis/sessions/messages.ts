import type { SessionCommand, SessionEnded, SessionStarted } from "#bus/topics.ts";
import type { OutboxMessage } from "#store/evidence.ts";
import type { CommandRow, Notice, Session } from "./session.ts";

const MAX_COMMANDS = 1000;
const MAX_BYTES = 256 * 1024;

/** Commands a message needs from the store: one more than it shows, to know whether there are more. */
export const COMMANDS_ASKED = MAX_COMMANDS + 1;

const iso = (us: number): string => new Date(us / 1000).toISOString();

export function startedMessage(session: Session): OutboxMessage | undefined {
  if (session.attacker_uuid === null) return undefined;
  const payload: SessionStarted = {
    session_id: session.session_id,
    attacker_uuid: session.attacker_uuid,
    attacker_ip: session.attacker_ip ?? "",
    decky_id: session.decky,
    service: session.service,
    started_at: iso(session.started_at),
    ...(session.login_user === null ? {} : { user: session.login_user }),
  };
  return { topic: "attacker.session.started", dedupeKey: session.session_id, payload };
}

/** @param commands the first of the session, at most `COMMANDS_ASKED` */
export function endedMessage(
  { session }: Notice,
  commands: readonly CommandRow[],
  shardPath: string | null,
): OutboxMessage | undefined {
  if (session.attacker_uuid === null) return undefined;
  const { shown, truncated } = fitCommands(commands);
  const payload: SessionEnded = {
    session_id: session.session_id,
    attacker_uuid: session.attacker_uuid,
    attacker_ip: session.attacker_ip ?? "",
    decky_id: session.decky,
    service: session.service,
    ended_at: iso(session.ended_at ?? session.last_event_at),
    duration_s: session.duration_s ?? 0,
    commands: shown,
    shard_path: shardPath,
    end_reason: session.end_reason ?? "lost",
    revision: session.revision,
    commands_total: session.command_count,
    ...(truncated ? { commands_truncated: true } : {}),
  };
  return { topic: "attacker.session.ended", dedupeKey: `${session.session_id}:${session.revision}`, payload };
}

function fitCommands(rows: readonly CommandRow[]): { shown: SessionCommand[]; truncated: boolean } {
  const shown: SessionCommand[] = [];
  let bytes = 0;
  for (const row of rows) {
    const command = asCommand(row);
    bytes += Buffer.byteLength(JSON.stringify(command)) + 1;
    if (shown.length === MAX_COMMANDS || bytes > MAX_BYTES) return { shown, truncated: true };
    shown.push(command);
  }
  return { shown, truncated: false };
}

function asCommand({
  id,
  command_text,
  at,
  decky,
  service,
  uid,
  user,
  src,
  pwd,
}: CommandRow): SessionCommand {
  return {
    id,
    command_text,
    ts: iso(at),
    decky,
    service,
    ...(uid === null ? {} : { uid }),
    ...(user === null ? {} : { user }),
    ...(src === null ? {} : { src }),
    ...(pwd === null ? {} : { pwd }),
  };
}
