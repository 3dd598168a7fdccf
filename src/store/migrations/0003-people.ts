import type { Migration } from "./contract.ts";

/** Who may look and act, and what the workers of this installation say about themselves. */
export const people: Migration = {
  name: "0003-people",
  sqlite: `
CREATE TABLE users (
  uuid TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  must_change_password INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0,
  preferences TEXT,
  created_at INTEGER NOT NULL,
  last_login_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE web_sessions (
  token_sha256 TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_uuid TEXT NOT NULL REFERENCES users (uuid) ON DELETE CASCADE,
  csrf_sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ip TEXT NOT NULL,
  agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_sessions_user ON web_sessions (user_uuid, last_seen);
CREATE INDEX web_sessions_expires ON web_sessions (expires_at);

CREATE TABLE api_tokens (
  id TEXT PRIMARY KEY,
  user_uuid TEXT NOT NULL REFERENCES users (uuid) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_sha256 TEXT NOT NULL,
  role TEXT NOT NULL,
  networks TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  last_used_ip TEXT,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_tokens_user ON api_tokens (user_uuid, created_at);

CREATE TABLE devices (
  id_sha256 TEXT PRIMARY KEY,
  user_uuid TEXT NOT NULL REFERENCES users (uuid) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_user ON devices (user_uuid, last_seen);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor_uuid TEXT,
  actor TEXT NOT NULL,
  via TEXT NOT NULL,
  ip TEXT,
  action TEXT NOT NULL,
  object TEXT,
  before TEXT,
  after TEXT,
  result TEXT NOT NULL,
  request_id TEXT,
  prev_hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_actor ON audit (actor);
CREATE INDEX audit_action ON audit (action);
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit rows stay'); END;
CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit rows stay'); END;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  updated_at INTEGER NOT NULL,
  updated_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE worker_heartbeats (
  worker TEXT NOT NULL,
  instance TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  state TEXT NOT NULL,
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (worker, instance)
) STRICT, WITHOUT ROWID;
`,
};
