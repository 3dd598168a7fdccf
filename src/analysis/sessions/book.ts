import type { Place, SessionBook } from "./assemble.ts";
import type { Session } from "./session.ts";

/** Where sessions that are not in memory come from. */
export interface SessionSource {
  byId(sessionId: string): Session | undefined;
  bySid(decky: string, service: string, sid: string): Session | undefined;
  byConn(place: Place, conn: string): Session | undefined;
  byContact(attackerUuid: string, decky: string, service: string): Session | undefined;
  unendedAt(place: Place, sinceUs: number): readonly Session[];
}

/** As it is in memory: what the source says may be older. */
const isUnended = ({ state, end_reason, last_event_at, sid, conn }: Session, sinceUs: number): boolean =>
  (sid !== null || conn !== null) &&
  (state === "open" || (end_reason === "lost" && last_event_at >= sinceUs));

/** Sessions kept between batches; those that wait to be written stay whatever their number. */
const MAX_KEPT = 5000;

const key = (...parts: readonly string[]): string => parts.join("\0");
const sidKey = (decky: string, service: string, sid: string): string => key("s", decky, service, sid);
const connKey = ({ decky, service, source }: Place, conn: string): string =>
  key("c", decky, service, source, conn);
const contactKey = (uuid: string, decky: string, service: string): string => key("a", decky, service, uuid);

/** The sessions of the store with those in memory before them; a session is one object as long as it is here. */
export class CachedBook implements SessionBook {
  readonly #source: SessionSource;
  readonly #byId = new Map<string, Session>();
  readonly #byKey = new Map<string, Session>();
  readonly #changed = new Set<Session>();

  constructor(source: SessionSource) {
    this.#source = source;
  }

  byId(sessionId: string): Session | undefined {
    return this.#byId.get(sessionId) ?? this.adopt(this.#source.byId(sessionId));
  }

  bySid(decky: string, service: string, sid: string): Session | undefined {
    return this.#look(sidKey(decky, service, sid), () => this.#source.bySid(decky, service, sid));
  }

  byConn(place: Place, conn: string): Session | undefined {
    return this.#look(connKey(place, conn), () => this.#source.byConn(place, conn));
  }

  byContact(attackerUuid: string, decky: string, service: string): Session | undefined {
    const name = contactKey(attackerUuid, decky, service);
    return this.#look(name, () => this.#source.byContact(attackerUuid, decky, service));
  }

  unendedAt(place: Place, sinceUs: number): readonly Session[] {
    const found = new Set<Session>();
    for (const session of this.#source.unendedAt(place, sinceUs)) found.add(this.adopt(session) ?? session);
    for (const session of this.#changed) {
      const { decky, service, source } = session;
      if (decky === place.decky && service === place.service && source === place.source) found.add(session);
    }
    return [...found]
      .filter((session) => isUnended(session, sinceUs))
      .sort((a, b) => a.first_seq - b.first_seq);
  }

  add(session: Session): void {
    this.#changed.add(session);
    this.#index(session);
  }

  setSid(session: Session, sid: string): void {
    session.sid = sid;
    this.#index(session);
  }

  touch(session: Session): void {
    this.#changed.add(session);
  }

  /** The one object of a session that was read; what is in memory is newer. */
  adopt(session: Session | undefined): Session | undefined {
    if (session === undefined) return undefined;
    const known = this.#byId.get(session.session_id);
    if (known !== undefined) return known;
    this.#index(session);
    return session;
  }

  changed(): readonly Session[] {
    return [...this.#changed];
  }

  all(): readonly Session[] {
    return [...this.#byId.values()];
  }

  written(): void {
    this.#changed.clear();
    if (this.#byId.size > MAX_KEPT) this.forget();
  }

  forget(): void {
    this.#changed.clear();
    this.#byId.clear();
    this.#byKey.clear();
  }

  #look(name: string, load: () => Session | undefined): Session | undefined {
    const known = this.#byKey.get(name);
    if (known !== undefined) return known;
    const session = this.adopt(load());
    if (session !== undefined) this.#byKey.set(name, session);
    return session;
  }

  /** The newest session of a key is the one that a later event of that key belongs to. */
  #index(session: Session): void {
    this.#byId.set(session.session_id, session);
    const { decky, service, sid, conn } = session;
    if (sid !== null) this.#setNewest(sidKey(decky, service, sid), session);
    if (conn !== null) this.#setNewest(connKey(session, conn), session);
    if (sid === null && conn === null && session.attacker_uuid !== null) {
      this.#setNewest(contactKey(session.attacker_uuid, decky, service), session);
    }
  }

  #setNewest(name: string, session: Session): void {
    const known = this.#byKey.get(name);
    if (known === undefined || known.first_seq <= session.first_seq) this.#byKey.set(name, session);
  }
}
