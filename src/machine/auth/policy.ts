import { createHmac } from "node:crypto";
import type { AuthAttempt, AuthVerdict } from "../contract.ts";
import type { Account, WorldView } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { dictionary, isCanary } from "./dictionary.ts";

const MAX_PASSWORD = 1024;

/** What a decision needs; made small so that the rules can be tested without a machine. */
export interface AuthDeps {
  readonly persona: MachinePersona;
  /** The shadow field as it is in a world where nobody changed it. */
  originalHash(view: WorldView | undefined, user: string): string | undefined;
  /** The group's world when it has one already; asking makes none. */
  existing(group: string): WorldView | undefined;
  /** Makes the world: somebody is let in. */
  world(group: string): WorldView;
  /** The account on a machine that nobody changed. */
  baseAccount(user: string): Account | undefined;
  /** Distinct passwords counted so far for that group and user, this one included. */
  countAttempt(group: string, user: string, digest: string): number;
}

const nologin = /(nologin|false|sync)$/;

/** How many distinct passwords this group must try for this user: fixed by the decky's secret. */
export function triesNeeded(persona: MachinePersona, group: string, user: string): number {
  const { min, max } = persona.auth.tries;
  const low = Math.min(min, max);
  const high = Math.max(min, max);
  const digest = createHmac("sha256", Buffer.from(persona.secret, "hex"))
    .update(`tries\0${group}\0${user}`)
    .digest();
  return low + (digest.readUInt32LE(0) % (high - low + 1));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Passwords that this world accepted once: base64 by user. */
export function acceptedPasswords(view: WorldView): Readonly<Record<string, string>> {
  const kept = view.state.get("accepted");
  if (!isRecord(kept)) return {};
  return Object.fromEntries(
    Object.entries(kept).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b));

export class AuthPolicy {
  readonly #deps: AuthDeps;

  constructor(deps: AuthDeps) {
    this.#deps = deps;
  }

  decide(attempt: AuthAttempt): AuthVerdict {
    const view = this.#deps.existing(attempt.group);
    const account =
      view === undefined ? this.#deps.baseAccount(attempt.user) : view.users.byName(attempt.user);
    const facts =
      account === undefined
        ? {}
        : { account: { uid: account.uid, gid: account.gid, home: account.home, shell: account.shell } };
    const { secret } = attempt;
    const accepted =
      account !== undefined &&
      this.#deps.persona.auth.policy !== "none" &&
      !nologin.test(account.shell) &&
      (secret.kind === "password"
        ? this.#password(attempt, secret.bytes, view, account)
        : view !== undefined && hasKey(view, account, secret));
    return { accepted, ...facts };
  }

  #password(attempt: AuthAttempt, bytes: Uint8Array, view: WorldView | undefined, account: Account): boolean {
    if (bytes.length === 0 || bytes.length > MAX_PASSWORD) return false;
    const text = Buffer.from(bytes).toString("utf8");
    const changed = this.#changed(view, attempt.user, bytes, text);
    if (changed !== undefined) return changed;
    if (isCanary(attempt.user, text)) return false;
    const { auth } = this.#deps.persona;
    const listed = auth.accounts.filter((one) => one.user === attempt.user);
    const pair = listed.some(
      (one) =>
        (one.services === undefined || one.services.includes(attempt.service)) &&
        same(Buffer.from(one.password, "utf8"), bytes),
    );
    if (pair && auth.policy !== "after_tries") return true;
    if (auth.policy === "any") return true;
    if (auth.policy === "list" || (auth.policy === "mixed" && listed.length > 0)) return false;
    return this.#afterTries(attempt, bytes, text, account);
  }

  /** A password that was set in this world, or accepted there before, is the only one. */
  #changed(view: WorldView | undefined, user: string, bytes: Uint8Array, text: string): boolean | undefined {
    if (view === undefined) return undefined;
    const present = view.users.shadowHash(user);
    if (present === undefined || /^[!*]/.test(present))
      return this.#isOriginal(view, user, present) ? undefined : false;
    if (!this.#isOriginal(view, user, present)) return view.users.verify(user, text);
    const kept = acceptedPasswords(view)[user];
    return kept === undefined ? undefined : same(Buffer.from(kept, "base64"), bytes);
  }

  /** Nobody rewrote this account's line in the world's shadow file. */
  #isOriginal(view: WorldView, user: string, present: string | undefined): boolean {
    return this.#deps.originalHash(view, user) === present;
  }

  #afterTries(attempt: AuthAttempt, bytes: Uint8Array, text: string, account: Account): boolean {
    const { persona } = this.#deps;
    if (persona.auth.dictionary_only && !dictionary().has(text)) return false;
    if (!isLoginUser(persona, account)) return false;
    const digest = createHmac("sha256", Buffer.from(persona.secret, "hex"))
      .update(`try\0${attempt.group}\0${attempt.user}\0`)
      .update(bytes)
      .digest("hex")
      .slice(0, 24);
    const count = this.#deps.countAttempt(attempt.group, attempt.user, digest);
    if (count < triesNeeded(persona, attempt.group, attempt.user)) return false;
    const world = this.#deps.world(attempt.group);
    world.state.set("accepted", {
      ...acceptedPasswords(world),
      [attempt.user]: Buffer.from(bytes).toString("base64"),
    });
    return true;
  }
}

const isLoginUser = (persona: MachinePersona, account: Account): boolean =>
  account.uid === 0 || account.uid >= 1000 || persona.auth.accounts.some((one) => one.user === account.name);

/** Is this key in a file that sshd would read? A missing signature (`none` yet) is decided by the daemon. */
function hasKey(
  view: WorldView,
  account: Account,
  key: { readonly type: string; readonly blob: Uint8Array },
): boolean {
  const files = view.filesOf({ uid: 0, gid: 0, groups: [0] });
  const wanted = Buffer.from(key.blob).toString("base64");
  for (const name of ["authorized_keys", "authorized_keys2"]) {
    const path = `${account.home}/.ssh/${name}`;
    if (!files.access(path, "read")) continue;
    const { kind, size } = files.stat(path);
    if (kind !== "file" || size > 262_144) continue;
    const text = Buffer.from(files.read(path)).toString("latin1");
    const found = text.split("\n").some((line) => {
      if (line.trimStart().startsWith("#")) return false;
      const parts = line.trim().split(/\s+/);
      const at = parts.indexOf(key.type);
      return at >= 0 && parts[at + 1] === wanted;
    });
    if (found) return true;
  }
  return false;
}

/** Pairs that are let in at once, for ready-made commands. */
export function hintPairs(persona: MachinePersona): readonly {
  readonly user: string;
  readonly password: string;
  readonly services: readonly string[] | undefined;
}[] {
  if (!["list", "mixed", "any"].includes(persona.auth.policy)) return [];
  return persona.auth.accounts
    .filter((one) => !isCanary(one.user, one.password))
    .map((one) => ({ user: one.user, password: one.password, services: one.services }));
}
