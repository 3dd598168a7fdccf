/** The time span a page looks at, as it stands in the URL. */
export type Preset = "15m" | "1h" | "24h" | "7d";
export const presets: readonly Preset[] = ["15m", "1h", "24h", "7d"];

export interface RangeSearch {
  readonly range?: Preset | undefined;
  /** RFC 3339, UTC; half-open. Only together, and instead of `range`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const DEFAULT_PRESET: Preset = "24h";

const SPAN_MS: Record<Preset, number> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
};

export function parseRange(search: Record<string, unknown>): RangeSearch {
  const from = instantOf(search["from"]);
  const to = instantOf(search["to"]);
  if (from !== undefined && to !== undefined && from < to) return { from, to };
  const range = presets.find((preset) => preset === search["range"]);
  return range === undefined || range === DEFAULT_PRESET ? {} : { range };
}

function instantOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export const presetOf = (range: RangeSearch): Preset | undefined =>
  range.from === undefined ? (range.range ?? DEFAULT_PRESET) : undefined;

/** The range as the API's query parameters. */
export function rangeQuery(range: RangeSearch): {
  since?: Preset;
  start_time?: string;
  end_time?: string;
} {
  if (range.from !== undefined && range.to !== undefined)
    return { start_time: range.from, end_time: range.to };
  return { since: range.range ?? DEFAULT_PRESET };
}

/** Whether new events can still fall into it. */
export const isOpenEnded = (range: RangeSearch): boolean => range.from === undefined;

export function bounds(range: RangeSearch, now: number): { readonly from: number; readonly to: number } {
  if (range.from !== undefined && range.to !== undefined)
    return { from: Date.parse(range.from), to: Date.parse(range.to) };
  return { from: now - SPAN_MS[range.range ?? DEFAULT_PRESET], to: now };
}

const STEPS_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];
const WANTED_BARS = 96;

/** The smallest step that keeps the span within about a hundred bars. */
export function intervalMinutes(range: RangeSearch): number {
  const { from, to } = bounds(range, 0);
  const span = range.from === undefined ? SPAN_MS[range.range ?? DEFAULT_PRESET] : to - from;
  return STEPS_MINUTES.find((step) => span / (step * 60_000) <= WANTED_BARS) ?? 1440;
}
