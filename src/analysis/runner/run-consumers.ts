import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Wake } from "#kernel/wake.ts";
import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer } from "../contract.ts";
import { ConsumerOrderError } from "../errors.ts";
import { EventSource } from "./event-source.ts";
import { Lane, type LaneReport } from "./lane.ts";

const POLL_MS = 1000;

/** In an order in which each stands behind those it waits for. @throws {ConsumerOrderError} */
export function inOrder(consumers: readonly Consumer[]): readonly Consumer[] {
  const sorted: Consumer[] = [];
  const left = new Set(consumers);
  while (left.size > 0) {
    const next = [...left].find(({ after }) =>
      after.every((name) => sorted.some((done) => done.name === name)),
    );
    if (next === undefined) {
      const names = [...left].map(({ name }) => name).join(", ");
      throw new ConsumerOrderError(`consumers wait for each other or for one that is not there: ${names}`);
    }
    sorted.push(next);
    left.delete(next);
  }
  return sorted;
}

/** Several consumers on one writing connection, each by its own cursor. */
export class Consumers {
  readonly #writer: StoreWriter;
  readonly #source: EventSource;
  readonly #lanes: readonly Lane[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ticked = new Map<Lane, number>();

  constructor(
    writer: StoreWriter,
    consumers: readonly Consumer[],
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#writer = writer;
    this.#log = log;
    this.#clock = clock;
    this.#source = new EventSource(writer);
    this.#lanes = inOrder(consumers).map((consumer) => new Lane(writer, this.#source, consumer, clock.now()));
  }

  /** Works until `signal` aborts. `progress` gets events done and events still waiting for the slowest. */
  async run(
    signal: AbortSignal,
    wake: Wake,
    progress: (done: number, behind: number) => void,
  ): Promise<void> {
    let done = 0;
    while (!signal.aborted) {
      const taken = await this.#round(signal);
      done += taken;
      progress(done, this.behind());
      if (taken === 0) await wake.wait(POLL_MS, signal);
    }
  }

  /** One transaction for each consumer that has something to do, each in a turn of its own. */
  async #round(signal: AbortSignal): Promise<number> {
    let taken = 0;
    for (const lane of this.#lanes) {
      if (signal.aborted) break;
      if (this.#bound(lane) > lane.cursor) {
        await this.#writer.turns.take("consumer");
        taken += this.#step(lane);
      }
      if (this.#isTickDue(lane)) {
        await this.#writer.turns.take("consumer");
        lane.tick(this.#clock.now());
      }
    }
    return taken;
  }

  /** Whatever a consumer gives up is said the first time and then each hundredth. */
  #step(lane: Lane): number {
    const before = lane.deadLetters;
    const taken = lane.step(this.#bound(lane), this.#clock.now());
    const count = lane.deadLetters;
    if (count > before && (before === 0 || Math.floor(count / 100) > Math.floor(before / 100))) {
      this.#log.error({ consumer: lane.consumer.name, count }, "Events became dead letters of a consumer.");
    }
    return taken;
  }

  #bound(lane: Lane): number {
    const before = lane.consumer.after.map((name) => this.#cursorOf(name));
    return before.length === 0 ? this.#source.lastSeq() : Math.min(...before);
  }

  #cursorOf(name: string): number {
    return this.#lanes.find(({ consumer }) => consumer.name === name)?.cursor ?? 0;
  }

  #isTickDue(lane: Lane): boolean {
    const every = lane.consumer.tickMs;
    const now = this.#clock.now();
    if (every === undefined || now - (this.#ticked.get(lane) ?? 0) < every) return false;
    this.#ticked.set(lane, now);
    return true;
  }

  behind(): number {
    const last = this.#source.lastSeq();
    return Math.max(0, ...this.#lanes.map(({ cursor }) => last - cursor));
  }

  report(): readonly LaneReport[] {
    const last = this.#source.lastSeq();
    return this.#lanes.map((lane) => lane.report(last, this.#clock.now()));
  }
}
