import { gzipSync } from "node:zlib";
import { type BaseLogs, formatLine, type LogLine, type LogName, stamp, weekStart } from "../facts/logs.ts";
import { btmpBytes, lastlogBytes, utmpBytes, wtmpBytes } from "../facts/utmp.ts";
import type { LayerBuilder } from "../files/base-layer.ts";
import type { ReadContext } from "../files/base-node.ts";
import type { LoginRecord, MachineModel, WorldView } from "../model.ts";
import type { InstalledPackages } from "./package-table.ts";

const weekly: readonly LogName[] = ["auth.log", "syslog", "cron.log", "kern.log", "user.log"];
const ADM = { mode: 0o640, gid: 4 };

const isLogLine = (value: unknown): value is LogLine =>
  typeof value === "object" && value !== null && "at" in value && "ident" in value && "message" in value;

/** Lines that this world's own events added to a log. */
const worldLines = (view: WorldView, log: string): readonly LogLine[] => {
  const kept = view.state.get(`log ${log}`);
  return Array.isArray(kept) ? kept.filter(isLogLine) : [];
};

function fill(view: WorldView, line: LogLine): LogLine {
  if (!line.ident.includes("LOGIND")) return line;
  const pid = view.processes.list().find((one) => one.comm === "systemd-logind")?.pid ?? 512;
  return { ...line, ident: line.ident.replace("LOGIND", String(pid)) };
}

export function addLogs(
  builder: LayerBuilder,
  model: MachineModel,
  parts: { readonly logs: BaseLogs; readonly packages: InstalledPackages },
): void {
  const { logs } = parts;
  const text = (log: LogName, back: number, { view }: ReadContext): string => {
    const now = view.now();
    // Empty files are not rotated: what the kernel says at boot stays in the present one.
    const from = log === "kern.log" ? model.bootTime : weekStart(model, now, back);
    const to = back === 0 ? now + 0.001 : weekStart(model, now, back - 1);
    const own = worldLines(view, log).filter((line) => line.at >= from && line.at < to);
    return [...logs.lines(log, from, to), ...own]
      .toSorted((a, b) => a.at - b.at)
      .map((line) => formatLine(model, view.hostname(), fill(view, line)))
      .join("");
  };
  const rotated =
    (back: number) =>
    ({ view }: ReadContext): number =>
      weekStart(model, view.now(), back);
  const lastWrite =
    (log: LogName) =>
    ({ view }: ReadContext): number => {
      const from = weekStart(model, view.now(), 0);
      const own = worldLines(view, log).at(-1)?.at ?? 0;
      return Math.max(from, own, logs.lines(log, from, view.now()).at(-1)?.at ?? 0);
    };
  builder.folder("/var/log", { mode: 0o755, mtime: rotated(0) });
  const weeks = Math.min(
    4,
    Math.max(0, Math.floor((model.persona.bootedAt - model.persona.installedAt) / 604_800) + 1),
  );
  for (const log of weekly) {
    builder.file(`/var/log/${log}`, (context) => text(log, 0, context), { ...ADM, mtime: lastWrite(log) });
    if (log === "user.log" || log === "kern.log") continue;
    if (weeks >= 1)
      builder.file(`/var/log/${log}.1`, (context) => text(log, 1, context), { ...ADM, mtime: rotated(0) });
    for (let back = 2; back <= weeks; back += 1)
      builder.file(`/var/log/${log}.${String(back)}.gz`, (context) => gzipSync(text(log, back, context)), {
        ...ADM,
        mtime: rotated(back - 1),
      });
  }
  logins(builder, model);
  packageLogs(builder, model, parts.packages);
  for (const [path, mode, uid, gid] of [
    ["private", 0o700, 0, 0],
    ["journal", 0o2755, 0, 999],
    ["unattended-upgrades", 0o750, 0, 4],
    ["sysstat", 0o755, 0, 0],
    ["installer", 0o755, 0, 0],
  ] as const)
    builder.folder(`/var/log/${path}`, { mode, uid, gid, mtime: model.persona.installedAt });
  builder.file("/var/log/faillog", Buffer.alloc(32_032), { mtime: model.persona.installedAt });
}

function logins(builder: LayerBuilder, model: MachineModel): void {
  const kernel = model.release.uname.release;
  const boot = (at: number): LoginRecord => ({
    user: "reboot",
    uid: 0,
    tty: "~",
    from: kernel,
    login: at,
    logout: undefined,
    pid: 0,
    kind: "boot",
  });
  const newest = ({ view }: ReadContext): number => view.logins.history()[0]?.login ?? model.bootTime;
  builder.file("/var/log/wtmp", ({ view }) => wtmpBytes(view.logins.history().toReversed()), {
    mode: 0o664,
    gid: 43,
    mtime: newest,
  });
  builder.file("/var/log/btmp", ({ view }) => btmpBytes(view.logins.failures().toReversed()), {
    mode: 0o660,
    gid: 43,
    mtime: ({ view }) => view.logins.failures()[0]?.login ?? weekStart(model, view.now(), 0),
  });
  builder.file(
    "/var/log/lastlog",
    ({ view }) => {
      const users = view.users.accounts().filter((account) => account.uid === 0 || account.uid >= 1000);
      return lastlogBytes(
        users.map((account) => view.logins.last(account.name)).filter((one) => one !== undefined),
      );
    },
    { mode: 0o664, gid: 43, mtime: newest },
  );
  builder.file(
    "/run/utmp",
    ({ view }) => utmpBytes(boot(view.now() - view.uptime()), view.logins.current()),
    {
      mode: 0o664,
      gid: 43,
      mtime: newest,
    },
  );
}

/** Installation and the last upgrade, as apt and dpkg log them. */
function packageLogs(builder: LayerBuilder, model: MachineModel, packages: InstalledPackages): void {
  const upgraded = Math.max(model.persona.installedAt + 3600, model.bootTime - 1500);
  const local = (at: number): string => stamp(model, at).slice(0, 19).replace("T", " ");
  const random = model.random("upgrade");
  const chosen = packages.list().filter(() => random.next() < 0.06);
  const dpkg = (): string =>
    chosen
      .map((pkg, index) => {
        const at = local(upgraded + index * 0.7);
        const name = `${pkg.name}:${pkg.architecture}`;
        return `${at} upgrade ${name} ${pkg.version} ${pkg.version}\n${at} status unpacked ${name} ${pkg.version}\n${at} configure ${name} ${pkg.version} <none>\n${at} status half-configured ${name} ${pkg.version}\n${at} status installed ${name} ${pkg.version}\n`;
      })
      .join("");
  const at = { mtime: upgraded + 60 };
  builder.file("/var/log/dpkg.log", `${local(upgraded)} startup archives unpack\n${dpkg()}`, at);
  builder.file(
    "/var/log/apt/history.log",
    `\nStart-Date: ${local(upgraded).replace(" ", "  ")}\nCommandline: apt upgrade\nUpgrade: ${chosen.map((pkg) => `${pkg.name}:${pkg.architecture} (${pkg.version}, ${pkg.version})`).join(", ")}\nEnd-Date: ${local(upgraded + 55).replace(" ", "  ")}\n`,
    at,
  );
  builder.file(
    "/var/log/apt/eipp.log.xz",
    Buffer.from("fd377a585a000004e6d6b446020021011600000074", "hex"),
    at,
  );
  builder.file("/var/log/alternatives.log", "", at);
}
