import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Subscription } from "#bus/contract.ts";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import { matchesTerms } from "#store/repositories/event-match.ts";
import type { EventRow } from "#store/repositories/event-row.ts";
import type { OutboxRow } from "#store/repositories/outbox-read.ts";
import type { Authentication } from "../auth/authentication.ts";
import type { ApiDeps } from "../deps.ts";
import { ProblemError } from "../errors.ts";
import { readTotals } from "../stats/totals.ts";
import type { StreamClient } from "./client.ts";
import {
  controlFrame,
  cutRows,
  gapFrame,
  logsFrame,
  type OutFrame,
  outboxFrame,
  outboxTopic,
  spanOf,
  statsFrame,
} from "./frame.ts";
import { Checkpoints, type Positions, Ring, type RingFrame } from "./ring.ts";

const MAX_CLIENTS = 200;
const TICK_MS = 100;
const FALLBACK_MS = 1000;
const BLOCKED_MS = 30_000;
const HEARTBEAT_MS = 15_000;
/** With the 3 s that a session row is believed, a change made elsewhere ends a stream within 5 s. */
const CHECK_MS = 1_500;
const IDLE_MS = 60_000;
/** Rows of one look; more than this much behind, the tail jumps and says so. */
const BATCH = 2000;
const MAX_BEHIND = 20_000;
const RATE_PER_S = 2000;
const MAX_REPLAY = 5000;
const REPLAY_BATCH = 500;

export interface HubDeps extends Pick<ApiDeps, "store" | "bus" | "deckies"> {
  readonly authentication: Authentication;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a client stopped reading. */
interface Resume extends Positions {
  readonly n: number;
  readonly exact: boolean;
}

/**
 * One reader of the events table and the outbox for all viewers: each batch is read once, made into frames once, and
 * the same bytes go to every client without a search.
 */
export class StreamHub {
  readonly #deps: HubDeps;
  readonly #perUser: number;
  readonly #epoch = randomBytes(4).toString("hex");
  readonly #clients = new Set<StreamClient>();
  /** Those who have taken their place in the order of frames. */
  readonly #live = new Set<StreamClient>();
  readonly #ring = new Ring();
  readonly #checkpoints = new Checkpoints();
  #n = 0;
  #at: Positions = { seq: 0, outboxSeq: 0 };
  #tailing = false;
  #lastClientAt = 0;
  #starting: Promise<void> | undefined;
  #tokens = RATE_PER_S;
  #tokensAt = 0;
  #wake = new AbortController();
  #hinted = false;
  #statsText = "";
  #statsAt = 0;
  #failures = 0;
  #stopped = false;
  /** Since the start: looks at the store, frames built, events that slow clients lost. */
  readonly counters = { looks: 0, frames: 0, dropped: 0 };

  constructor(deps: HubDeps, perUser: number) {
    this.#deps = deps;
    this.#perUser = perUser;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** @throws {ProblemError} capacity; answered before any header of the stream */
  reserve(userUuid: string): void {
    const own = [...this.#clients].filter(({ options }) => options.caller.user.uuid === userUuid).length;
    if (own >= this.#perUser)
      throw new ProblemError("capacity", `A user may hold ${this.#perUser} live streams open.`);
    if (this.#clients.size >= MAX_CLIENTS || this.#stopped)
      throw new ProblemError("capacity", `The server holds ${MAX_CLIENTS} live streams open.`);
  }

  /** Takes a client in and sends what it missed after `lastEventId`. */
  async attach(client: StreamClient, lastEventId: string | undefined, signal: AbortSignal): Promise<void> {
    this.#clients.add(client);
    signal.addEventListener("abort", () => this.#detach(client), { once: true });
    client.hold();
    try {
      await this.#startTail();
      if (this.#statsText !== "" && client.options.topics.has("stats"))
        await client.sendDirect(Buffer.from(this.#statsText), signal);
      if (signal.aborted) return;
      // From here on the client is given live frames; what it missed up to here goes out before them.
      this.#live.add(client);
      if (lastEventId !== undefined) await this.#catchUp(client, lastEventId, signal);
      client.release();
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.log.warn({ error }, "A live stream could not be resumed.");
      client.close("error", "unavailable");
    }
  }

  /** Tails until the signal aborts, then says goodbye to everybody. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = this.#deps.authentication.onEnded((userUuid) => void this.#check(userUuid));
    const subscriptions = await Promise.all(
      ["system.log", "outbox.ready"].map((pattern) => this.#deps.bus.subscribe(pattern)),
    );
    for (const subscription of subscriptions) void this.#listen(subscription);
    let heartbeatAt = 0;
    let checkAt = 0;
    try {
      while (!signal.aborted) {
        await this.#look();
        const now = this.#deps.clock.now();
        this.#dropBlocked(now);
        if (now - heartbeatAt >= HEARTBEAT_MS) {
          heartbeatAt = now;
          for (const client of this.#clients) client.heartbeat();
        }
        if (now - checkAt >= CHECK_MS) {
          checkAt = now;
          await this.#check(null);
        }
        await this.#pause(signal);
      }
    } finally {
      this.#stopped = true;
      ended[Symbol.dispose]();
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      for (const client of this.#clients) client.close("bye", "stopping");
    }
  }

  async #listen(subscription: Subscription): Promise<void> {
    for await (const message of subscription) {
      void message;
      this.#hint();
    }
  }

  #hint(): void {
    this.#hinted = true;
    this.#wake.abort();
  }

  /** At least 100 ms, so that a batch is built once; then until a hint or the fallback. */
  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(TICK_MS, undefined, { signal }).catch(() => {});
    this.#wake = new AbortController();
    if (!this.#hinted) {
      const stop = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(FALLBACK_MS - TICK_MS, undefined, { signal: stop }).catch(() => {});
    }
    this.#hinted = false;
  }

  #detach(client: StreamClient): void {
    this.#live.delete(client);
    if (!this.#clients.delete(client)) return;
    this.counters.dropped += client.dropped;
    this.#lastClientAt = this.#deps.clock.now();
  }

  /** With nobody watching, nothing is read; the first viewer starts the tail at the present end. */
  async #startTail(): Promise<void> {
    if (this.#tailing) return;
    this.#starting ??= (async () => {
      const [seq, outboxSeq] = await Promise.all([
        this.#deps.store.eventsRead.newestSeq(),
        this.#deps.store.outboxRead.newestSeq(),
      ]);
      this.#ring.clear();
      this.#at = { seq, outboxSeq };
      this.#n += 1;
      this.#checkpoints.set(this.#n, this.#at);
      this.#tailing = true;
    })().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
    this.#hint();
  }

  async #look(): Promise<void> {
    const now = this.#deps.clock.now();
    if (this.#clients.size === 0) {
      if (now - this.#lastClientAt > IDLE_MS) this.#tailing = false;
      if (!this.#tailing) return;
    }
    if (!this.#tailing) return;
    try {
      this.counters.looks += 1;
      const { eventsRead, outboxRead } = this.#deps.store;
      const rows = await eventsRead.after(this.#at.seq, BATCH);
      if (rows.length > 0) await this.#tellEvents(rows, now);
      for (const row of await outboxRead.after(this.#at.outboxSeq, REPLAY_BATCH)) this.#tellOutbox(row, now);
      await this.#tellStats(now);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures % 100 === 1)
        this.#deps.log.warn({ error, failures: this.#failures }, "The live stream cannot read the store.");
    }
  }

  async #tellEvents(rows: readonly EventRow[], now: number): Promise<void> {
    if (rows.length === BATCH) {
      const newest = await this.#deps.store.eventsRead.newestSeq();
      const last = rows.at(-1)?.seq ?? 0;
      if (newest - last > MAX_BEHIND) return this.#jump(newest, now);
      this.#hinted = true;
    }
    this.#tokens = Math.min(RATE_PER_S, this.#tokens + ((now - this.#tokensAt) / 1000) * RATE_PER_S);
    this.#tokensAt = now;
    const left = Math.max(0, rows.length - Math.floor(this.#tokens));
    this.#tokens -= rows.length - left;
    if (left > 0) this.#tellRows(rows.slice(0, left), true, now);
    for (const part of cutRows(rows.slice(left))) this.#tellRows(part, false, now);
  }

  #jump(newest: number, now: number): void {
    const from = this.#at.seq + 1;
    this.#next({ seq: newest, outboxSeq: this.#at.outboxSeq });
    const gap = { from, to: newest, count: newest - from + 1, reason: "rate" as const };
    const frame: OutFrame = { bytes: gapFrame(gap, this.#id()), span: null };
    this.#publish({ n: this.#n, topic: "logs", at: now, admin: frame, viewer: frame }, null);
  }

  /** @param isLeftOut those who see everything are told of a gap instead, those who search still see all they ask */
  #tellRows(rows: readonly EventRow[], isLeftOut: boolean, now: number): void {
    const span = spanOf(rows);
    this.#next({ seq: span.to, outboxSeq: this.#at.outboxSeq });
    const id = this.#id();
    const render = (withSecrets: boolean): OutFrame =>
      isLeftOut
        ? { bytes: gapFrame({ ...span, reason: "rate" }, id), span: null }
        : { bytes: logsFrame(id, rows, withSecrets), span };
    const admin = render(true);
    const viewer = render(false);
    const same = admin.bytes.equals(viewer.bytes);
    this.#publish({ n: this.#n, topic: "logs", at: now, admin, viewer: same ? admin : viewer }, rows);
  }

  #tellOutbox(row: OutboxRow, now: number): void {
    this.#next({ seq: this.#at.seq, outboxSeq: row.seq });
    const topic = outboxTopic(row);
    const frame: OutFrame = {
      bytes: topic === null ? Buffer.alloc(0) : outboxFrame(this.#id(), row),
      span: null,
    };
    // A row that nobody is told still moves the position: as an empty frame of a topic that is never sent.
    this.#publish({ n: this.#n, topic: topic ?? "stats", at: now, admin: frame, viewer: frame }, null);
  }

  async #tellStats(now: number): Promise<void> {
    if (now - this.#statsAt < FALLBACK_MS) return;
    const clients = [...this.#live].filter(({ options }) => options.topics.has("stats"));
    if (clients.length === 0) return;
    this.#statsAt = now;
    const text = statsFrame(await readTotals(this.#deps)).toString();
    if (text === this.#statsText) return;
    this.#statsText = text;
    for (const client of clients) client.send({ bytes: Buffer.from(text), span: null });
  }

  #next(at: Positions): void {
    this.#n += 1;
    this.#at = at;
    this.#checkpoints.set(this.#n, at);
  }

  #id(): string {
    return `${this.#epoch}-${this.#n}`;
  }

  #publish(frame: RingFrame, rows: readonly EventRow[] | null): void {
    this.#ring.push(frame);
    this.counters.frames += 1;
    if (frame.admin.bytes.length === 0) return;
    const searched = new Map<string, OutFrame | null>();
    for (const client of this.#live) {
      const { topics, terms, withSecrets, filterKey } = client.options;
      if (!topics.has(frame.topic)) continue;
      let out: OutFrame | null | undefined = withSecrets ? frame.admin : frame.viewer;
      if (terms !== null && rows !== null) {
        out = searched.get(filterKey);
        if (out === undefined) {
          out = renderMatching(this.#id(), rows, client);
          searched.set(filterKey, out);
        }
      }
      if (out !== null) client.send(out);
    }
  }

  #dropBlocked(now: number): void {
    for (const client of this.#clients) if (client.blockedFor(now) > BLOCKED_MS) client.destroy();
  }

  /** Closes streams whose session is over or whose role has changed. @param userUuid null = everybody's */
  async #check(userUuid: string | null): Promise<void> {
    const concerned = [...this.#clients].filter(
      ({ options }) => userUuid === null || options.caller.user.uuid === userUuid,
    );
    for (const client of concerned) {
      const isValid = await this.#deps.authentication.isStillValid(client.options.caller).catch(() => true);
      if (!isValid) client.close("bye", "signed_out");
    }
  }

  async #catchUp(client: StreamClient, lastEventId: string, signal: AbortSignal): Promise<void> {
    const from = this.#resumeAt(lastEventId);
    if (from === "unknown_epoch" || from === "too_old")
      return client.sendDirect(controlFrame("reset", from), signal);
    const inRing = client.options.terms === null && from.exact ? this.#ring.after(from.n) : null;
    if (inRing !== null || from.n === this.#n) {
      for (const frame of inRing ?? []) {
        if (!client.options.topics.has(frame.topic)) continue;
        const { bytes } = client.options.withSecrets ? frame.admin : frame.viewer;
        if (bytes.length > 0) await client.sendDirect(bytes, signal);
      }
      return;
    }
    const until = this.#at;
    if (until.seq - from.seq > MAX_REPLAY) return client.sendDirect(controlFrame("reset", "too_old"), signal);
    await this.#replay(client, from, until, signal);
  }

  /** From the store, up to where the live frames in the queue begin. */
  async #replay(client: StreamClient, from: Resume, until: Positions, signal: AbortSignal): Promise<void> {
    const { eventsRead, outboxRead } = this.#deps.store;
    const { topics, terms, withSecrets } = client.options;
    const place = (at: Positions): string => `${this.#epoch}-${from.n}.${at.seq}.${at.outboxSeq}`;
    let { seq, outboxSeq } = from;
    while (seq < until.seq && topics.has("logs")) {
      const rows = (await eventsRead.after(seq, REPLAY_BATCH)).filter((row) => row.seq <= until.seq);
      if (rows.length === 0) break;
      for (const part of cutRows(rows)) {
        seq = spanOf(part).to;
        const shown = terms === null ? part : part.filter((row) => matchesTerms(row, terms));
        if (shown.length > 0)
          await client.sendDirect(logsFrame(place({ seq, outboxSeq }), shown, withSecrets), signal);
      }
    }
    while (outboxSeq < until.outboxSeq) {
      const rows = (await outboxRead.after(outboxSeq, REPLAY_BATCH)).filter(
        (row) => row.seq <= until.outboxSeq,
      );
      if (rows.length === 0) return;
      for (const row of rows) {
        outboxSeq = row.seq;
        const topic = outboxTopic(row);
        if (topic !== null && topics.has(topic))
          await client.sendDirect(outboxFrame(place({ seq: until.seq, outboxSeq }), row), signal);
      }
    }
  }

  #resumeAt(lastEventId: string): Resume | "unknown_epoch" | "too_old" {
    const parts = /^([0-9a-f]{8})-(\d{1,15})(?:\.(\d{1,15})\.(\d{1,15}))?$/u.exec(lastEventId);
    if (parts === null || parts[1] !== this.#epoch) return "unknown_epoch";
    const n = Number(parts[2]);
    if (n > this.#n) return "unknown_epoch";
    const at = this.#checkpoints.get(n);
    if (at === null) return "too_old";
    return parts[3] === undefined
      ? { n, ...at, exact: true }
      : { n, seq: Number(parts[3]), outboxSeq: Number(parts[4]), exact: false };
  }
}

function renderMatching(id: string, rows: readonly EventRow[], { options }: StreamClient): OutFrame | null {
  const { terms, withSecrets } = options;
  const matching = terms === null ? rows : rows.filter((row) => matchesTerms(row, terms));
  return matching.length === 0
    ? null
    : { bytes: logsFrame(id, matching, withSecrets), span: spanOf(matching) };
}
