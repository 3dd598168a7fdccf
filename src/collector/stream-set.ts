import type { SourceKind } from "#events/record.ts";
import type { Log } from "#kernel/log.ts";
import type { FrameBatch, SourceHost, SourceStream } from "./contract.ts";
import type { Counters } from "./counters.ts";
import { errorCode } from "./errors.ts";
import type { StreamRow } from "./state-store.ts";
import { type PipeShared, StreamPipe } from "./stream-pipe.ts";

export interface StreamSetOptions {
  readonly shared: PipeShared;
  readonly rows: readonly StreamRow[];
  readonly log: Log;
  readonly counters: Counters;
  readonly wake: () => void;
}

/** One stream's share of a turn while others wait. */
const SHARE_BYTES = 256 * 1024;

/** All streams that sources found, which of them may have bytes, and which of them the checkpoint does not know yet. */
export class StreamSet implements SourceHost {
  readonly pipes = new Map<string, StreamPipe>();
  /** Streams whose checkpoint is older than what was read. */
  readonly dirty = new Set<StreamPipe>();
  readonly removed = new Set<string>();
  readonly #options: StreamSetOptions;
  readonly #ready = new Set<SourceStream>();
  /** Rows of the checkpoint that no stream has claimed yet. */
  readonly #rows = new Map<string, StreamRow>();

  constructor(options: StreamSetOptions) {
    this.#options = options;
    for (const row of options.rows) this.#rows.set(row.key, row);
  }

  get waiting(): number {
    return this.#ready.size;
  }

  get hasChanges(): boolean {
    return this.dirty.size > 0 || this.removed.size > 0;
  }

  positionOf(key: string): string | undefined {
    return this.#rows.get(key)?.position;
  }

  keysOf(kind: SourceKind): readonly string[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind).map(({ key }) => key);
  }

  opened(stream: SourceStream): void {
    const pipe = new StreamPipe(stream, this.#options.shared);
    const row = this.#rows.get(stream.key);
    if (row !== undefined) pipe.restore(row.facts);
    this.#rows.delete(stream.key);
    this.removed.delete(stream.key);
    this.pipes.set(stream.key, pipe);
  }

  ready(stream: SourceStream): void {
    this.#ready.add(stream);
  }

  finished(stream: SourceStream): void {
    const pipe = this.pipes.get(stream.key);
    if (pipe === undefined) return;
    pipe.close();
    this.dirty.delete(pipe);
    this.pipes.delete(stream.key);
    this.#ready.delete(stream);
    this.removed.add(stream.key);
  }

  wake(): void {
    this.#options.wake();
  }

  /** Reads a share of each ready stream in turn until `take` has had enough. */
  turn(take: (pipe: StreamPipe, batch: FrameBatch) => boolean): void {
    for (const stream of this.#ready) {
      this.#ready.delete(stream);
      const pipe = this.pipes.get(stream.key);
      if (pipe === undefined) continue;
      const batch = this.#read(stream);
      if (batch === undefined) {
        pipe.hasDrained = true;
        continue;
      }
      this.#ready.add(stream); // behind all others
      this.dirty.add(pipe);
      if (!take(pipe, batch)) return;
    }
  }

  /** What the checkpoint has to note of the streams. */
  rows(): readonly { readonly stream: SourceStream; readonly row: StreamRow }[] {
    return [...this.dirty].map((pipe) => ({
      stream: pipe.stream,
      row: { key: pipe.stream.key, kind: pipe.stream.kind, position: pipe.position(), facts: pipe.state() },
    }));
  }

  committed(rows: ReturnType<StreamSet["rows"]>): void {
    this.dirty.clear();
    this.removed.clear();
    for (const { stream, row } of rows) {
      try {
        stream.committed(row.position);
      } catch (error) {
        this.#failed(stream, error);
      }
    }
  }

  close(): void {
    for (const pipe of this.pipes.values()) pipe.close();
  }

  #read(stream: SourceStream): FrameBatch | undefined {
    try {
      return stream.read(SHARE_BYTES);
    } catch (error) {
      this.#failed(stream, error);
      return undefined;
    }
  }

  #failed(stream: SourceStream, error: unknown): void {
    const count = ++this.#options.counters.sourceErrors;
    if (count % 100 !== 1) return;
    const fields = { source: stream.key, reason: errorCode(error), count };
    this.#options.log.warn(fields, "A source cannot be read; it is tried again.");
  }
}
