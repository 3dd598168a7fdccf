import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { profilerConsumers } from "./registry.ts";
import { type EventInput, openTestStore, S, START_US, type TestStore } from "./runner/testing/events.ts";
import { forgetResults, TestLanes } from "./runner/testing/fold.ts";

// Each run of a property makes a store of its own; other suites may share the processor.
vi.setConfig({ testTimeout: 60_000 });

const consumers = profilerConsumers({ sessionGapS: 300, sessionLostS: 3600 });

const RESULTS = [
  "SELECT * FROM sessions ORDER BY session_id",
  "SELECT * FROM session_commands ORDER BY id",
  "SELECT * FROM recordings ORDER BY decky, service, sid",
  "SELECT * FROM attackers ORDER BY uuid",
  "SELECT * FROM attacker_services ORDER BY attacker_uuid, service",
  "SELECT * FROM attacker_deckies ORDER BY attacker_uuid, decky",
  "SELECT * FROM stats_minute ORDER BY bucket, decky, service, event_type",
  "SELECT * FROM stats_hour ORDER BY bucket, decky, service, event_type",
  "SELECT name, value FROM counters WHERE value <> 0 ORDER BY name",
  "SELECT topic, dedupe_key, payload FROM outbox ORDER BY topic, dedupe_key",
];
const results = (store: TestStore): unknown => RESULTS.map((sql) => store.all(sql));

const SIDS = ["4d0c6f0a-52e1-4b8e-9d4f-6a1f0b3c7e21", "7c1e0c5e-2f0b-4a4e-9a33-5d9f2f6f1a10"];

/** Few keys, so that they collide; pauses on both sides of every limit. */
const event: fc.Arbitrary<EventInput & { pause: number }> = fc
  .record({
    pause: fc.constantFrom(0, 1, 1, 5, 61, 299, 301, 3599, 3601, 90_000, -30),
    kind: fc.constantFrom("sid", "conn", "both", "contact", "unknown"),
    which: fc.nat(1),
    ip: fc.constantFrom("192.0.2.1", "2001:db8::1"),
    decky: fc.constantFrom("quill-07", "gate-01"),
    service: fc.constantFrom("ssh", "snmp"),
    type: fc.constantFrom(
      "connect",
      "auth",
      "session_started",
      "command",
      "command_ended",
      "session_recorded",
      "disconnect",
      "startup",
      "odd type",
    ),
    n: fc.nat(3),
  })
  .map(({ pause, kind, which, ip, decky, service, type, n }) => {
    const place = { decky, service };
    if (type === "startup") return { ...place, pause, type, ip: null, origin: "system" };
    return {
      ...place,
      pause,
      type,
      ip: kind === "unknown" ? null : ip,
      ...(kind === "sid" || kind === "both" ? { sid: SIDS[which] ?? "" } : {}),
      ...(kind === "conn" || kind === "both" ? { conn: `00000000000000a${which}` } : {}),
      fields: { cmd: `uname -${n}`, n: String(n), exit_code: "1", outcome: n === 0 ? "success" : "failure" },
    };
  });

const stream = fc.array(event, { minLength: 1, maxLength: 60 });

function withTimes(events: readonly (EventInput & { readonly pause: number })[]): EventInput[] {
  let at = 0;
  return events.map(({ pause, ...one }) => {
    at = Math.max(0, at + pause);
    return { ...one, at };
  });
}

test("folding piece by piece, with sweeps between, equals folding everything again", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(60), { maxLength: 12 }), (generated, cuts) => {
      using store = openTestStore();
      const events = withTimes(generated);
      store.add(...events);
      const endUs = START_US + 200_000 * S + Math.max(...events.map(({ at }) => at ?? 0)) * S;
      const lanes = new TestLanes(store.writer, consumers);
      for (const cut of [...cuts].sort((a, b) => a - b)) {
        const at = events[Math.min(cut, events.length) - 1]?.at ?? 0;
        lanes.runTo(cut, START_US + at * S);
        lanes.tick(START_US + (at + cut * 100) * S);
      }
      lanes.run(endUs);
      lanes.tick(endUs + 4000 * S);
      const incremental = results(store);
      forgetResults(store.writer);
      const again = new TestLanes(store.writer, consumers, endUs);
      again.run(endUs);
      again.tick(endUs + 4000 * S);
      expect(results(store)).toEqual(incremental);
    }),
    { numRuns: 120 },
  );
});

test("a new process that takes over in the middle changes nothing", () => {
  fc.assert(
    fc.property(stream, fc.nat(60), (generated, cut) => {
      using store = openTestStore();
      store.add(...withTimes(generated));
      new TestLanes(store.writer, consumers).runTo(cut);
      new TestLanes(store.writer, consumers).run();
      const interrupted = results(store);
      forgetResults(store.writer);
      new TestLanes(store.writer, consumers).run();
      expect(results(store)).toEqual(interrupted);
    }),
    { numRuns: 60 },
  );
});
