import { createHmac } from "node:crypto";
import { FsError } from "../errors.ts";
import { uuidOf } from "../facts/hardware.ts";
import { type LayerBuilder, MadeFile } from "../files/base-layer.ts";
import type { BaseNode, ReadContext } from "../files/base-node.ts";
import type { MachineModel } from "../model.ts";
import { processFolder } from "./proc-process.ts";
import * as system from "./proc-system.ts";

/** A tunable of `/proc/sys`: root writes it, the world keeps it. */
class Tunable extends MadeFile {
  readonly #key: string;
  constructor(ino: number, path: string, value: string | ((context: ReadContext) => string), mode: number) {
    super(
      ino,
      { mode, mtime: ({ view }) => view.now() },
      (context) => {
        const set = context.view.state.get(`sysctl ${path}`);
        return `${typeof set === "string" ? set : typeof value === "function" ? value(context) : value}\n`;
      },
      true,
    );
    this.#key = `sysctl ${path}`;
  }
  write(bytes: Uint8Array, { view, caller }: ReadContext): void {
    if (caller.uid !== 0 || (this.mode & 0o200) === 0) throw new FsError("EACCES", "");
    const text = Buffer.from(bytes).toString("utf8").trim();
    if (this.#key === "sysctl kernel/hostname") view.setHostname(text);
    else view.state.set(this.#key, text.slice(0, 256));
  }
}

type Value = string | ((context: ReadContext) => string);

const sysctls = (model: MachineModel): readonly (readonly [string, Value, number?])[] => {
  const { persona, release } = model;
  const memory = persona.hardware.memoryMiB;
  const bootId = uuidOf(persona.secret, `boot ${String(persona.bootedAt)}`);
  return [
    ["kernel/hostname", ({ view }) => view.hostname()],
    ["kernel/domainname", "(none)"],
    ["kernel/osrelease", release.uname.release, 0o444],
    ["kernel/ostype", "Linux", 0o444],
    ["kernel/version", release.uname.version, 0o444],
    ["kernel/pid_max", "4194304"],
    ["kernel/threads-max", String(Math.floor(memory * 7.8))],
    ["kernel/randomize_va_space", "2"],
    ["kernel/panic", "0"],
    ["kernel/sysrq", "438"],
    ["kernel/dmesg_restrict", "1"],
    ["kernel/kptr_restrict", "0"],
    ["kernel/modules_disabled", "0"],
    ["kernel/core_pattern", "core"],
    ["kernel/core_uses_pid", "0"],
    ["kernel/printk", "4\t4\t1\t7"],
    ["kernel/shmmax", "18446744073692774399"],
    ["kernel/shmall", "18446744073692774399"],
    ["kernel/msgmax", "8192"],
    ["kernel/sem", "32000\t1024000000\t500\t32000"],
    ["kernel/nmi_watchdog", "0"],
    ["kernel/tainted", "0"],
    ["kernel/unprivileged_bpf_disabled", "2"],
    ["kernel/perf_event_paranoid", "3"],
    ["kernel/yama/ptrace_scope", "0"],
    ["kernel/ngroups_max", "65536", 0o444],
    ["kernel/cap_last_cap", "40", 0o444],
    ["kernel/random/boot_id", bootId, 0o444],
    ["kernel/random/entropy_avail", "256", 0o444],
    ["kernel/random/poolsize", "256", 0o444],
    ["kernel/random/uuid", ({ view }) => uuidOf(persona.secret, `uuid ${String(view.now())}`), 0o444],
    ["vm/swappiness", "60"],
    ["vm/overcommit_memory", "0"],
    ["vm/overcommit_ratio", "50"],
    ["vm/drop_caches", "0"],
    ["vm/dirty_ratio", "20"],
    ["vm/nr_hugepages", "0"],
    ["vm/max_map_count", "65530"],
    ["vm/min_free_kbytes", String(Math.floor(Math.sqrt(memory * 1024 * 16)) & ~3)],
    ["vm/vfs_cache_pressure", "100"],
    ["fs/file-max", "9223372036854775807"],
    [
      "fs/file-nr",
      ({ view }) => `${String(900 + view.processes.list().length * 6)}\t0\t9223372036854775807`,
      0o444,
    ],
    ["fs/nr_open", "1048576"],
    ["fs/inode-nr", "48211\t311", 0o444],
    ["fs/protected_hardlinks", "1"],
    ["fs/protected_symlinks", "1"],
    ["fs/inotify/max_user_watches", String(Math.floor(memory * 15))],
    ["fs/suid_dumpable", "0"],
    ["net/core/somaxconn", "4096"],
    ["net/core/rmem_max", "212992"],
    ["net/core/wmem_max", "212992"],
    ["net/core/netdev_max_backlog", "1000"],
    ["net/ipv4/ip_forward", "0"],
    ["net/ipv4/ip_local_port_range", "32768\t60999"],
    ["net/ipv4/icmp_echo_ignore_all", "0"],
    ["net/ipv4/tcp_syncookies", "1"],
    ["net/ipv4/tcp_fin_timeout", "60"],
    ["net/ipv4/tcp_congestion_control", "cubic"],
    ["net/ipv4/tcp_tw_reuse", "2"],
    ["net/ipv4/tcp_max_syn_backlog", "512"],
    ["net/ipv4/tcp_keepalive_time", "7200"],
    ["net/ipv4/conf/all/rp_filter", "0"],
    ["net/ipv4/conf/all/forwarding", "0"],
    [`net/ipv4/conf/${persona.network.interface}/forwarding`, "0"],
    ["net/ipv6/conf/all/disable_ipv6", "0"],
    ["net/ipv6/conf/all/forwarding", "0"],
  ];
};

const plainFiles = (model: MachineModel): Readonly<Record<string, Value>> => {
  const { hardware, release } = model;
  const root = hardware.disks.find((disk) => disk.mountpoint === "/");
  return {
    cmdline: `BOOT_IMAGE=/boot/vmlinuz-${release.uname.release} root=UUID=${root?.uuid ?? ""} ro quiet\n`,
    consoles: "tty0                 -WU (EC  p  )    4:1\n",
    cpuinfo: system.cpuinfo,
    meminfo: system.meminfo,
    stat: system.stat,
    loadavg: system.loadavg,
    uptime: system.uptime,
    version: `${release.procVersion}\n`,
    version_signature: "",
    filesystems: system.filesystems,
    partitions: system.partitions,
    diskstats: system.diskstats,
    swaps: system.swaps,
    modules: system.modules,
    interrupts: system.interrupts,
    devices:
      "Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n  4 ttyS\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n  7 vcs\n 10 misc\n 13 input\n 21 sg\n 29 fb\n128 ptm\n136 pts\n180 usb\n189 usb_device\n226 drm\n248 hidraw\n249 rtc\n\nBlock devices:\n  8 sd\n  9 md\n 11 sr\n 65 sd\n253 device-mapper\n254 virtblk\n259 blkext\n",
    misc: "121 vga_arbiter\n183 hw_random\n227 mcelog\n144 nvram\n228 hpet\n229 fuse\n231 snapshot\n236 device-mapper\n234 btrfs-control\n235 autofs\n",
    crypto:
      "name         : crct10dif\ndriver       : crct10dif-pclmul\nmodule       : crct10dif_pclmul\npriority     : 200\nrefcnt       : 1\nselftest     : passed\ninternal     : no\ntype         : shash\nblocksize    : 1\ndigestsize   : 2\n",
    cgroups:
      "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t78\t1\ncpu\t0\t78\t1\ncpuacct\t0\t78\t1\nblkio\t0\t78\t1\nmemory\t0\t78\t1\ndevices\t0\t78\t1\nfreezer\t0\t78\t1\nnet_cls\t0\t78\t1\nperf_event\t0\t78\t1\nnet_prio\t0\t78\t1\nhugetlb\t0\t78\t1\npids\t0\t78\t1\nrdma\t0\t78\t1\nmisc\t0\t78\t1\n",
    execdomains: "0-0\tLinux           \t[kernel]\n",
    dma: " 4: cascade\n",
    fb: "0 \n",
    ioports:
      "0000-0cf7 : PCI Bus 0000:00\n  0000-001f : dma1\n  0020-0021 : pic1\n  0040-0043 : timer0\n  0060-0060 : keyboard\n  0064-0064 : keyboard\n  0070-0071 : rtc0\n0cf8-0cff : PCI conf1\n",
    iomem:
      "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n000f0000-000fffff : System ROM\n00100000-bffdffff : System RAM\n",
    locks: "1: FLOCK  ADVISORY  WRITE 512 00:18:612 0 EOF\n",
    mtrr: "reg00: base=0x0c0000000 ( 3072MB), size= 1024MB, count=1: uncachable\n",
    vmstat: ({ view }) => {
      const m = view.memory();
      const up = view.uptime();
      return `nr_free_pages ${String(Math.floor(m.free / 4))}\nnr_inactive_anon ${String(Math.floor(m.anonymous / 4))}\nnr_active_file ${String(Math.floor(m.active / 4))}\nnr_mapped ${String(Math.floor(m.mapped / 4))}\nnr_dirty ${String(Math.floor(m.dirty / 4))}\npgpgin ${String(Math.floor(420_000 + up * 1.2))}\npgpgout ${String(Math.floor(900_000 + up * 7))}\npswpin 0\npswpout ${String(Math.floor((m.swapTotal - m.swapFree) / 4))}\npgfault ${String(Math.floor(2_000_000 + up * 140))}\npgmajfault ${String(Math.floor(3100 + up * 0.002))}\n`;
    },
  };
};

/** Entries that only root may read. */
const rootOnly: readonly string[] = [
  "kcore",
  "kmsg",
  "kpagecount",
  "slabinfo",
  "vmallocinfo",
  "kallsyms",
  "timer_list",
  "sysrq-trigger",
  "pagetypeinfo",
];

export function addProc(builder: LayerBuilder, model: MachineModel): void {
  const now = ({ view }: ReadContext): number => view.now();
  builder.folder(
    "/proc",
    { mode: 0o555, mtime: model.bootTime },
    {
      lookup: (name, context): BaseNode | undefined => {
        if (!/^[1-9]\d{0,6}$/.test(name)) return undefined;
        return processFolder(Number(name), context);
      },
      names: ({ view, caller }) => {
        const pids = new Set(view.processes.list().map((one) => one.pid));
        if (caller.as !== undefined) pids.add(caller.as.pid);
        return [...pids].map(String);
      },
    },
  );
  const file = (path: string, content: Value, mode = 0o444): void => {
    builder.put(`/proc/${path}`, (ino) => new MadeFile(ino, { mode, mtime: now }, content, true));
  };
  for (const [name, content] of Object.entries(plainFiles(model))) if (content !== "") file(name, content);
  for (const name of rootOnly) file(name, "", name === "kallsyms" ? 0o444 : 0o400);
  for (const [path, value, mode] of sysctls(model))
    builder.put(`/proc/sys/${path}`, (ino) => new Tunable(ino, path, value, mode ?? 0o644));
  for (const folder of [
    "acpi",
    "bus/pci",
    "bus/input",
    "driver",
    "fs/ext4",
    "irq",
    "pressure",
    "scsi",
    "sysvipc",
    "tty/driver",
    "sys/fs/binfmt_misc",
    "sys/dev",
    "sys/debug",
    "sys/abi",
    "sys/user",
  ])
    builder.folder(`/proc/${folder}`, { mode: 0o555 });
  const seed = createHmac("sha256", model.persona.secret).update("proc").digest().readUInt16LE(0);
  for (const name of ["cpu", "io", "memory"])
    file(
      `pressure/${name}`,
      ({ view }) =>
        `some avg10=0.00 avg60=0.0${String(seed % 5)} avg300=0.0${String(seed % 7)} total=${String(Math.floor(view.uptime() * (40 + (seed % 50))))}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${String(Math.floor(view.uptime() * 9))}\n`,
    );
  file("scsi/scsi", "Attached devices:\n");
  builder.link("/proc/mounts", "self/mounts");
  builder.link("/proc/net", "self/net");
  builder.put("/proc/self", (ino) => selfLink(ino, ""));
  builder.put("/proc/thread-self", (ino) => selfLink(ino, "task"));
}

function selfLink(ino: number, task: string): BaseNode {
  const target = ({ caller, view }: ReadContext): string => {
    const pid = caller.as?.pid ?? view.processes.list().findLast((one) => one.spawned)?.pid ?? 1;
    return task === "" ? String(pid) : `${String(pid)}/task/${String(pid)}`;
  };
  return {
    ino,
    kind: "symlink",
    mode: 0o777,
    uid: 0,
    gid: 0,
    nlink: 1,
    mtime: ({ view }) => view.now(),
    size: () => 0,
    target,
    lookup: () => undefined,
    names: () => [],
    readAt: () => new Uint8Array(),
  };
}
