import fc from "fast-check";
import { expect, it } from "vitest";
import { type Guess, GuessGuard } from "./guess-guard.ts";

const guess = (changes: Partial<Guess> = {}): Guess => ({
  username: "admin",
  network: "192.0.2.1",
  device: null,
  loopback: false,
  ...changes,
});

it("doubles the wait from the fourth failure up to a minute, and forgets after a quarter of an hour", () => {
  const guard = new GuessGuard();
  const waits = Array.from({ length: 12 }, () => {
    guard.failed(guess(), 0);
    return guard.refusedFor(guess(), 0) / 1000;
  });
  expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  guard.failed(guess(), 16 * 60_000);
  expect(guard.refusedFor(guess(), 16 * 60_000)).toBe(0);
});

it("lets known browsers, loopback and other networks in while 500 addresses guess a name", () => {
  const guard = new GuessGuard();
  for (let i = 0; i < 10_000; i += 1) guard.failed(guess({ network: `198.51.${i % 2}.${i % 250}` }), i);
  const now = 10_000;
  expect(guard.heldFor(guess(), now)).toBe(30_000);
  expect(guard.refusedFor(guess(), now)).toBe(0);
  for (const friend of [guess({ device: "known" }), guess({ loopback: true })]) {
    expect([guard.heldFor(friend, now), guard.refusedFor(friend, now)]).toEqual([0, 0]);
  }
  expect(guard.heldFor(guess({ username: "other" }), now)).toBe(0);
});

it("does not hold a name back for failures of a single network", () => {
  const guard = new GuessGuard();
  for (let i = 0; i < 60; i += 1) guard.failed(guess(), i);
  expect(guard.heldFor(guess({ network: "203.0.113.1" }), 60)).toBe(0);
});

it("never makes anybody wait longer than a minute, whatever is tried", () => {
  const step = fc.record({
    name: fc.constantFrom("a", "b"),
    network: fc.constantFrom("n", "m"),
    ok: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const guard = new GuessGuard();
      for (const [at, { name, network, ok }] of steps.entries()) {
        const tried = guess({ username: name, network });
        if (ok) guard.succeeded(tried);
        else guard.failed(tried, at);
        expect(guard.refusedFor(tried, at)).toBeLessThanOrEqual(ok ? 0 : 60_000);
      }
    }),
  );
});
