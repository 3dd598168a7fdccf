/** The record: what the journal holds and everything behind it reads (`docs/records.md`). */

export type Attribution = "field" | "message_kv" | "prose" | "session" | "none";
export type Origin = "attacker" | "passive" | "active" | "system";
export type SourceKind = "docker" | "process" | "syslog" | "sensor" | "worker" | "stdin";

export const UNKNOWN_IP = "Unknown";

export interface ShellAudit {
  readonly text: string;
  readonly uid?: string;
  readonly user?: string;
  readonly src?: string;
  readonly pwd?: string;
}

export type Flag =
  | "pri_range"
  | "header_long"
  | "rewrapped"
  | "sd_missing"
  | "sd_unterminated"
  | "sd_malformed"
  | "sd_in_msg"
  | "dup_sd"
  | "dup_key"
  | "fields_capped"
  | "line_cut"
  | "utf8_replaced"
  | "clock_skew"
  | "late"
  | "raw_cut"
  | "fields_cut";

export type RejectReason = "empty" | "line_break" | "pri" | "version" | "header" | "header_length" | "no_sd";

export interface Rejection {
  readonly rejected: RejectReason;
  /** Offset in the text, UTF-16 units. */
  readonly at: number;
}

/** What `parseLine` reads from the text alone: claims, not identity. */
export interface ParsedLine {
  readonly timestamp: string;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  readonly attacker_ip: string;
  /** Null-prototype; keys are attacker data. */
  readonly fields: Readonly<Record<string, string>>;
  readonly msg: string;
  readonly raw_line: string;
  readonly time: string;
  readonly time_source: "line" | "received";
  readonly attribution: Attribution;
  readonly severity?: number;
  readonly procid?: string;
  readonly seq?: number;
  readonly command?: ShellAudit;
  readonly flags?: readonly Flag[];
  readonly traceparent?: string;
}

/** Where a record came from, in the record itself. */
export interface RecordSource {
  readonly kind: SourceKind;
  readonly host: string;
  /** First 12 digits of the container id. */
  readonly container?: string;
  readonly name?: string;
  readonly stream?: "stdout" | "stderr";
}

/** One journal line, keys in this order. */
export interface JournalRecord {
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  readonly timestamp: string;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  /** Canonical address or `Unknown`. */
  readonly attacker_ip: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly msg: string;
  readonly raw_line: string;
  readonly v: 1;
  /** 32 hex digits, deterministic: the same line read twice has the same id. */
  readonly id: string;
  /** RFC 3339 UTC, six digits. From the line: for display only. */
  readonly time: string;
  readonly time_source: "line" | "received";
  /** RFC 3339 UTC, nine digits. The host's clock: ordering and windows use this. */
  readonly received: string;
  readonly attribution: Attribution;
  readonly origin: Origin;
  readonly source: RecordSource;
  readonly severity?: number;
  readonly app?: string;
  readonly procid?: string;
  readonly claimed?: { readonly decky?: string; readonly service?: string; readonly ip?: string };
  readonly sid?: string;
  readonly seq?: number;
  readonly command?: ShellAudit;
  readonly flags?: readonly Flag[];
  readonly raw_bytes?: number;
  readonly traceparent?: string;
}

/** Host facts about one line: what the machine knows without reading the text. */
export interface SourceFacts {
  readonly kind: SourceKind;
  readonly host: string;
  readonly container?: string;
  readonly name?: string;
  readonly stream?: "stdout" | "stderr";
  readonly decky: string;
  readonly service: string;
  /** The container's own host names: a HOSTNAME equal to one of them is no claim. */
  readonly aliases: readonly string[];
  /** The decky's own addresses: never an attacker. */
  readonly addresses: readonly string[];
  /** RFC 3339 UTC, nine digits. */
  readonly received: string;
}

/** An open recorded session of one container, as the collector's index knows it. */
export interface OpenSession {
  readonly sid: string;
  readonly ip: string;
  readonly user?: string;
}
