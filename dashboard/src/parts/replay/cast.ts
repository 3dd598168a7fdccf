/** One event of a recording: shown (`o`), sent (`i`) or resized (`r`). */
export interface CastEvent {
  readonly at: number;
  readonly kind: "o" | "i" | "r";
  readonly data: string;
}

export interface CastHeader {
  readonly cols: number;
  readonly rows: number;
  /** Unix seconds of the begin. */
  readonly timestamp: number | undefined;
}

/** Larger screens are cut: a terminal of a million columns is an attack on the reader. */
const MOST_COLS = 500;
const MOST_ROWS = 200;
/** Characters of one recording that a page keeps. The recorder stops at 10 MiB. */
export const MOST_CHARS = 48 * 1024 * 1024;

export const capSize = (cols: number, rows: number): { cols: number; rows: number } => ({
  cols: Math.max(1, Math.min(MOST_COLS, Math.trunc(cols) || 80)),
  rows: Math.max(1, Math.min(MOST_ROWS, Math.trunc(rows) || 24)),
});

export function readSize(text: string): { cols: number; rows: number } | undefined {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(text);
  return match ? capSize(Number(match[1]), Number(match[2])) : undefined;
}

export function readHeader(line: string): CastHeader | undefined {
  const header = parse(line);
  if (typeof header !== "object" || header === null || Array.isArray(header)) return undefined;
  const { version, width, height, timestamp } = header as Record<string, unknown>;
  if (version !== 2) return undefined;
  return {
    ...capSize(Number(width), Number(height)),
    timestamp: typeof timestamp === "number" ? timestamp : undefined,
  };
}

/** @returns undefined for lines that are no event of a kind we show. */
export function readEvent(line: string): CastEvent | undefined {
  const event = parse(line);
  if (!Array.isArray(event)) return undefined;
  const [at, kind, data] = event as unknown[];
  if (typeof at !== "number" || !Number.isFinite(at) || at < 0 || typeof data !== "string") return undefined;
  return kind === "o" || kind === "i" || kind === "r" ? { at, kind, data } : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * When each command was entered: the last Enter that the recording saw before the command was reported, as
 * the report comes when the command has ended. Without an Enter in reach (exec) the reported time stands.
 *
 * @param reported seconds from the begin, in order
 */
export function commandTimes(events: readonly CastEvent[], reported: readonly number[]): number[] {
  const enters = events.filter(({ kind, data }) => kind === "i" && /[\r\n]/.test(data)).map(({ at }) => at);
  const SLACK = 0.05;
  let next = 0;
  let before = Number.NEGATIVE_INFINITY;
  return reported.map((at) => {
    let found: number | undefined;
    while (next < enters.length && (enters[next] ?? 0) <= at + SLACK) {
      found = enters[next];
      next += 1;
    }
    const time = Math.max(0, found !== undefined && found > before ? found : Math.max(at, before, 0));
    before = time;
    return time;
  });
}

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
const SEQUENCE = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[@-Z\\\\^_-])`,
  "gu",
);

/** Text of the recording without escape sequences, for searching in it. */
export const plainOutput = (data: string): string =>
  data.replaceAll(SEQUENCE, "").replaceAll(/(?!\n)\p{Cc}/gu, "");

/** First event at or after which `text` has been shown or sent, beginning behind `after`; wraps around. */
export function findText(events: readonly CastEvent[], text: string, after: number): number | undefined {
  const wanted = text.toLowerCase();
  if (wanted === "") return undefined;
  const hits: number[] = [];
  const tails: Record<"o" | "i", string> = { o: "", i: "" };
  for (const { at, kind, data } of events) {
    if (kind === "r") continue;
    const joined = tails[kind] + plainOutput(data).toLowerCase();
    if (joined.includes(wanted)) {
      hits.push(at);
      tails[kind] = "";
    } else tails[kind] = joined.slice(-(wanted.length - 1) || joined.length);
  }
  return hits.find((at) => at > after + 0.001) ?? hits[0];
}
