import type { AttackerObserved, AttackerScored } from "#bus/topics.ts";
import type { OutboxMessage } from "#store/evidence.ts";
import { addOutbox } from "#store/sqlite/outbox.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer, EventBatch, Fold, StoredEvent } from "../contract.ts";
import { foldProfile, type Profile, type ProfileNotice, traversal } from "./profile.ts";
import { ProfileRows } from "./rows.ts";

/** Profiles kept between batches. */
const MAX_KEPT = 5000;

/** Who an attacker is by what it did. Runs behind `sessions`, whose rows it counts. */
export const profileConsumer: Consumer = {
  name: "profile",
  after: ["sessions"],
  open: (writer) => new ProfileFold(writer),
};

class ProfileFold implements Fold {
  readonly #writer: StoreWriter;
  readonly #rows: ProfileRows;
  readonly #profiles = new Map<string, Profile>();
  readonly #changed = new Set<Profile>();
  #messages: OutboxMessage[] = [];

  constructor(writer: StoreWriter) {
    this.#writer = writer;
    this.#rows = new ProfileRows(writer);
  }

  reduce({ events, after, upTo }: EventBatch): void {
    for (const event of events) {
      // Sensors and the pipeline speak about an attacker too: what they say is not what the attacker did.
      if (event.attackerUuid === null || event.origin !== "attacker") continue;
      const profile = this.#profile(event.attackerUuid);
      if (profile === undefined) continue;
      const isLogin = event.fields["secret_b64"] !== undefined;
      const notices = foldProfile(profile, event, isLogin ? this.#rows.newCredentials(event.id) : 0);
      this.#changed.add(profile);
      for (const notice of notices) this.#messages.push(message(notice, profile, event));
    }
    for (const [uuid, count] of this.#rows.newSessions(after, upTo)) {
      const profile = this.#profile(uuid);
      if (profile === undefined) continue;
      profile.sessionCount += count;
      this.#changed.add(profile);
    }
  }

  write(nowUs: number): void {
    for (const profile of this.#changed) this.#rows.save(profile);
    addOutbox(this.#writer, this.#messages, nowUs);
    this.#messages = [];
    this.#changed.clear();
    if (this.#profiles.size > MAX_KEPT) this.#profiles.clear();
  }

  discard(): void {
    this.#messages = [];
    this.#changed.clear();
    this.#profiles.clear();
  }

  /** Ingest made the row in the transaction of the event itself, so it is there. */
  #profile(uuid: string): Profile | undefined {
    const known = this.#profiles.get(uuid) ?? this.#rows.load(uuid);
    if (known !== undefined) this.#profiles.set(uuid, known);
    return known;
  }
}

function message(notice: ProfileNotice, profile: Profile, event: StoredEvent): OutboxMessage {
  const { uuid, ip } = profile;
  if (notice === "observed") {
    const payload: AttackerObserved = {
      attacker_uuid: uuid,
      attacker_ip: ip,
      decky: event.decky,
      service: event.service,
      event_type: event.eventType,
      first_seen: new Date(event.received / 1000).toISOString(),
    };
    return { topic: "attacker.observed", dedupeKey: uuid, payload };
  }
  const payload: AttackerScored = {
    attacker_uuid: uuid,
    attacker_ip: ip,
    event_count: profile.eventCount,
    service_count: profile.services.size,
    decky_count: profile.deckies.size,
    bounty_count: 0,
    credential_count: profile.credentialCount,
    is_traversal: traversal(profile).isTraversal === 1,
    behavior_class: null,
  };
  return { topic: "attacker.scored", dedupeKey: `${uuid}:${event.seq}`, payload };
}
