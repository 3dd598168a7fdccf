import { randomBytes } from "node:crypto";
import { encodeLine, type FieldValue, nextSequenceId } from "#events/encode.ts";
import type { Clock } from "#kernel/clock.ts";
import type { ConnectionLog, EventCatalogue, Severity } from "../contract.ts";
import { sourceOf } from "./address.ts";
import { cutToMaxima, type Maxima } from "./fields.ts";
import { SourceMap, TokenBucket } from "./rate.ts";
import type { Limits } from "./settings.ts";
import type { LineSink } from "./spool.ts";

export type Fields = Readonly<Record<string, FieldValue>>;

export interface Emitted {
  readonly type: string;
  readonly fields: Fields;
  readonly severity?: Severity | undefined;
  readonly msg?: string;
}

/**
 * One service's lines: numbered, encoded, handed to the sink. A line for which there is no room is lost,
 * but its number is used up, and `lines_lost` follows as soon as there is room.
 */
export class Emitter {
  readonly #sink: LineSink;
  readonly #clock: Clock;
  readonly #names: { readonly decky: string; readonly slug: string };
  readonly #sequence: boolean;
  readonly #maxima: Maxima;
  #last = 0;
  #lost = 0;
  /** Lines lost since start. */
  totalLost = 0;

  constructor(options: {
    readonly sink: LineSink;
    readonly clock: Clock;
    readonly decky: string;
    readonly slug: string;
    readonly sequence: boolean;
    readonly maxima: Maxima;
  }) {
    this.#sink = options.sink;
    this.#clock = options.clock;
    this.#names = options;
    this.#sequence = options.sequence;
    this.#maxima = options.maxima;
    this.#sink.onRoom(() => this.#tellLost());
  }

  emit(event: Emitted): void {
    if (this.#lost > 0) this.#tellLost();
    if (this.#write(event)) return;
    this.#lost += 1;
    this.totalLost += 1;
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const count = this.#lost;
    this.#lost = 0;
    if (!this.#write({ type: "lines_lost", fields: { count }, severity: "warning" })) this.#lost = count;
  }

  #write(event: Emitted): boolean {
    this.#last = nextSequenceId(this.#last);
    const line = encodeLine({
      ...(event.severity === undefined ? {} : { severity: event.severity }),
      timestampNs: this.#clock.nowNs(),
      hostname: this.#names.decky,
      app: this.#names.slug,
      type: event.type,
      fields: cutToMaxima(event.fields, this.#maxima.get(event.type)),
      ...(event.msg === undefined ? {} : { msg: event.msg }),
      ...(this.#sequence ? { sequenceId: this.#last } : {}),
    });
    return this.#sink.write(Buffer.from(`${line}\n`));
  }
}

/** Events that close or open something elsewhere: never held back. */
const essential: ReadonlySet<string> = new Set([
  "connect",
  "disconnect",
  "session_started",
  "session_recorded",
  "session_skipped",
]);

/** Events a second per source, shared by all services of a decky. */
export class EventBudget {
  readonly #sources: SourceMap<TokenBucket>;
  readonly #clock: Clock;
  readonly perConnection: number;

  constructor(limits: Limits, clock: Clock) {
    this.#clock = clock;
    this.perConnection = limits.eventsPerConnection;
    this.#sources = new SourceMap<TokenBucket>({
      max: 4_096,
      make: () => new TokenBucket(limits.eventsPerSourcePerSecond, limits.eventsPerSourceBurst, clock.now()),
      mayForget: (bucket) => bucket.isFull(clock.now()),
    });
  }

  take(source: string): boolean {
    return this.#sources.of(source).take(this.#clock.now());
  }
}

/** Former names of the source address, kept so that saved searches go on working. */
const aliases: Readonly<Record<string, "src" | "remote_addr">> = {
  ...Object.fromEntries(
    [
      "smtp",
      "imap",
      "pop3",
      "mysql",
      "postgres",
      "mssql",
      "mongodb",
      "redis",
      "elasticsearch",
      "ldap",
      "vnc",
      "snmp",
      "tftp",
      "sip",
      "mqtt",
      "llmnr",
      "dns",
    ].map((slug) => [slug, "src"] as const),
  ),
  http: "remote_addr",
  https: "remote_addr",
  docker_api: "remote_addr",
  k8s: "remote_addr",
};

export interface Peer {
  readonly ip: string;
  readonly port: number;
  readonly localPort: number;
}

/**
 * Binds identity to a connection's events. What the catalogue calls `repeats` is how many events of this
 * connection were held back since the last one that was sent.
 */
export class BoundLog {
  readonly conn: string = randomBytes(8).toString("hex");
  readonly #emitter: Emitter;
  readonly #budget: EventBudget;
  readonly #source: string;
  readonly #identity: Fields;
  #sent = 0;
  #held = 0;
  /** Events held back on this connection. */
  suppressed = 0;

  constructor(emitter: Emitter, budget: EventBudget, slug: string, peer: Peer) {
    this.#emitter = emitter;
    this.#budget = budget;
    this.#source = sourceOf(peer.ip);
    const alias = aliases[slug];
    this.#identity = {
      src_ip: peer.ip,
      ...(alias === undefined ? {} : { [alias]: peer.ip }),
      src_port: peer.port,
      dst_port: peer.localPort,
      conn: this.conn,
    };
  }

  emit(event: Emitted, sid?: string): void {
    if (!essential.has(event.type) && !this.#admit()) {
      this.#held += 1;
      this.suppressed += 1;
      return;
    }
    const own = event.fields["repeats"];
    const sum = this.#held + (typeof own === "number" ? own : 0);
    const repeats = sum === 0 ? undefined : sum;
    this.#held = 0;
    // The port that an event is about stands before the one it came in by; whose event it is does not.
    const wanted = event.fields["dst_port"];
    const reached = wanted === undefined ? {} : { dst_port: wanted };
    this.#emitter.emit({
      ...event,
      fields: { ...event.fields, ...this.#identity, ...reached, sid, repeats },
    });
  }

  #admit(): boolean {
    if (this.#sent >= this.#budget.perConnection || !this.#budget.take(this.#source)) return false;
    this.#sent += 1;
    return true;
  }

  /** The view a decoy gets; its fields were checked by the compiler. */
  view<E extends EventCatalogue>(sid?: string): ConnectionLog<E> {
    return {
      conn: this.conn,
      emit: (type, fields, severity) => this.emit({ type, fields: fields as Fields, severity }, sid),
      inSession: (session) => this.view(session),
    };
  }
}
