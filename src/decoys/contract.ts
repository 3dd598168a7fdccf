import type { Duplex } from "node:stream";
import type * as z from "zod";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { Machine } from "#machine/contract.ts";
import type { Persona } from "./persona.ts";

/** Event type → schema of its own fields (those that `open()` adds are not listed). */
export type EventCatalogue = Readonly<Record<string, z.ZodObject>>;

export type EventFields<E extends EventCatalogue, T extends keyof E> = z.input<E[T]>;

export interface PortDeclaration {
  readonly port: number;
  readonly proto: "tcp" | "udp";
  readonly tls?: boolean;
  readonly purpose: string;
}

/** Emits for one connection. Identity is bound at accept: a decoy can neither state nor change it. */
export interface ConnectionLog<E extends EventCatalogue> {
  /** 16 hex digits, random per connection. */
  readonly conn: string;
  emit<T extends keyof E & string>(type: T, fields: EventFields<E, T>, severity?: Severity): void;
  /** A log whose events also carry `sid`. */
  inSession(sid: string): ConnectionLog<E>;
}

export type Severity = "info" | "notice" | "warning" | "error";

/** A socket whose limits the runtime owns: caps, deadlines, byte budgets, idle time. */
export interface Connection<E extends EventCatalogue> {
  /** Bytes to and from the peer. Writes respect back-pressure. */
  readonly socket: Duplex;
  readonly remote: { readonly ip: string; readonly port: number };
  readonly local: { readonly ip: string; readonly port: number };
  readonly log: ConnectionLog<E>;
  /** Absolute deadline of the present stage, replacing the former; `undefined` = only idle and total apply. */
  stage(name: string, deadlineMs: number | undefined): void;
  /** Called when a deadline or budget ends the connection, before the socket is destroyed: a last answer. */
  onLimit(listener: (limit: string) => void): void;
  /** Aborts when the connection is over, for whatever reason. */
  readonly signal: AbortSignal;
  end(reason: "client" | "timeout" | "limit" | "server" | "reset"): void;
}

export interface SocketLimits {
  readonly perService: number;
  readonly perSource: number;
  readonly newPerSourcePerSecond: number;
  readonly newPerSourceBurst: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Sent before a connection over the caps is closed, as the real daemon does; default: nothing. */
  readonly refusal?: Uint8Array;
}

/** Records one terminal or command session as shard lines in the drop folder. */
export interface SessionRecorder {
  input(bytes: Uint8Array): void;
  output(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** @returns what `session_recorded` or `session_skipped` must say. */
  close(): { readonly bytes: number; readonly truncated: boolean; readonly skipped?: string };
}

export interface Quarantine {
  /**
   * Stores captured bytes in the drop folder (write, fsync, rename).
   * @returns facts for `file_captured`, or why nothing was kept.
   */
  save(
    bytes: Uint8Array,
    name: string,
    /** Whose file it is: caps per session and per source and day. */
    owner?: { readonly sid?: string; readonly ip?: string },
  ):
    | { readonly storedAs: string; readonly sha256: string; readonly size: number; readonly known: boolean }
    | { readonly skipped: "size" | "quota" | "disk" | "rate"; readonly size: number };
}

/** Deterministic generator: same decky and purpose, same values for ever. */
export interface Seeded {
  /** 0 ≤ x < 1 */
  next(): number;
  integer(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

export interface DecoyContext<P, E extends EventCatalogue> {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock: Clock;
  /** This service's validated options. */
  readonly options: P;
  readonly persona: Persona;
  readonly machine: Machine;
  random(purpose: string): Seeded;
  /** Folder for keys and certificates of this service; exists. */
  readonly stateDir: string;
  /** Listens on a declared port with the runtime's limits; every accepted socket emits `connect`. */
  listenTcp(
    declared: PortDeclaration,
    serve: (connection: Connection<E>) => void,
    limits?: Partial<SocketLimits>,
  ): Promise<void>;
  record(session: {
    readonly sid: string;
    readonly columns: number;
    readonly rows: number;
    readonly shell: string;
    readonly term: string;
  }): SessionRecorder;
  readonly quarantine: Quarantine;
}

export interface Decoy<S extends string, P extends z.ZodObject, E extends EventCatalogue> {
  /** Folder name, APP-NAME, `service` of every record. */
  readonly slug: S;
  readonly title: string;
  /** This service's options; unknown keys are errors. */
  readonly persona: P;
  readonly events: E;
  /** Exactly what will be bound. */
  ports(options: Readonly<z.output<P>>): readonly PortDeclaration[];
  /** Resolves once every port listens. Everything it holds ends with `context.signal`. */
  listen(context: DecoyContext<Readonly<z.output<P>>, E>): Promise<AsyncDisposable>;
}

/** An identity function; it is here so that `persona` and `events` infer the types of `listen`. */
export const defineDecoy = <const S extends string, P extends z.ZodObject, const E extends EventCatalogue>(
  decoy: Decoy<S, P, E>,
): Decoy<S, P, E> => decoy;
