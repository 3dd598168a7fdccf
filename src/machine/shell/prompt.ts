import type { ShellProcess } from "./shell-process.ts";
import { byteCharacter } from "./text.ts";

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Decodes the escapes of PS1; variables in it are expanded by the caller. */
export function promptText(sh: ShellProcess, format: string): string {
  return format.replace(/\\([0-7]{3}|D\{[^}]*\}|[^])/g, (whole: string, escape: string) => {
    if (/^[0-7]{3}$/.test(escape)) return byteCharacter(Number.parseInt(escape, 8));
    return values[escape]?.(sh) ?? (escape.startsWith("D") ? clock(sh).time24 : whole);
  });
}

function clock(sh: ShellProcess) {
  const { world, model } = sh.context;
  const now = world.now();
  const at = new Date((now + model.zone(now).offset) * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hour = at.getUTCHours();
  const minute = two(at.getUTCMinutes());
  const second = two(at.getUTCSeconds());
  return {
    date: `${days[at.getUTCDay()]} ${months[at.getUTCMonth()]} ${two(at.getUTCDate())}`,
    time24: `${two(hour)}:${minute}:${second}`,
    time12: `${two(hour % 12 || 12)}:${minute}:${second}`,
    ampm: `${two(hour % 12 || 12)}:${minute} ${hour < 12 ? "AM" : "PM"}`,
    short: `${two(hour)}:${minute}`,
  };
}

function directory(sh: ShellProcess): string {
  const home = sh.vars.get("HOME") ?? "";
  const { cwd } = sh;
  if (home !== "" && home !== "/" && (cwd === home || cwd.startsWith(`${home}/`)))
    return `~${cwd.slice(home.length)}`;
  return cwd;
}

const values: Readonly<Record<string, (sh: ShellProcess) => string>> = {
  a: () => "\x07",
  d: (sh) => clock(sh).date,
  e: () => "\x1b",
  h: (sh) => sh.context.world.hostname().split(".")[0] ?? "",
  H: (sh) => sh.context.world.hostname(),
  j: (sh) => String(sh.state.jobs.filter((job) => job.state !== "done").length),
  l: (sh) => sh.process.tty?.split("/").at(-1) ?? "tty",
  n: () => "\n",
  r: () => "\r",
  s: (sh) => sh.state.arg0.split("/").at(-1) ?? "bash",
  t: (sh) => clock(sh).time24,
  T: (sh) => clock(sh).time12,
  "@": (sh) => clock(sh).ampm,
  A: (sh) => clock(sh).short,
  u: (sh) => sh.process.owner.user,
  v: () => "5.2",
  V: () => "5.2.15",
  w: directory,
  W: (sh) => {
    const shown = directory(sh);
    return shown === "/" || shown === "~" ? shown : (shown.split("/").at(-1) ?? shown);
  },
  "!": (sh) => String(sh.state.history.length + 1),
  "#": (sh) => String(sh.state.history.length + 1),
  $: (sh) => (sh.process.owner.uid === 0 ? "#" : "$"),
  "\\": () => "\\",
  "[": () => "",
  "]": () => "",
};
