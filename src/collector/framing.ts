import type { Frame, FrameOrigin, StreamName } from "./contract.ts";

const LF = 0x0a;

/** One line as it came. The object is used again for the next one: take what you need. */
export interface FramedLine {
  stream: StreamName;
  /** Without its LF; at most the cap. */
  bytes: Uint8Array;
  stamp: string | undefined;
  /** Of the frame in which the line began. */
  origin: FrameOrigin | undefined;
  /** Where the line began in that frame. */
  offset: number;
  /** Length before it was cut. */
  fullLength: number;
}

export interface LineSink {
  line(line: FramedLine): void;
}

/** Unfinished lines of all streams share one bound; above it the longest is cut. */
export class PartialBudget {
  readonly #maxBytes: number;
  readonly #holders = new Set<LineFraming>();
  #used = 0;

  constructor(maxBytes = 64 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** Called with the change of a framing's held bytes. */
  change(holder: LineFraming, difference: number): void {
    this.#used += difference;
    if (holder.held === 0) this.#holders.delete(holder);
    else this.#holders.add(holder);
    while (this.#used > this.#maxBytes && this.#cutLongest());
  }

  #cutLongest(): boolean {
    let longest: LineFraming | undefined;
    for (const holder of this.#holders) {
      if (!holder.isCut && holder.held > (longest?.held ?? 0)) longest = holder;
    }
    longest?.cut();
    return longest !== undefined;
  }
}

export interface FramingOptions {
  readonly stream: StreamName;
  readonly joins: "always" | "same_stamp";
  readonly capBytes: number;
  readonly budget: PartialBudget;
  readonly sink: LineSink;
}

const NOTHING = new Uint8Array(0);
/** Of a line that had to be cut because all unfinished ones together are too large, this much is kept. */
const CUT_BYTES = 4096;

/** Makes lines of frames, one stream at a time. Borders of frames mean nothing. */
export class LineFraming {
  readonly #options: FramingOptions;
  readonly #line: FramedLine;
  #kept: Uint8Array = NOTHING;
  #held = 0;
  /** Bytes of the unfinished line, also those that were not kept. */
  #length = 0;
  #isCut = false;
  #begun: { origin: FrameOrigin | undefined; offset: number; stamp: string | undefined } | undefined;

  constructor(options: FramingOptions) {
    this.#options = options;
    this.#line = {
      stream: options.stream,
      bytes: NOTHING,
      stamp: undefined,
      origin: undefined,
      offset: 0,
      fullLength: 0,
    };
  }

  /** Bytes of the stream that belong to no delivered line yet. */
  get unfinished(): number {
    return this.#length;
  }

  /** Bytes in memory. */
  get held(): number {
    return this.#held;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  push(frame: Frame): void {
    const { bytes } = frame;
    if (
      this.#begun !== undefined &&
      this.#options.joins === "same_stamp" &&
      frame.stamp !== this.#begun.stamp
    ) {
      this.finish();
    }
    let start = 0;
    if (this.#begun !== undefined) {
      const lf = bytes.indexOf(LF);
      this.#keep(lf < 0 ? bytes : bytes.subarray(0, lf));
      if (lf < 0) return;
      this.#deliverKept(frame.stamp);
      start = lf + 1;
    }
    for (let lf = bytes.indexOf(LF, start); lf >= 0; lf = bytes.indexOf(LF, start)) {
      if (lf > start) this.#deliver(frame, start, lf);
      start = lf + 1;
    }
    if (start < bytes.length) {
      this.#begun = { origin: frame.origin, offset: start, stamp: frame.stamp };
      this.#keep(bytes.subarray(start));
    }
  }

  /** The text is over: what has no LF is a line. */
  finish(): void {
    if (this.#begun !== undefined) this.#deliverKept(this.#begun.stamp);
  }

  /** Gives up what is kept beyond a small head; the rest of the line is only counted. */
  cut(): void {
    this.#isCut = true;
    this.#setHeld(Math.min(this.#held, CUT_BYTES));
    this.#kept = this.#kept.slice(0, this.#held);
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#isCut) return;
    const room = this.#options.capBytes - this.#held;
    const taken = part.length > room ? part.subarray(0, room) : part;
    const size = this.#held + taken.length;
    if (size > this.#kept.length) {
      const larger = new Uint8Array(Math.min(this.#options.capBytes, Math.max(size, this.#kept.length * 2)));
      larger.set(this.#kept.subarray(0, this.#held));
      this.#kept = larger;
    }
    this.#kept.set(taken, this.#held);
    this.#setHeld(size);
  }

  #setHeld(size: number): void {
    const difference = size - this.#held;
    this.#held = size;
    this.#options.budget.change(this, difference);
  }

  #deliverKept(stamp: string | undefined): void {
    const { origin, offset } = this.#begun ?? { origin: undefined, offset: 0 };
    const line = this.#line;
    line.bytes = this.#kept.subarray(0, this.#held);
    line.stamp = stamp;
    line.origin = origin;
    line.offset = offset;
    line.fullLength = this.#length;
    this.#begun = undefined;
    this.#length = 0;
    this.#isCut = false;
    if (line.bytes.length > 0) this.#options.sink.line(line);
    this.#kept = NOTHING;
    this.#setHeld(0);
  }

  #deliver(frame: Frame, start: number, end: number): void {
    const line = this.#line;
    line.bytes = frame.bytes.subarray(start, Math.min(end, start + this.#options.capBytes));
    line.stamp = frame.stamp;
    line.origin = frame.origin;
    line.offset = start;
    line.fullLength = end - start;
    this.#options.sink.line(line);
  }
}
