import type { ProcessFacts } from "../../model.ts";
import type { Program, ProgramContext } from "../command.ts";
import { localTime, strftime, two } from "../format.ts";

export interface Row {
  readonly facts: ProcessFacts;
  readonly cpu: { readonly seconds: number; readonly lifePercent: number; readonly percent: number };
}

type Column = {
  readonly head: string;
  readonly width: number;
  readonly left?: boolean;
  readonly text: (row: Row, context: ProgramContext) => string;
};

export const user = (row: Row, context: ProgramContext) => {
  const name = context.world.users.byUid(row.facts.uid)?.name ?? String(row.facts.uid);
  return name.length > 8 ? `${name.slice(0, 7)}+` : name;
};
const command = (row: Row) =>
  row.facts.argv.length === 0 ? `[${row.facts.comm}]` : row.facts.argv.join(" ");
const started = (row: Row, context: ProgramContext) => {
  const now = context.world.now();
  const at = localTime(context.world, row.facts.start);
  return strftime(
    now - row.facts.start < 86_400 && new Date(now * 1000).getUTCDate() === at.date.getUTCDate()
      ? "%H:%M"
      : "%b%d",
    at,
  );
};
const clock = (seconds: number) =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
const state = (row: Row) => {
  const { facts } = row;
  return `${facts.state}${facts.nice < 0 ? "<" : facts.nice > 0 ? "N" : ""}${facts.pid === facts.sid && !facts.kernel ? "s" : ""}${facts.threads > 1 ? "l" : ""}${facts.tty !== undefined && facts.state !== "T" && facts.argv.length > 0 ? "+" : ""}`;
};
export const memory = (row: Row, context: ProgramContext) =>
  ((row.facts.rss / context.world.memory().total) * 100).toFixed(1);

const columns: Readonly<Record<string, Column>> = {
  user: { head: "USER", width: 8, left: true, text: user },
  uid: { head: "UID", width: 8, left: true, text: user },
  pid: { head: "PID", width: 7, text: (row) => String(row.facts.pid) },
  ppid: { head: "PPID", width: 7, text: (row) => String(row.facts.ppid) },
  pgid: { head: "PGID", width: 7, text: (row) => String(row.facts.pgid) },
  sid: { head: "SID", width: 7, text: (row) => String(row.facts.sid) },
  pcpu: { head: "%CPU", width: 4, text: (row) => row.cpu.lifePercent.toFixed(1) },
  pmem: { head: "%MEM", width: 4, text: memory },
  vsz: { head: "VSZ", width: 6, text: (row) => String(row.facts.vsz) },
  rss: { head: "RSS", width: 5, text: (row) => String(row.facts.rss) },
  tty: { head: "TTY", width: 8, left: true, text: (row) => row.facts.tty ?? "?" },
  stat: { head: "STAT", width: 4, left: true, text: state },
  s: { head: "S", width: 1, left: true, text: (row) => row.facts.state },
  start: { head: "START", width: 5, text: started },
  stime: { head: "STIME", width: 5, text: started },
  c: { head: "C", width: 2, text: (row) => String(Math.min(99, Math.floor(row.cpu.lifePercent))) },
  time: { head: "TIME", width: 8, text: (row) => clock(row.cpu.seconds) },
  bsdtime: {
    head: "TIME",
    width: 6,
    text: (row) => `${Math.floor(row.cpu.seconds / 60)}:${two(Math.floor(row.cpu.seconds % 60))}`,
  },
  etime: {
    head: "ELAPSED",
    width: 11,
    text: (row, context) => elapsed(context.world.now() - row.facts.start),
  },
  ni: { head: "NI", width: 3, text: (row) => String(row.facts.nice) },
  nlwp: { head: "NLWP", width: 4, text: (row) => String(row.facts.threads) },
  comm: { head: "CMD", width: 15, left: true, text: (row) => row.facts.comm },
  args: { head: "COMMAND", width: 27, left: true, text: command },
  cmd: { head: "CMD", width: 27, left: true, text: command },
};
const aliases: Readonly<Record<string, string>> = {
  "%cpu": "pcpu",
  "%mem": "pmem",
  command: "args",
  tt: "tty",
  tname: "tty",
  state: "s",
  vsize: "vsz",
  rssize: "rss",
  ucmd: "comm",
  ucomm: "comm",
  euser: "user",
  ruser: "user",
  lstart: "start",
  cputime: "time",
  pgrp: "pgid",
  sess: "sid",
  nice: "ni",
};

function elapsed(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
  const hours = Math.floor((seconds % 86_400) / 3600);
  return days > 0 ? `${days}-${two(hours)}:${rest}` : hours > 0 ? `${two(hours)}:${rest}` : rest;
}

async function ps(context: ProgramContext): Promise<number> {
  const args = [...context.args];
  const text = args.join(" ");
  const bsd = args.some((arg) => /^[auxfwlejTh]+$/.test(arg));
  const bad = args.find(
    (arg) =>
      arg.startsWith("--") &&
      !/^--(sort|forest|no-headers|no-heading|headers|pid|ppid|user|width|cols|format)/.test(arg),
  );
  if (bad !== undefined)
    return context.fail(
      `error: unknown gnu long option\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).`,
    );
  const format = /(?:^|\s)-?\w*o\s*([\w%,=:]+(?:\s*,\s*[\w%=:]+)*)|--format[= ](\S+)/.exec(text);
  const everything = bsd
    ? args.some((arg) => /^[a-z]*x/.test(arg) || /^[a-z]*a/.test(arg))
    : args.some((arg) => /^-\w*[eA]/.test(arg));
  const rows = selected(context, args, everything, bsd);
  const shown = format ? custom(format[1] ?? format[2] ?? "") : layout(args, bsd);
  sortRows(rows, text);
  await print(context, rows, {
    shown,
    heads: !/--no-head|(^|\s)h(\s|$)/.test(text),
    wide: args.some((arg) => /^-?\w*w/.test(arg)),
  });
  return rows.length > 0 ? 0 : 1;
}

function selected(
  context: ProgramContext,
  args: readonly string[],
  everything: boolean,
  bsd: boolean,
): Row[] {
  const { processes } = context.world;
  const pick = (flag: RegExp) => {
    const at = args.findIndex((arg) => flag.test(arg));
    const value =
      at < 0
        ? undefined
        : /=/.test(args[at] ?? "")
          ? args[at]?.split("=")[1]
          : args[at]?.replace(flag, "") || args[at + 1];
    return value?.split(/[\s,]+/);
  };
  const pids =
    pick(/^(-p|--pid|p$|-q)/)?.map(Number) ??
    args.filter((arg) => /^\d+$/.test(arg) && args.length === 1).map(Number);
  const users = pick(/^(-u|-U|--user)(?=$|\w)/);
  const names = pick(/^-C/);
  const own = (facts: ProcessFacts) =>
    bsd ? facts.tty !== undefined : facts.tty === context.process.tty && facts.uid === context.uid;
  const wanted = (facts: ProcessFacts) => {
    if (pids.length > 0) return pids.includes(facts.pid);
    if (users !== undefined)
      return (
        users.includes(String(facts.uid)) || users.includes(context.world.users.byUid(facts.uid)?.name ?? "")
      );
    if (names !== undefined) return names.includes(facts.comm);
    return everything || own(facts);
  };
  return processes
    .list()
    .filter(wanted)
    .map((facts) => ({ facts, cpu: processes.cpu(facts.pid) }));
}

function named(...names: string[]): Column[] {
  return names.map((name) => columns[name]).filter((column) => column !== undefined);
}

function custom(spec: string): Column[] {
  return spec.split(/[\s,]+/).flatMap((part) => {
    const [name = "", head] = part.split("=");
    const column = columns[aliases[name] ?? name];
    return column === undefined
      ? []
      : [
          head === undefined
            ? {
                ...column,
                head: /^(cmd|args|comm)$/.test(name)
                  ? name === "comm"
                    ? "COMMAND"
                    : column.head
                  : column.head,
              }
            : { ...column, head },
        ];
  });
}

function layout(args: readonly string[], bsd: boolean): Column[] {
  if (bsd && args.some((arg) => /u/.test(arg)))
    return named("user", "pid", "pcpu", "pmem", "vsz", "rss", "tty", "stat", "start", "bsdtime", "args");
  if (bsd) return named("pid", "tty", "stat", "bsdtime", "args");
  if (args.some((arg) => /^-\w*f/.test(arg)))
    return named("uid", "pid", "ppid", "c", "stime", "tty", "time", "cmd");
  return named("pid", "tty", "time", "comm");
}

function sortRows(rows: Row[], text: string): void {
  const match = /--sort[= ]?([-+]?)([\w%]+)/.exec(text);
  if (!match) return;
  const key = aliases[match[2] ?? ""] ?? match[2];
  const value = (row: Row) =>
    key === "pcpu"
      ? row.cpu.lifePercent
      : key === "pmem" || key === "rss"
        ? row.facts.rss
        : key === "time"
          ? row.cpu.seconds
          : row.facts.pid;
  rows.sort((a, b) => (match[1] === "-" ? value(b) - value(a) : value(a) - value(b)));
}

async function print(
  context: ProgramContext,
  rows: readonly Row[],
  how: { readonly shown: readonly Column[]; readonly heads: boolean; readonly wide: boolean },
): Promise<void> {
  const limit = context.isTerminal(1) && !how.wide ? context.columns() : Number.POSITIVE_INFINITY;
  const line = (cells: readonly string[]) => {
    const text = cells.map((cell, index) => {
      const column = how.shown[index];
      if (column === undefined || index === cells.length - 1)
        return column?.left === true || column === undefined ? cell : cell.padStart(column.width);
      return column.left === true ? cell.padEnd(column.width) : cell.padStart(column.width);
    });
    return `${text.join(" ").slice(0, limit)}\n`;
  };
  if (how.heads && how.shown.some((column) => column.head !== ""))
    await context.out(line(how.shown.map((column) => column.head)));
  for (const row of rows) await context.out(line(how.shown.map((column) => column.text(row, context))));
}

export const psPrograms: readonly Program[] = [{ names: ["ps"], run: ps }];
