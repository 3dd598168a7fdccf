import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { ensureAdmin } from "#api/auth/ensure-admin.ts";
import { openSecretKey } from "#api/auth/secret-key.ts";
import type { DeckyFact } from "#api/deps.ts";
import { checkAddress, checkPortFree, createApi } from "#api/worker.ts";
import { createLocalBus, type LocalBus } from "#bus/local/bus.ts";
import { artifactsRootOf } from "#collector/keeper/settings.ts";
import { decoys } from "#decoys/registry.ts";
import { boundFields } from "#events/common-events.ts";
import { pipelineEvents } from "#events/pipeline-events.ts";
import { createLocalFleet, type DeckyStatus, type LocalFleet } from "#fleet/local/fleet.ts";
import { writeState } from "#fleet/local/identity.ts";
import { type LocalDecky, planLocalFleet } from "#fleet/local/plan.ts";
import { systemClock } from "#kernel/clock.ts";
import { CodedError } from "#kernel/errors.ts";
import { lockFolder } from "#kernel/instance-lock.ts";
import { createLog, type Log } from "#kernel/log.ts";
import { collectWhenIdle } from "#kernel/memory.ts";
import { Supervisor, type WorkerHost, type WorkerStatus } from "#kernel/supervisor.ts";
import { openThreadHost, type ThreadHost } from "#kernel/thread.ts";
import { openStoreClient } from "#store/client.ts";
import { createRecordingReader } from "#store/recordings/reader.ts";
import type { Settings } from "./config.ts";
import { packageRoot, packageVersion } from "./package.ts";
import { createRegistry } from "./registry.ts";
import { type ThreadData, type ThreadRole, workersOf } from "./threads/contract.ts";
import { threadSpawner } from "./threads.ts";

/** Something that `decnet up` needs did not start, or a person has to allow it first. */
class StartFailedError extends CodedError {
  readonly code = "START_FAILED";
}

export interface UpWish {
  readonly settings: Settings;
  /** The program's own file: threads and deckies run it in other roles. */
  readonly entry: string;
  readonly signal: AbortSignal;
  /** Flags that only development builds of Node need, passed on to the deckies. */
  readonly expose: boolean;
}

/** What a person wants to know once everything runs. */
export interface UpFacts {
  readonly url: string;
  readonly dataDir: string;
  readonly admin: { readonly user: string; readonly created: boolean; readonly password?: string };
  readonly deckies: readonly DeckyStatus[];
  readonly hasDashboard: boolean;
}

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** Everything that can be wrong before anything is touched. @throws {CodedError} one line with the fix */
async function preflight({ settings, expose }: UpWish): Promise<void> {
  checkAddress(settings.api);
  const { bind } = settings.local;
  if (!isLoopback(bind) && !expose)
    throw new StartFailedError(
      `DECNET_LOCAL_BIND=${bind} lets others attack this machine's decoys, which have no network of their own; add --expose if that is meant`,
    );
  await checkPortFree(settings.api);
}

const splitNames = (text: string): readonly string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

interface Threads {
  readonly hosts: readonly ThreadHost[];
  start(): Promise<readonly WorkerStatus[]>;
}

function openThreads(
  wish: UpWish,
  parts: { bus: LocalBus; log: Log; fleet: readonly LocalDecky[] },
): Threads {
  const spawn = threadSpawner(wish.entry);
  const facts = Object.fromEntries(
    parts.fleet.map(({ name, hostname, config }) => [
      name,
      { aliases: [hostname], addresses: [config.persona.network.address] },
    ]),
  );
  const open = (role: ThreadRole): ThreadHost =>
    openThreadHost({
      role,
      names: workersOf[role],
      spawn,
      log: parts.log,
      data: () => {
        const { port1, port2 } = new MessageChannel();
        parts.bus.connect(port1);
        const data: ThreadData = {
          settings: wish.settings,
          busPort: port2,
          facts,
          slugs: decoys.map(({ slug }) => slug),
        };
        return { data, transfer: [port2] };
      },
    });
  const hosts = [open("pipeline"), open("collector")];
  return {
    hosts,
    async start() {
      const failed: WorkerStatus[] = [];
      for (const host of hosts) failed.push(...(await host.startAll()));
      return failed;
    },
  };
}

/** Names that may stand before a colon in a search. */
function eventFields(): ReadonlySet<string> {
  const names = new Set(Object.keys(boundFields));
  for (const events of [pipelineEvents, ...decoys.map((decoy) => decoy.events)])
    for (const schema of Object.values(events)) for (const key of Object.keys(schema.shape)) names.add(key);
  return names;
}

const deckyFact = ({ name, hostname, archetype, state, lastError, services }: DeckyStatus): DeckyFact => {
  const shown = state === "pending" ? "starting" : state;
  return {
    name,
    hostname,
    kind: "local",
    host: null,
    archetype,
    state: shown,
    detail: state === "failed" ? (lastError ?? null) : null,
    addresses: [...new Set(services.map(({ address }) => address))],
    services: services.map(({ slug, address, port, command, hint }) => ({
      name: slug,
      title: decoys.find((decoy) => decoy.slug === slug)?.title ?? slug,
      transport: "tcp",
      address,
      port,
      state: shown,
      command,
      hint: hint ?? null,
    })),
  };
};

const failIfAny = (failed: readonly WorkerStatus[]): void => {
  const [first] = failed;
  if (first !== undefined)
    throw new StartFailedError(`${first.name}: ${first.lastError?.message ?? "did not start"}`);
};

/**
 * Runs everything of one machine in one process: local fleet, collector, ingest, analysis, API and
 * dashboard. Resolves when `signal` aborts and all of it has stopped.
 *
 * @param ready told once, when every part is up
 * @throws {CodedError} when something is wrong that a person must change
 */
export async function up(wish: UpWish, ready: (facts: UpFacts) => void): Promise<void> {
  const { settings, entry, signal } = wish;
  const { dataDir } = settings;
  await preflight(wish);
  await using stack = new AsyncDisposableStack();
  stack.use(lockFolder(dataDir));
  const log = createLog("up", settings.logLevel);
  const fleetPlan = await planLocalFleet({
    dataDir,
    deckies: settings.local.deckies,
    archetypes: splitNames(settings.local.archetypes),
    bind: settings.local.bind,
    now: Math.floor(systemClock.now() / 1000),
    limits: settings.decoys,
    worldTtlDays: settings.machine.worldTtlDays,
  });
  const bus = createLocalBus(systemClock);
  const fleet = localFleet(wish, fleetPlan);
  // Decoys take longest to start and need nobody: their lines wait in the spool.
  const fleetHost = stack.use(new Supervisor({ log }));
  fleetHost.add(fleet.worker);
  const fleetStarted = fleetHost.startAll();
  const threads = openThreads(wish, { bus, log, fleet: fleetPlan });
  for (const host of threads.hosts) stack.use(host);
  failIfAny(await threads.start());

  const store = stack.use(
    await openStoreClient(settings.storeUrl, { spawn: threadSpawner(entry), log }, { threads: 2 }),
  );
  const admin = await ensureAdmin(store, {
    user: settings.api.adminUser,
    password: settings.api.adminPassword,
  });
  const dashboardDir = join(packageRoot(), "dashboard", "dist");
  const hasDashboard = existsSync(join(dashboardDir, "index.html"));
  const here = stack.use(new Supervisor({ log }));
  const hosts: readonly WorkerHost[] = [here, ...threads.hosts, fleetHost];
  const registry = createRegistry({ hosts: () => hosts, bus, clock: systemClock });
  const isStoreUp = async (): Promise<boolean> => {
    try {
      await store.people.hasUsers();
      return true;
    } catch {
      return false;
    }
  };
  let address = { host: settings.api.host, port: settings.api.port };
  here.add(
    createApi(
      {
        store,
        bus,
        recordings: createRecordingReader({
          root: artifactsRootOf(dataDir, settings.keeper),
          locate: async ({ decky, sid }) => (await store.sessionsRead.recordingOf(decky, sid)) ?? undefined,
        }),
        deckies: () => fleet.statuses().map(deckyFact),
        workers: () => registry.workers(),
        health: async () => registry.health(await isStoreUp()),
        waitingFor: () =>
          registry
            .statuses()
            .filter(({ state }) => state !== "running")
            .map(({ name }) => name),
        secretKey: openSecretKey(settings.api.secretKey, join(dataDir, "secret.key")),
        eventFields: eventFields(),
        dashboardDir: hasDashboard ? dashboardDir : null,
        about: { version: packageVersion(), store: "sqlite" },
      },
      settings.api,
      {
        onListening: (listening) => {
          address = listening;
        },
      },
    ),
  );
  failIfAny(await here.startAll());
  failIfAny(await fleetStarted);
  // Stopped before the collector, so that its last lines are read.
  stack.defer(() => fleetHost[Symbol.asyncDispose]());

  const facts: UpFacts = {
    url: `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`,
    dataDir,
    admin: { user: settings.api.adminUser, ...admin },
    deckies: fleet.statuses(),
    hasDashboard,
  };
  const readyFile = join(dataDir, "run", "ready.json");
  writeState(readyFile, readyFacts(facts, fleetPlan));
  stack.defer(() => rmSync(readyFile, { force: true }));
  ready(facts);
  collectWhenIdle();
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** For scripts and tests: what is where, and who gets in. Readable by its owner only. */
const readyFacts = ({ url, deckies }: UpFacts, plan: readonly LocalDecky[]): unknown => ({
  url,
  pid: process.pid,
  deckies: deckies.map(({ name, hostname, services }) => {
    const [pair] = plan.find((decky) => decky.name === name)?.config.persona.auth.accounts ?? [];
    return {
      name,
      hostname,
      services: services.map(({ slug, address, port }) => ({ slug, address, port, ...pair })),
    };
  }),
});

function localFleet({ settings, entry }: UpWish, plan: readonly LocalDecky[]): LocalFleet {
  return createLocalFleet(plan, {
    dataDir: settings.dataDir,
    command: [
      process.execPath,
      `--max-old-space-size=${settings.local.memoryMb}`,
      "--max-semi-space-size=1",
      entry,
      "__decky",
    ],
  });
}
