import type { StoreWriter } from "#store/sqlite/writer.ts";
import { type Contact, type Profile, traversal } from "./profile.ts";

const SAVE_SERVICE = `INSERT INTO attacker_services
    (attacker_uuid, service, first_seq, first_seen, last_seen, count, interacted) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (attacker_uuid, service) DO UPDATE SET last_seen = excluded.last_seen, count = excluded.count,
    interacted = excluded.interacted`;
const SAVE_DECKY = `INSERT INTO attacker_deckies
    (attacker_uuid, decky, first_seq, first_seen, last_seen, count) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (attacker_uuid, decky) DO UPDATE SET last_seen = excluded.last_seen, count = excluded.count`;
const SAVE = `UPDATE attackers SET first_seen = ?, last_seen = ?, benign = ?, event_count = ?, service_count = ?,
    decky_count = ?, session_count = ?, command_count = ?, credential_count = ?, is_traversal = ?,
    traversal_path = ?, traversal_hops = ?, out_of_order = ?, scored_at = ?
  WHERE uuid = ?`;

interface ContactRow {
  readonly name: string;
  readonly first_seq: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly count: number;
  readonly interacted: number;
}

export class ProfileRows {
  readonly #writer: StoreWriter;

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  load(uuid: string): Profile | undefined {
    const row = this.#writer.statement("SELECT * FROM attackers WHERE uuid = ?").get(uuid);
    if (row === undefined) return undefined;
    const number = (column: string): number => Number(row[column]);
    return {
      uuid,
      ip: String(row["ip"]),
      firstSeen: number("first_seen"),
      lastSeen: number("last_seen"),
      benign: number("benign"),
      eventCount: number("event_count"),
      sessionCount: number("session_count"),
      commandCount: number("command_count"),
      credentialCount: number("credential_count"),
      outOfOrder: number("out_of_order"),
      scoredAt: number("scored_at"),
      services: this.#contacts("attacker_services", "service, interacted", uuid),
      deckies: this.#contacts("attacker_deckies", "decky, 0", uuid),
    };
  }

  save(profile: Profile): void {
    const { isTraversal, path, hops } = traversal(profile);
    this.#writer
      .statement(SAVE)
      .run(
        profile.firstSeen,
        profile.lastSeen,
        profile.benign,
        profile.eventCount,
        profile.services.size,
        profile.deckies.size,
        profile.sessionCount,
        profile.commandCount,
        profile.credentialCount,
        isTraversal,
        path,
        hops,
        profile.outOfOrder,
        profile.scoredAt,
        profile.uuid,
      );
    this.#saveServices(profile);
    this.#saveDeckies(profile);
  }

  /** Credentials that an event was the first sight of. */
  newCredentials(eventId: string): number {
    const row = this.#writer
      .statement("SELECT count(*) AS n FROM credentials WHERE first_event_id = ?")
      .get(Buffer.from(eventId, "hex"));
    return Number(row?.["n"] ?? 0);
  }

  /** Sessions by the event that told their attacker, above `after` up to and with `upTo`. */
  newSessions(after: number, upTo: number): ReadonlyMap<string, number> {
    const rows = this.#writer
      .statement(
        `SELECT attacker_uuid AS uuid, count(*) AS n FROM sessions
         WHERE attacker_seq > ? AND attacker_seq <= ? GROUP BY attacker_uuid`,
      )
      .all(after, upTo);
    return new Map(rows.map(({ uuid, n }) => [String(uuid), Number(n)]));
  }

  #contacts(table: string, columns: string, uuid: string): Map<string, Contact> {
    const [name, interacted] = columns.split(", ");
    const rows = this.#writer
      .statement(
        `SELECT ${name} AS name, first_seq, first_seen, last_seen, count, ${interacted} AS interacted
         FROM ${table} WHERE attacker_uuid = ? ORDER BY first_seq`,
      )
      .all(uuid) as unknown as readonly ContactRow[];
    return new Map(
      rows.map((row) => [
        row.name,
        {
          firstSeq: row.first_seq,
          firstSeen: row.first_seen,
          lastSeen: row.last_seen,
          count: row.count,
          interacted: row.interacted,
          changed: false,
        },
      ]),
    );
  }

  #saveServices({ uuid, services }: Profile): void {
    const save = this.#writer.statement(SAVE_SERVICE);
    for (const [name, c] of services) {
      if (!c.changed) continue;
      save.run(uuid, name, c.firstSeq, c.firstSeen, c.lastSeen, c.count, c.interacted);
      c.changed = false;
    }
  }

  #saveDeckies({ uuid, deckies }: Profile): void {
    const save = this.#writer.statement(SAVE_DECKY);
    for (const [name, c] of deckies) {
      if (!c.changed) continue;
      save.run(uuid, name, c.firstSeq, c.firstSeen, c.lastSeen, c.count);
      c.changed = false;
    }
  }
}
