import { RELAY_ID, TRACE_ID } from "./keys.ts";
import type { Flag } from "./record.ts";

export interface StructuredData {
  /** True when a `relay@55555` element was there, whole or broken. */
  readonly hasRelay: boolean;
  /** Null-prototype; keys as written. */
  readonly fields: Record<string, string>;
  readonly seq: number | undefined;
  readonly traceparent: string | undefined;
  /** Not trimmed yet. */
  readonly msg: string;
  readonly flags: readonly Flag[];
}

const MAX_ELEMENTS = 16;
const MAX_NAME = 64;
const MAX_KEYS = 256;
const LAST_SEQUENCE = 2_147_483_647;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const SPACE = 0x20;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A new object that holds attacker's keys safely. */
export const createFields = (): Record<string, string> => Object.create(null) as Record<string, string>;

/** Reads the elements at the start of `rest`; what follows the last one is the message. */
export function parseStructuredData(rest: string): StructuredData {
  const first = rest.charCodeAt(0);
  if (first === OPEN) return new ElementReader(rest).read();
  const isNil = first === 0x2d;
  return {
    hasRelay: false,
    fields: createFields(),
    seq: undefined,
    traceparent: undefined,
    msg: isNil ? rest.slice(1) : rest,
    flags: isNil ? [] : ["sd_missing"],
  };
}

type Break = "sd_unterminated" | "sd_malformed";

/** One left-to-right pass over adjacent `[SD-ID key="value" …]` elements. */
class ElementReader {
  private readonly text: string;
  private at = 0;
  private readonly flags = new Set<Flag>();
  private readonly fields = createFields();
  private keys = 0;
  private hasRelay = false;
  private seq: number | undefined;
  private traceparent: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  read(): StructuredData {
    for (let n = 0; n < MAX_ELEMENTS && this.text.charCodeAt(this.at) === OPEN; n++) {
      const start = this.at;
      const id = this.name(start + 1);
      const isRelay = id === RELAY_ID;
      const broken = this.element(id, isRelay);
      if (broken !== undefined) {
        this.flags.add(broken);
        return this.result(isRelay ? "" : this.text.slice(start));
      }
    }
    return this.result(this.text.slice(this.at));
  }

  private result(msg: string): StructuredData {
    const { hasRelay, fields, seq, traceparent } = this;
    return { hasRelay, fields, seq, traceparent, msg, flags: [...this.flags] };
  }

  /** Reads one element whose `[` is at `this.at`. @returns how it broke, or nothing */
  private element(id: string, isRelay: boolean): Break | undefined {
    this.at += 1 + id.length;
    if (id === "") return this.at >= this.text.length ? "sd_unterminated" : "sd_malformed";
    const isSecond = isRelay && this.hasRelay;
    if (isSecond) this.flags.add("dup_sd");
    if (isRelay) this.hasRelay = true;
    const take = isRelay ? (isSecond ? ignore : this.takeField) : this.takerOf(id);
    for (;;) {
      if (this.at >= this.text.length) return "sd_unterminated";
      const code = this.text.charCodeAt(this.at);
      if (code === CLOSE) {
        this.at++;
        return undefined;
      }
      if (code !== SPACE) return "sd_malformed";
      this.at++;
      const broken = this.pair(take, isRelay);
      if (broken !== undefined) return broken;
    }
  }

  private takerOf(id: string): (key: string, value: string) => void {
    if (id === "meta") return this.takeMeta;
    return id === TRACE_ID ? this.takeTrace : ignore;
  }

  private pair(take: (key: string, value: string) => void, isRelay: boolean): Break | undefined {
    const key = this.name(this.at);
    this.at += key.length;
    if (this.at >= this.text.length) return "sd_unterminated";
    if (key === "" || this.text.charCodeAt(this.at) !== EQUALS) return "sd_malformed";
    this.at++;
    if (this.at >= this.text.length) return "sd_unterminated";
    if (this.text.charCodeAt(this.at) !== QUOTE) return "sd_malformed";
    const value = this.value(this.at + 1, isRelay);
    if (value === undefined) return "sd_unterminated";
    take(key, value);
    return undefined;
  }

  /** An SD-ID or key: at most 64 characters without SP, `=`, `]`, `"`. */
  private name(start: number): string {
    const limit = Math.min(this.text.length, start + MAX_NAME);
    let i = start;
    while (i < limit) {
      const code = this.text.charCodeAt(i);
      if (code === SPACE || code === EQUALS || code === CLOSE || code === QUOTE) break;
      i++;
    }
    return this.text.slice(start, i);
  }

  /** Reads to the closing quote and leaves `this.at` behind it. */
  private value(start: number, isRelay: boolean): string | undefined {
    const { text } = this;
    let decoded = "";
    let from = start;
    let i = start;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) {
        this.at = i + 1;
        return decoded + text.slice(from, i);
      }
      if (code !== BACKSLASH) continue;
      const escape = isRelay ? relayEscape(text, i + 1) : rfcEscape(text, i + 1);
      if (escape !== undefined) {
        decoded += text.slice(from, i) + escape;
        from = i + (text.charCodeAt(i + 1) === 0x75 ? 6 : 2);
      }
      // An unknown escape stays two characters; its second one may be anything but the end.
      i = Math.max(from - 1, i + 1);
    }
    this.at = text.length;
    return undefined;
  }

  private readonly takeField = (key: string, value: string): void => {
    if (key in this.fields) {
      this.flags.add("dup_key");
    } else if (this.keys >= MAX_KEYS) {
      this.flags.add("fields_capped");
      return;
    } else {
      this.keys++;
    }
    this.fields[key] = value;
  };

  private readonly takeMeta = (key: string, value: string): void => {
    if (key !== "sequenceId" || this.seq !== undefined || !/^[1-9]\d{0,9}$/.test(value)) return;
    const seq = Number(value);
    if (seq <= LAST_SEQUENCE) this.seq = seq;
  };

  private readonly takeTrace = (key: string, value: string): void => {
    if (key === "traceparent" && this.traceparent === undefined && isTraceparent(value))
      this.traceparent = value;
  };
}

const ignore = (): void => {};

/** W3C trace context, version 00. */
function isTraceparent(text: string): boolean {
  return (
    /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text) &&
    !text.startsWith("00-00000000000000000000000000000000") &&
    !text.startsWith("0000000000000000", 36)
  );
}

/** What the escape with the character at `at` stands for; nothing when it is none. */
function rfcEscape(text: string, at: number): string | undefined {
  const code = text.charCodeAt(at);
  return code === BACKSLASH || code === QUOTE || code === CLOSE ? text.charAt(at) : undefined;
}

function relayEscape(text: string, at: number): string | undefined {
  switch (text.charCodeAt(at)) {
    case 0x6e:
      return "\n";
    case 0x72:
      return "\r";
    case 0x74:
      return "\t";
    case 0x75: {
      const digits = text.slice(at + 1, at + 5);
      return /^[0-9a-fA-F]{4}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : undefined;
    }
    default:
      return rfcEscape(text, at);
  }
}
