import { setTimeout as sleep } from "node:timers/promises";
import { clientNetwork, isLoopback } from "../address.ts";
import { audit } from "../audit.ts";
import { ProblemError } from "../errors.ts";
import { instantOf } from "../paging/time-range.ts";
import { type Handled, handle, type RouteCall } from "../route.ts";
import { DEVICE_COOKIE, SESSION_COOKIE } from "./authorize.ts";
import { changePassword, currentSession, login, logout } from "./contract.ts";
import type { Guess } from "./guess-guard.ts";
import { type Claimant, passwordFault } from "./passwords.ts";

const DEVICE_SECONDS = 365 * 24 * 3600;
/** Tries that may be held back at once because their user name is under attack. */
const MAX_HELD = 100;
let held = 0;

const cookieOptions = (secure: boolean) =>
  ({ httpOnly: true, sameSite: "strict", path: "/", secure }) as const;

const wrongCredentials = (): ProblemError =>
  new ProblemError("bad_credentials", "User name or password is wrong.");

/** Refuses or holds back a try, by what came before it. @throws {ProblemError} rate */
async function slowDown({ api }: RouteCall, guess: Guess): Promise<void> {
  const { guard } = api.authentication;
  const refusedMs = guard.refusedFor(guess, api.clock.now());
  if (refusedMs > 0)
    throw new ProblemError("rate", "Too many failed sign-ins; wait.", {
      retry_after: Math.ceil(refusedMs / 1000),
    });
  const heldMs = guard.heldFor(guess, api.clock.now());
  if (heldMs === 0) return;
  if (held >= MAX_HELD)
    throw new ProblemError("rate", "Too many sign-ins under this name; wait.", {
      retry_after: Math.ceil(heldMs / 1000),
    });
  held += 1;
  try {
    await sleep(heldMs, undefined, { ref: false });
  } finally {
    held -= 1;
  }
}

const claimantOf = (guess: Guess): Claimant => ({
  client: guess.device ?? guess.network,
  known: guess.device !== null || guess.loopback,
});

async function signIn(
  call: RouteCall,
  { username, password, grant }: { username: string; password: string; grant: "cookie" | "token" },
) {
  const { api, client, request, reply } = call;
  const { authentication } = api;
  const user = await api.store.people.userByName(username);
  const guess: Guess = {
    username: user?.uuid ?? username.toLowerCase(),
    network: clientNetwork(client.ip),
    device: authentication.devices.read(request.cookies[DEVICE_COOKIE], user?.uuid),
    loopback: isLoopback(client.ip),
  };
  await slowDown(call, guess);
  // Counted before it is known: tries made all at once are slowed like tries made in a row.
  authentication.guard.failed(guess, api.clock.now());
  const stored = user === null || user.disabled !== 0 ? undefined : user.password_hash;
  const isRight = await authentication.passwords.verify(password, stored, claimantOf(guess));
  if (!isRight || user === null || stored === undefined) {
    await audit(call, { claimed: username, action: login.id, result: "bad_credentials" });
    throw wrongCredentials();
  }
  authentication.guard.succeeded(guess);
  if (authentication.passwords.isOutdated(stored)) {
    const better = await authentication.passwords.hash(password, claimantOf(guess));
    await api.store.people.rehash(user.uuid, stored, better);
  }
  const via = grant === "token" ? "token" : "cookie";
  const session = await authentication.open(user.uuid, {
    ip: client.ip,
    agent: request.headers["user-agent"] ?? "",
    via,
  });
  await audit(call, { claimed: user.username, action: login.id, object: user.uuid, result: "ok" });
  const must_change_password = user.must_change_password !== 0;
  if (via === "token")
    return {
      access_token: session.token,
      token_type: "bearer" as const,
      expires_in: Math.floor((session.expiresAtUs / 1000 - api.clock.now()) / 1000),
      must_change_password,
    };
  void reply
    .setCookie(SESSION_COOKIE, session.token, cookieOptions(client.secure))
    .setCookie(DEVICE_COOKIE, authentication.devices.issue(user.uuid), {
      ...cookieOptions(client.secure),
      maxAge: DEVICE_SECONDS,
    });
  return {
    user: { uuid: user.uuid, username: user.username, role: user.role },
    must_change_password,
    csrf_token: session.csrfToken,
    expires_at: instantOf(session.expiresAtUs),
  };
}

async function setOwnPassword(call: RouteCall, oldPassword: string, newPassword: string): Promise<void> {
  const { api, caller, client } = call;
  const { authentication } = api;
  const user = await api.store.people.userByName(caller.user.username);
  const guess: Guess = {
    username: caller.user.uuid,
    network: clientNetwork(client.ip),
    device: `session ${caller.session}`,
    loopback: isLoopback(client.ip),
  };
  await slowDown(call, guess);
  authentication.guard.failed(guess, api.clock.now());
  if (!(await authentication.passwords.verify(oldPassword, user?.password_hash, claimantOf(guess)))) {
    throw new ProblemError("bad_credentials", "The old password is wrong.");
  }
  const fault =
    newPassword === oldPassword
      ? "Choose another one than before."
      : passwordFault(newPassword, caller.user.username);
  if (fault !== undefined)
    throw new ProblemError("invalid", fault, {
      errors: [{ pointer: "/body/new_password", message: fault }],
    });
  authentication.guard.succeeded(guess);
  await authentication.changePassword(
    caller,
    await authentication.passwords.hash(newPassword, claimantOf(guess)),
  );
}

export const authHandlers: readonly Handled[] = [
  handle(login, (call, { body }) => signIn(call, body)),

  handle(currentSession, async ({ api, caller }) => ({
    user: caller.user,
    must_change_password: caller.mustChangePassword,
    csrf_token: caller.csrfToken,
    expires_at: instantOf(caller.expiresAtUs),
    features: {
      version: api.about.version,
      store: api.about.store,
      viewer_sees_secrets: api.settings.viewerSeesSecrets,
      idle_lock_minutes: 30,
    },
  })),

  handle(logout, async ({ api, caller, client, reply }) => {
    await api.authentication.close(caller);
    void reply.clearCookie(SESSION_COOKIE, cookieOptions(client.secure));
    return { message: "Signed out." };
  }),

  handle(changePassword, async (call, { body }) => {
    await setOwnPassword(call, body.old_password, body.new_password);
    return { message: "The password is changed; other sessions have ended." };
  }),
];
