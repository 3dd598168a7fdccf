import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "#kernel/clock.ts";
import type { SignedIn } from "#store/repositories/people.ts";
import type { ApiStore } from "../deps.ts";
import type { Caller } from "./caller.ts";
import { createDevices, type Devices } from "./device.ts";
import { GuessGuard } from "./guess-guard.ts";
import { Passwords } from "./passwords.ts";
import { deriveKey } from "./secret-key.ts";

const ABSOLUTE_US = 12 * 3600e6;
/** A row that was read is believed for so long; what this process ends, ends at once. */
const CACHE_MS = 3000;
const MAX_CACHED = 10_000;
const TOUCH_US = 60e6;
const TOKEN_PREFIX = "dcs_";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Cached {
  readonly row: SignedIn | null;
  readonly until: number;
}

export interface NewSession {
  readonly token: string;
  readonly csrfToken: string;
  readonly expiresAtUs: number;
}

export interface AuthenticationOptions {
  readonly sessionMinutes: number;
  readonly secretKey: Uint8Array;
  /** Cost of passwords; tests choose a small one. */
  readonly scryptLn?: number;
}

/** Opens, recognises and ends sessions. The store holds hashes of tokens only. */
export class Authentication {
  readonly passwords: Passwords;
  readonly guard = new GuessGuard();
  readonly devices: Devices;
  readonly #store: Pick<ApiStore, "people">;
  readonly #clock: Clock;
  readonly #lifetimeUs: number;
  readonly #csrfKey: Uint8Array;
  readonly #cache = new Map<string, Cached>();
  readonly #ended = new Set<(userUuid: string, keep: string | null) => void>();

  constructor(store: Pick<ApiStore, "people">, clock: Clock, options: AuthenticationOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#lifetimeUs = options.sessionMinutes * 60e6;
    this.#csrfKey = deriveKey(options.secretKey, "csrf");
    this.devices = createDevices(deriveKey(options.secretKey, "device"));
    this.passwords = new Passwords(options.scryptLn);
  }

  async open(
    userUuid: string,
    from: { readonly ip: string; readonly agent: string; readonly via: Caller["via"] },
  ): Promise<NewSession> {
    const token = `${from.via === "token" ? TOKEN_PREFIX : ""}${randomBytes(32).toString("base64url")}`;
    const now = this.#clock.now() * 1000;
    const expiresAtUs = now + this.#lifetimeUs;
    const csrfToken = this.#csrf(token);
    await this.#store.people.openSession({
      token_sha256: sha256(token),
      id: randomBytes(9).toString("base64url"),
      user_uuid: userUuid,
      csrf_sha256: sha256(csrfToken),
      created_at: now,
      last_seen: now,
      expires_at: expiresAtUs,
      ip: from.ip,
      agent: from.agent.slice(0, 256),
    });
    return { token, csrfToken, expiresAtUs };
  }

  /** Who holds this token, or null. A token given as a cookie is none for the header, and the other way round. */
  async recognise(token: string, via: Caller["via"]): Promise<Caller | null> {
    if (token.startsWith(TOKEN_PREFIX) !== (via === "token") || token.length > 128) return null;
    const session = sha256(token);
    const row = await this.#row(session);
    if (row === null) return null;
    return {
      user: { uuid: row.user.uuid, username: row.user.username, role: row.user.role },
      via,
      session,
      mustChangePassword: row.user.must_change_password !== 0,
      csrfToken: via === "cookie" ? this.#csrf(token) : null,
      expiresAtUs: row.session.expires_at,
    };
  }

  /** Whether a caller may go on: for streams, which outlive their request. */
  async isStillValid(caller: Caller): Promise<boolean> {
    const row = await this.#row(caller.session);
    return row !== null && row.user.role === caller.user.role && row.user.must_change_password === 0;
  }

  isCsrfToken(caller: Caller, given: string | undefined): boolean {
    const wanted = Buffer.from(caller.csrfToken ?? "");
    const offered = Buffer.from(given ?? "");
    return wanted.length > 0 && offered.length === wanted.length && timingSafeEqual(offered, wanted);
  }

  async close(caller: Caller): Promise<void> {
    await this.#store.people.closeSession(caller.session);
    this.#cache.delete(caller.session);
    for (const listener of this.#ended) listener(caller.user.uuid, null);
  }

  /** Sets the password and ends every other session of the user. */
  async changePassword(caller: Caller, hash: string): Promise<void> {
    await this.#store.people.setPassword(caller.user.uuid, { hash, mustChange: false }, caller.session);
    this.#cache.clear();
    for (const listener of this.#ended) listener(caller.user.uuid, caller.session);
  }

  /** Called when sessions of a user have ended here, so that streams can look again. */
  onEnded(listener: (userUuid: string, keep: string | null) => void): Disposable {
    this.#ended.add(listener);
    return { [Symbol.dispose]: () => this.#ended.delete(listener) };
  }

  #csrf(token: string): string {
    return createHmac("sha256", this.#csrfKey).update(token).digest("base64url");
  }

  async #row(session: string): Promise<SignedIn | null> {
    const now = this.#clock.now();
    const cached = this.#cache.get(session);
    const row = cached !== undefined && cached.until > now ? cached.row : await this.#read(session, now);
    if (row === null || row.user.disabled !== 0 || row.session.expires_at <= now * 1000) return null;
    return row;
  }

  async #read(session: string, now: number): Promise<SignedIn | null> {
    const row = await this.#touched(await this.#store.people.signedIn(session), now * 1000);
    this.#cache.delete(session);
    if (this.#cache.size >= MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value ?? "");
    // A token nobody holds is not remembered: guesses must not push real sessions out.
    if (row !== null) this.#cache.set(session, { row, until: now + CACHE_MS });
    return row;
  }

  /** Moves the end of a session that is in use, at most once a minute and never past 12 hours. */
  async #touched(row: SignedIn | null, nowUs: number): Promise<SignedIn | null> {
    if (row === null || row.session.expires_at <= nowUs || nowUs - row.session.last_seen < TOUCH_US)
      return row;
    const expiresAt = Math.min(nowUs + this.#lifetimeUs, row.session.created_at + ABSOLUTE_US);
    await this.#store.people.touchSession(row.session.token_sha256, nowUs, expiresAt);
    return { user: row.user, session: { ...row.session, last_seen: nowUs, expires_at: expiresAt } };
  }
}
