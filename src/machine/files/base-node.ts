import type { FileKind } from "../contract.ts";
import type { Caller, WorldView } from "../model.ts";

/** Who asks: what `/proc` and the logs show depends on it. */
export interface ReadContext {
  readonly view: WorldView;
  readonly caller: Caller;
}

/**
 * An entry of the machine as installed, before any world changed it. Nodes are made when they are
 * asked for and hold nothing but an index; they are never written to.
 */
export interface BaseNode {
  readonly ino: number;
  readonly kind: FileKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly rdev?: { readonly major: number; readonly minor: number };
  mtime(context: ReadContext): number;
  size(context: ReadContext): number;
  target(context: ReadContext): string;
  lookup(name: string, context: ReadContext): BaseNode | undefined;
  names(context: ReadContext): readonly string[];
  readAt(offset: number, length: number, context: ReadContext): Uint8Array;
  /** Tunables and devices; an entry without it takes no writes in place. */
  write?(bytes: Uint8Array, context: ReadContext): void;
}
