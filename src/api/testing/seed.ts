import { createHash, randomBytes } from "node:crypto";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** Rows for tests, with every column that a list shows. Times are microseconds. */
export interface SeedEvent {
  readonly decky?: string;
  readonly service?: string;
  readonly event_type?: string;
  readonly attacker_ip?: string | null;
  readonly fields?: Readonly<Record<string, string>>;
  readonly msg?: string;
  readonly raw_line?: string;
  readonly received?: number;
  readonly sid?: string | null;
  readonly severity?: number;
}

export const SEED_TIME = 1_790_000_000_000_000;

const insert = (db: DatabaseSync, table: string, row: Readonly<Record<string, SQLInputValue>>): number => {
  const names = Object.keys(row);
  const marks = names.map(() => "?").join(",");
  const statement = db.prepare(
    `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(",")}) VALUES (${marks})`,
  );
  return Number(statement.run(...Object.values(row)).lastInsertRowid);
};

const exists = (db: DatabaseSync, ip: string): boolean =>
  db.prepare("SELECT 1 FROM attackers WHERE ip = ?").get(ip) !== undefined;

/** A stable uuid for an address, in the form the product uses. */
export function uuidOf(ip: string): string {
  const hex = createHash("sha1").update(ip).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

export function seedAttacker(
  db: DatabaseSync,
  ip: string,
  more: Readonly<Record<string, SQLInputValue>> = {},
): string {
  const uuid = uuidOf(ip);
  if (exists(db, ip)) return uuid;
  insert(db, "attackers", {
    uuid,
    ip,
    ip_version: ip.includes(":") ? 6 : 4,
    created_seq: 1,
    first_seen: SEED_TIME,
    last_seen: SEED_TIME,
    confirmed: 1,
    event_count: 1,
    country_code: "DE",
    asn: 64500,
    as_name: "Example Networks",
    ...more,
  });
  db.exec(
    "INSERT INTO counters (name, value) VALUES ('attackers', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
  );
  return uuid;
}

/** @returns the number of the event */
export function seedEvent(db: DatabaseSync, event: SeedEvent = {}): number {
  const ip = event.attacker_ip === undefined ? "198.51.100.7" : event.attacker_ip;
  if (ip !== null) seedAttacker(db, ip);
  const received = event.received ?? SEED_TIME;
  const seq = insert(db, "events", {
    id: randomBytes(16),
    received,
    time: received,
    time_source: "line",
    decky: event.decky ?? "web-01",
    service: event.service ?? "ssh",
    event_type: event.event_type ?? "connect",
    attacker_ip: ip,
    attribution: "field",
    origin: "attacker",
    fields: JSON.stringify(event.fields ?? {}),
    msg: event.msg ?? "",
    raw_line: event.raw_line ?? "<134>1 raw line",
    severity: event.severity ?? 6,
    sid: event.sid ?? null,
    host: "h1",
  });
  db.exec(
    "INSERT INTO counters (name, value) VALUES ('total_events', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
  );
  return seq;
}

/** Puts all events up to `seq` into the full-text index, as the search consumer does. */
export function indexText(db: DatabaseSync, seq: number): void {
  const rows = db.prepare("SELECT seq, raw_line, msg, fields FROM events WHERE seq <= ?").all(seq);
  for (const row of rows) {
    const fields = Object.values(JSON.parse(String(row["fields"])) as Record<string, string>);
    const body = [row["raw_line"], row["msg"], ...fields].join("\n");
    db.prepare("INSERT OR REPLACE INTO events_text (rowid, body) VALUES (?, ?)").run(
      Number(row["seq"]),
      body,
    );
  }
  db.prepare(
    "INSERT OR REPLACE INTO cursors (name, kind, seq, updated_at) VALUES ('search', 'events', ?, 1)",
  ).run(seq);
}

export function seedSession(
  db: DatabaseSync,
  ip: string,
  more: Readonly<Record<string, SQLInputValue>> = {},
): string {
  const given = more["sid"];
  const sid = typeof given === "string" ? given : uuidOf(`session ${ip} ${JSON.stringify(more)}`);
  insert(db, "sessions", {
    session_id: sid,
    sid,
    decky: "web-01",
    service: "ssh",
    source: "h1 c1",
    attacker_uuid: seedAttacker(db, ip),
    attacker_ip: ip,
    state: "closed",
    started_at: SEED_TIME,
    last_event_at: SEED_TIME + 5_000_000,
    ended_at: SEED_TIME + 5_000_000,
    duration_s: 5,
    end_reason: "closed",
    first_seq: 1,
    last_seq: 1,
    transcript_available: 1,
    ...more,
  });
  return sid;
}

export function seedCommand(db: DatabaseSync, ip: string, sessionId: string, text: string): void {
  const n = Number(db.prepare("SELECT count(*) AS n FROM session_commands").get()?.["n"]);
  insert(db, "session_commands", {
    id: `${sessionId}#${n}`,
    session_id: sessionId,
    n,
    attacker_uuid: seedAttacker(db, ip),
    decky: "web-01",
    service: "ssh",
    at: SEED_TIME + n,
    command_text: text,
    text_hash: createHash("sha256").update(text).digest("hex"),
    event_seq: n + 1,
  });
}

export function seedCredential(
  db: DatabaseSync,
  ip: string,
  [principal, secret]: readonly [string | null, string],
  more: Readonly<Record<string, SQLInputValue>> = {},
): void {
  insert(db, "credentials", {
    id: uuidOf(`${ip} ${principal} ${secret}`),
    attacker_uuid: seedAttacker(db, ip),
    attacker_ip: ip,
    decky_name: "web-01",
    service: "ssh",
    principal,
    principal_key: principal ?? "",
    secret_kind: "plaintext",
    secret_sha256: createHash("sha256").update(secret).digest("hex"),
    secret_b64: Buffer.from(secret).toString("base64"),
    secret_printable: secret.replaceAll(/[^ -~]/gu, "?"),
    outcome: "failure",
    fields: "{}",
    first_seen: SEED_TIME,
    last_seen: SEED_TIME,
    first_event_id: randomBytes(16),
    last_event_id: randomBytes(16),
    attempt_count: 1,
    success_count: 0,
    ...more,
  });
}

export function seedSighting(db: DatabaseSync, ip: string, path: string, at: number = SEED_TIME): void {
  const sha256 = createHash("sha256").update(path).digest("hex");
  insert(db, "artifacts", {
    sha256,
    size: 42,
    kind: "file",
    first_seen: at,
    last_seen: at,
    seen_count: 1,
    state: "present",
  });
  insert(db, "artifact_sightings", {
    event_id: randomBytes(16),
    sha256,
    kind: "file",
    decky: "web-01",
    service: "ssh",
    stored_as: "20260101T000000Z_000000000000_x",
    attacker_uuid: seedAttacker(db, ip),
    orig_path: path,
    method: "scp",
    at,
  });
}

export function seedOutbox(db: DatabaseSync, topic: string, payload: object): number {
  return insert(db, "outbox", {
    topic,
    dedupe_key: randomBytes(8).toString("hex"),
    payload: JSON.stringify(payload),
    created_at: SEED_TIME,
  });
}
