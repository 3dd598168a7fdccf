/** The one place where numbers, sizes and spans become text. */

const THIN = "\u2009";
const SI = [
  { from: 1e12, by: 1e12, suffix: "T" },
  { from: 1e9, by: 1e9, suffix: "G" },
  { from: 1e6, by: 1e6, suffix: "M" },
  { from: 1e4, by: 1e3, suffix: "k" },
] as const;

/** `9 999`, thin spaces. */
export function exactNumber(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, THIN);
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Exact below 10 000, then three digits and an SI letter: `12.4 k`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  const step = SI.find(({ from }) => size >= from);
  if (!step) return exactNumber(Number.isInteger(value) ? value : Number(value.toFixed(1)));
  return `${threeDigits(value / step.by)}${THIN}${step.suffix}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** Binary: `512 B`, `1.5 KiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : threeDigits(size)}${THIN}${units[unit]}`;
}

/** Two largest units: `2 h 05 m`, `3 d 4 h`, `12.3 s`, `45 ms`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))}${THIN}ms`;
  if (seconds < 10) return `${seconds.toFixed(1)}${THIN}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${THIN}s`;
  const [days, hours, minutes, rest] = [
    Math.floor(whole / 86_400),
    Math.floor((whole % 86_400) / 3600),
    Math.floor((whole % 3600) / 60),
    whole % 60,
  ];
  if (days > 0) return `${days}${THIN}d ${hours}${THIN}h`;
  if (hours > 0) return `${hours}${THIN}h ${pad(minutes)}${THIN}m`;
  return `${minutes}${THIN}m ${pad(rest)}${THIN}s`;
}

/** Position on a recording: `1:04:09` or `04:09`. */
export function clockSpan(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const tail = `${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

export const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
