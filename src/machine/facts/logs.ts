import type { MachineModel } from "../model.ts";
import { hashUnit } from "../seeded.ts";
import { pastLogins } from "./history.ts";

export interface LogLine {
  readonly at: number;
  readonly ident: string;
  readonly message: string;
}

export type LogName = "auth.log" | "syslog" | "cron.log" | "kern.log" | "user.log" | "mail.log";

const WEEK = 604_800;
/** 1970-01-04 was a Sunday: logrotate's weekly runs begin there. */
const FIRST_SUNDAY = 259_200;

/** RFC 3339 with microseconds and the zone's offset, as rsyslog of Debian 12 writes. */
export function stamp(model: MachineModel, at: number): string {
  const { offset } = model.zone(at);
  const local = new Date(Math.floor(at + offset) * 1000).toISOString().slice(0, 19);
  const micro = String(Math.floor((at % 1) * 1_000_000)).padStart(6, "0");
  const minutes = Math.abs(Math.round(offset / 60));
  const hh = String(Math.floor(minutes / 60)).padStart(2, "0");
  const mm = String(minutes % 60).padStart(2, "0");
  return `${local}.${micro}${offset < 0 ? "-" : "+"}${hh}:${mm}`;
}

export const formatLine = (model: MachineModel, host: string, line: LogLine): string =>
  `${stamp(model, line.at)} ${host} ${line.ident}: ${line.message}\n`;

/** When the current file of a weekly rotation began. */
export function weekStart(model: MachineModel, at: number, back: number): number {
  const local = at + model.zone(at).offset;
  const sunday = Math.floor((local - FIRST_SUNDAY) / WEEK) * WEEK + FIRST_SUNDAY;
  return sunday - model.zone(at).offset - back * WEEK + 12 + hashUnit(back, Math.floor(sunday / WEEK));
}

/** What happens by itself in one hour: cron, timers, the kernel now and then. */
function hourly(model: MachineModel, hour: number): { log: LogName; line: LogLine }[] {
  const seed = seedOf(model);
  const start = hour * 3600;
  const list: { log: LogName; line: LogLine }[] = [];
  const fraction = (salt: number): number => hashUnit(seed + salt, hour);
  const local = new Date((start + model.zone(start).offset) * 1000);
  const pid = (at: number): number => 1100 + (Math.floor((at - model.bootTime) * 0.03) % 3_900_000);
  const put = (log: LogName, at: number, ident: string, message: string): void => {
    list.push({ log, line: { at, ident, message } });
  };
  const cron = (at: number, command: string): void => {
    const number = String(pid(at));
    put(
      "auth.log",
      at,
      `CRON[${number}]`,
      "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    );
    for (const log of ["cron.log", "syslog"] as const)
      put(log, at + 0.004, `CRON[${String(pid(at) + 1)}]`, `(root) CMD (${command})`);
    put(
      "auth.log",
      at + 0.02 + fraction(1) / 20,
      `CRON[${number}]`,
      "pam_unix(cron:session): session closed for user root",
    );
  };
  cron(start + 17 * 60 + 1 + fraction(2) / 8, "cd / && run-parts --report /etc/cron.hourly");
  if (local.getUTCHours() === 6)
    cron(
      start + 25 * 60 + 1 + fraction(3) / 8,
      "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
    );
  if (local.getUTCHours() === 0) {
    const at = start + fraction(4) / 5;
    for (const [unit, text] of [
      ["logrotate.service", "Rotate log files"],
      ["dpkg-db-backup.service", "Daily dpkg database backup service"],
    ] as const) {
      put("syslog", at, "systemd[1]", `Starting ${unit} - ${text}...`);
      put("syslog", at + 0.2 + fraction(5), "systemd[1]", `${unit}: Deactivated successfully.`);
      put("syslog", at + 0.21 + fraction(5), "systemd[1]", `Finished ${unit} - ${text}.`);
    }
  }
  if (fraction(6) < 0.09) {
    const at = start + 3600 * fraction(7);
    put("syslog", at, "systemd[1]", "Starting apt-daily.service - Daily apt download activities...");
    put("syslog", at + 1.4 + fraction(8), "systemd[1]", "apt-daily.service: Deactivated successfully.");
    put(
      "syslog",
      at + 1.41 + fraction(8),
      "systemd[1]",
      "Finished apt-daily.service - Daily apt download activities.",
    );
  }
  return list.filter((one) => one.line.at > model.bootTime + 30);
}

const seeds = new WeakMap<MachineModel, number>();
function seedOf(model: MachineModel): number {
  const known = seeds.get(model) ?? model.random("logs").integer(1, 2 ** 30);
  seeds.set(model, known);
  return known;
}

function ownLogins(model: MachineModel, from: number, to: number): LogLine[] {
  const list: LogLine[] = [];
  for (const login of pastLogins(model.persona, from, to)) {
    const sshd = `sshd[${String(login.pid)}]`;
    const logind = "systemd-logind[LOGIND]";
    const port = String(40_000 + (login.pid % 20_000));
    list.push(
      {
        at: login.login,
        ident: sshd,
        message: `Accepted publickey for ${login.user} from ${login.from} port ${port} ssh2: ED25519 SHA256:${model.random(`key ${login.from}`).bytes(32).toString("base64").replace(/=+$/, "")}`,
      },
      {
        at: login.login + 0.003,
        ident: sshd,
        message: `pam_unix(sshd:session): session opened for user ${login.user}(uid=${String(login.uid)}) by (uid=0)`,
      },
      {
        at: login.login + 0.02,
        ident: logind,
        message: `New session ${String(login.pid % 900)} of user ${login.user}.`,
      },
    );
    if (login.logout === undefined) continue;
    list.push(
      {
        at: login.logout,
        ident: sshd,
        message: `pam_unix(sshd:session): session closed for user ${login.user}`,
      },
      {
        at: login.logout + 0.01,
        ident: logind,
        message: `Session ${String(login.pid % 900)} logged out. Waiting for processes to exit.`,
      },
      { at: login.logout + 0.02, ident: logind, message: `Removed session ${String(login.pid % 900)}.` },
    );
  }
  return list;
}

/** First lines of the kernel's ring buffer, as far as every machine has them. */
function bootLines(model: MachineModel): LogLine[] {
  const { persona, release, hardware } = model;
  const disk = hardware.disks[0];
  const root = hardware.disks.find((one) => one.mountpoint === "/");
  const size = disk === undefined ? 0 : disk.sectors;
  const rows: readonly (readonly [number, string])[] = [
    [0, release.procVersion],
    [
      0,
      `Command line: BOOT_IMAGE=/boot/vmlinuz-${release.uname.release} root=UUID=${root?.uuid ?? ""} ro quiet`,
    ],
    [0, "BIOS-provided physical RAM map:"],
    [0, `DMI: ${persona.hardware.vendor} ${persona.hardware.product}`],
    [0.000004, `tsc: Detected ${String(hardware.cpus[0]?.mhz ?? 0)} MHz processor`],
    [
      0.02,
      `Memory: ${String(hardware.memory(model.bootTime).available)}K/${String(persona.hardware.memoryMiB * 1024)}K available`,
    ],
    [0.19, `smpboot: CPU0: ${persona.hardware.cpuModel}`],
    [
      0.24,
      `smp: Brought up 1 node, ${String(hardware.cpus.length)} CPU${hardware.cpus.length === 1 ? "" : "s"}`,
    ],
    [0.61, "NET: Registered PF_INET6 protocol family"],
    [1.21, `${disk?.name ?? "sda"}: ${String(size)} 512-byte logical blocks`],
    [1.64, `EXT4-fs (${root?.name ?? "sda1"}): mounted filesystem with ordered data mode. Quota mode: none.`],
    [1.98, "systemd[1]: Inserted module 'autofs4'"],
    [2.05, `EXT4-fs (${root?.name ?? "sda1"}): re-mounted. Quota mode: none.`],
    [
      3.35,
      `Adding ${String(hardware.memory(model.bootTime).swapTotal)}k swap on /dev/${hardware.disks.find((one) => one.fstype === "swap")?.name ?? "sda5"}.  Priority:-2 extents:1`,
    ],
    [5.2, `IPv6: ADDRCONF(NETDEV_CHANGE): ${persona.network.interface}: link becomes ready`],
  ];
  return rows.map(([after, message]) => ({ at: model.bootTime + after, ident: "kernel", message }));
}

const KERNEL_STAMP = (after: number): string => `[${after.toFixed(6).padStart(12)}]`;

interface Cached {
  readonly until: number;
  readonly lines: readonly LogLine[];
}

/** A machine's own log lines, without what any world adds. Complete hours are made once. */
export class BaseLogs {
  readonly #model: MachineModel;
  readonly #cache = new Map<string, Cached>();

  constructor(model: MachineModel) {
    this.#model = model;
  }

  lines(log: LogName, from: number, to: number): readonly LogLine[] {
    const hour = Math.floor(to / 3600) * 3600;
    const key = `${log} ${String(Math.floor(from))}`;
    let cached = this.#cache.get(key);
    if (cached === undefined || cached.until > hour) cached = { until: from, lines: [] };
    if (cached.until < hour) {
      cached = { until: hour, lines: [...cached.lines, ...this.#make(log, cached.until, hour)] };
      if (this.#cache.size > 24) this.#cache.clear();
      this.#cache.set(key, cached);
    }
    return [...cached.lines, ...this.#make(log, Math.max(hour, from), to)];
  }

  #make(log: LogName, from: number, to: number): LogLine[] {
    const model = this.#model;
    const first = Math.max(from, model.persona.installedAt);
    const list: LogLine[] = [];
    for (let hour = Math.floor(first / 3600); hour * 3600 < to; hour += 1)
      for (const one of hourly(model, hour)) if (one.log === log) list.push(one.line);
    if (log === "auth.log") list.push(...ownLogins(model, first - 7200, to));
    if (log === "kern.log" || log === "syslog")
      for (const line of bootLines(model))
        list.push({
          ...line,
          at: line.at + 4,
          message: `${KERNEL_STAMP(line.at - model.bootTime)} ${line.message}`,
        });
    return list.filter((line) => line.at >= from && line.at < to).toSorted((a, b) => a.at - b.at);
  }
}
