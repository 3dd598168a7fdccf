import type { SessionCommandsTable, SessionsTable } from "#store/schema.ts";

type Plain<T> = { -readonly [K in keyof T]: T[K] extends { readonly __select__: infer S } ? S : T[K] };

/** A row of `sessions` while it is folded; column types as they are read. */
export type Session = Plain<SessionsTable>;

export type CommandRow = Plain<SessionCommandsTable>;

export interface CommandEnd {
  readonly sessionId: string;
  readonly decoyN: number;
  readonly exitCode: number;
}

/** What happened to a session that others must be told. */
export type Notice =
  | { readonly kind: "started"; readonly session: Session }
  | { readonly kind: "ended"; readonly session: Session };

export interface RecordingStart {
  readonly kind: "start";
  readonly decky: string;
  readonly service: string;
  readonly sid: string;
  readonly shard: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly startedAt: number;
}

export interface RecordingEnd {
  readonly kind: "end";
  readonly decky: string;
  readonly service: string;
  readonly sid: string;
  readonly state: "complete" | "lost";
  readonly bytes: number | null;
  readonly truncated: number;
}

/** Consequences of folding, in order; the writer carries them out. */
export interface Effects {
  command(row: CommandRow): void;
  commandEnd(end: CommandEnd): void;
  recording(change: RecordingStart | RecordingEnd): void;
  notice(notice: Notice): void;
  /** A session that was not there before. */
  made(): void;
  opened(): void;
  closed(): void;
}

export const SECOND_US = 1_000_000;

export interface SessionLimits {
  /** Silence after which a contact without recorder and connection is another one. */
  readonly gapUs: number;
  readonly udpGapUs: number;
  /** Silence after which an open session counts as lost. */
  readonly lostUs: number;
}

/** The longest a contact without recorder and connection lasts. */
export const LONGEST_CONTACT_US = 24 * 3600 * SECOND_US;

/** Events so soon after an end belong to what ended. */
export const AFTER_END_US = 60 * SECOND_US;

const UDP: ReadonlySet<string> = new Set(["snmp", "tftp", "llmnr", "dns", "ntp", "ssdp", "coap", "sip"]);

export const gapOf = (service: string, limits: SessionLimits): number =>
  UDP.has(service) ? limits.udpGapUs : limits.gapUs;

/** A contact that nothing but time can end. */
export const isContactOnly = (session: Session): boolean => session.sid === null && session.conn === null;
