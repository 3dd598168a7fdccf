import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Log } from "#kernel/log.ts";
import type { Worker, WorkerContext } from "#kernel/worker.ts";
import { writeState } from "./identity.ts";
import type { LocalDecky } from "./plan.ts";

export type DeckyState = "pending" | "running" | "failed" | "stopped";

export interface DeckyStatus extends Omit<LocalDecky, "config"> {
  readonly state: DeckyState;
  readonly restarts: number;
  readonly lastError?: string;
}

export interface LocalFleetDeps {
  readonly dataDir: string;
  /** The program and arguments in front of the configuration's path. */
  readonly command: readonly [string, ...string[]];
  readonly onChange?: () => void;
}

export interface LocalFleet {
  readonly worker: Worker;
  statuses(): readonly DeckyStatus[];
}

const BACKOFF = { firstMs: 500, maxMs: 30_000 };
const STOP_MS = 7_000;
/** Lines of a child's own diagnostics passed on per second. */
const LINES_PER_SECOND = 20;

/** The line by which a decky says that every port of it listens. */
export const READY_LINE = "decky ready";

class Child {
  readonly decky: LocalDecky;
  readonly #deps: LocalFleetDeps;
  #state: DeckyState = "pending";
  #restarts = 0;
  #lastError: string | undefined;

  constructor(decky: LocalDecky, deps: LocalFleetDeps) {
    this.decky = decky;
    this.#deps = deps;
  }

  status(): DeckyStatus {
    const { config: _config, ...shown } = this.decky;
    return {
      ...shown,
      state: this.#state,
      restarts: this.#restarts,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  get up(): boolean {
    return this.#state === "running";
  }

  #enter(state: DeckyState): void {
    this.#state = state;
    this.#deps.onChange?.();
  }

  /** Keeps the process alive until `signal` aborts. */
  async keep(context: WorkerContext, signal: AbortSignal): Promise<void> {
    const log = context.log.child({ decky: this.decky.name });
    let streak = 0;
    while (!signal.aborted) {
      const startedAt = context.clock.now();
      const problem = await this.#once(log, signal);
      if (signal.aborted) break;
      streak = context.clock.now() - startedAt > 60_000 ? 0 : streak + 1;
      this.#lastError = problem;
      this.#restarts += 1;
      this.#enter("failed");
      log.warn({ problem, restarts: this.#restarts }, "A decky's process ended; it is started again.");
      await pause(Math.min(BACKOFF.maxMs, BACKOFF.firstMs * 2 ** Math.min(streak, 8)), signal);
    }
    this.#enter("stopped");
  }

  async #once(log: Log, signal: AbortSignal): Promise<string> {
    const folder = join(this.#deps.dataDir, "run");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${this.decky.name}.json`);
    writeFileSync(path, JSON.stringify(this.decky.config), { mode: 0o600 });
    const [program, ...args] = this.#deps.command;
    const child = spawn(program, [...args, path], {
      // Its own group: a ^C on our terminal is ours to pass on. Standard input ends with us, and the decky with it.
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
      // One heap arena for all threads of the C library: each further one keeps tens of megabytes it does not use.
      env: { NODE_NAME: this.decky.name, PATH: "/usr/bin:/bin", TZ: "UTC", MALLOC_ARENA_MAX: "1" },
    });
    child.stdin?.on("error", () => {});
    const stop = (): void => void end(child);
    signal.addEventListener("abort", stop, { once: true });
    this.#listen(child, log);
    try {
      const [code, killed] = (await Promise.race([once(child, "exit"), failure(child)])) as [
        number | null,
        string | null,
      ];
      return killed === null ? `exit code ${code ?? "unknown"}` : `signal ${killed}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #listen(child: ChildProcess, log: Log): void {
    if (child.stderr === null) return;
    let second = 0;
    let count = 0;
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line === READY_LINE) {
        this.#enter("running");
        return;
      }
      const now = Math.floor(Date.now() / 1000);
      count = now === second ? count + 1 : 1;
      second = now;
      if (count <= LINES_PER_SECOND) log.info({ line: line.slice(0, 1_024) }, "A decky says.");
    });
  }
}

const failure = (child: ChildProcess): Promise<never> =>
  new Promise((_resolve, reject) => {
    child.once("error", reject);
  });

/** Asks, then insists. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await gone;
  clearTimeout(late);
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });

/** Runs the local deckies, one process each, and writes `decnet-state.json` for scripts and the collector. */
export function createLocalFleet(deckies: readonly LocalDecky[], deps: LocalFleetDeps): LocalFleet {
  const ready = Promise.withResolvers<void>();
  const check = (): void => {
    if (children.every((child) => child.up)) ready.resolve();
    deps.onChange?.();
  };
  const children = deckies.map((decky) => new Child(decky, { ...deps, onChange: check }));
  return {
    statuses: () => children.map((child) => child.status()),
    worker: {
      name: "reconciler",
      policy: "required",
      health: () => ({ deckies: children.length, running: children.filter((child) => child.up).length }),
      async run(context, signal) {
        writeState(join(deps.dataDir, "decnet-state.json"), {
          config: {
            mode: "local",
            deckies: deckies.map(({ name, hostname, services }) => ({
              name,
              hostname,
              services: services.map(({ slug }) => slug),
            })),
          },
          compose_path: null,
        });
        const all = Promise.all(children.map((child) => child.keep(context, signal)));
        if (children.length === 0) ready.resolve();
        await Promise.race([ready.promise, all]);
        context.progress(0, 0);
        if (children.length > 0) await all;
        else if (!signal.aborted) await once(signal, "abort");
      },
    },
  };
}
