import type {
  ArtifactSeen,
  AttackerAnchor,
  Derived,
  EventRow,
  GapRow,
  OutboxMessage,
} from "#store/evidence.ts";
import type { CredentialsTable } from "#store/schema.ts";
import { type Sighting, sightingOf } from "./artifacts/sighting.ts";
import { addAttempt, credentialOf } from "./credential.ts";

/** What one event means, worked out before the transaction. */
export interface EventMeaning {
  readonly row: EventRow;
  readonly confirmed: boolean;
  readonly credential: CredentialsTable | "invalid" | undefined;
  readonly sighting: Sighting | undefined;
  readonly gap: GapRow | undefined;
}

/** Names an emitter of ours can have; what a foreign line calls itself is counted together. */
const EVENT_TYPE = /^[a-z][a-z0-9_]{0,31}$/;

export function meaningOf(row: EventRow, fields: Readonly<Record<string, string>>): EventMeaning {
  const told = row.attribution === "field" || row.attribution === "session";
  return {
    row,
    confirmed: told && row.origin === "attacker",
    credential: credentialOf(row, fields),
    sighting: sightingOf(row, fields),
    gap: row.event_type === "gap" && row.origin === "system" ? gapOf(row, fields) : undefined,
  };
}

function gapOf(row: EventRow, fields: Readonly<Record<string, string>>): GapRow {
  return {
    at: row.received,
    kind: fields["reason"] ?? "unknown",
    decky: row.decky,
    container: row.container,
    family: null,
    from: fields["from"] ?? null,
    to: fields["to"] ?? null,
    detail: row.fields.slice(0, 1024),
    dedupe_key: Buffer.from(row.id).toString("hex"),
  };
}

/** Sums per key, so that each key costs one statement a batch. `seqs[i]` belongs to `events[i]`. */
export function aggregate(events: readonly EventMeaning[], seqs: readonly number[]): Derived {
  const attackers = new Map<string, AttackerAnchor>();
  const credentials = new Map<string, CredentialsTable>();
  const artifacts = new Map<string, ArtifactSeen>();
  const counters = new Map([["total_events", events.length]]);
  const origins = new Map<string, number>();
  const types = new Map<string, number>();
  for (const [i, { row, confirmed, credential }] of events.entries()) {
    count(origins, row.origin);
    count(types, row.event_type);
    if (row.attacker_ip !== null) {
      const known = attackers.get(row.attacker_ip);
      if (known === undefined) attackers.set(row.attacker_ip, anchorOf(row, confirmed, seqs[i] ?? 0));
      else if (confirmed && !known.confirmed) attackers.set(row.attacker_ip, { ...known, confirmed });
    }
    if (credential === "invalid") count(counters, "credential_invalid");
    else if (credential !== undefined) {
      const sum = credentials.get(credential.id);
      credentials.set(credential.id, sum === undefined ? credential : addAttempt(sum, credential));
    }
  }
  for (const [origin, n] of origins) count(counters, `events.origin.${origin}`, n);
  for (const [type, n] of types) count(counters, `events.type.${EVENT_TYPE.test(type) ? type : "other"}`, n);
  const sightings = events.flatMap(({ sighting }) => sighting ?? []);
  for (const sighting of sightings) addArtifact(artifacts, sighting);
  return {
    attackers: [...attackers.values()],
    credentials: [...credentials.values()],
    artifacts: [...artifacts.values()],
    sightings: sightings.map(({ row }) => row),
    gaps: events.flatMap(({ gap }) => gap ?? []),
    counters,
    outbox: [...credentials.values()].map(captured),
  };
}

function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function anchorOf(row: EventRow, confirmed: boolean, seq: number): AttackerAnchor {
  return { ip: row.attacker_ip ?? "", confirmed, benign: row.benign === 1, seq, received: row.received };
}

function addArtifact(artifacts: Map<string, ArtifactSeen>, { row, size, mime }: Sighting): void {
  const known = artifacts.get(row.sha256);
  artifacts.set(row.sha256, {
    sha256: row.sha256,
    kind: known?.kind ?? row.kind,
    size: known?.size ?? size,
    mime: known?.mime ?? mime,
    first_seen: Math.min(known?.first_seen ?? row.at, row.at),
    last_seen: Math.max(known?.last_seen ?? row.at, row.at),
    seen_count: (known?.seen_count ?? 0) + 1,
  });
}

/** One message per key and batch; named by the event that is new, so a repeated batch has nothing to say. */
function captured(credential: CredentialsTable): OutboxMessage {
  return {
    topic: "credential.captured",
    dedupeKey: `${credential.id}:${Buffer.from(credential.last_event_id).toString("hex")}`,
    payload: {
      secret_sha256: credential.secret_sha256,
      secret_kind: credential.secret_kind,
      attacker_ip: credential.attacker_ip,
      attacker_uuid: credential.attacker_uuid,
      decky: credential.decky_name,
      service: credential.service,
      outcome: credential.outcome,
    },
  };
}
