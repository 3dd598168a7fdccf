import type { ProcessFacts } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { deckySeeded } from "../seeded.ts";
import { daemonsOf } from "./roles.ts";

/** A process of the machine as booted; times and sizes move with the clock elsewhere. */
export type BaseProcess = Omit<ProcessFacts, "state" | "spawned">;

const perCpu = (cpu: number): string[] =>
  cpu === 0
    ? []
    : [
        `cpuhp/${String(cpu)}`,
        `migration/${String(cpu)}`,
        `ksoftirqd/${String(cpu)}`,
        `kworker/${String(cpu)}:0H-events_highpri`,
      ];

/** Kernel threads of Debian 12's kernel in the order in which it starts them. */
function kernelThreads(cpus: number, disk: string): readonly string[] {
  const shown = Math.min(cpus, 16);
  return [
    "rcu_gp",
    "rcu_par_gp",
    "slub_flushwq",
    "netns",
    "kworker/0:0H-events_highpri",
    "mm_percpu_wq",
    "rcu_tasks_kthread",
    "rcu_tasks_rude_kthread",
    "rcu_tasks_trace_kthread",
    "ksoftirqd/0",
    "rcu_preempt",
    "migration/0",
    "cpuhp/0",
    ...Array.from({ length: shown }, (_, cpu) => perCpu(cpu)).flat(),
    "kdevtmpfs",
    "inet_frag_wq",
    "kauditd",
    "khungtaskd",
    "oom_reaper",
    "writeback",
    "kcompactd0",
    "ksmd",
    "khugepaged",
    "kintegrityd",
    "kblockd",
    "blkcg_punt_bio",
    "tpm_dev_wq",
    "edac-poller",
    "devfreq_wq",
    "kworker/0:1H-kblockd",
    "kswapd0",
    "kthrotld",
    "acpi_thermal_pm",
    "mld",
    "ipv6_addrconf",
    "kstrp",
    "zswap-shrink",
    `kworker/u${String(shown * 2 + 1)}:0`,
    "ata_sff",
    "scsi_eh_0",
    "scsi_tmf_0",
    "scsi_eh_1",
    "scsi_tmf_1",
    ...Array.from({ length: shown - 1 }, (_, cpu) => `kworker/${String(cpu + 1)}:1H-kblockd`),
    `jbd2/${disk}1-8`,
    "ext4-rsv-conver",
  ];
}

interface Plan {
  readonly argv: readonly string[];
  readonly exe: string;
  readonly comm?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly unit: string;
  readonly rss: number;
  readonly vsz: number;
  readonly threads?: number;
  readonly tty?: string;
  /** Seconds after boot. */
  readonly after: number;
  readonly nice?: number;
  readonly children?: readonly Plan[];
}

const system = (): readonly Plan[] => [
  {
    argv: ["/lib/systemd/systemd-journald"],
    exe: "/usr/lib/systemd/systemd-journald",
    unit: "systemd-journald.service",
    rss: 18_312,
    vsz: 49_684,
    after: 2.1,
    nice: -1,
  },
  {
    argv: ["/lib/systemd/systemd-udevd"],
    exe: "/usr/bin/udevadm",
    comm: "systemd-udevd",
    unit: "systemd-udevd.service",
    rss: 6624,
    vsz: 26_852,
    after: 2.5,
  },
  {
    argv: ["/lib/systemd/systemd-timesyncd"],
    exe: "/usr/lib/systemd/systemd-timesyncd",
    unit: "systemd-timesyncd.service",
    uid: 997,
    gid: 997,
    rss: 6912,
    vsz: 90_100,
    threads: 2,
    after: 3.6,
  },
  {
    argv: ["/usr/sbin/cron", "-f"],
    exe: "/usr/sbin/cron",
    unit: "cron.service",
    rss: 2688,
    vsz: 6608,
    after: 4.2,
  },
  {
    argv: [
      "/usr/bin/dbus-daemon",
      "--system",
      "--address=systemd:",
      "--nofork",
      "--nopidfile",
      "--systemd-activation",
      "--syslog-only",
    ],
    exe: "/usr/bin/dbus-daemon",
    unit: "dbus.service",
    uid: 100,
    gid: 107,
    rss: 4864,
    vsz: 9264,
    after: 4.2,
  },
  {
    argv: ["/usr/sbin/rsyslogd", "-n", "-iNONE"],
    exe: "/usr/sbin/rsyslogd",
    unit: "rsyslog.service",
    rss: 5632,
    vsz: 222_780,
    threads: 4,
    after: 4.3,
  },
  {
    argv: ["/lib/systemd/systemd-logind"],
    exe: "/usr/lib/systemd/systemd-logind",
    unit: "systemd-logind.service",
    rss: 7808,
    vsz: 17_160,
    after: 4.3,
  },
  {
    argv: ["/usr/sbin/atd", "-f"],
    exe: "/usr/sbin/atd",
    unit: "atd.service",
    uid: 1,
    gid: 1,
    rss: 2048,
    vsz: 3876,
    after: 5.0,
  },
  {
    argv: ["/sbin/agetty", "-o", "-p -- \\u", "--noclear", "-", "linux"],
    exe: "/usr/sbin/agetty",
    unit: "getty@tty1.service",
    rss: 1152,
    vsz: 5872,
    tty: "tty1",
    after: 5.1,
  },
  {
    argv: [
      "/usr/bin/python3",
      "/usr/share/unattended-upgrades/unattended-upgrade-shutdown",
      "--wait-for-signal",
    ],
    exe: "/usr/bin/python3.11",
    comm: "unattended-upgr",
    unit: "unattended-upgrades.service",
    rss: 22_784,
    vsz: 108_376,
    threads: 2,
    after: 5.4,
  },
  {
    argv: ["sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"],
    exe: "/usr/sbin/sshd",
    unit: "ssh.service",
    rss: 9344,
    vsz: 15_440,
    after: 5.5,
  },
];

export interface AccountIds {
  (name: string): { readonly uid: number; readonly gid: number };
}

const daemonPlans = (persona: MachinePersona, ids: AccountIds): Plan[] =>
  daemonsOf(persona).map((daemon, index) => ({
    argv: daemon.argv,
    exe: daemon.exe,
    ...ids(daemon.user),
    unit: daemon.unit,
    rss: daemon.rss,
    vsz: daemon.vsz,
    ...(daemon.threads === undefined ? {} : { threads: daemon.threads }),
    after: 5.8 + index * 0.9,
    children: (daemon.children ?? []).flatMap(({ argv, user, count }) =>
      Array.from({ length: count }, () => ({
        argv,
        exe: daemon.exe,
        ...ids(user),
        unit: daemon.unit,
        rss: Math.floor(daemon.rss * 0.8),
        vsz: daemon.vsz,
        after: 6.4 + index * 0.9,
      })),
    ),
  }));

/** First word of a title or file name, as the kernel cuts it. */
export const commOf = (argv: readonly string[], exe: string): string => {
  const first = argv[0] ?? "";
  if (/^[a-z]+: /.test(first)) return first.slice(0, first.indexOf(":")).slice(0, 15);
  return (first === "" ? exe : (first.split(" ")[0] ?? ""))
    .replace(/^-/, "")
    .replace(/.*\/(?=.)/, "")
    .slice(0, 15);
};

/** Bases of pids: kernel threads come first, the rest of the boot follows with gaps. */
export function debianProcesses(persona: MachinePersona, disk: string, ids: AccountIds): BaseProcess[] {
  const random = deckySeeded(persona.secret, "processes");
  const { bootedAt } = persona;
  const list: BaseProcess[] = [];
  const add = (pid: number, ppid: number, plan: Plan): void => {
    list.push({
      pid,
      ppid,
      pgid: pid,
      sid: pid,
      tty: plan.tty,
      uid: plan.uid ?? 0,
      gid: plan.gid ?? 0,
      comm: plan.comm ?? commOf(plan.argv, plan.exe),
      argv: plan.argv,
      exe: plan.exe,
      cwd: "/",
      start: bootedAt + plan.after,
      nice: plan.nice ?? 0,
      threads: plan.threads ?? 1,
      rss: Math.round((plan.rss * (0.94 + random.next() * 0.12)) / 4) * 4,
      vsz: plan.vsz,
      environ: {
        LANG: "en_US.UTF-8",
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        ...(plan.unit === "init.scope" ? {} : { INVOCATION_ID: random.bytes(16).toString("hex") }),
      },
      unit: plan.unit,
      kernel: false,
    });
  };
  add(1, 0, {
    argv: ["/sbin/init"],
    exe: "/usr/lib/systemd/systemd",
    comm: "systemd",
    unit: "init.scope",
    rss: 12_416,
    vsz: 102_020,
    after: 0.6,
  });
  const thread = (pid: number, name: string, after: number): void => {
    list.push({
      pid,
      ppid: pid === 2 ? 0 : 2,
      pgid: 0,
      sid: 0,
      tty: undefined,
      uid: 0,
      gid: 0,
      comm: name,
      argv: [],
      exe: undefined,
      cwd: "/",
      start: bootedAt + after,
      nice: /H-|_wq$|writeback|kblockd|kthrotld/.test(name) ? -20 : 0,
      threads: 1,
      rss: 0,
      vsz: 0,
      environ: {},
      unit: "",
      kernel: true,
    });
  };
  thread(2, "kthreadd", 0.6);
  let pid = 2;
  for (const name of kernelThreads(persona.hardware.cpus, disk)) {
    pid += name.startsWith("jbd2") ? random.integer(20, 60) : random.next() < 0.12 ? 2 : 1;
    thread(pid, name, name.startsWith("jbd2") || name.startsWith("ext4") ? 1.6 : 0.6);
  }
  pid += random.integer(25, 45);
  for (const plan of [...system(), ...daemonPlans(persona, ids)]) {
    add(pid, 1, plan);
    const parent = pid;
    for (const child of plan.children ?? []) {
      pid += random.integer(1, 2);
      add(pid, parent, child);
    }
    pid += random.integer(1, 40);
  }
  return list;
}

const workers = new WeakMap<MachinePersona, Map<string, BaseProcess>>();

/** Worker threads come and go: which ones are there changes every few minutes. */
export function kernelWorkers(
  persona: MachinePersona,
  now: number,
  pidAt: (at: number) => number,
): BaseProcess[] {
  const period = 420;
  const jobs = [
    "events",
    "mm_percpu_wq",
    "ata_sff",
    "events_unbound",
    "cgroup_destroy",
    "events_power_efficient",
    "flush-8:0",
  ];
  const list: BaseProcess[] = [];
  const made = workers.get(persona) ?? new Map<string, BaseProcess>();
  workers.set(persona, made);
  if (made.size > 500) made.clear();
  const count = Math.min(persona.hardware.cpus, 8) + 4;
  for (let slot = 0; slot < count; slot += 1) {
    const shift = slot * 97;
    const epoch = Math.floor((now + shift) / period);
    const start = Math.max(persona.bootedAt + 30, epoch * period - shift);
    const key = `${String(slot)} ${String(epoch)}`;
    const known = made.get(key);
    if (known !== undefined) {
      list.push({ ...known, pid: pidAt(start) + slot * 3 });
      continue;
    }
    const random = deckySeeded(persona.secret, `kworker ${String(slot)} ${String(epoch)}`);
    const bound = random.next() < 0.6;
    const cpu = slot % persona.hardware.cpus;
    const name = bound
      ? `kworker/${String(cpu)}:${String(random.integer(0, 3))}-${random.pick(jobs)}`
      : `kworker/u${String(persona.hardware.cpus * 2)}:${String(random.integer(0, 4))}-${random.pick(jobs)}`;
    const one: BaseProcess = {
      pid: pidAt(start) + slot * 3,
      ppid: 2,
      pgid: 0,
      sid: 0,
      tty: undefined,
      uid: 0,
      gid: 0,
      comm: name,
      argv: [],
      exe: undefined,
      cwd: "/",
      start,
      nice: 0,
      threads: 1,
      rss: 0,
      vsz: 0,
      environ: {},
      unit: "",
      kernel: true,
    };
    made.set(key, one);
    list.push(one);
  }
  return list;
}
