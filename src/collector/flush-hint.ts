import type { Bus } from "#bus/contract.ts";
import type { LineCounts } from "./counters.ts";

const MAX_DECKIES = 16;

/** What one flush wrote, as the bus is told: `look now`. */
export class FlushHint {
  #accepted = 0;
  #rejected = 0;
  #suppressed = 0;
  #deckies = new Set<string>();

  /** @param before a copy of the counts in front of the work */
  add(decky: string, before: LineCounts, after: LineCounts): void {
    this.#accepted += after.accepted - before.accepted;
    this.#rejected += after.rejected - before.rejected;
    this.#suppressed += after.suppressed + after.dropped - before.suppressed - before.dropped;
    if (this.#deckies.size < MAX_DECKIES) this.#deckies.add(decky);
  }

  publish(bus: Pick<Bus, "publish">): void {
    const deckies = [...this.#deckies];
    const counts = { appended: this.#accepted, rejected: this.#rejected, suppressed: this.#suppressed };
    bus.publish("system.log", { component: "collector", ...counts, deckies }, { type: "appended" });
    this.#accepted = 0;
    this.#rejected = 0;
    this.#suppressed = 0;
    this.#deckies = new Set();
  }
}
