import type { ReadContext } from "../files/base-node.ts";
import type { CpuTimes } from "../model.ts";
import { hashUnit } from "../seeded.ts";
import { embeddedCpuinfo } from "./embedded-cpuinfo.ts";

const pad = (value: number, width: number): string => String(value).padStart(width);

export function meminfo({ view }: ReadContext): string {
  const m = view.memory();
  const row = (name: string, value: number): string =>
    `${`${name}:`.padEnd(16)}${pad(Math.max(0, value), 8)} kB\n`;
  const half = (value: number, share: number): number => Math.floor(value * share) & ~3;
  return [
    row("MemTotal", m.total),
    row("MemFree", m.free),
    row("MemAvailable", m.available),
    row("Buffers", m.buffers),
    row("Cached", m.cached),
    row("SwapCached", m.swapCached),
    row("Active", m.active),
    row("Inactive", m.inactive),
    row("Active(anon)", half(m.anonymous, 0.06)),
    row("Inactive(anon)", half(m.anonymous, 0.95)),
    row("Active(file)", m.active - half(m.anonymous, 0.06)),
    row("Inactive(file)", m.inactive - half(m.anonymous, 0.75)),
    row("Unevictable", 0),
    row("Mlocked", 0),
    row("SwapTotal", m.swapTotal),
    row("SwapFree", m.swapFree),
    row("Zswap", 0),
    row("Zswapped", 0),
    row("Dirty", m.dirty),
    row("Writeback", 0),
    row("AnonPages", m.anonymous),
    row("Mapped", m.mapped),
    row("Shmem", m.shared),
    row("KReclaimable", m.slabReclaimable),
    row("Slab", m.slabReclaimable + m.slabUnreclaimable),
    row("SReclaimable", m.slabReclaimable),
    row("SUnreclaim", m.slabUnreclaimable),
    row("KernelStack", m.kernelStack),
    row("PageTables", m.pageTables),
    row("SecPageTables", 0),
    row("NFS_Unstable", 0),
    row("Bounce", 0),
    row("WritebackTmp", 0),
    row("CommitLimit", m.swapTotal + half(m.total, 0.5)),
    row("Committed_AS", m.committed),
    row("VmallocTotal", 34_359_738_367),
    row("VmallocUsed", half(m.total, 0.0042)),
    row("VmallocChunk", 0),
    row("Percpu", 1200 * view.model.hardware.cpus.length),
    row("HardwareCorrupted", 0),
    row("AnonHugePages", half(m.anonymous, 0.12) & ~2047),
    row("ShmemHugePages", 0),
    row("ShmemPmdMapped", 0),
    row("FileHugePages", 0),
    row("FilePmdMapped", 0),
    "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n",
    row("Hugepagesize", 2048),
    row("Hugetlb", 0),
    row("DirectMap4k", half(m.total, 0.06)),
    row("DirectMap2M", half(m.total, 0.94) & ~2047),
  ].join("");
}

export function cpuinfo({ view }: ReadContext): string {
  const { cpus } = view.model.hardware;
  const { arch } = view.model.persona.hardware;
  if (arch !== "x86_64") return embeddedCpuinfo(view.model);
  const last = cpus.length - 1;
  return cpus
    .map((cpu) => {
      const siblings = cpu.physicalId === 0 && last > 0 && cpus[1]?.physicalId === 0 ? cpus.length : 1;
      const wobble = hashUnit(cpu.index, Math.floor(view.now() / 2)) * 0.6 - 0.3;
      return [
        `processor\t: ${String(cpu.index)}`,
        `vendor_id\t: ${cpu.vendorId}`,
        `cpu family\t: ${String(cpu.family)}`,
        `model\t\t: ${String(cpu.model)}`,
        `model name\t: ${cpu.modelName}`,
        `stepping\t: ${String(cpu.stepping)}`,
        `microcode\t: ${cpu.microcode}`,
        `cpu MHz\t\t: ${(cpu.mhz + wobble).toFixed(3)}`,
        `cache size\t: ${String(cpu.cacheKiB)} KB`,
        `physical id\t: ${String(cpu.physicalId)}`,
        `siblings\t: ${String(siblings)}`,
        `core id\t\t: ${String(cpu.coreId)}`,
        `cpu cores\t: ${String(siblings)}`,
        `apicid\t\t: ${String(cpu.index)}`,
        `initial apicid\t: ${String(cpu.index)}`,
        "fpu\t\t: yes",
        "fpu_exception\t: yes",
        "cpuid level\t: 13",
        "wp\t\t: yes",
        `flags\t\t: ${cpu.flags.join(" ")}`,
        `bugs\t\t: ${cpu.bugs.join(" ")}`,
        `bogomips\t: ${cpu.bogomips.toFixed(2)}`,
        "clflush size\t: 64",
        "cache_alignment\t: 64",
        "address sizes\t: 43 bits physical, 48 bits virtual",
        "power management:",
        "",
        "",
      ].join("\n");
    })
    .join("");
}

const jiffies = (name: string, t: CpuTimes): string =>
  `${name} ${[t.user, t.nice, t.system, t.idle, t.iowait, t.irq, t.softirq, 0, 0, 0].join(" ")}\n`;

export function stat({ view }: ReadContext): string {
  const up = view.uptime();
  const all = view.processes.list();
  const perCpu = view.model.hardware.cpus.map((cpu) =>
    jiffies(`cpu${String(cpu.index)}`, view.cpuTimes(cpu.index)),
  );
  return [
    jiffies("cpu ", view.cpuTimes()),
    ...perCpu,
    `intr ${String(Math.floor(up * 143))}${" 0".repeat(80)}\n`,
    `ctxt ${String(Math.floor(up * 271.3))}\n`,
    `btime ${String(Math.floor(view.now() - up))}\n`,
    `processes ${String(Math.max(...all.map((one) => one.pid)) + 7)}\n`,
    `procs_running ${String(1 + all.filter((one) => one.state === "R").length)}\n`,
    "procs_blocked 0\n",
    `softirq ${String(Math.floor(up * 98))} 0 ${[31, 2, 17, 6, 0, 0, 21, 0, 19].map((n) => String(Math.floor(up * n * 0.9))).join(" ")}\n`,
  ].join("");
}

export function loadavg({ view, caller }: ReadContext): string {
  const [one, five, fifteen] = view.loadAverage();
  const all = view.processes.list();
  const threads = all.reduce((sum, process) => sum + process.threads, 0);
  const running = Math.max(1, all.filter((process) => process.state === "R").length);
  const last = Math.max(caller.as?.pid ?? 0, ...all.map((process) => process.pid));
  return `${one.toFixed(2)} ${five.toFixed(2)} ${fifteen.toFixed(2)} ${String(running)}/${String(threads)} ${String(last)}\n`;
}

export function uptime({ view }: ReadContext): string {
  return `${view.uptime().toFixed(2)} ${(view.cpuTimes().idle / 100).toFixed(2)}\n`;
}

export function mounts({ view }: ReadContext): string {
  return view
    .mounts()
    .map((mount) => `${mount.source} ${mount.target} ${mount.type} ${mount.options} 0 0\n`)
    .join("");
}

export function mountinfo({ view }: ReadContext): string {
  return view
    .mounts()
    .map((mount) => {
      const [mode, ...rest] = mount.options.split(",");
      const own = ["nosuid", "nodev", "noexec", "relatime", "noatime"];
      const flags = [mode, ...rest.filter((option) => own.includes(option))].join(",");
      const superOptions = [mode, ...rest.filter((option) => !own.includes(option))].join(",");
      return `${String(mount.id)} ${String(mount.parent)} ${mount.device} / ${mount.target} ${flags} shared:${String(mount.id - 15)} - ${mount.type} ${mount.source} ${superOptions}\n`;
    })
    .join("");
}

export function partitions({ view }: ReadContext): string {
  const rows = view.model.hardware.disks.map(
    (disk) =>
      `${pad(disk.major, 4)} ${pad(disk.minor, 8)} ${pad(Math.floor(disk.sectors / 2), 10)} ${disk.name}\n`,
  );
  return `major minor  #blocks  name\n\n${rows.join("")}`;
}

export function diskstats({ view }: ReadContext): string {
  const up = view.uptime();
  return view.model.hardware.disks
    .map((disk) => {
      const share =
        disk.kind === "rom" ? 0 : disk.name.endsWith("2") ? 0 : disk.fstype === "swap" ? 0.001 : 1;
      const n = (rate: number, base: number): string => String(Math.floor((base + up * rate) * share));
      return `${pad(disk.major, 4)} ${pad(disk.minor, 7)} ${disk.name} ${n(0.02, 11_000)} ${n(0.003, 3200)} ${n(1.1, 820_000)} ${n(0.01, 5100)} ${n(0.4, 900)} ${n(0.5, 700)} ${n(11, 30_000)} ${n(0.3, 800)} 0 ${n(0.2, 5400)} ${n(0.35, 6000)} 0 0 0 0 ${n(0.05, 60)} ${n(0.01, 40)}\n`;
    })
    .join("");
}

export function swaps({ view }: ReadContext): string {
  const m = view.memory();
  const disk = view.model.hardware.disks.find((one) => one.fstype === "swap");
  const head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  if (disk === undefined || m.swapTotal === 0) return head;
  return `${head}${`/dev/${disk.name}`.padEnd(40)}partition\t${String(m.swapTotal)}\t\t${String(m.swapTotal - m.swapFree)}\t\t-2\n`;
}

export const filesystems = [
  "sysfs",
  "tmpfs",
  "bdev",
  "proc",
  "cgroup",
  "cgroup2",
  "cpuset",
  "devtmpfs",
  "configfs",
  "debugfs",
  "tracefs",
  "securityfs",
  "sockfs",
  "bpf",
  "pipefs",
  "ramfs",
  "hugetlbfs",
  "devpts",
  "pstore",
  "mqueue",
  "autofs",
  "fuse",
  "fusectl",
  "binfmt_misc",
]
  .map((name) => `nodev\t${name}\n`)
  .concat(["\text3\n", "\text2\n", "\text4\n", "\tfuseblk\n"])
  .join("");

/** Module, size, users: those a server without graphics has loaded. */
const moduleRows: readonly (readonly [string, number, string])[] = [
  ["cpuid", 16_384, "0 -"],
  ["binfmt_misc", 24_576, "1 -"],
  ["intel_rapl_msr", 20_480, "0 -"],
  ["intel_rapl_common", 32_768, "1 intel_rapl_msr,"],
  ["ghash_clmulni_intel", 16_384, "0 -"],
  ["sha512_ssse3", 49_152, "0 -"],
  ["sha512_generic", 16_384, "1 sha512_ssse3,"],
  ["aesni_intel", 393_216, "0 -"],
  ["crypto_simd", 16_384, "1 aesni_intel,"],
  ["cryptd", 28_672, "2 ghash_clmulni_intel,crypto_simd,"],
  ["rapl", 20_480, "0 -"],
  ["pcspkr", 16_384, "0 -"],
  ["serio_raw", 20_480, "0 -"],
  ["evdev", 28_672, "3 -"],
  ["sg", 40_960, "0 -"],
  ["button", 24_576, "0 -"],
  ["fuse", 176_128, "1 -"],
  ["loop", 32_768, "0 -"],
  ["dm_mod", 184_320, "0 -"],
  ["efi_pstore", 16_384, "0 -"],
  ["configfs", 57_344, "1 -"],
  ["ip_tables", 36_864, "0 -"],
  ["x_tables", 61_440, "1 ip_tables,"],
  ["autofs4", 53_248, "2 -"],
  ["ext4", 983_040, "1 -"],
  ["crc16", 16_384, "1 ext4,"],
  ["mbcache", 16_384, "1 ext4,"],
  ["jbd2", 167_936, "1 ext4,"],
  ["crc32c_generic", 16_384, "0 -"],
  ["sd_mod", 65_536, "3 -"],
  ["sr_mod", 28_672, "0 -"],
  ["cdrom", 81_920, "1 sr_mod,"],
  ["ata_generic", 16_384, "0 -"],
  ["ata_piix", 45_056, "0 -"],
  ["libata", 401_408, "2 ata_piix,ata_generic,"],
  ["scsi_mod", 286_720, "4 sd_mod,libata,sg,sr_mod,"],
  ["psmouse", 184_320, "0 -"],
  ["crc32c_intel", 24_576, "2 -"],
  ["i2c_piix4", 28_672, "0 -"],
];

export function modules({ view, caller }: ReadContext): string {
  const base = Math.floor(hashUnit(view.model.random("kaslr").integer(1, 2 ** 30), 1) * 0x3fff) * 0x1000;
  return moduleRows
    .map(([name, size, users], index) => {
      const address =
        caller.uid === 0 ? (0xc0000000 + base + index * 0x80000).toString(16).padStart(8, "0") : "00000000";
      const top = caller.uid === 0 ? "ffffffff" : "00000000";
      return `${name} ${String(size)} ${users} Live 0x${top}${address}\n`;
    })
    .join("");
}

export function interrupts({ view }: ReadContext): string {
  const { cpus } = view.model.hardware;
  const up = view.uptime();
  const rows: readonly (readonly [string, number, string])[] = [
    ["0", 0.00001, " IO-APIC    2-edge      timer"],
    ["1", 0.00002, " IO-APIC    1-edge      i8042"],
    ["8", 0, " IO-APIC    8-edge      rtc0"],
    ["9", 0, " IO-APIC    9-fasteoi   acpi"],
    ["12", 0.0001, " IO-APIC   12-edge      i8042"],
    ["14", 0, " IO-APIC   14-edge      ata_piix"],
    ["24", 3.1, ` PCI-MSI 49152-edge      ${view.model.persona.network.interface}`],
    ["25", 1.4, " PCI-MSI 65536-edge      storage"],
    ["LOC", 61, " Local timer interrupts"],
    ["RES", 2.2, " Rescheduling interrupts"],
    ["CAL", 0.8, " Function call interrupts"],
    ["TLB", 0.2, " TLB shootdowns"],
  ];
  const head = `     ${cpus.map((cpu) => `      CPU${String(cpu.index)}`).join("")}\n`;
  return (
    head +
    rows
      .map(
        ([name, rate, text]) =>
          `${name.padStart(3)}:${cpus.map((cpu) => pad(Math.floor(up * rate * (0.8 + 0.4 * hashUnit(cpu.index, name.length))) + (rate > 0 ? 3 : 0), 11)).join("")} ${text}\n`,
      )
      .join("")
  );
}
