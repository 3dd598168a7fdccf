import type { FileFacts } from "../contract.ts";
import type { WorldView } from "../model.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const longMonths = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const longDays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export const two = (value: number): string => String(value).padStart(2, "0");

/** A moment in the machine's zone. */
export interface LocalTime {
  readonly date: Date;
  readonly offset: number;
  readonly zone: string;
  readonly seconds: number;
}

export function localTime(world: WorldView, seconds: number, utc = false): LocalTime {
  const { offset, name } = utc ? { offset: 0, name: "UTC" } : world.model.zone(seconds);
  return { date: new Date((Math.floor(seconds) + offset) * 1000), offset, zone: name, seconds };
}

function dayOfYear(date: Date): number {
  return (
    Math.floor(
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
        Date.UTC(date.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ) + 1
  );
}

function offsetText(offset: number, colon = ""): string {
  const minutes = Math.abs(Math.round(offset / 60));
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}

/** strftime of the C locale. */
export function strftime(format: string, at: LocalTime): string {
  const { date } = at;
  const hour = date.getUTCHours();
  const parts: Readonly<Record<string, () => string>> = {
    a: () => days[date.getUTCDay()] ?? "",
    A: () => longDays[date.getUTCDay()] ?? "",
    b: () => months[date.getUTCMonth()] ?? "",
    h: () => months[date.getUTCMonth()] ?? "",
    B: () => longMonths[date.getUTCMonth()] ?? "",
    c: () => strftime("%a %b %e %H:%M:%S %Y", at),
    C: () => two(Math.floor(date.getUTCFullYear() / 100)),
    d: () => two(date.getUTCDate()),
    D: () => strftime("%m/%d/%y", at),
    e: () => String(date.getUTCDate()).padStart(2),
    F: () => strftime("%Y-%m-%d", at),
    H: () => two(hour),
    I: () => two(hour % 12 || 12),
    j: () => String(dayOfYear(date)).padStart(3, "0"),
    k: () => String(hour).padStart(2),
    l: () => String(hour % 12 || 12).padStart(2),
    m: () => two(date.getUTCMonth() + 1),
    M: () => two(date.getUTCMinutes()),
    n: () => "\n",
    N: () => String(Math.floor((at.seconds % 1) * 1e9)).padStart(9, "0"),
    p: () => (hour < 12 ? "AM" : "PM"),
    P: () => (hour < 12 ? "am" : "pm"),
    r: () => strftime("%I:%M:%S %p", at),
    R: () => strftime("%H:%M", at),
    s: () => String(Math.floor(at.seconds)),
    S: () => two(date.getUTCSeconds()),
    t: () => "\t",
    T: () => strftime("%H:%M:%S", at),
    u: () => String(date.getUTCDay() || 7),
    U: () => two(Math.floor((dayOfYear(date) + 6 - date.getUTCDay()) / 7)),
    V: () => two(Math.ceil((dayOfYear(date) + 6 - (date.getUTCDay() || 7)) / 7)),
    w: () => String(date.getUTCDay()),
    x: () => strftime("%m/%d/%y", at),
    X: () => strftime("%H:%M:%S", at),
    y: () => two(date.getUTCFullYear() % 100),
    Y: () => String(date.getUTCFullYear()),
    z: () => offsetText(at.offset),
    Z: () => at.zone,
    "%": () => "%",
  };
  return format.replace(/%([-_0^#]?)(:z|\d*[A-Za-z%])/g, (whole: string, flag: string, letter: string) => {
    if (letter === ":z") return offsetText(at.offset, ":");
    const digits = /^(\d+)N$/.exec(letter);
    if (digits) return (parts["N"]?.() ?? "").slice(0, Number(digits[1]));
    const value = parts[letter]?.();
    if (value === undefined) return whole;
    if (flag === "-") return value.replace(/^[0 ]+(?=.)/, "");
    if (flag === "_") return value.replace(/^0/, " ");
    return flag === "^" ? value.toUpperCase() : value;
  });
}

/** `drwxr-xr-x` */
export function modeText(facts: Pick<FileFacts, "kind" | "mode">): string {
  const kind = {
    file: "-",
    directory: "d",
    symlink: "l",
    character: "c",
    block: "b",
    fifo: "p",
    socket: "s",
  }[facts.kind];
  const { mode } = facts;
  const part = (shift: number, special: number, letters: string) => {
    const bits = (mode >> shift) & 7;
    const on = (mode & special) !== 0;
    const execute = bits & 1 ? (on ? letters[0] : "x") : on ? letters[1] : "-";
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${execute}`;
  };
  return kind + part(6, 0o4000, "sS") + part(3, 0o2000, "sS") + part(0, 0o1000, "tT");
}

/** `1.5K`, `12M`: rounded up as coreutils does. */
export function humanSize(bytes: number, base = 1024): string {
  if (bytes < base) return String(bytes);
  const units = base === 1024 ? "KMGTPE" : "kMGTPE";
  let value = bytes;
  let unit = -1;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  const tenths = Math.ceil(value * 10 - 1e-9) / 10;
  if (tenths < 10) return `${tenths.toFixed(1)}${units[unit]}`;
  const whole = Math.ceil(value - 1e-9);
  return whole >= base && unit < units.length - 1 ? `1.0${units[unit + 1]}` : `${whole}${units[unit]}`;
}

/** 1 KiB blocks that a file takes. */
export function blocksOf(facts: FileFacts): number {
  if (facts.kind === "directory") return 4 * Math.max(1, Math.ceil(facts.size / 4096));
  if (facts.kind === "symlink") return facts.size > 59 ? 4 : 0;
  return facts.kind === "file" ? Math.ceil(facts.size / 4096) * 4 : 0;
}

/** C0 controls and DEL: all of Unicode's controls but C1. */
const controls = /[^\P{Cc}\x80-\x9f]/gu;
const escapes: ReadonlyMap<string, string> = new Map([
  ["\n", "n"],
  ["\t", "t"],
  ["\r", "r"],
]);
const escaped = (each: string) =>
  `'$'\\${escapes.get(each) ?? each.charCodeAt(0).toString(8).padStart(3, "0")}''`;

/** Names as GNU tools print them in messages: quoted when they need it. */
export function quoteName(name: string): string {
  const shown = name.replace(controls, escaped);
  if (shown !== name) return `'${shown}'`.replace(/''$/, "");
  return name.includes("'") && !name.includes('"') ? `"${name}"` : `'${name.replaceAll("'", "'\\''")}'`;
}
