import type { Migration } from "./contract.ts";

/**
 * Raw evidence. An index on one column of a SQLite table ends in its row number, so `(decky)` is `(decky, seq)`
 * and answers `ORDER BY seq` without a sort. Row numbers of `events` and `outbox` are never reused.
 */
export const evidence: Migration = {
  name: "0001-evidence",
  sqlite: `
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  received INTEGER NOT NULL,
  time INTEGER NOT NULL,
  time_source TEXT NOT NULL,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  event_type TEXT NOT NULL,
  attacker_ip TEXT,
  attribution TEXT NOT NULL,
  origin TEXT NOT NULL,
  fields TEXT NOT NULL,
  msg TEXT NOT NULL,
  raw_line TEXT NOT NULL,
  app TEXT,
  procid TEXT,
  severity INTEGER,
  sid TEXT,
  conn TEXT,
  user_name TEXT,
  benign INTEGER NOT NULL DEFAULT 0,
  host TEXT NOT NULL,
  container TEXT,
  stream TEXT,
  claimed TEXT,
  command TEXT,
  flags TEXT,
  line_seq INTEGER,
  trace_id TEXT,
  span_id TEXT
) STRICT;
CREATE INDEX events_attacker_ip ON events (attacker_ip) WHERE attacker_ip IS NOT NULL;
CREATE INDEX events_decky ON events (decky);
CREATE INDEX events_service ON events (service);
CREATE INDEX events_event_type ON events (event_type);
CREATE INDEX events_sid ON events (sid) WHERE sid IS NOT NULL;
CREATE INDEX events_received ON events (received);

CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  family TEXT,
  segment INTEGER,
  offset INTEGER,
  device TEXT,
  inode TEXT,
  head_hash TEXT,
  seq INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (topic, dedupe_key)
) STRICT;
CREATE INDEX outbox_created_at ON outbox (created_at);

CREATE TABLE gaps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  decky TEXT,
  container TEXT,
  family TEXT,
  "from" TEXT,
  "to" TEXT,
  detail TEXT,
  dedupe_key TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX gaps_at ON gaps (at);

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  consumer TEXT NOT NULL,
  family TEXT NOT NULL DEFAULT '',
  segment INTEGER NOT NULL DEFAULT 0,
  offset INTEGER NOT NULL DEFAULT 0,
  event_seq INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL,
  error TEXT NOT NULL,
  body BLOB NOT NULL,
  body_bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 1,
  resolved_at INTEGER,
  UNIQUE (consumer, family, segment, offset, event_seq)
) STRICT;
CREATE INDEX dead_letters_open ON dead_letters (id) WHERE resolved_at IS NULL;

CREATE TABLE attackers (
  uuid TEXT PRIMARY KEY,
  ip TEXT NOT NULL UNIQUE,
  ip_version INTEGER NOT NULL,
  created_seq INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  confirmed INTEGER NOT NULL DEFAULT 0,
  benign INTEGER NOT NULL DEFAULT 0,
  event_count INTEGER NOT NULL DEFAULT 0,
  service_count INTEGER NOT NULL DEFAULT 0,
  decky_count INTEGER NOT NULL DEFAULT 0,
  session_count INTEGER NOT NULL DEFAULT 0,
  command_count INTEGER NOT NULL DEFAULT 0,
  bounty_count INTEGER NOT NULL DEFAULT 0,
  credential_count INTEGER NOT NULL DEFAULT 0,
  is_traversal INTEGER NOT NULL DEFAULT 0,
  traversal_path TEXT,
  traversal_hops INTEGER NOT NULL DEFAULT 0,
  out_of_order INTEGER NOT NULL DEFAULT 0,
  scored_at INTEGER NOT NULL DEFAULT 0,
  behavior_class TEXT,
  actor_kind TEXT,
  country_code TEXT,
  country_source TEXT,
  ip_scope TEXT,
  asn INTEGER,
  as_name TEXT,
  bgp_prefix TEXT,
  asn_source TEXT,
  ptr_record TEXT,
  identity_id TEXT,
  notes TEXT,
  labels TEXT
) STRICT;
CREATE INDEX attackers_last_seen ON attackers (last_seen, uuid);
CREATE INDEX attackers_first_seen ON attackers (first_seen, uuid);
CREATE INDEX attackers_event_count ON attackers (event_count, uuid);
CREATE INDEX attackers_decky_count ON attackers (decky_count, uuid);
CREATE INDEX attackers_country ON attackers (country_code, last_seen, uuid) WHERE country_code IS NOT NULL;
CREATE INDEX attackers_asn ON attackers (asn, last_seen, uuid) WHERE asn IS NOT NULL;
CREATE INDEX attackers_identity ON attackers (identity_id) WHERE identity_id IS NOT NULL;

CREATE TABLE credentials (
  id TEXT PRIMARY KEY,
  attacker_uuid TEXT,
  attacker_ip TEXT,
  decky_name TEXT NOT NULL,
  service TEXT NOT NULL,
  principal TEXT,
  principal_key TEXT NOT NULL,
  secret_kind TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL,
  secret_b64 TEXT NOT NULL,
  secret_printable TEXT NOT NULL,
  outcome TEXT,
  fields TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  first_event_id BLOB NOT NULL,
  last_event_id BLOB NOT NULL,
  attempt_count INTEGER NOT NULL,
  success_count INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX credentials_key ON credentials
  (coalesce(attacker_ip, ''), decky_name, service, secret_kind, secret_sha256, principal_key);
CREATE INDEX credentials_secret ON credentials (secret_sha256, service);
CREATE INDEX credentials_principal ON credentials (principal_key, service);
CREATE INDEX credentials_attacker ON credentials (attacker_uuid, last_seen, id);
CREATE INDEX credentials_last_seen ON credentials (last_seen, id);
CREATE INDEX credentials_attempts ON credentials (attempt_count, id);
CREATE INDEX credentials_first_event ON credentials (first_event_id);

CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY,
  size INTEGER,
  kind TEXT NOT NULL,
  mime TEXT,
  magic TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  seen_count INTEGER NOT NULL,
  path TEXT,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX artifacts_last_seen ON artifacts (last_seen, sha256);
CREATE INDEX artifacts_missing ON artifacts (sha256) WHERE state = 'missing';

CREATE TABLE artifact_sightings (
  event_id BLOB PRIMARY KEY,
  sha256 TEXT NOT NULL,
  kind TEXT NOT NULL,
  decky TEXT NOT NULL,
  service TEXT NOT NULL,
  stored_as TEXT NOT NULL,
  attacker_uuid TEXT,
  sid TEXT,
  orig_path TEXT,
  method TEXT,
  attribution TEXT,
  writer_comm TEXT,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX artifact_sightings_sha256 ON artifact_sightings (sha256, at);
CREATE INDEX artifact_sightings_attacker ON artifact_sightings (attacker_uuid, at);
CREATE INDEX artifact_sightings_file ON artifact_sightings (decky, stored_as);
`,
};
