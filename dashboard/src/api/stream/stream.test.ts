import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogEvent } from "../model.ts";
import { type ConnectionParts, connect, type Source } from "./connection.ts";
import { Feed, RING } from "./feed.ts";
import { type Message, readFrame, type StreamState } from "./messages.ts";

const event = (seq: number): LogEvent => ({
  id: seq.toString(16).padStart(32, "0"),
  seq,
  time: "2026-01-01T00:00:00.000000Z",
  received: "2026-01-01T00:00:00.000000Z",
  decky: "web-01",
  service: "ssh",
  event_type: "connect",
  attacker_ip: "192.0.2.1",
  attacker_uuid: null,
  country_code: null,
  attribution: "field",
  origin: "attacker",
  severity: 6,
  user: null,
  session_id: null,
  conn: null,
  msg: "",
  fields: {},
  benign: false,
});
const logs = (...seqs: number[]): Message => ({ kind: "logs", rows: seqs.map(event) });

function heldFeed() {
  const frames: (() => void)[] = [];
  const feed = new Feed({ schedule: (action) => void frames.push(action), now: () => 1 });
  return { feed, frames, draw: () => void frames.splice(0).map((frame) => frame()) };
}
const seqsOf = (feed: Feed) =>
  feed.snapshot().rows.map((row) => (row.kind === "event" ? row.event.seq : row.kind));

describe("frames", () => {
  test("known frames are read, others are passed over", () => {
    expect(readFrame("message", '{"type":"logs","data":[]}')).toEqual({ kind: "logs", rows: [] });
    expect(readFrame("gap", '{"from":3,"to":9,"count":7,"reason":"rate"}')).toEqual({
      kind: "gap",
      gap: { from: 3, to: 9, count: 7, reason: "rate" },
    });
    expect(
      readFrame("session.started", '{"topic":"sessions","type":"session.started","payload":{"a":1}}'),
    ).toEqual({ kind: "topic", type: "session.started", payload: { a: 1 } });
    expect(readFrame("message", '{"type":"later","data":1}')).toBeUndefined();
  });

  test("no text makes the reader throw", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("message", "gap", "reset", "bye", "x"),
        fc.oneof(fc.string(), fc.json()),
        (name, data) => {
          expect(() => readFrame(name, data)).not.toThrow();
        },
      ),
    );
  });
});

describe("the feed", () => {
  test("many frames become one change per animation frame, newest first", () => {
    const { feed, frames, draw } = heldFeed();
    let changes = 0;
    feed.subscribe(() => {
      changes += 1;
    });
    for (let seq = 1; seq <= 100; seq += 1) feed.receive([logs(seq)]);
    expect([changes, frames.length]).toEqual([0, 1]);
    draw();
    expect(changes).toBe(1);
    expect(seqsOf(feed).slice(0, 3)).toEqual([100, 99, 98]);
    expect(feed.snapshot().received).toBe(100);
  });

  test("the ring keeps the newest rows, and a hidden page's queue is no longer than the ring", () => {
    const { feed, draw } = heldFeed();
    for (let seq = 1; seq <= RING * 3; seq += 1) feed.receive([logs(seq)]);
    draw();
    expect(feed.snapshot().rows).toHaveLength(RING);
    expect(seqsOf(feed)[0]).toBe(RING * 3);
    expect(feed.snapshot().received).toBe(RING * 3);
  });

  test("a replay after a break shows no row twice", () => {
    const { feed, draw } = heldFeed();
    feed.receive([logs(1, 2, 3)]);
    draw();
    feed.receive([logs(2, 3, 4)]);
    draw();
    expect(seqsOf(feed)).toEqual([4, 3, 2, 1]);
  });

  test("store and stream join without hole or double, whichever comes first", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        fc.boolean(),
        (cut, back, drawn) => {
          const { feed, draw } = heldFeed();
          const first = Math.max(1, cut - back);
          // The stream began at `first`; the list was read when `cut` was the newest row.
          const listed = Array.from({ length: cut }, (_, index) => event(cut - index));
          feed.receive([logs(...Array.from({ length: 30 - first + 1 }, (_, index) => first + index))]);
          if (drawn) draw();
          feed.seed(listed);
          draw();
          expect(seqsOf(feed)).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index));
        },
      ),
    );
  });

  test("what was left out is marked where it is missing", () => {
    const { feed, draw } = heldFeed();
    feed.receive([
      logs(1),
      { kind: "gap", gap: { from: 2, to: 9, count: 8, reason: "slow_client" } },
      logs(10),
    ]);
    feed.receive([{ kind: "reset", reason: "too_old" }, logs(50)]);
    draw();
    expect(seqsOf(feed)).toEqual([50, "reset", 10, "gap", 1]);
  });
});

function fakeBrowser() {
  const opened: {
    url: string;
    fire: (name: string, data?: string, id?: string) => void;
    isClosed: boolean;
  }[] = [];
  const timers: { action: () => void; ms: number }[] = [];
  let now = 0;
  const parts: ConnectionParts = {
    open(url) {
      const listeners = new Map<string, (event: MessageEvent<string>) => void>();
      const entry = {
        url,
        isClosed: false,
        fire: (name: string, data = "", lastEventId = "") =>
          listeners.get(name)?.({ data, lastEventId } as MessageEvent<string>),
      };
      opened.push(entry);
      const source: Source = {
        addEventListener: (name, listener) => void listeners.set(name, listener),
        close: () => {
          entry.isClosed = true;
        },
      };
      return source;
    },
    setTimer: (action, ms) => {
      timers.push({ action, ms });
      return () => void timers.splice(0);
    },
    now: () => now,
    random: () => 0.5,
  };
  return { opened, timers, parts, pass: (ms: number) => void (now += ms) };
}

describe("the connection", () => {
  const start = (url = "/s?topics=logs") => {
    const browser = fakeBrowser();
    const messages: Message[] = [];
    const states: StreamState[] = [];
    const connection = connect(
      url,
      { onMessages: (more) => void messages.push(...more), onState: (state) => void states.push(state) },
      browser.parts,
    );
    return { ...browser, messages, states, connection };
  };

  test("after a break it says when it tries again and goes on behind the last frame", () => {
    const { opened, timers, states, messages } = start();
    opened[0]?.fire("open");
    opened[0]?.fire("message", '{"type":"logs","data":[]}', "7-41");
    opened[0]?.fire("error");
    expect(opened[0]?.isClosed).toBe(true);
    expect(states.at(-1)).toEqual({ phase: "waiting", retryAt: 1000 });
    timers[0]?.action();
    expect(opened[1]?.url).toBe("/s?topics=logs&lastEventId=7-41");
    expect(messages).toHaveLength(1);
  });

  test("each further failure waits longer, up to a bound", () => {
    const { opened, timers } = start();
    for (let round = 0; round < 8; round += 1) {
      opened.at(-1)?.fire("error");
      timers.at(-1)?.action();
    }
    expect(timers.map(({ ms }) => ms)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("a connection that held starts the waits anew", () => {
    const { opened, timers, pass } = start();
    opened.at(-1)?.fire("error");
    timers.at(-1)?.action();
    opened.at(-1)?.fire("open");
    pass(6000);
    opened.at(-1)?.fire("error");
    expect(timers.map(({ ms }) => ms)).toEqual([1000, 1000]);
  });

  test("goodbye to a session that is over is final, to a server that stops it is not", () => {
    const over = start();
    over.opened[0]?.fire("bye", '{"reason":"signed_out"}');
    expect(over.states.at(-1)).toEqual({ phase: "closed", reason: "signed_out" });
    over.opened[0]?.fire("error");
    expect(over.timers).toHaveLength(0);

    const stopping = start();
    stopping.opened[0]?.fire("bye", '{"reason":"stopping"}');
    stopping.opened[0]?.fire("error");
    expect(stopping.timers).toHaveLength(1);
  });

  test("disposal closes the source and tries no more", () => {
    const { connection, opened, timers } = start();
    connection[Symbol.dispose]();
    opened[0]?.fire("error");
    expect([opened[0]?.isClosed, timers.length]).toEqual([true, 0]);
  });
});
