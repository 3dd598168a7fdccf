import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#kernel/clock.ts";
import type { Log } from "#kernel/log.ts";
import type { SessionRecorder } from "../contract.ts";
import { AppendQueue, closeAppend, openAppend } from "./append-file.ts";
import { textOf } from "./fields.ts";
import { TokenBucket } from "./rate.ts";
import type { Limits } from "./settings.ts";
import { Utf8Chunks } from "./utf8-chunks.ts";

/** Bytes of shard lines that wait for the disk, for all sessions of a service. */
const QUEUE_BYTES = 16 * 1024 * 1024;
/** Output beyond this rate is left out of the recording, with a marker. */
const OUTPUT_BYTES_PER_SECOND = 2 * 1024 * 1024;
/** Longest text of one shard line; longer chunks become several. */
const LINE_BYTES = 65_536;
const DISK_CHECK_MS = 5_000;

export interface RecordedSession {
  readonly sid: string;
  readonly columns: number;
  readonly rows: number;
  readonly shell: string;
  readonly term: string;
}

/** Free space of a file system, looked at every 5 s at most. */
export class DiskGauge {
  readonly #path: string;
  readonly #need: number;
  readonly #now: () => number;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #enough = true;

  constructor(path: string, need: number, now: () => number) {
    this.#path = path;
    this.#need = need;
    this.#now = now;
  }

  hasRoom(): boolean {
    if (this.#now() - this.#checkedAt >= DISK_CHECK_MS) {
      this.#checkedAt = this.#now();
      this.#enough = this.#look();
    }
    return this.#enough;
  }

  #look(): boolean {
    try {
      const { bavail, bsize } = statfsSync(this.#path);
      return bavail * bsize >= this.#need;
    } catch {
      return false;
    }
  }
}

/** Shard files of one service: `<dropDir>/<slug>/transcripts/sessions-<UTC date>.jsonl`, one JSON object a line. */
export class Transcripts {
  readonly #dir: string;
  readonly #queue = new AppendQueue({ maxBytes: QUEUE_BYTES });
  readonly #deps: { readonly clock: Clock; readonly log: Log; readonly limits: Limits };
  readonly #disk: DiskGauge;
  readonly #open = new Map<string, number>();

  constructor(dir: string, deps: { clock: Clock; log: Log; limits: Limits }) {
    this.#dir = join(dir, "transcripts");
    this.#deps = deps;
    mkdirSync(this.#dir, { recursive: true });
    this.#disk = new DiskGauge(this.#dir, deps.limits.freeDiskBytes, () => deps.clock.now());
  }

  record(session: RecordedSession): SessionRecorder {
    if (!this.#disk.hasRoom()) return skipped("disk_pressure");
    const startedAt = this.#deps.clock.now();
    let fd: number;
    try {
      fd = this.#shard(new Date(startedAt).toISOString().slice(0, 10));
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, "A session shard cannot be opened.");
      return skipped("shard_open_failed");
    }
    return new Recording(session, {
      write: (line) => this.#disk.hasRoom() && this.#queue.push(fd, line),
      clock: this.#deps.clock,
      startedAt,
      maxBytes: this.#deps.limits.recordingBytes,
    });
  }

  /** A session stays in the shard of its start date; at most two dates are open at once. */
  #shard(date: string): number {
    const known = this.#open.get(date);
    if (known !== undefined) return known;
    const fd = openAppend(join(this.#dir, `sessions-${date}.jsonl`), 0o640);
    this.#open.set(date, fd);
    const [oldest] = this.#open;
    if (this.#open.size > 2 && oldest !== undefined) {
      closeAppend(oldest[1]);
      this.#open.delete(oldest[0]);
    }
    return fd;
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#queue.drain(deadlineMs);
    for (const fd of this.#open.values()) closeAppend(fd);
    this.#open.clear();
  }
}

const skipped = (reason: string): SessionRecorder => ({
  input: () => {},
  output: () => {},
  resize: () => {},
  close: () => ({ bytes: 0, truncated: false, skipped: reason }),
});

interface RecordingDeps {
  readonly write: (line: Buffer) => boolean;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly maxBytes: number;
}

class Recording implements SessionRecorder {
  readonly #sid: string;
  readonly #deps: RecordingDeps;
  readonly #startedAt = performance.now();
  readonly #chunks = { i: new Utf8Chunks(), o: new Utf8Chunks() };
  readonly #burst: TokenBucket;
  #bytes = 0;
  #dropped = 0;
  #truncated = false;
  #closed = false;

  constructor(session: RecordedSession, deps: RecordingDeps) {
    this.#sid = session.sid;
    this.#deps = deps;
    this.#burst = new TokenBucket(OUTPUT_BYTES_PER_SECOND, OUTPUT_BYTES_PER_SECOND, deps.clock.now());
    this.#line({
      hdr: {
        version: 2,
        width: session.columns,
        height: session.rows,
        timestamp: Math.floor(deps.startedAt / 1_000),
        env: { SHELL: session.shell, TERM: session.term },
      },
    });
  }

  input(bytes: Uint8Array): void {
    this.#take("i", bytes);
  }

  output(bytes: Uint8Array): void {
    if (!this.#burst.take(this.#deps.clock.now(), bytes.length)) {
      this.#dropped += bytes.length;
      return;
    }
    if (this.#dropped > 0) {
      this.#event("o", { d: "", dropped: this.#dropped });
      this.#dropped = 0;
    }
    this.#take("o", bytes);
  }

  resize(columns: number, rows: number): void {
    this.#event("r", { d: `${columns}x${rows}` });
  }

  close(): { bytes: number; truncated: boolean } {
    if (!this.#closed) {
      for (const channel of ["i", "o"] as const) this.#write(channel, this.#chunks[channel].end());
      if (this.#dropped > 0) this.#event("o", { d: "", dropped: this.#dropped });
      this.#closed = true;
    }
    return { bytes: this.#bytes, truncated: this.#truncated };
  }

  #take(channel: "i" | "o", bytes: Uint8Array): void {
    if (!this.#closed) this.#write(channel, this.#chunks[channel].next(bytes));
  }

  #write(channel: "i" | "o", bytes: Buffer): void {
    const pieces = new Utf8Chunks();
    for (let at = 0; at < bytes.length; at += LINE_BYTES)
      this.#text(channel, pieces.next(bytes.subarray(at, at + LINE_BYTES)));
    this.#text(channel, pieces.end());
  }

  #text(channel: "i" | "o", bytes: Buffer): void {
    if (bytes.length === 0) return;
    const { text, base64 } = textOf(bytes);
    this.#event(channel, base64 === undefined ? { d: text } : { d: text, b: base64 });
  }

  #event(ch: "i" | "o" | "r", body: Readonly<Record<string, unknown>>): void {
    const t = Math.round(performance.now() - this.#startedAt) / 1_000;
    this.#line({ t, ch, ...body });
  }

  #line(body: Readonly<Record<string, unknown>>): void {
    if (this.#truncated || this.#closed) return;
    const line = Buffer.from(`${JSON.stringify({ sid: this.#sid, ...body })}\n`);
    if (this.#bytes + line.length <= this.#deps.maxBytes && this.#deps.write(line)) {
      this.#bytes += line.length;
      return;
    }
    this.#truncated = true;
    const cut = Buffer.from(`${JSON.stringify({ sid: this.#sid, trunc: true })}\n`);
    if (this.#deps.write(cut)) this.#bytes += cut.length;
  }
}
