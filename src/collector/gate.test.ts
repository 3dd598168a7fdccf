import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gate, type GateKey, type GateSettings } from "./gate.ts";
import { collectorSettings } from "./settings.ts";

const settings = (change: Partial<GateSettings> = {}): GateSettings => ({
  ...collectorSettings.parse({}),
  ...change,
});
const key = (ip = "192.0.2.1", type = "connect"): GateKey => ({
  ip,
  decky: "quill-07",
  service: "ssh",
  type,
});

describe("rate limit", () => {
  it("accepts the first event of a key and counts the window from the last accepted one", () => {
    const gate = new Gate(settings());
    const verdicts = [0, 500, 999.9, 1000, 1400, 1999, 2000].map((ms) => gate.decide(key(), 1e12 + ms));
    expect(verdicts).toEqual(["accept", "rate", "rate", "accept", "rate", "rate", "accept"]);
  });

  it("accepts when the clock steps back", () => {
    const gate = new Gate(settings());
    expect([1e12, 1e12 - 5000, 1e12 - 4500].map((ms) => gate.decide(key(), ms))).toEqual([
      "accept",
      "accept",
      "rate",
    ]);
  });

  it("looks only at its event types and is off at zero", () => {
    const gate = new Gate(settings());
    expect([0, 1].map((ms) => gate.decide(key("192.0.2.1", "auth_attempt"), 1e12 + ms))).toEqual([
      "accept",
      "accept",
    ]);
    const off = new Gate(settings({ rlWindowSec: 0 }));
    expect([0, 1].map((ms) => off.decide(key(), 1e12 + ms))).toEqual(["accept", "accept"]);
    const none = new Gate(settings({ rlEventTypes: [] }));
    expect([0, 1].map((ms) => none.decide(key(), 1e12 + ms))).toEqual(["accept", "accept"]);
  });

  it("counts an event that was recorded before a crash as accepted", () => {
    const gate = new Gate(settings());
    expect(gate.decide(key(), 1e12)).toBe("accept");
    expect(gate.decide(key(), 1e12 + 10, true)).toBe("accept");
    expect(gate.decide(key(), 1e12 + 1005)).toBe("rate");
  });

  it("decides as an unbounded table does while keys fit, and never suppresses what that one accepts", () => {
    const events = fc.array(
      fc.record({ ip: fc.integer({ min: 0, max: 40 }), gap: fc.integer({ min: -200, max: 900 }) }),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(events, fc.constantFrom(8, 16, 65_536), (list, rlMaxKeys) => {
        const evicted: string[] = [];
        const gate = new Gate(settings({ rlMaxKeys }), (hash) => evicted.push(hash));
        const last = new Map<string, number>();
        let now = 1e12;
        const wrong: string[] = [];
        for (const { ip, gap } of list) {
          now += gap;
          const each = key(`192.0.2.${ip}`);
          const before = last.get(each.ip);
          const model = before === undefined || now < before || now - before >= 1000 ? "accept" : "rate";
          const verdict = gate.decide(each, now);
          if (verdict === "rate" && model === "accept") wrong.push(`${each.ip} suppressed`);
          if (verdict !== model && evicted.length === 0) wrong.push(`${each.ip} differs`);
          if (verdict === "accept") last.set(each.ip, now);
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("replaces the oldest of a full set and names it", () => {
    const evicted: string[] = [];
    const gate = new Gate(settings({ rlMaxKeys: 8 }), (hash) => evicted.push(hash));
    for (let i = 0; i < 9; i++) gate.decide(key(`192.0.2.${i}`), 1e12 + i);
    expect(evicted).toEqual([gate.hashOf(key("192.0.2.0"))]);
    expect(gate.decide(key("192.0.2.0"), 1e12 + 20)).toBe("accept");
    expect(gate.decide(key("192.0.2.8"), 1e12 + 20)).toBe("rate");
  });
});

it("drops exactly the listed names", () => {
  const gate = new Gate(settings());
  expect(
    ["sshd", "sshd-session", "CRON", "ssh", "SSHD", "sshd2", ""].map((app) => gate.isDropped(app)),
  ).toEqual([true, true, true, false, false, false, false]);
});

describe("settings", () => {
  it("takes a list that is set but empty as none", () => {
    expect(collectorSettings.parse({ dropApps: "", rlEventTypes: " a , b," })).toMatchObject({
      dropApps: [],
      rlEventTypes: ["a", "b"],
    });
  });

  it("refuses what does not parse", () => {
    for (const bad of [
      { rlWindowSec: "soon" },
      { maxLineBytes: "100" },
      { stderr: "keep" },
      { unknown: "1" },
    ]) {
      expect(collectorSettings.safeParse(bad).success).toBe(false);
    }
  });
});
