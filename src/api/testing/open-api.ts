import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { createLocalBus } from "#bus/local/bus.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLog } from "#kernel/log.ts";
import type { Worker } from "#kernel/worker.ts";
import { createRepositories, type Repositories } from "#store/repositories/index.ts";
import { kyselyOver } from "#store/sqlite/dialect.ts";
import { openMigrated } from "#store/sqlite/prepare.ts";
import { Passwords } from "../auth/passwords.ts";
import type { ApiDeps, DeckyFact, HealthReport, WorkersReport } from "../deps.ts";
import { type ApiSettings, apiSettings } from "../settings.ts";
import { createApi } from "../worker.ts";

/** A cost that a test can pay hundreds of times. */
export const TEST_SCRYPT_LN = 4;
export const PASSWORD = "a long enough phrase";

const deckies: readonly DeckyFact[] = [
  {
    name: "web-01",
    hostname: "web-01",
    kind: "local",
    host: "h1",
    archetype: "linux-server",
    state: "running",
    detail: null,
    addresses: ["127.0.0.1"],
    services: [
      {
        name: "ssh",
        title: "SSH",
        transport: "tcp",
        address: "127.0.0.1",
        port: 2222,
        state: "running",
        command: "ssh -p 2222 root@127.0.0.1",
        hint: "password 123456",
      },
    ],
  },
];

const health: HealthReport = {
  status: "healthy",
  components: { database: { status: "ok" } },
  generated_at: "2026-07-19T14:22:34Z",
};
const workers: WorkersReport = {
  workers: [],
  other: [],
  generated_at: "2026-07-19T14:22:34Z",
  bus_connected: true,
  bus: { kind: "local", connected: true, last_message_s: null, explanation: null },
};

/** Recordings of one session, `KNOWN_SID` on `web-01`. */
export const KNOWN_SID = "0b6f3c1e-9d5a-4c1b-8f63-0d3e0f6b7a11";
const header = { version: 2 as const, width: 80, height: 24, timestamp: 1_790_000_000 };

const recordings: ApiDeps["recordings"] = {
  read: ({ decky, sid }, { offset, limit }) =>
    Promise.resolve(
      decky !== "web-01" || sid !== KNOWN_SID
        ? null
        : {
            sid,
            service: "ssh",
            header,
            events: offset === 0 ? [[0.5, "o" as const, "$ "]] : [],
            offset,
            limit,
            total: 1,
            has_more: false,
            truncated: false,
          },
    ),
  cast: ({ decky, sid }) =>
    Promise.resolve(
      decky !== "web-01" || sid !== KNOWN_SID
        ? null
        : (async function* () {
            yield `${JSON.stringify(header)}\n`;
            yield `${JSON.stringify([0.5, "o", "$ "])}\n`;
          })(),
    ),
};

export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly db: DatabaseSync;
  readonly store: Repositories;
  /** Tells the stream that something was stored. */
  hint(): void;
  addUser(username: string, role: "admin" | "viewer", mustChangePassword?: boolean): Promise<void>;
  /** A bearer token of a user. */
  token(username: string): Promise<string>;
  get(path: string, token: string): Promise<Response>;
}

/** A whole API over a temporary store, listening on a free port of loopback. */
export async function openTestApi(
  changes: Partial<ApiDeps> = {},
  settings: Partial<ApiSettings> = {},
): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), "decnet-api-"));
  const db = openMigrated(join(folder, "decnet.db"), "writer");
  const store = createRepositories(kyselyOver(db));
  const bus = createLocalBus(systemClock);
  const deps: ApiDeps = {
    store,
    bus,
    recordings,
    deckies: () => deckies,
    workers: () => workers,
    health: () => health,
    waitingFor: () => [],
    secretKey: randomBytes(32),
    eventFields: new Set(["username", "password", "cmd"]),
    dashboardDir: null,
    about: { version: "0.0.0", store: "sqlite" },
    ...changes,
  };
  const listening = Promise.withResolvers<number>();
  const worker = createApi(
    deps,
    { ...apiSettings.parse({}), port: 0, limiterEnabled: false, ...settings },
    { scryptLn: TEST_SCRYPT_LN, onListening: ({ port }) => listening.resolve(port) },
  );
  const stop = new AbortController();
  const running = runWorker(worker, stop.signal);
  running.catch(listening.reject);
  const url = `http://127.0.0.1:${await listening.promise}`;
  return {
    url,
    db,
    store,
    hint: () =>
      bus.publish(
        "system.log",
        { component: "ingester", flushed: 1, last_seq: 1 },
        { type: "batch_committed" },
      ),
    addUser: (username, role, mustChangePassword = false) =>
      addUser(store, username, role, mustChangePassword),
    token: async (username) => {
      const response = await fetch(`${url}/api/v1/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, password: PASSWORD, grant: "token" }),
      });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    get: (path, token) => fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } }),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const runWorker = (worker: Worker, signal: AbortSignal): Promise<void> =>
  worker.run({ log: silentLog, clock: systemClock, progress: () => {} }, signal);

async function addUser(
  store: Repositories,
  username: string,
  role: "admin" | "viewer",
  mustChangePassword: boolean,
): Promise<void> {
  const passwordHash = await new Passwords(TEST_SCRYPT_LN).hash(PASSWORD, { client: "test", known: true });
  await store.people.createUser({
    uuid: randomUUID(),
    username,
    passwordHash,
    role,
    mustChangePassword,
    nowUs: Date.now() * 1000,
  });
}
