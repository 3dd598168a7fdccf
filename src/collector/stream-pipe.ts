import { isUtf8 } from "node:buffer";
import { bindIdentity } from "#events/bind.ts";
import { originOf } from "#events/catalogue.ts";
import { recordId, type SourceSeeds, secondDigits, sourceSeeds, stampDigits } from "#events/id.ts";
import { encodeRecord } from "#events/journal-record.ts";
import { isRejection, parseLine } from "#events/parse.ts";
import type { Flag, JournalRecord, OpenSession, SourceFacts } from "#events/record.ts";
import { type ArrivalClock, stampMs } from "./arrival.ts";
import type { ByteBuffer } from "./byte-buffer.ts";
import type { FrameBatch, SourceStream, StreamName } from "./contract.ts";
import type { Counters, LineCounts } from "./counters.ts";
import { type FramedLine, LineFraming, type LineSink, type PartialBudget } from "./framing.ts";
import type { Gate, GateKey } from "./gate.ts";
import type { OwnRecord } from "./own-record.ts";
import type { Replay } from "./recovery.ts";
import { SessionIndex, type SessionTotal } from "./sessions.ts";
import type { SuppressedCounts } from "./suppression.ts";

/** What all streams share. */
export interface PipeShared {
  readonly raw: ByteBuffer;
  readonly journal: ByteBuffer;
  readonly replay: Replay;
  readonly gate: Gate;
  readonly suppressed: SuppressedCounts;
  readonly arrival: ArrivalClock;
  readonly counters: Counters;
  readonly partials: PartialBudget;
  readonly sessions: SessionTotal;
  readonly host: string;
  readonly maxLineBytes: number;
  readonly sessionTtlMs: number;
  readonly stderr: "log" | "both" | "drop";
  facts(decky: string, service: string): HostFacts | undefined;
  readonly isSlug: (name: string) => boolean;
}

/** What the fleet knows of a decky. */
export interface HostFacts {
  readonly aliases: readonly string[];
  readonly addresses: readonly string[];
}

/** The part of a stream's checkpoint beside its position. */
interface PipeState {
  readonly sessions: readonly (OpenSession & { readonly lastMs: number })[];
  readonly unparsed?: Unparsed;
  readonly mismatch?: Mismatch;
  readonly toldAt: number;
}

interface Unparsed {
  count: number;
  readonly reason: string;
  readonly sample: string;
}

interface Mismatch {
  count: number;
  readonly claimed_decky: string | undefined;
  readonly claimed_service: string | undefined;
}

const TELL_MS = 60_000;
const SAMPLE_BYTES = 1024;
const NO_HOST_FACTS: HostFacts = { aliases: [], addresses: [] };

/** Carries the frames of one stream through to the two outputs. */
export class StreamPipe implements LineSink {
  readonly stream: SourceStream;
  readonly counts: LineCounts;
  readonly #shared: PipeShared;
  readonly #framings: Readonly<Record<StreamName, LineFraming>>;
  readonly #seeds: SourceSeeds;
  readonly #sessions: SessionIndex;
  readonly #ordinals = { stdout: { stamp: "", next: 0 }, stderr: { stamp: "", next: 0 } };
  #hostFacts = NO_HOST_FACTS;
  #unparsed: Unparsed | undefined;
  #mismatch: Mismatch | undefined;
  #toldAt = 0;
  /** Bytes read since the start, so that a replay knows when it is over. */
  readBytes = 0;
  /** A read gave nothing: everything that was there at the start has been seen. */
  hasDrained = false;

  constructor(stream: SourceStream, shared: PipeShared) {
    this.stream = stream;
    this.#shared = shared;
    this.counts = shared.counters.of(`${stream.decky}/${stream.service}`);
    this.#seeds = sourceSeeds(stream.key);
    this.#sessions = new SessionIndex(shared.sessions, shared.sessionTtlMs);
    const framing = (name: StreamName): LineFraming =>
      new LineFraming({
        stream: name,
        joins: stream.joins,
        capBytes: shared.maxLineBytes,
        budget: shared.partials,
        sink: this,
      });
    this.#framings = { stdout: framing("stdout"), stderr: framing("stderr") };
  }

  take(batch: FrameBatch): void {
    this.#shared.arrival.turn();
    this.#hostFacts = this.#shared.facts(this.stream.decky, this.stream.service) ?? NO_HOST_FACTS;
    for (const frame of batch.frames) {
      this.counts.frames++;
      this.counts.bytes += frame.bytes.length;
      this.readBytes += frame.bytes.length;
      this.#framings[frame.stream].push(frame);
    }
    if (!batch.ended) return;
    this.#framings.stdout.finish();
    this.#framings.stderr.finish();
  }

  line(line: FramedLine): void {
    if (isBlank(line.bytes)) return;
    const { stream, bytes } = line;
    const { replay, raw, stderr } = this.#shared;
    if (stream === "stderr") {
      this.counts.stderrLines++;
      if (stderr === "drop") return;
    }
    if (replay.takeLine(bytes)) this.counts.duplicatesSkipped++;
    else raw.appendLine(bytes);
    if (stream === "stdout") this.counts.lines++;
    else if (stderr === "log") return;
    this.#record(line);
  }

  /** JSON for the checkpoint. */
  state(): string {
    const state: PipeState = {
      sessions: this.#sessions.toJson(),
      ...(this.#unparsed === undefined ? {} : { unparsed: this.#unparsed }),
      ...(this.#mismatch === undefined ? {} : { mismatch: this.#mismatch }),
      toldAt: this.#toldAt,
    };
    return JSON.stringify(state);
  }

  restore(json: string): void {
    const { sessions, unparsed, mismatch, toldAt } = JSON.parse(json) as PipeState;
    this.#sessions.restore(sessions);
    this.#unparsed = unparsed;
    this.#mismatch = mismatch;
    this.#toldAt = toldAt;
  }

  /** The place up to which every byte belongs to a delivered line. */
  position(): string {
    return this.stream.position(this.#framings.stdout.unfinished + this.#framings.stderr.unfinished);
  }

  /** Sums that are due, at most one record of each kind a minute. */
  takeDue(nowMs: number, isLast: boolean): readonly OwnRecord[] {
    if (!isLast && nowMs >= this.#toldAt && nowMs - this.#toldAt < TELL_MS) return [];
    const due: OwnRecord[] = [];
    if (this.#unparsed !== undefined) due.push({ type: "unparsed_lines", fields: { ...this.#unparsed } });
    if (this.#mismatch !== undefined) due.push({ type: "identity_mismatch", fields: { ...this.#mismatch } });
    if (due.length > 0) this.#toldAt = nowMs;
    this.#unparsed = undefined;
    this.#mismatch = undefined;
    return due;
  }

  /** @param received RFC 3339, nine digits */
  sourceFacts(received: string, stream: StreamName = "stdout"): SourceFacts {
    const { kind, decky, service, container, name } = this.stream;
    return {
      kind,
      host: this.#shared.host,
      ...(container === undefined ? {} : { container }),
      ...(name === undefined ? {} : { name }),
      stream,
      decky,
      service,
      ...this.#hostFacts,
      received,
    };
  }

  close(): void {
    this.#sessions.clear();
    this.stream.close();
  }

  #record(line: FramedLine): void {
    const { bytes } = line;
    const { arrival, counters, gate, replay, journal } = this.#shared;
    const received = line.stamp ?? arrival.next();
    const isText = isUtf8(bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    const flags = this.#flags(line, isText);
    const parsed = parseLine(text, received);
    if (isRejection(parsed)) {
      this.counts.rejected++;
      counters.reason(`rejected:${parsed.rejected}`);
      this.#noteUnparsed(parsed.rejected, text);
      return;
    }
    const id = this.#idOf(line);
    const wasWritten = replay.takeId(id);
    const atMs = stampMs(received);
    const record = bindIdentity(parsed, this.sourceFacts(received, line.stream), {
      id,
      openSessions: this.#sessions.open(atMs),
      isSlug: this.#shared.isSlug,
      originOf,
      flags,
      ...(line.fullLength > bytes.length ? { rawBytes: line.fullLength } : {}),
    });
    const key: GateKey = {
      ip: record.attacker_ip,
      decky: record.decky,
      service: record.service,
      type: record.event_type,
    };
    if (!wasWritten && gate.isDropped(parsed.service)) {
      this.counts.dropped++;
      this.#suppress(key, record, "drop_app");
      return;
    }
    if (gate.decide(key, atMs, wasWritten) === "rate") {
      this.counts.suppressed++;
      this.#suppress(key, record, "rate");
      return;
    }
    this.counts.accepted++;
    for (const flag of record.flags ?? []) counters.reason(`flag:${flag}`);
    if (record.claimed?.decky !== undefined || record.claimed?.service !== undefined)
      this.#noteMismatch(record.claimed);
    this.#sessions.observe(record, atMs);
    if (wasWritten) return;
    counters.records++;
    journal.appendText(encodeRecord(record));
  }

  #flags({ bytes, fullLength }: FramedLine, isText: boolean): readonly Flag[] {
    const flags: Flag[] = [];
    if (fullLength > bytes.length) {
      flags.push("line_cut");
      this.counts.cutBytes += fullLength - bytes.length;
    }
    if (!isText) {
      flags.push("utf8_replaced");
      this.counts.utf8Replaced++;
    }
    return flags;
  }

  #idOf(line: FramedLine): string {
    const { origin, stream } = line;
    const seeds = this.#seeds;
    if (origin !== undefined) {
      const nano = origin.nano + line.offset;
      const time = secondDigits(origin.second + Math.floor(nano / 1_000_000_000), nano % 1_000_000_000);
      return recordId({ seeds, time, stream, ordinal: origin.ordinal, line: line.bytes });
    }
    const stamp = line.stamp ?? "1970-01-01T00:00:00.000000000Z";
    const last = this.#ordinals[stream];
    last.next = last.stamp === stamp ? last.next + 1 : 0;
    last.stamp = stamp;
    return recordId({ seeds, time: stampDigits(stamp), stream, ordinal: last.next, line: line.bytes });
  }

  #suppress(key: GateKey, record: JournalRecord, reason: "rate" | "drop_app"): void {
    const { suppressed, gate } = this.#shared;
    suppressed.add(gate.hashOf(key), { ...key, reason, attribution: record.attribution }, record.received);
  }

  #noteUnparsed(reason: string, text: string): void {
    if (this.#unparsed === undefined)
      this.#unparsed = { count: 1, reason, sample: text.slice(0, SAMPLE_BYTES / 3) };
    else this.#unparsed.count++;
  }

  #noteMismatch(claimed: NonNullable<JournalRecord["claimed"]>): void {
    this.counts.identityMismatches++;
    if (this.#mismatch !== undefined) this.#mismatch.count++;
    else this.#mismatch = { count: 1, claimed_decky: claimed.decky, claimed_service: claimed.service };
  }
}

/** Nothing but blanks and line ends. */
function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
