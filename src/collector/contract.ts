import type { SourceKind } from "#events/record.ts";

export type StreamName = "stdout" | "stderr";

/** A place in nanoseconds since 1970, in two numbers because one double cannot hold it. */
export interface FrameOrigin {
  readonly second: number;
  readonly nano: number;
  /** Tells apart what the same nanosecond names twice: the number of the file. */
  readonly ordinal: number;
}

/** Bytes as a source gave them. They stay valid until the next call of `read`. */
export interface Frame {
  readonly stream: StreamName;
  /** RFC 3339, nine digits. `undefined`: the source has no clock, the arrival of each line counts. */
  readonly stamp: string | undefined;
  readonly bytes: Uint8Array;
  /** For sources that count their own bytes: the name of the first byte; each further byte counts one nanosecond. */
  readonly origin: FrameOrigin | undefined;
}

export interface SourceGap {
  readonly reason:
    | "rotated_away"
    | "history_mismatch"
    | "corrupt"
    | "missed_rotation"
    | "no_follow"
    | "spool_lost";
  readonly from: string;
  readonly to: string;
  readonly bytes?: number;
}

export interface FrameBatch {
  readonly frames: readonly Frame[];
  /** A hole in front of these frames. */
  readonly gap?: SourceGap;
  /** The text ends behind these frames: what has no LF is a line of its own. */
  readonly ended: boolean;
}

/**
 * One history of lines: a container's log, one run of a decoy process. It may be read again from any position it
 * gave; the same frame read again has the same identity and the same bytes.
 */
export interface SourceStream {
  /** Stable name; ids of lines are made from it and the checkpoint is kept under it. */
  readonly key: string;
  readonly kind: SourceKind;
  /** What the host knows, never what a line says. */
  readonly decky: string;
  readonly service: string;
  /** For `source` of its records. */
  readonly container?: string;
  readonly name?: string;
  /**
   * How text continues in the next frame of a stream: `always` (a file), or only under the `same_stamp` (an engine
   * that gives all pieces of one line one stamp).
   */
  readonly joins: "always" | "same_stamp";
  /** The next frames, about `budget` bytes at most; `undefined` = nothing at present. */
  read(budget: number): FrameBatch | undefined;
  /** The place `unfinished` bytes before the end of what was given, as text for `open`. */
  position(unfinished: number): string;
  /** This position is in the checkpoint now: what lies before it is not needed again. */
  committed(position: string): void;
  close(): void;
}

/** What a source tells the collector; called from `poll` or from its own events. */
export interface SourceHost {
  /** The position of the last checkpoint, `undefined` for a stream not seen before. */
  positionOf(key: string): string | undefined;
  /** Keys of this kind in the checkpoint, so that what has vanished meanwhile can be told. */
  keysOf(kind: SourceKind): readonly string[];
  opened(stream: SourceStream): void;
  /** There may be something to read. */
  ready(stream: SourceStream): void;
  /** Its history has been delivered and is over: the checkpoint forgets it. */
  finished(stream: SourceStream): void;
  /** Something became ready outside of `poll`. */
  wake(): void;
}

/** Finds streams of one kind and keeps finding them. Nothing here ever ends the collector. */
export interface Source extends Disposable {
  readonly kind: SourceKind;
  /** Looks around; errors of single streams are states, not exceptions. @returns milliseconds until the next look */
  poll(now: number): number;
  /** Streams that should be followed, and those that are. */
  status(): { readonly expected: number; readonly streaming: number };
}
