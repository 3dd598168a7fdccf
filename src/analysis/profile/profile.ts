import type { StoredEvent } from "../contract.ts";
import { activityOf, commandText } from "../interaction.ts";

/** An attacker as its events tell it; rows of `attackers` and its child tables in one. */
export interface Profile {
  readonly uuid: string;
  readonly ip: string;
  firstSeen: number;
  lastSeen: number;
  benign: number;
  eventCount: number;
  sessionCount: number;
  commandCount: number;
  credentialCount: number;
  outOfOrder: number;
  scoredAt: number;
  readonly services: Map<string, Contact>;
  /** In order of first contact. */
  readonly deckies: Map<string, Contact>;
}

export interface Contact {
  readonly firstSeq: number;
  readonly firstSeen: number;
  lastSeen: number;
  count: number;
  /** Services only: something was done, not only touched. */
  interacted: number;
  /** Changed since it was last written. */
  changed: boolean;
}

export type ProfileNotice = "observed" | "scored";

const SCORE_US = 5_000_000;
const SHOWN_HOPS = 64;

/** Folds one event of this attacker in. @returns what others are to be told, as the profile is now */
export function foldProfile(
  profile: Profile,
  event: StoredEvent,
  newCredentials: number,
): readonly ProfileNotice[] {
  const isFirst = profile.eventCount === 0;
  if (!isFirst && event.received < profile.lastSeen) profile.outOfOrder += 1;
  profile.firstSeen = isFirst ? event.received : Math.min(profile.firstSeen, event.received);
  profile.lastSeen = isFirst ? event.received : Math.max(profile.lastSeen, event.received);
  profile.eventCount += 1;
  profile.credentialCount += newCredentials;
  if (event.benign) profile.benign = 1;
  if (commandText(event) !== undefined) profile.commandCount += 1;
  const activity = activityOf(event.eventType);
  if (activity !== "noise") {
    const service = touch(profile.services, event.service, event);
    if (activity === "interaction") service.interacted = 1;
  }
  touch(profile.deckies, event.decky, event);
  return notices(profile, event, isFirst);
}

function touch(contacts: Map<string, Contact>, name: string, { seq, received }: StoredEvent): Contact {
  let contact = contacts.get(name);
  if (contact === undefined) {
    contact = {
      firstSeq: seq,
      firstSeen: received,
      lastSeen: received,
      count: 0,
      interacted: 0,
      changed: true,
    };
    contacts.set(name, contact);
  }
  contact.count += 1;
  contact.lastSeen = Math.max(contact.lastSeen, received);
  contact.changed = true;
  return contact;
}

/** At most one `scored` per attacker and 5 s of host time, so the same stream always gives the same messages. */
function notices(profile: Profile, event: StoredEvent, isFirst: boolean): readonly ProfileNotice[] {
  const isDue = event.received - profile.scoredAt >= SCORE_US;
  if (isDue) profile.scoredAt = event.received;
  if (isFirst) return isDue ? ["observed", "scored"] : ["observed"];
  return isDue ? ["scored"] : [];
}

export function traversal(profile: Profile): { isTraversal: number; path: string | null; hops: number } {
  const names = [...profile.deckies.keys()];
  if (names.length < 2) return { isTraversal: 0, path: null, hops: 0 };
  const rest = names.length - SHOWN_HOPS;
  const path = names.slice(0, SHOWN_HOPS).join(" → ") + (rest > 0 ? ` … (+${rest})` : "");
  return { isTraversal: 1, path, hops: names.length - 1 };
}
