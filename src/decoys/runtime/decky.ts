import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import type { Clock } from "#kernel/clock.ts";
import { nearest } from "#kernel/config.ts";
import type { Log } from "#kernel/log.ts";
import type { Machine } from "#machine/contract.ts";
import type { Decoy, DecoyContext, EventCatalogue, PortDeclaration, SocketLimits } from "../contract.ts";
import type { DeckyConfig } from "../persona.ts";
import { Emitter, EventBudget } from "./emitter.ts";
import { DecoyOptionsError, DecoyUnknownError } from "./errors.ts";
import { maximaOf } from "./fields.ts";
import { type Bind, type Listening, listenTcp } from "./listener.ts";
import { CaptureLedger, DropQuarantine } from "./quarantine.ts";
import { Transcripts } from "./recorder.ts";
import { createSeeded } from "./seeded.ts";
import { type Limits, limitsSchema } from "./settings.ts";
import { descriptorSink, type LineSink, openSpool } from "./spool.ts";

export type AnyDecoy = Decoy<string, z.ZodObject, EventCatalogue>;

export interface DeckyDeps {
  readonly log: Log;
  readonly clock: Clock;
  /** Aborting it begins the shutdown, as disposal does. */
  readonly signal: AbortSignal;
  readonly decoys: readonly AnyDecoy[];
  readonly machine: Machine;
}

export interface BoundPort {
  readonly service: string;
  /** The port the persona has. */
  readonly declared: number;
  readonly address: string;
  readonly port: number;
}

export interface RunningDecky extends AsyncDisposable {
  readonly ports: readonly BoundPort[];
  /** Resolves when the decky has stopped, whatever began it. */
  readonly stopped: Promise<void>;
}

/** How long queues may take to reach the disk at the end; with the sockets' linger below 5 s. */
const FLUSH_MS = 2_000;

interface Service {
  readonly decoy: AnyDecoy;
  readonly options: Record<string, unknown>;
}

/**
 * Runs all services of one decky in this process.
 *
 * @throws {DecoyUnknownError} for a service that no decoy speaks
 * @throws {DecoyOptionsError} naming every bad option
 * @throws {DecoyBindError} when a port is taken
 */
export async function startDecky(config: DeckyConfig, deps: DeckyDeps): Promise<RunningDecky> {
  const services = chooseServices(config, deps.decoys);
  const parsed = limitsSchema.safeParse(config.limits ?? {});
  if (!parsed.success) throw new DecoyOptionsError(`limits: ${parsed.error.message}`);
  const limits = parsed.data;
  mkdirSync(config.stateDir, { recursive: true });
  const shared: Shared = {
    config,
    deps,
    limits,
    budget: new EventBudget(limits, deps.clock),
    ledger: new CaptureLedger(config.stateDir, limits, deps.clock.now()),
    ports: [],
  };
  const running: AsyncDisposable[] = [];
  const stop = once(async () => {
    await Promise.all(running.map((service) => service[Symbol.asyncDispose]()));
    await deps.machine[Symbol.asyncDispose]();
  });
  try {
    for (const service of services) running.push(await startService(service, shared));
  } catch (error) {
    await stop();
    throw error;
  }
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const end = async (): Promise<void> => {
    await stop();
    resolve();
  };
  deps.signal.addEventListener("abort", () => void end(), { once: true });
  if (deps.signal.aborted) await end();
  return { ports: shared.ports, stopped, [Symbol.asyncDispose]: end };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= work());
}

function chooseServices(config: DeckyConfig, decoys: readonly AnyDecoy[]): readonly Service[] {
  const bySlug = new Map(decoys.map((decoy) => [decoy.slug, decoy]));
  const problems: string[] = [];
  const services: Service[] = [];
  for (const [slug, options] of Object.entries(config.services)) {
    const decoy = bySlug.get(slug);
    if (decoy === undefined) {
      const meant = nearest(slug, bySlug.keys());
      throw new DecoyUnknownError(
        `${slug}: no such service${meant === undefined ? "" : `; did you mean ${meant}?`}`,
      );
    }
    const parsed = decoy.persona.safeParse(options);
    if (parsed.success) services.push({ decoy, options: parsed.data });
    else problems.push(...parsed.error.issues.map((issue) => `${slug}: ${describe(issue, decoy)}`));
  }
  if (problems.length > 0) throw new DecoyOptionsError(problems.join("\n"));
  return services;
}

function describe(issue: z.core.$ZodIssue, decoy: AnyDecoy): string {
  if (issue.code !== "unrecognized_keys") return `${issue.path.join(".")}: ${issue.message}`;
  return issue.keys
    .map((key) => {
      const meant = nearest(key, Object.keys(decoy.persona.shape));
      return `${key}: no such option${meant === undefined ? "" : `; did you mean ${meant}?`}`;
    })
    .join("; ");
}

interface Shared {
  readonly config: DeckyConfig;
  readonly deps: DeckyDeps;
  readonly limits: Limits;
  readonly budget: EventBudget;
  readonly ledger: CaptureLedger;
  readonly ports: BoundPort[];
}

/** Where a declared port is bound; without an entry, the declared port on every address. */
function bindOf(config: DeckyConfig, slug: string, declared: PortDeclaration): Bind {
  return config.bind[slug]?.[String(declared.port)] ?? { address: "0.0.0.0", port: declared.port };
}

const sinkOf = (config: DeckyConfig, slug: string, clock: Clock): LineSink =>
  config.spoolDir === "-" ? descriptorSink(1) : openSpool(join(config.spoolDir, slug), clock);

async function startService({ decoy, options }: Service, shared: Shared): Promise<AsyncDisposable> {
  const { config, deps, limits, budget } = shared;
  const { slug } = decoy;
  const log = deps.log.child({ decky: config.decky, service: slug });
  const stateDir = join(config.stateDir, slug);
  mkdirSync(stateDir, { recursive: true });
  const dropDir = join(config.dropDir, slug);
  const transcripts = new Transcripts(dropDir, { clock: deps.clock, log, limits });
  const quarantine = new DropQuarantine(dropDir, shared.ledger, { clock: deps.clock, log });
  const sink = sinkOf(config, slug, deps.clock);
  const emitter = new Emitter({
    sink,
    clock: deps.clock,
    decky: config.decky,
    slug,
    sequence: config.emitSequence,
    maxima: maximaOf(decoy.events),
  });
  const abort = new AbortController();
  const listeners: Listening[] = [];
  const listenerDeps = { slug, emitter, budget, clock: deps.clock, log, signal: abort.signal };
  const defaults: SocketLimits = limits;

  const context: DecoyContext<Record<string, unknown>, EventCatalogue> = {
    signal: abort.signal,
    log,
    clock: deps.clock,
    options,
    persona: config.persona,
    machine: deps.machine,
    random: (purpose) => createSeeded(config.persona.secret, `${slug}/${purpose}`),
    stateDir,
    quarantine,
    record: (session) => transcripts.record(session),
    listenTcp: async (declared, serve, own) => {
      const bound = await listenTcp(
        listenerDeps,
        bindOf(config, slug, declared),
        { ...defaults, ...own },
        serve,
      );
      listeners.push(bound);
      const { address, port } = bound;
      shared.ports.push({ service: slug, declared: declared.port, address, port });
    },
  };

  const stop = async (): Promise<void> => {
    // Listeners first: their connections end and say so; then what the decoy holds; then the queues.
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
    abort.abort();
    await decoyHandle?.[Symbol.asyncDispose]();
    emitter.emit({ type: "shutdown", fields: {}, msg: "service stopped" });
    await Promise.all([transcripts.close(FLUSH_MS), quarantine.flush()]);
    await sink.close(FLUSH_MS);
  };
  let decoyHandle: AsyncDisposable | undefined;
  try {
    decoyHandle = await decoy.listen(context);
  } catch (error) {
    await stop();
    throw error;
  }
  emitter.emit({ type: "startup", fields: {}, msg: "service started" });
  return { [Symbol.asyncDispose]: stop };
}
