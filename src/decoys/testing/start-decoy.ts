import { watch } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#kernel/clock.ts";
import { type Log, silentLog } from "#kernel/log.ts";
import type { Machine } from "#machine/contract.ts";
import type { DeckyConfig, Persona } from "../persona.ts";
import { type AnyDecoy, startDecky } from "../runtime/decky.ts";
import { createFakeMachine } from "./fake-machine.ts";
import { readSpool, type SeenEvent } from "./lines.ts";
import { testPersona } from "./test-persona.ts";

export interface StartedDecoy extends AsyncDisposable {
  /** The port that was bound for a declared one. */
  port(declared: number): number;
  events(): Promise<readonly SeenEvent[]>;
  /** The next event of a type that no earlier call has returned. */
  waitFor(type: string, matches?: (event: SeenEvent) => boolean): Promise<SeenEvent>;
  /** Shard lines of all recorded sessions. */
  transcript(): Promise<readonly Record<string, unknown>[]>;
  /** Captured files: name → bytes. */
  captured(): Promise<ReadonlyMap<string, Buffer>>;
  readonly dir: string;
  readonly config: DeckyConfig;
}

export interface StartOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly persona?: Partial<Persona>;
  readonly machine?: (persona: Persona) => Machine;
  readonly limits?: Readonly<Record<string, number>>;
  readonly log?: Log;
  /** Keeps state between starts; the caller removes it. */
  readonly dir?: string;
}

/** One decoy on a free loopback port with a temporary folder; everything is gone after disposal but the events. */
export async function startDecoy(decoy: AnyDecoy, given: StartOptions = {}): Promise<StartedDecoy> {
  const dir = given.dir ?? (await mkdtemp(join(tmpdir(), "decoy-")));
  const persona = { ...testPersona, ...given.persona };
  const config: DeckyConfig = {
    decky: "probe-01",
    persona,
    site: { organisation: "Example", domain: "example.org" },
    services: { [decoy.slug]: { ...given.options } },
    bind: {
      [decoy.slug]: Object.fromEntries(
        decoy
          .ports(decoy.persona.parse({ ...given.options }))
          .map(({ port }) => [String(port), { address: "127.0.0.1", port: 0 }]),
      ),
    },
    spoolDir: join(dir, "spool"),
    dropDir: join(dir, "drop"),
    stateDir: join(dir, "state"),
    emitSequence: true,
    ...(given.limits === undefined ? {} : { limits: { ...given.limits } }),
  };
  const spool = join(config.spoolDir, decoy.slug);
  await mkdir(spool, { recursive: true });
  const stop = new AbortController();
  const running = await startDecky(config, {
    log: given.log ?? silentLog,
    clock: systemClock,
    signal: stop.signal,
    decoys: [decoy],
    machine: (given.machine ?? createFakeMachine)(persona),
  });

  let last: readonly SeenEvent[] = [];
  let over = false;
  const taken = new Set<number>();
  const waiting: (() => void)[] = [];
  const watcher = watch(spool, () => {
    for (const wake of waiting.splice(0)) wake();
  });
  const read = (): readonly SeenEvent[] => (over ? last : (last = readSpool(spool)));

  const files = async (sub: string): Promise<[string, Buffer][]> => {
    const folder = join(config.dropDir, decoy.slug, sub);
    const names = (await readdir(folder)).toSorted();
    return Promise.all(
      names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))]),
    );
  };

  return {
    dir,
    config,
    port: (declared) => {
      const bound = running.ports.find((port) => port.declared === declared);
      if (bound === undefined) throw new Error(`port ${declared} is not declared`);
      return bound.port;
    },
    events: async () => read(),
    waitFor: async (type, matches = () => true) => {
      for (;;) {
        const wake = Promise.withResolvers<void>();
        waiting.push(wake.resolve);
        const found = read().findIndex(
          (event, index) => event.type === type && !taken.has(index) && matches(event),
        );
        const event = last[found];
        if (event !== undefined) {
          taken.add(found);
          return event;
        }
        await wake.promise;
      }
    },
    transcript: async () =>
      (await files("transcripts")).flatMap(([, bytes]) =>
        bytes
          .toString()
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      ),
    captured: async () => new Map(await files("files")),
    async [Symbol.asyncDispose]() {
      if (over) return;
      await running[Symbol.asyncDispose]();
      read();
      over = true;
      watcher.close();
      if (given.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}
