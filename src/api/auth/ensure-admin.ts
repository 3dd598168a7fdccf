import { randomBytes, randomUUID } from "node:crypto";
import type { ApiStore } from "../deps.ts";
import { ApiSettingError } from "../errors.ts";
import { Passwords, passwordFault } from "./passwords.ts";

export interface FirstAdmin {
  readonly created: boolean;
  /** Only when it was generated: to be shown once on the terminal and written nowhere. */
  readonly password?: string;
}

const CLAIMANT = { client: "start", known: true };

/**
 * Makes the first administrator of an empty store; both a given and a generated password must be changed at the
 * first sign-in.
 *
 * @throws {ApiSettingError} the given password is too short, too common or the user name
 */
export async function ensureAdmin(
  store: Pick<ApiStore, "people">,
  admin: { readonly user: string; readonly password?: string | undefined },
  options: { readonly scryptLn?: number } = {},
): Promise<FirstAdmin> {
  if (await store.people.hasUsers()) return { created: false };
  const password = admin.password ?? randomBytes(12).toString("base64url");
  const fault = admin.password === undefined ? undefined : passwordFault(password, admin.user);
  if (fault !== undefined) throw new ApiSettingError(`DECNET_ADMIN_PASSWORD: ${fault}`);
  const nowUs = Date.now() * 1000;
  const created = await store.people.createUser({
    uuid: randomUUID(),
    username: admin.user,
    passwordHash: await new Passwords(options.scryptLn).hash(password, CLAIMANT),
    role: "admin",
    mustChangePassword: true,
    nowUs,
  });
  if (!created) return { created: false };
  await store.people.audit({
    at: nowUs,
    actorUuid: null,
    actor: "system",
    via: "system",
    ip: null,
    action: "createFirstAdmin",
    object: admin.user,
    before: null,
    after: null,
    result: "ok",
    requestId: null,
  });
  return admin.password === undefined ? { created, password } : { created };
}
