import type { Generated } from "kysely";

/** Integer microseconds since 1970, UTC. */
type Us = number;
/** 0 or 1. */
type Flag = number;

export interface EventsTable {
  readonly seq: Generated<number>;
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly received: Us;
  /** From the line: for display only. Ordering and paging use `seq` or `received`. */
  readonly time: Us;
  readonly time_source: string;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  /** Canonical address; NULL when unknown, never the text `Unknown`. */
  readonly attacker_ip: string | null;
  readonly attribution: string;
  readonly origin: string;
  /** JSON object of strings. */
  readonly fields: string;
  readonly msg: string;
  readonly raw_line: string;
  readonly app: string | null;
  readonly procid: string | null;
  readonly severity: number | null;
  readonly sid: string | null;
  readonly conn: string | null;
  readonly user_name: string | null;
  readonly benign: Generated<Flag>;
  readonly host: string;
  readonly container: string | null;
  readonly stream: string | null;
  /** JSON `{decky?, service?, ip?}`. */
  readonly claimed: string | null;
  /** JSON `{text, uid?, user?, src?, pwd?}`. */
  readonly command: string | null;
  /** JSON array of words. */
  readonly flags: string | null;
  readonly line_seq: number | null;
  readonly trace_id: string | null;
  readonly span_id: string | null;
}

export interface CursorsTable {
  readonly name: string;
  readonly kind: "journal" | "events" | "outbox";
  readonly family: string | null;
  readonly segment: number | null;
  readonly offset: number | null;
  readonly device: string | null;
  readonly inode: string | null;
  readonly head_hash: string | null;
  readonly seq: Generated<number>;
  readonly generation: Generated<number>;
  readonly updated_at: Us;
}

export interface LeasesTable {
  readonly name: string;
  readonly holder: string;
  readonly until: Us;
}

/**
 * Exact totals, moved in the transaction of what they count: `total_events`, `events.origin.<origin>`,
 * `events.type.<event_type>`, `attackers`, `attackers_confirmed`, `credentials`, `artifacts`, `sessions`,
 * `sessions_open`, and one per kind of loss (`credential_invalid`, `dead_letters_dropped`, …).
 */
export interface CountersTable {
  readonly name: string;
  readonly value: number;
}

export interface OutboxTable {
  readonly seq: Generated<number>;
  readonly topic: string;
  readonly dedupe_key: string;
  /** JSON object. */
  readonly payload: string;
  readonly created_at: Us;
}

export interface GapsTable {
  readonly id: Generated<number>;
  readonly at: Us;
  readonly kind: string;
  readonly decky: string | null;
  readonly container: string | null;
  readonly family: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly detail: string | null;
  readonly dedupe_key: string;
}

export interface DeadLettersTable {
  readonly id: Generated<number>;
  /** Name of the cursor that could not pass. */
  readonly consumer: string;
  readonly family: Generated<string>;
  readonly segment: Generated<number>;
  readonly offset: Generated<number>;
  readonly event_seq: Generated<number>;
  readonly reason: "not_json" | "torn" | "invalid" | "too_large" | "constraint" | "consumer_error";
  readonly error: string;
  readonly body: Uint8Array;
  readonly body_bytes: number;
  readonly created_at: Us;
  readonly tries: Generated<number>;
  readonly resolved_at: Us | null;
}

export interface AttackersTable {
  /** UUIDv5 of the canonical address. */
  readonly uuid: string;
  readonly ip: string;
  readonly ip_version: 4 | 6;
  readonly created_seq: number;
  readonly first_seen: Us;
  readonly last_seen: Us;
  readonly confirmed: Generated<Flag>;
  readonly benign: Generated<Flag>;
  readonly event_count: Generated<number>;
  readonly service_count: Generated<number>;
  readonly decky_count: Generated<number>;
  readonly session_count: Generated<number>;
  readonly command_count: Generated<number>;
  readonly bounty_count: Generated<number>;
  readonly credential_count: Generated<number>;
  readonly is_traversal: Generated<Flag>;
  readonly traversal_path: string | null;
  readonly traversal_hops: Generated<number>;
  readonly out_of_order: Generated<number>;
  readonly scored_at: Generated<Us>;
  readonly behavior_class: string | null;
  readonly actor_kind: string | null;
  readonly country_code: string | null;
  readonly country_source: string | null;
  readonly ip_scope: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
  readonly bgp_prefix: string | null;
  readonly asn_source: string | null;
  readonly ptr_record: string | null;
  readonly identity_id: string | null;
  readonly notes: string | null;
  /** JSON array of strings. */
  readonly labels: string | null;
}

export interface AttackerServicesTable {
  readonly attacker_uuid: string;
  readonly service: string;
  readonly first_seq: number;
  readonly first_seen: Us;
  readonly last_seen: Us;
  readonly count: number;
  /** 1 = `interacted`, 0 = `scanned`. */
  readonly interacted: Flag;
}

export interface AttackerDeckiesTable {
  readonly attacker_uuid: string;
  readonly decky: string;
  /** Order of first contact. */
  readonly first_seq: number;
  readonly first_seen: Us;
  readonly last_seen: Us;
  readonly count: number;
}

export interface CredentialsTable {
  /** UUIDv5 of the key columns. */
  readonly id: string;
  readonly attacker_uuid: string | null;
  readonly attacker_ip: string | null;
  readonly decky_name: string;
  readonly service: string;
  readonly principal: string | null;
  readonly principal_key: string;
  readonly secret_kind: string;
  readonly secret_sha256: string;
  readonly secret_b64: string;
  readonly secret_printable: string;
  readonly outcome: string | null;
  readonly fields: string;
  readonly first_seen: Us;
  readonly last_seen: Us;
  readonly first_event_id: Uint8Array;
  readonly last_event_id: Uint8Array;
  readonly attempt_count: number;
  readonly success_count: number;
}

export interface ArtifactsTable {
  readonly sha256: string;
  readonly size: number | null;
  readonly kind: "file" | "mail" | "body";
  readonly mime: string | null;
  readonly magic: string | null;
  readonly first_seen: Us;
  readonly last_seen: Us;
  readonly seen_count: number;
  /** Below the artifacts root. */
  readonly path: string | null;
  readonly state: "present" | "missing" | "purged";
}

export interface ArtifactSightingsTable {
  readonly event_id: Uint8Array;
  readonly sha256: string;
  readonly kind: "file" | "mail" | "body";
  readonly decky: string;
  readonly service: string;
  readonly stored_as: string;
  readonly attacker_uuid: string | null;
  readonly sid: string | null;
  readonly orig_path: string | null;
  readonly method: string | null;
  readonly attribution: string | null;
  readonly writer_comm: string | null;
  readonly at: Us;
}

export interface SessionsTable {
  /** The recorder's `sid` when the first event carried one, else a UUIDv5; never changes. */
  readonly session_id: string;
  readonly sid: string | null;
  readonly conn: string | null;
  readonly decky: string;
  readonly service: string;
  /** Host and container the events came from. */
  readonly source: string;
  readonly attacker_uuid: string | null;
  readonly attacker_ip: string | null;
  /** The event that told the attacker; normally the first one. */
  readonly attacker_seq: number | null;
  readonly remote_port: number | null;
  readonly benign: Generated<Flag>;
  readonly kind: string | null;
  readonly tty: Flag | null;
  readonly state: "open" | "closed";
  readonly started_at: Us;
  readonly last_event_at: Us;
  readonly ended_at: Us | null;
  readonly duration_s: number | null;
  readonly end_reason: "closed" | "disconnect" | "idle" | "lost" | "skipped" | null;
  readonly event_count: Generated<number>;
  /** Events that are nothing but contact (connect, disconnect): a session of these alone is a banner grab. */
  readonly contact_count: Generated<number>;
  readonly command_count: Generated<number>;
  readonly auth_attempts: Generated<number>;
  readonly auth_failures: Generated<number>;
  readonly auth_success: Generated<number>;
  readonly login_user: string | null;
  readonly bytes_in: Generated<number>;
  readonly bytes_out: Generated<number>;
  readonly files_captured: Generated<number>;
  readonly mails_stored: Generated<number>;
  readonly hassh: string | null;
  readonly ja4: string | null;
  readonly ja4h: string | null;
  readonly client_banner: string | null;
  readonly transcript_available: Generated<Flag>;
  readonly transcript_truncated: Generated<Flag>;
  readonly transcript_bytes: number | null;
  readonly transcript_width: number | null;
  readonly transcript_height: number | null;
  readonly class: string | null;
  readonly class_score: number | null;
  readonly class_reasons: string | null;
  readonly last_command: string | null;
  readonly last_command_at: Us | null;
  readonly last_command_known: Flag | null;
  readonly left_after_ms: number | null;
  readonly out_of_order: Generated<number>;
  readonly revision: Generated<number>;
  readonly reopened: Generated<number>;
  readonly first_seq: number;
  readonly last_seq: number;
}

export interface SessionCommandsTable {
  /** `<session_id>#<n>`. */
  readonly id: string;
  readonly session_id: string;
  readonly n: number;
  readonly attacker_uuid: string | null;
  readonly decky: string;
  readonly service: string;
  readonly at: Us;
  readonly command_text: string;
  /** SHA-256 of the whole text. */
  readonly text_hash: string;
  readonly truncated: Generated<Flag>;
  readonly uid: string | null;
  readonly user: string | null;
  readonly src: string | null;
  readonly pwd: string | null;
  readonly exit_code: number | null;
  readonly known: Flag | null;
  /** The decoy's own number, to which a later `command_ended` refers. */
  readonly decoy_n: number | null;
  readonly event_seq: number;
}

export interface RecordingsTable {
  readonly decky: string;
  readonly service: string;
  readonly sid: string;
  /** Below the artifacts root: `<decky>/<service>/transcripts/sessions-YYYY-MM-DD.jsonl`. */
  readonly shard: string;
  readonly first_offset: number | null;
  readonly last_end: number | null;
  readonly events: number | null;
  readonly bytes: number | null;
  readonly truncated: Generated<Flag>;
  readonly width: number | null;
  readonly height: number | null;
  readonly state: "open" | "complete" | "lost";
  readonly started_at: Us;
}

/** `bucket` = start of the minute, in microseconds, by `received`. Kept 7 days. */
export interface StatsMinuteTable {
  readonly bucket: Us;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  readonly count: number;
  readonly bytes: number;
}

/** `bucket` = start of the hour. Kept 400 days. */
export interface StatsHourTable extends StatsMinuteTable {
  readonly attackers: Uint8Array | null;
}

/** Full-text index; `rowid` is `events.seq`. Contentless: it finds, `events` answers. */
export interface EventsTextTable {
  readonly rowid: number;
  readonly body: string;
}

export interface UsersTable {
  readonly uuid: string;
  /** As typed; `username_key` is the case-folded form that must be unique. */
  readonly username: string;
  readonly username_key: string;
  readonly password_hash: string;
  readonly role: "admin" | "viewer";
  readonly must_change_password: Generated<Flag>;
  readonly disabled: Generated<Flag>;
  /** JSON ≤ 64 KiB. */
  readonly preferences: string | null;
  readonly created_at: Us;
  readonly last_login_at: Us | null;
  readonly version: Generated<number>;
}

export interface WebSessionsTable {
  readonly token_sha256: string;
  /** Shown to people; says nothing about the token. */
  readonly id: string;
  readonly user_uuid: string;
  readonly csrf_sha256: string;
  readonly created_at: Us;
  readonly last_seen: Us;
  readonly expires_at: Us;
  readonly ip: string;
  readonly agent: string;
}

export interface ApiTokensTable {
  readonly id: string;
  readonly user_uuid: string;
  readonly name: string;
  readonly secret_sha256: string;
  readonly role: "admin" | "viewer";
  /** JSON array of networks. */
  readonly networks: string | null;
  readonly created_at: Us;
  readonly expires_at: Us | null;
  readonly last_used_at: Us | null;
  readonly last_used_ip: string | null;
  readonly revoked_at: Us | null;
}

export interface DevicesTable {
  readonly id_sha256: string;
  readonly user_uuid: string;
  readonly created_at: Us;
  readonly last_seen: Us;
}

/** Append-only: triggers refuse UPDATE and DELETE. */
export interface AuditTable {
  readonly seq: Generated<number>;
  readonly at: Us;
  readonly actor_uuid: string | null;
  readonly actor: string;
  readonly via: string;
  readonly ip: string | null;
  readonly action: string;
  readonly object: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly result: string;
  readonly request_id: string | null;
  readonly prev_hash: string;
}

export interface SettingsTable {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly version: Generated<number>;
  readonly updated_at: Us;
  readonly updated_by: string | null;
}

export interface WorkerHeartbeatsTable {
  readonly worker: string;
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly state: string;
  readonly payload: string;
  readonly received_at: Us;
}

export interface Schema {
  readonly events: EventsTable;
  readonly cursors: CursorsTable;
  readonly leases: LeasesTable;
  readonly counters: CountersTable;
  readonly outbox: OutboxTable;
  readonly gaps: GapsTable;
  readonly dead_letters: DeadLettersTable;
  readonly attackers: AttackersTable;
  readonly attacker_services: AttackerServicesTable;
  readonly attacker_deckies: AttackerDeckiesTable;
  readonly credentials: CredentialsTable;
  readonly artifacts: ArtifactsTable;
  readonly artifact_sightings: ArtifactSightingsTable;
  readonly sessions: SessionsTable;
  readonly session_commands: SessionCommandsTable;
  readonly recordings: RecordingsTable;
  readonly stats_minute: StatsMinuteTable;
  readonly stats_hour: StatsHourTable;
  readonly events_text: EventsTextTable;
  readonly users: UsersTable;
  readonly web_sessions: WebSessionsTable;
  readonly api_tokens: ApiTokensTable;
  readonly devices: DevicesTable;
  readonly audit: AuditTable;
  readonly settings: SettingsTable;
  readonly worker_heartbeats: WorkerHeartbeatsTable;
}
