import type { Zone } from "../theme/preferences.ts";
import { duration, pad } from "./units.ts";
import { words } from "./words.ts";

const DAY_MS = 86_400_000;

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

function partsOf(at: Date, zone: Zone): Parts {
  return zone === "utc"
    ? {
        year: at.getUTCFullYear(),
        month: at.getUTCMonth() + 1,
        day: at.getUTCDate(),
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: at.getUTCSeconds(),
        ms: at.getUTCMilliseconds(),
      }
    : {
        year: at.getFullYear(),
        month: at.getMonth() + 1,
        day: at.getDate(),
        hour: at.getHours(),
        minute: at.getMinutes(),
        second: at.getSeconds(),
        ms: at.getMilliseconds(),
      };
}

/** `Z` or the offset that holds at that moment: `+05:45`. */
export function zoneMark(at: Date, zone: Zone): string {
  if (zone === "utc") return "Z";
  const offset = -at.getTimezoneOffset();
  const size = Math.abs(offset);
  return `${offset < 0 ? "−" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

function dayText(at: Date, zone: Zone): string {
  const { year, month, day } = partsOf(at, zone);
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

export function clockText(at: Date, zone: Zone, withMs = false): string {
  const { hour, minute, second, ms } = partsOf(at, zone);
  return `${pad(hour)}:${pad(minute)}:${pad(second)}${withMs ? `.${pad(ms, 3)}` : ""}`;
}

/** `YYYY-MM-DD HH:MM:SS` and the zone mark. */
export function absoluteText(at: Date, zone: Zone, withMs = false): string {
  return `${dayText(at, zone)} ${clockText(at, zone, withMs)}${zone === "utc" ? "" : " "}${zoneMark(at, zone)}`;
}

/** "12 s ago" up to a day, then the absolute text. */
export function relativeText(at: Date, now: number, zone: Zone): string {
  const gap = now - at.getTime();
  if (Math.abs(gap) > DAY_MS) return absoluteText(at, zone);
  if (Math.abs(gap) < 1500) return words.now;
  const span = duration(Math.round(Math.abs(gap) / 1000));
  return gap >= 0 ? words.ago(span) : words.ahead(span);
}

/** What stands beside a point on a time axis of `spanMs`. */
export function axisText(at: Date, zone: Zone, spanMs: number): string {
  if (spanMs > 2 * DAY_MS) {
    const { month, day, hour, minute } = partsOf(at, zone);
    return hour === 0 && minute === 0
      ? `${pad(month)}-${pad(day)}`
      : `${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
  }
  return spanMs > 15 * 60_000 ? clockText(at, zone).slice(0, 5) : clockText(at, zone);
}

/** A `datetime-local` value in the chosen zone, and back. */
export function toField(at: Date, zone: Zone): string {
  return `${dayText(at, zone)}T${clockText(at, zone)}`;
}

export function fromField(text: string, zone: Zone): Date | undefined {
  const at = new Date(zone === "utc" ? `${text}Z` : text);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
