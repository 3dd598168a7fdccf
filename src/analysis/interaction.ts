import type { StoredEvent } from "./contract.ts";

/** What several analyses must agree on: which events are deeds, and what was typed. */

/** Event types whose text is something the attacker told the machine to do. */
const INTERACTION: ReadonlySet<string> = new Set([
  "command",
  "exec",
  "query",
  "input",
  "shell_input",
  "execute",
  "run",
  "sql_query",
  "redis_command",
]);

/** Deeds without a text of their own. */
const DEEDS: ReadonlySet<string> = new Set([
  "ldap_search",
  "mail_from",
  "rcpt_to",
  "rcpt_denied",
  "message_accepted",
  "file_captured",
  "upload",
  "download_attempt",
  "retr",
  "publish",
  "subscribe",
  "session_recorded",
]);

/** Nothing but the fact that somebody came or went. */
const CONTACT: ReadonlySet<string> = new Set(["connect", "connection", "accept", "disconnect", "close"]);

const TEXT_KEYS = ["command", "query", "input", "line", "sql", "cmd"] as const;

export const isContact = (eventType: string): boolean => CONTACT.has(eventType);

const isInteraction = (eventType: string): boolean => INTERACTION.has(eventType) || DEEDS.has(eventType);

/** `scan` = touched without a deed; `noise` says nothing about the attacker. */
export function activityOf(eventType: string): "interaction" | "scan" | "noise" {
  if (isInteraction(eventType)) return "interaction";
  const noise = eventType === "startup" || eventType === "shutdown" || eventType.startsWith("unknown_");
  return noise || eventType.endsWith("_error") ? "noise" : "scan";
}

/** What was typed or sent to be run; undefined when the event is no command or has no text. */
export function commandText(event: StoredEvent): string | undefined {
  if (!INTERACTION.has(event.eventType)) return undefined;
  if (event.command !== undefined) return event.command.text;
  const { fields } = event;
  const key = TEXT_KEYS.find((name) => fields[name] !== undefined);
  if (key === undefined) return undefined;
  const text = fields[key] ?? "";
  // Protocols with words and arguments (FTP, Redis, IMAP) write them apart; a shell command is whole.
  const rest = fields["args"] ?? fields["arg"];
  return key === "cmd" && rest !== undefined && rest !== "" && fields["channel"] === undefined
    ? `${text} ${rest}`
    : text;
}
