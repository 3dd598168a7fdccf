import type { Migration } from "./contract.ts";

/** What the consumers compute from events: sessions, the profile's child tables, rollups, the text index. */
export const analysis: Migration = {
  name: "0002-analysis",
  sqlite: `
CREATE TABLE sessions (
  session_id TEXT PRIMARY KEY,
  sid TEXT,
  conn TEXT,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  source TEXT NOT NULL,
  attacker_uuid TEXT,
  attacker_ip TEXT,
  attacker_seq INTEGER,
  remote_port INTEGER,
  benign INTEGER NOT NULL DEFAULT 0,
  kind TEXT,
  tty INTEGER,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  last_event_at INTEGER NOT NULL,
  ended_at INTEGER,
  duration_s REAL,
  end_reason TEXT,
  event_count INTEGER NOT NULL DEFAULT 0,
  contact_count INTEGER NOT NULL DEFAULT 0,
  command_count INTEGER NOT NULL DEFAULT 0,
  auth_attempts INTEGER NOT NULL DEFAULT 0,
  auth_failures INTEGER NOT NULL DEFAULT 0,
  auth_success INTEGER NOT NULL DEFAULT 0,
  login_user TEXT,
  bytes_in INTEGER NOT NULL DEFAULT 0,
  bytes_out INTEGER NOT NULL DEFAULT 0,
  files_captured INTEGER NOT NULL DEFAULT 0,
  mails_stored INTEGER NOT NULL DEFAULT 0,
  hassh TEXT,
  ja4 TEXT,
  ja4h TEXT,
  client_banner TEXT,
  transcript_available INTEGER NOT NULL DEFAULT 0,
  transcript_truncated INTEGER NOT NULL DEFAULT 0,
  transcript_bytes INTEGER,
  transcript_width INTEGER,
  transcript_height INTEGER,
  class TEXT,
  class_score REAL,
  class_reasons TEXT,
  last_command TEXT,
  last_command_at INTEGER,
  last_command_known INTEGER,
  left_after_ms INTEGER,
  out_of_order INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0,
  reopened INTEGER NOT NULL DEFAULT 0,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_sid ON sessions (decky, service, sid) WHERE sid IS NOT NULL;
CREATE INDEX sessions_sid_only ON sessions (sid) WHERE sid IS NOT NULL;
CREATE INDEX sessions_conn ON sessions (conn, decky, service, source, first_seq) WHERE conn IS NOT NULL;
CREATE INDEX sessions_contact ON sessions (attacker_uuid, decky, service, last_seq)
  WHERE sid IS NULL AND conn IS NULL;
CREATE INDEX sessions_attacker ON sessions (attacker_uuid, started_at, session_id);
CREATE INDEX sessions_attacker_seq ON sessions (attacker_seq) WHERE attacker_seq IS NOT NULL;
CREATE INDEX sessions_state ON sessions (state, last_event_at, session_id);
CREATE INDEX sessions_open_source ON sessions (decky, service, source) WHERE state = 'open';
CREATE INDEX sessions_source ON sessions (decky, service, source, last_event_at);
CREATE INDEX sessions_decky ON sessions (decky, started_at, session_id);
CREATE INDEX sessions_service ON sessions (service, started_at, session_id);
CREATE INDEX sessions_class ON sessions (class, started_at, session_id) WHERE class IS NOT NULL;
CREATE INDEX sessions_started ON sessions (started_at, session_id);

CREATE TABLE session_commands (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  attacker_uuid TEXT,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  at INTEGER NOT NULL,
  command_text TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  truncated INTEGER NOT NULL DEFAULT 0,
  uid TEXT,
  user TEXT,
  src TEXT,
  pwd TEXT,
  exit_code INTEGER,
  known INTEGER,
  decoy_n INTEGER,
  event_seq INTEGER NOT NULL,
  UNIQUE (session_id, n)
) STRICT;
CREATE INDEX session_commands_attacker ON session_commands (attacker_uuid, event_seq);
CREATE INDEX session_commands_text ON session_commands (text_hash, event_seq);
CREATE INDEX session_commands_event ON session_commands (event_seq);

CREATE TABLE recordings (
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  sid TEXT NOT NULL,
  shard TEXT NOT NULL,
  first_offset INTEGER,
  last_end INTEGER,
  events INTEGER,
  bytes INTEGER,
  truncated INTEGER NOT NULL DEFAULT 0,
  width INTEGER,
  height INTEGER,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  PRIMARY KEY (decky, service, sid)
) STRICT, WITHOUT ROWID;
CREATE INDEX recordings_sid ON recordings (sid);

CREATE TABLE attacker_services (
  attacker_uuid TEXT NOT NULL,
  service TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  interacted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (attacker_uuid, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX attacker_services_service ON attacker_services (service, last_seen, attacker_uuid);

CREATE TABLE attacker_deckies (
  attacker_uuid TEXT NOT NULL,
  decky TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (attacker_uuid, decky)
) STRICT, WITHOUT ROWID;
CREATE INDEX attacker_deckies_decky ON attacker_deckies (decky, last_seen, attacker_uuid);

CREATE TABLE stats_minute (
  bucket INTEGER NOT NULL,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  event_type TEXT NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (bucket, decky, service, event_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE stats_hour (
  bucket INTEGER NOT NULL,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  event_type TEXT NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  attackers BLOB,
  PRIMARY KEY (bucket, decky, service, event_type)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE events_text USING fts5 (
  body, content = '', contentless_delete = 1, tokenize = 'unicode61', prefix = '2 3'
);
`,
};
