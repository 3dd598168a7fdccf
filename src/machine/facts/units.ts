import type { UnitFacts } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import type { BaseProcess } from "./base-processes.ts";
import { daemonsOf } from "./roles.ts";

export type UnitPlan = Omit<UnitFacts, "since" | "mainPid"> & {
  /** Seconds after boot. */
  readonly after: number;
};

type Row = readonly [name: string, description: string, enabled: UnitFacts["enabled"]];

const running: readonly Row[] = [
  ["atd.service", "Deferred execution scheduler", "enabled"],
  ["cron.service", "Regular background program processing daemon", "enabled"],
  ["dbus.service", "D-Bus System Message Bus", "static"],
  ["getty@tty1.service", "Getty on tty1", "enabled"],
  ["rsyslog.service", "System Logging Service", "enabled"],
  ["ssh.service", "OpenBSD Secure Shell server", "enabled"],
  ["systemd-journald.service", "Journal Service", "static"],
  ["systemd-logind.service", "User Login Management", "static"],
  ["systemd-timesyncd.service", "Network Time Synchronization", "enabled"],
  ["systemd-udevd.service", "Rule-based Manager for Device Events and Files", "static"],
  ["unattended-upgrades.service", "Unattended Upgrades Shutdown", "enabled"],
];

const exited: readonly Row[] = [
  ["console-setup.service", "Set console font and keymap", "enabled"],
  ["ifupdown-pre.service", "Helper to synchronize boot up for ifupdown", "static"],
  ["keyboard-setup.service", "Set the console keyboard layout", "enabled"],
  ["kmod-static-nodes.service", "Create List of Static Device Nodes", "static"],
  ["networking.service", "Raise network interfaces", "enabled"],
  ["sysstat.service", "Resets System Activity Logs", "enabled"],
  ["systemd-binfmt.service", "Set Up Additional Binary Formats", "static"],
  ["systemd-journal-flush.service", "Flush Journal to Persistent Storage", "static"],
  ["systemd-modules-load.service", "Load Kernel Modules", "static"],
  ["systemd-random-seed.service", "Load/Save Random Seed", "static"],
  ["systemd-remount-fs.service", "Remount Root and Kernel File Systems", "enabled"],
  ["systemd-sysctl.service", "Apply Kernel Variables", "static"],
  ["systemd-sysusers.service", "Create System Users", "static"],
  ["systemd-tmpfiles-setup-dev.service", "Create Static Device Nodes in /dev", "static"],
  ["systemd-tmpfiles-setup.service", "Create Volatile Files and Directories", "static"],
  ["systemd-udev-trigger.service", "Coldplug All udev Devices", "static"],
  ["systemd-update-utmp.service", "Record System Boot/Shutdown in UTMP", "static"],
  ["systemd-user-sessions.service", "Permit User Sessions", "static"],
];

const idle: readonly Row[] = [
  ["apt-daily-upgrade.service", "Daily apt upgrade and clean activities", "static"],
  ["apt-daily.service", "Daily apt download activities", "static"],
  ["dpkg-db-backup.service", "Daily dpkg database backup service", "static"],
  ["e2scrub_all.service", "Online ext4 Metadata Check for All Filesystems", "static"],
  ["e2scrub_reap.service", "Remove Stale Online ext4 Metadata Check Snapshots", "enabled"],
  ["emergency.service", "Emergency Shell", "static"],
  ["fstrim.service", "Discard unused blocks on filesystems from /etc/fstab", "static"],
  ["logrotate.service", "Rotate log files", "static"],
  ["man-db.service", "Daily man-db regeneration", "static"],
  ["rc-local.service", "/etc/rc.local Compatibility", "static"],
  ["rescue.service", "Rescue Shell", "static"],
  ["rsync.service", "fast remote file copy program daemon", "disabled"],
  ["systemd-fsck-root.service", "File System Check on Root Device", "static"],
  ["systemd-tmpfiles-clean.service", "Cleanup of Temporary Directories", "static"],
];

const targets: readonly Row[] = [
  ["basic.target", "Basic System", "static"],
  ["cryptsetup.target", "Local Encrypted Volumes", "static"],
  ["getty.target", "Login Prompts", "static"],
  ["graphical.target", "Graphical Interface", "static"],
  ["integritysetup.target", "Local Integrity Protected Volumes", "static"],
  ["local-fs-pre.target", "Preparation for Local File Systems", "static"],
  ["local-fs.target", "Local File Systems", "static"],
  ["multi-user.target", "Multi-User System", "static"],
  ["network-online.target", "Network is Online", "static"],
  ["network.target", "Network", "static"],
  ["nss-user-lookup.target", "User and Group Name Lookups", "static"],
  ["paths.target", "Path Units", "static"],
  ["remote-fs.target", "Remote File Systems", "enabled"],
  ["slices.target", "Slice Units", "static"],
  ["sockets.target", "Socket Units", "static"],
  ["swap.target", "Swaps", "static"],
  ["sysinit.target", "System Initialization", "static"],
  ["time-set.target", "System Time Set", "static"],
  ["timers.target", "Timer Units", "static"],
  ["veritysetup.target", "Local Verity Protected Volumes", "static"],
];

const timers: readonly Row[] = [
  ["apt-daily-upgrade.timer", "Daily apt upgrade and clean activities", "enabled"],
  ["apt-daily.timer", "Daily apt download activities", "enabled"],
  ["dpkg-db-backup.timer", "Daily dpkg database backup timer", "enabled"],
  ["e2scrub_all.timer", "Periodic ext4 Online Metadata Check for All Filesystems", "enabled"],
  ["fstrim.timer", "Discard unused blocks once a week", "enabled"],
  ["logrotate.timer", "Daily rotation of log files", "enabled"],
  ["man-db.timer", "Daily man-db regeneration", "enabled"],
  ["systemd-tmpfiles-clean.timer", "Daily Cleanup of Temporary Directories", "static"],
];

const sockets: readonly Row[] = [
  ["dbus.socket", "D-Bus System Message Bus Socket", "static"],
  ["syslog.socket", "Syslog Socket", "static"],
  ["systemd-fsckd.socket", "fsck to fsckd communication Socket", "static"],
  ["systemd-initctl.socket", "initctl Compatibility Named Pipe", "static"],
  ["systemd-journald-dev-log.socket", "Journal Socket (/dev/log)", "static"],
  ["systemd-journald.socket", "Journal Socket", "static"],
  ["systemd-udevd-control.socket", "udev Control Socket", "static"],
  ["systemd-udevd-kernel.socket", "udev Kernel Socket", "static"],
];

const mounts: readonly Row[] = [
  ["-.mount", "Root Mount", "generated"],
  ["dev-hugepages.mount", "Huge Pages File System", "static"],
  ["dev-mqueue.mount", "POSIX Message Queue File System", "static"],
  ["sys-fs-fuse-connections.mount", "FUSE Control File System", "static"],
  ["sys-kernel-config.mount", "Kernel Configuration File System", "static"],
  ["sys-kernel-debug.mount", "Kernel Debug File System", "static"],
  ["sys-kernel-tracing.mount", "Kernel Trace File System", "static"],
];

const typeOf = (name: string): UnitFacts["type"] =>
  name.slice(name.lastIndexOf(".") + 1) as UnitFacts["type"];

const plan = (
  [name, description, enabled]: Row,
  active: UnitFacts["active"],
  sub: string,
  after: number,
): UnitPlan => ({
  name,
  description,
  type: typeOf(name),
  load: "loaded",
  active,
  sub,
  enabled,
  preset: "enabled",
  path: `/lib/systemd/system/${name.replace(/@[^.]+\./, "@.")}`,
  after,
});

/** What `systemctl` finds loaded on a server, before any world changed it. */
export function unitPlans(persona: MachinePersona): readonly UnitPlan[] {
  const roles: Row[] = daemonsOf(persona).map((daemon) => [daemon.unit, daemon.description, "enabled"]);
  return [
    ...running.map((row) => plan(row, "active", "running", 4.4)),
    ...roles.map((row, index) => plan(row, "active", "running", 5.8 + index)),
    ...exited.map((row) => plan(row, "active", "exited", 3.1)),
    ...idle.map((row) => plan(row, "inactive", "dead", 0)),
    ...targets.map((row) => plan(row, "active", "active", 5.6)),
    ...timers.map((row) => plan(row, "active", "waiting", 4.1)),
    ...sockets.map((row) => plan(row, "active", row[0].includes("initctl") ? "listening" : "running", 2.0)),
    ...mounts.map((row) => plan(row, "active", "mounted", 1.9)),
    plan(["-.slice", "Root Slice", "static"], "active", "active", 0.6),
    plan(["system.slice", "System Slice", "static"], "active", "active", 0.6),
    plan(["user.slice", "User and Session Slice", "static"], "active", "active", 1.2),
    plan(["init.scope", "System and Service Manager", "static"], "active", "running", 0.6),
  ];
}

/** Names under which systemd knows a unit too. */
export const unitAliases: Readonly<Record<string, string>> = {
  "sshd.service": "ssh.service",
  "syslog.service": "rsyslog.service",
  "mysql.service": "mariadb.service",
  "mysqld.service": "mariadb.service",
  "redis.service": "redis-server.service",
  "bind9.service": "named.service",
};

export const mainPidOf = (unit: string, base: readonly BaseProcess[]): number | undefined =>
  base.find((one) => one.unit === unit)?.pid;
