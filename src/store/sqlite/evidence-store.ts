import { isIPv4 } from "node:net";
import type {
  ArtifactSeen,
  AttackerAnchor,
  CredentialAttempts,
  EvidenceBatch,
  EvidenceResult,
  EvidenceStore,
  GapRow,
  JournalCursor,
} from "../evidence.ts";
import { attackerUuid } from "../ids.ts";
import type { ArtifactSightingsTable } from "../schema.ts";
import { insertEvents } from "./event-rows.ts";
import { addCounters, addDeadLetters, addOutbox } from "./outbox.ts";
import type { StoreWriter } from "./writer.ts";

/** Attackers whose row is known to be there; saves a statement per address and batch. */
const MAX_KNOWN_ATTACKERS = 50_000;

export function sqliteEvidence(writer: StoreWriter): EvidenceStore {
  return new SqliteEvidence(writer);
}

class SqliteEvidence implements EvidenceStore {
  readonly #writer: StoreWriter;
  /** Address → confirmed. Holds committed facts only: emptied when a transaction fails. */
  readonly #known = new Map<string, boolean>();

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  cursor(family: string): JournalCursor | undefined {
    const row = this.#writer
      .statement("SELECT family, segment, offset, device, inode, head_hash FROM cursors WHERE name = ?")
      .get(`ingest:${family}`);
    if (row === undefined) return undefined;
    return {
      family: String(row["family"]),
      segment: Number(row["segment"]),
      offset: Number(row["offset"]),
      device: String(row["device"]),
      inode: String(row["inode"]),
      headHash: String(row["head_hash"]),
    };
  }

  commit(batch: EvidenceBatch, nowUs: number): EvidenceResult {
    try {
      return this.#writer.transaction(() => this.#write(batch, nowUs));
    } catch (error) {
      this.#known.clear();
      throw error;
    }
  }

  #write(batch: EvidenceBatch, nowUs: number): EvidenceResult {
    const { fresh, seqs } = insertEvents(this.#writer, batch.events);
    if (fresh.length > 0) {
      const derived = batch.derive(fresh, seqs);
      const counters = new Map(derived.counters);
      this.#addAttackers(derived.attackers, counters);
      this.#addCredentials(derived.credentials, counters);
      this.#addArtifacts(derived.artifacts, counters);
      this.#addSightings(derived.sightings);
      this.#addGaps(derived.gaps);
      addOutbox(this.#writer, derived.outbox, nowUs);
      addCounters(this.#writer, counters);
    }
    this.#addGaps(batch.gaps);
    addDeadLetters(this.#writer, batch.deadLetters, nowUs);
    if (batch.cursor !== undefined) this.#moveCursor(batch.cursor, nowUs);
    return {
      inserted: fresh.length,
      duplicates: batch.events.length - fresh.length,
      lastSeq: seqs.at(-1) ?? 0,
    };
  }

  #addAttackers(anchors: readonly AttackerAnchor[], counters: Map<string, number>): void {
    if (this.#known.size > MAX_KNOWN_ATTACKERS) this.#known.clear();
    for (const anchor of anchors) {
      const confirmed = this.#known.get(anchor.ip) ?? this.#confirmed(anchor.ip);
      if (confirmed === undefined) {
        this.#insertAttacker(anchor);
        count(counters, "attackers");
        if (anchor.confirmed) count(counters, "attackers_confirmed");
      } else if (anchor.confirmed && !confirmed) {
        this.#writer
          .statement("UPDATE attackers SET confirmed = 1 WHERE uuid = ?")
          .run(attackerUuid(anchor.ip));
        count(counters, "attackers_confirmed");
      }
      this.#known.set(anchor.ip, anchor.confirmed || confirmed === true);
    }
  }

  #confirmed(ip: string): boolean | undefined {
    const row = this.#writer
      .statement("SELECT confirmed FROM attackers WHERE uuid = ?")
      .get(attackerUuid(ip));
    return row === undefined ? undefined : row["confirmed"] === 1;
  }

  #insertAttacker({ ip, confirmed, benign, seq, received }: AttackerAnchor): void {
    this.#writer
      .statement(
        `INSERT INTO attackers (uuid, ip, ip_version, created_seq, first_seen, last_seen, confirmed, benign)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        attackerUuid(ip),
        ip,
        isIPv4(ip) ? 4 : 6,
        seq,
        received,
        received,
        Number(confirmed),
        Number(benign),
      );
  }

  #addCredentials(credentials: readonly CredentialAttempts[], counters: Map<string, number>): void {
    const upsert = this.#writer.statement(
      `INSERT INTO credentials (id, attacker_uuid, attacker_ip, decky_name, service, principal, principal_key,
         secret_kind, secret_sha256, secret_b64, secret_printable, outcome, fields, first_seen, last_seen,
         first_event_id, last_event_id, attempt_count, success_count)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         outcome = CASE WHEN outcome = 'success' THEN outcome ELSE coalesce(excluded.outcome, outcome) END,
         fields = excluded.fields,
         first_seen = min(first_seen, excluded.first_seen),
         last_seen = max(last_seen, excluded.last_seen),
         last_event_id = excluded.last_event_id,
         attempt_count = attempt_count + excluded.attempt_count,
         success_count = success_count + excluded.success_count
       RETURNING attempt_count`,
    );
    for (const c of credentials) {
      const row = upsert.get(
        c.id,
        c.attacker_uuid,
        c.attacker_ip,
        c.decky_name,
        c.service,
        c.principal,
        c.principal_key,
        c.secret_kind,
        c.secret_sha256,
        c.secret_b64,
        c.secret_printable,
        c.outcome,
        c.fields,
        c.first_seen,
        c.last_seen,
        c.first_event_id,
        c.last_event_id,
        c.attempt_count,
        c.success_count,
      );
      if (row?.["attempt_count"] === c.attempt_count) count(counters, "credentials");
    }
  }

  #addArtifacts(artifacts: readonly ArtifactSeen[], counters: Map<string, number>): void {
    const upsert = this.#writer.statement(
      `INSERT INTO artifacts (sha256, size, kind, mime, first_seen, last_seen, seen_count, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'missing')
       ON CONFLICT (sha256) DO UPDATE SET
         size = coalesce(size, excluded.size),
         mime = coalesce(mime, excluded.mime),
         first_seen = min(first_seen, excluded.first_seen),
         last_seen = max(last_seen, excluded.last_seen),
         seen_count = seen_count + excluded.seen_count
       RETURNING seen_count`,
    );
    for (const { sha256, size, kind, mime, first_seen, last_seen, seen_count } of artifacts) {
      const row = upsert.get(sha256, size, kind, mime, first_seen, last_seen, seen_count);
      if (row?.["seen_count"] === seen_count) count(counters, "artifacts");
    }
  }

  #addSightings(sightings: readonly ArtifactSightingsTable[]): void {
    const insert = this.#writer.statement(
      `INSERT INTO artifact_sightings (event_id, sha256, kind, decky, service, stored_as, attacker_uuid, sid,
         orig_path, method, attribution, writer_comm, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING`,
    );
    for (const s of sightings) {
      insert.run(
        s.event_id,
        s.sha256,
        s.kind,
        s.decky,
        s.service,
        s.stored_as,
        s.attacker_uuid,
        s.sid,
        s.orig_path,
        s.method,
        s.attribution,
        s.writer_comm,
        s.at,
      );
    }
  }

  #addGaps(gaps: readonly GapRow[]): void {
    const insert = this.#writer.statement(
      `INSERT INTO gaps (at, kind, decky, container, family, "from", "to", detail, dedupe_key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING`,
    );
    for (const g of gaps) {
      insert.run(g.at, g.kind, g.decky, g.container, g.family, g.from, g.to, g.detail, g.dedupe_key);
    }
  }

  #moveCursor(cursor: JournalCursor, nowUs: number): void {
    this.#writer
      .statement(
        `INSERT INTO cursors (name, kind, family, segment, offset, device, inode, head_hash, updated_at)
         VALUES (?, 'journal', ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET segment = excluded.segment, offset = excluded.offset,
           device = excluded.device, inode = excluded.inode, head_hash = excluded.head_hash,
           updated_at = excluded.updated_at`,
      )
      .run(
        `ingest:${cursor.family}`,
        cursor.family,
        cursor.segment,
        cursor.offset,
        cursor.device,
        cursor.inode,
        cursor.headHash,
        nowUs,
      );
  }
}

function count(counters: Map<string, number>, name: string): void {
  counters.set(name, (counters.get(name) ?? 0) + 1);
}
