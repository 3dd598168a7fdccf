import type { StoreWriter } from "#store/sqlite/writer.ts";
import type { Consumer } from "../../contract.ts";
import { EventSource } from "../event-source.ts";
import { Lane } from "../lane.ts";
import { inOrder } from "../run-consumers.ts";

/** Drives consumers by hand, as far as the events go, in batches as the test cuts them. */
export class TestLanes {
  readonly #lanes: readonly Lane[];
  readonly #source: EventSource;

  constructor(writer: StoreWriter, consumers: readonly Consumer[], nowUs = 0) {
    this.#source = new EventSource(writer);
    this.#lanes = inOrder(consumers).map(
      (consumer) => new Lane(writer, this.#source, consumer, nowUs / 1000),
    );
  }

  /** Takes everything that is there. */
  run(nowUs = 0): void {
    for (const lane of this.#lanes) while (lane.step(this.#bound(lane), nowUs / 1000) > 0);
  }

  /** Takes the events up to `seq` and no further. */
  runTo(seq: number, nowUs = 0): void {
    for (const lane of this.#lanes) while (lane.step(Math.min(seq, this.#bound(lane)), nowUs / 1000) > 0);
  }

  tick(nowUs: number): void {
    for (const lane of this.#lanes) lane.tick(nowUs / 1000);
  }

  #bound(lane: Lane): number {
    const before = lane.consumer.after.map(
      (name) => this.#lanes.find(({ consumer }) => consumer.name === name)?.cursor ?? 0,
    );
    return before.length === 0 ? this.#source.lastSeq() : Math.min(...before);
  }
}

/** Forgets what the consumers computed, as a rebuild does before it folds again. */
export function forgetResults(writer: StoreWriter): void {
  writer.transaction(() => {
    for (const table of [
      "sessions",
      "session_commands",
      "recordings",
      "attacker_services",
      "attacker_deckies",
      "stats_minute",
      "stats_hour",
      "cursors",
    ]) {
      writer.statement(`DELETE FROM ${table}`).run();
    }
    writer.statement("DELETE FROM counters WHERE name IN ('sessions', 'sessions_open')").run();
    writer
      .statement(
        `UPDATE attackers SET first_seen = (SELECT received FROM events WHERE seq = created_seq),
           last_seen = (SELECT received FROM events WHERE seq = created_seq),
           event_count = 0, service_count = 0, decky_count = 0, session_count = 0, command_count = 0,
           credential_count = 0, is_traversal = 0, traversal_path = NULL, traversal_hops = 0, out_of_order = 0,
           scored_at = 0, benign = 0`,
      )
      .run();
  });
}
