import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, PASSWORD, TEST_SCRYPT_LN, type TestApi } from "../testing/open-api.ts";
import { ensureAdmin } from "./ensure-admin.ts";
import { Passwords, passwordFault } from "./passwords.ts";

let api: TestApi;

beforeEach(async () => {
  api = await openTestApi();
  await api.addUser("admin", "admin");
});
afterEach(() => api[Symbol.asyncDispose]());

type Headers = Record<string, string>;

const post = (path: string, body: unknown, headers: Headers = {}): Promise<Response> =>
  fetch(`${api.url}/api/v1${path}`, {
    method: "POST",
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code;

async function signIn(password = PASSWORD, headers: Headers = {}, username = "admin") {
  const response = await post("/auth/login", { username, password }, headers);
  const cookies = response.headers.getSetCookie();
  const pairs = cookies.map((cookie) => cookie.split(";", 1)[0]).join("; ");
  const body = (await response.json()) as { csrf_token: string; must_change_password: boolean };
  return { status: response.status, cookies, cookie: pairs, csrf: body.csrf_token, body };
}

const sameOrigin = (csrf: string): Headers => ({ "sec-fetch-site": "same-origin", "x-csrf-token": csrf });

describe("the session cookie", () => {
  it("is HttpOnly, SameSite=Strict, for the whole site, and not Secure without TLS", async () => {
    const { cookies } = await signIn();
    const session = cookies.find((cookie) => cookie.startsWith("decnet_session=")) ?? "";
    expect(session).toMatch(/^decnet_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/u);
    const device = cookies.find((cookie) => cookie.startsWith("decnet_device=")) ?? "";
    expect(device).toMatch(/; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Strict$/u);
  });

  it("is stored as a hash only", async () => {
    const { cookie } = await signIn();
    const token = /decnet_session=([^;]+)/u.exec(cookie)?.[1] ?? "";
    const rows = JSON.stringify(api.db.prepare("SELECT * FROM web_sessions").all());
    expect(token.length).toBeGreaterThan(40);
    expect(rows).not.toContain(token);
  });

  it("is useless at once after a log-out, also where it was copied", async () => {
    const { cookie, csrf } = await signIn();
    const session = () => fetch(`${api.url}/api/v1/auth/session`, { headers: { cookie } });
    expect((await session()).status).toBe(200);
    expect((await post("/auth/logout", undefined, { cookie, ...sameOrigin(csrf) })).status).toBe(200);
    expect((await session()).status).toBe(401);
  });

  it("is Secure behind a trusted proxy that speaks TLS", async () => {
    await using behind = await openTestApi({}, { trustedProxies: "127.0.0.1" });
    await behind.addUser("admin", "admin");
    const response = await fetch(`${behind.url}/api/v1/auth/login`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "192.0.2.9",
      },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
    });
    expect(response.headers.getSetCookie()[0]).toContain("; Secure");
    expect(response.headers.get("strict-transport-security")).toContain("max-age");
    expect(behind.db.prepare("SELECT ip FROM web_sessions").get()).toEqual({ ip: "192.0.2.9" });
  });

  it("is no bearer token, and a bearer token is no cookie", async () => {
    const { cookie } = await signIn();
    const token = /decnet_session=([^;]+)/u.exec(cookie)?.[1] ?? "";
    expect((await api.get("/auth/session", token)).status).toBe(401);
    const bearer = await api.token("admin");
    const asCookie = { headers: { cookie: `decnet_session=${bearer}` } };
    expect((await fetch(`${api.url}/api/v1/auth/session`, asCookie)).status).toBe(401);
  });
});

describe("a request from elsewhere", () => {
  it("cannot write with a stolen cookie alone", async () => {
    const { cookie, csrf } = await signIn();
    const origin = { origin: api.url };
    const tries: Headers[] = [
      {},
      { "sec-fetch-site": "same-origin" },
      { "x-csrf-token": csrf },
      { "sec-fetch-site": "cross-site", "x-csrf-token": csrf },
      { "sec-fetch-site": "same-site", "x-csrf-token": csrf },
      { origin: "http://evil.example", "x-csrf-token": csrf },
      { ...origin, "x-csrf-token": `${csrf.slice(0, -1)}x` },
      { "sec-fetch-site": "same-origin", "x-csrf-token": "" },
    ];
    for (const headers of tries) {
      const response = await post("/auth/logout", undefined, { cookie, ...headers });
      expect([response.status, await codeOf(response)]).toEqual([403, "csrf"]);
    }
    expect((await post("/auth/logout", undefined, { cookie, ...origin, "x-csrf-token": csrf })).status).toBe(
      200,
    );
  });

  it("cannot sign a browser in", async () => {
    expect((await signIn(PASSWORD, { origin: "http://evil.example" })).status).toBe(403);
    expect((await signIn(PASSWORD, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await signIn(PASSWORD, { origin: api.url })).status).toBe(200);
  });

  it("is judged by its bearer token alone when it has one", async () => {
    const { cookie } = await signIn();
    const headers = { cookie, authorization: "Bearer nobody" };
    expect((await fetch(`${api.url}/api/v1/auth/session`, { headers })).status).toBe(401);
    const token = await api.token("admin");
    const response = await post("/auth/logout", undefined, { authorization: `Bearer ${token}` });
    expect(response.status).toBe(200);
  });
});

describe("passwords", () => {
  it("are refused alike for a wrong password and an unknown user", async () => {
    const wrong = await signIn("not the password");
    const unknown = await signIn("not the password", {}, "nobody");
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const { instance, ...a } = wrong.body as unknown as Record<string, unknown>;
    expect(instance).toBe("/api/v1/auth/login");
    expect(unknown.body).toMatchObject(a);
  });

  it("make a guesser wait from the fourth failure, and a browser that signed in before does not wait", async () => {
    const { cookie } = await signIn();
    for (let i = 0; i < 4; i += 1) expect((await signIn("not the password")).status).toBe(401);
    const refused = await post("/auth/login", { username: "admin", password: PASSWORD });
    expect([refused.status, refused.headers.get("retry-after"), await codeOf(refused)]).toEqual([
      429,
      "1",
      "rate",
    ]);
    const device = cookie.split("; ").find((pair) => pair.startsWith("decnet_device=")) ?? "";
    expect((await signIn(PASSWORD, { cookie: device })).status).toBe(200);
  });

  it("cannot be guessed faster by guessing all at once", async () => {
    const tries = await Promise.all(Array.from({ length: 30 }, () => signIn("not the password")));
    const statuses = tries.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(4);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });

  it("end other sessions when they are changed, and let the own one go on", async () => {
    const [other, own] = [await signIn(), await signIn()];
    const change = (body: object) =>
      post("/auth/change-password", body, { cookie: own.cookie, ...sameOrigin(own.csrf) });
    const wrong = await change({ old_password: "not the password", new_password: "quite another phrase" });
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, "bad_credentials"]);
    const short = await change({ old_password: PASSWORD, new_password: "short" });
    expect([short.status, await codeOf(short)]).toEqual([422, "invalid"]);
    expect((await change({ old_password: PASSWORD, new_password: "quite another phrase" })).status).toBe(200);
    const session = (cookie: string) => fetch(`${api.url}/api/v1/auth/session`, { headers: { cookie } });
    expect([(await session(other.cookie)).status, (await session(own.cookie)).status]).toEqual([401, 200]);
    expect((await signIn("quite another phrase")).status).toBe(200);
  });

  it("must be changed first when they are the first", async () => {
    await api.addUser("fresh", "admin", true);
    const token = await api.token("fresh");
    const refused = await api.get("/stats", token);
    expect([refused.status, await codeOf(refused)]).toEqual([403, "password_change_required"]);
    expect((await api.get("/auth/session", token)).status).toBe(200);
    const body = { old_password: PASSWORD, new_password: "quite another phrase" };
    expect((await post("/auth/change-password", body, { authorization: `Bearer ${token}` })).status).toBe(
      200,
    );
    expect((await api.get("/stats", token)).status).toBe(200);
  });

  it("are hashed anew when the parameters have risen", async () => {
    const passwords = new Passwords(TEST_SCRYPT_LN - 1);
    const claimant = { client: "test", known: true };
    const weak = await passwords.hash(PASSWORD, claimant);
    api.db.prepare("UPDATE users SET password_hash = ?").run(weak);
    expect((await signIn()).status).toBe(200);
    const { password_hash: hash } = api.db.prepare("SELECT password_hash FROM users").get() as {
      password_hash: string;
    };
    expect(hash).toContain(`$scrypt$ln=${TEST_SCRYPT_LN},r=8,p=1$`);
    expect(await passwords.verify(PASSWORD, hash, claimant)).toBe(true);
  });

  it.each([
    "short",
    "a".repeat(257),
    "aaaaaaaaaaaa",
    "abcabcabcabc",
    "Password1234",
    "qwertyuiopasd",
    "some user name",
  ])("refuse %s", (password) => {
    expect(passwordFault(password, "Some User Name")).toEqual(expect.any(String));
  });
});

describe("the first administrator", () => {
  it("is made once, with a password that must be changed", async () => {
    await using empty = await openTestApi();
    const options = { scryptLn: TEST_SCRYPT_LN };
    const first = await ensureAdmin(empty.store, { user: "boss" }, options);
    expect(first).toEqual({ created: true, password: expect.stringMatching(/^[A-Za-z0-9_-]{16}$/u) });
    expect(await ensureAdmin(empty.store, { user: "boss" }, options)).toEqual({ created: false });
    const row = empty.db.prepare("SELECT username, role, must_change_password FROM users").all();
    expect(row).toEqual([{ username: "boss", role: "admin", must_change_password: 1 }]);
  });

  it("takes a given password only when it is good enough", async () => {
    await using empty = await openTestApi();
    const options = { scryptLn: TEST_SCRYPT_LN };
    await expect(
      ensureAdmin(empty.store, { user: "boss", password: "password1234" }, options),
    ).rejects.toMatchObject({
      code: "API_SETTING",
    });
    const given = { user: "boss", password: "an own long phrase" };
    expect(await ensureAdmin(empty.store, given, options)).toEqual({ created: true });
  });
});

describe("the audit log", () => {
  it("holds sign-ins, failures and writes, without secrets, in a chain that shows a change", async () => {
    const { cookie, csrf } = await signIn();
    await signIn("hunter2hunter2");
    await post("/auth/logout", undefined, { cookie, ...sameOrigin("wrong") });
    await post("/auth/logout", undefined, { cookie, ...sameOrigin(csrf) });
    const rows = api.db.prepare("SELECT actor, action, result FROM audit ORDER BY seq").all();
    expect(rows).toEqual([
      { actor: "admin", action: "login", result: "ok" },
      { actor: "admin", action: "login", result: "bad_credentials" },
      { actor: "admin", action: "logout", result: "csrf" },
      { actor: "admin", action: "logout", result: "ok" },
    ]);
    const text = JSON.stringify(api.db.prepare("SELECT * FROM audit").all());
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(csrf);
    expect(await api.store.people.verifyAudit()).toBeNull();
    api.db.exec("DROP TRIGGER audit_keeps_words");
    api.db.exec("UPDATE audit SET result = 'ok' WHERE seq = 2");
    expect(await api.store.people.verifyAudit()).toBe(3);
  });
});
