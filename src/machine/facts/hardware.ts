import { createHmac } from "node:crypto";
import type { CpuFacts, CpuTimes, Disk, Hardware, MemoryState, Mount } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { deckySeeded, smoothNoise } from "../seeded.ts";
import { debianMounts } from "./mounts.ts";

const x86Flags =
  "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx pdpe1gb rdtscp lm constant_tsc arch_perfmon rep_good nopl xtopology cpuid tsc_known_freq pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm abm cpuid_fault invpcid_single pti fsgsbase tsc_adjust bmi1 avx2 smep bmi2 erms invpcid xsaveopt arat".split(
    " ",
  );
const intelBugs = "cpu_meltdown spectre_v1 spectre_v2 spec_store_bypass l1tf mds swapgs itlb_multihit".split(
  " ",
);
const amdBugs = "sysret_ss_attrs spectre_v1 spectre_v2 spec_store_bypass retbleed".split(" ");

/** Family, model, stepping by what the model name says. */
function cpuIdentity(name: string): { family: number; model: number; stepping: number; microcode: string } {
  if (/EPYC|Ryzen|AMD/i.test(name)) return { family: 23, model: 49, stepping: 0, microcode: "0x8301055" };
  if (/v4\b/.test(name)) return { family: 6, model: 79, stepping: 1, microcode: "0xb000040" };
  if (/v3\b/.test(name)) return { family: 6, model: 63, stepping: 2, microcode: "0x49" };
  if (/v2\b/.test(name)) return { family: 6, model: 62, stepping: 4, microcode: "0x42e" };
  if (/Gold|Silver|Platinum/.test(name)) return { family: 6, model: 85, stepping: 7, microcode: "0x5003604" };
  return { family: 6, model: 158, stepping: 10, microcode: "0xf4" };
}

function cpusOf(persona: MachinePersona): CpuFacts[] {
  const { hardware } = persona;
  const random = deckySeeded(persona.secret, "cpu");
  const ghz = /@ ?([0-9.]+) ?GHz/.exec(hardware.cpuModel)?.[1];
  const base = ghz === undefined ? random.pick([2200, 2400, 2600, 2900]) : Number(ghz) * 1000;
  const mhz = Math.round((base + random.next() * 3 - 1.5) * 1000) / 1000;
  const amd = /AMD|EPYC|Ryzen/.test(hardware.cpuModel);
  const physical = /QEMU|VMware|Xen|Virtual/i.test(hardware.vendor + hardware.product);
  return Array.from({ length: hardware.cpus }, (_, index) => ({
    index,
    modelName: hardware.cpuModel,
    vendorId: amd ? "AuthenticAMD" : "GenuineIntel",
    ...cpuIdentity(hardware.cpuModel),
    mhz,
    cacheKiB: amd ? 512 : /Xeon/.test(hardware.cpuModel) ? 35_840 : 9216,
    physicalId: physical ? index : 0,
    coreId: physical ? 0 : index,
    bogomips: Math.round(mhz * 200) / 100,
    flags: x86Flags.filter((flag) => physical || flag !== "hypervisor"),
    bugs: amd ? amdBugs : intelBugs,
  }));
}

/** Version-4 UUID from the secret. */
export function uuidOf(secret: string, purpose: string): string {
  const hex = createHmac("sha256", Buffer.from(secret, "hex")).update(`uuid ${purpose}`).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const SECTORS_PER_GIB = 2_097_152;

/** The layout that Debian's installer proposes: root, extended partition, swap in it. */
function disksOf(persona: MachinePersona): Disk[] {
  const { secret, hardware } = persona;
  const virtio = /QEMU/i.test(hardware.vendor);
  const name = virtio ? "vda" : "sda";
  const major = virtio ? 254 : 8;
  const sectors = hardware.diskGiB * SECTORS_PER_GIB;
  const swap = Math.min(1_996_800, Math.floor(sectors / 20 / 2048) * 2048);
  const rootSectors = sectors - swap - 6144;
  const label = createHmac("sha256", Buffer.from(secret, "hex"))
    .update("disk label")
    .digest("hex")
    .slice(0, 8);
  const model = virtio ? "" : /VMware/i.test(hardware.vendor) ? "Virtual disk" : "PERC H330 Mini";
  const part = (minor: number, start: number, length: number) => ({
    name: `${name}${String(minor)}`,
    parent: name,
    kind: "part" as const,
    major,
    minor,
    sectors: length,
    start,
    model: "",
    partUuid: `${label}-0${String(minor)}`,
  });
  return [
    { name, kind: "disk", major, minor: 0, sectors, start: 0, model },
    {
      ...part(1, 2048, rootSectors),
      uuid: uuidOf(secret, "root"),
      fstype: "ext4",
      mountpoint: "/",
    },
    part(2, rootSectors + 4094, 2),
    {
      ...part(5, rootSectors + 4096, swap),
      uuid: uuidOf(secret, "swap"),
      fstype: "swap",
      mountpoint: "[SWAP]",
    },
    { name: "sr0", kind: "rom", major: 11, minor: 0, sectors: 2_097_151, start: 0, model: "DVD-ROM" },
  ];
}

/** How busy a role is: share of memory in use, of the processor. */
const roleLoad: Readonly<Record<MachinePersona["role"], { memory: number; cpu: number }>> = {
  server: { memory: 0.16, cpu: 0.025 },
  web: { memory: 0.22, cpu: 0.05 },
  database: { memory: 0.42, cpu: 0.08 },
  router: { memory: 0.45, cpu: 0.04 },
};

function memoryOf(persona: MachinePersona): Hardware["memory"] {
  const random = deckySeeded(persona.secret, "memory");
  const seed = random.integer(1, 2 ** 30);
  const total = Math.floor(persona.hardware.memoryMiB * 1024 * (0.955 + random.next() * 0.012)) & ~3;
  const share = roleLoad[persona.role].memory * (0.85 + random.next() * 0.3);
  const cacheShare = 0.28 + random.next() * 0.25;
  const even = (value: number): number => Math.floor(value) & ~3;
  const swapTotal = persona.release === "debian-12" ? 998_396 : 0;
  const swapped = even(swapTotal * random.next() * 0.03);
  return (now): MemoryState => {
    const slow = smoothNoise(seed, now, 1700);
    const quick = smoothNoise(seed + 1, now, 11);
    // Caches fill in the first days of an uptime.
    const warm = 1 - Math.exp(-(now - persona.bootedAt) / 90_000);
    const floor = Math.min(96_000, total * 0.18);
    const anonymous = even(floor + total * share * (0.85 + 0.25 * slow) * 0.8 + total * 0.004 * quick);
    const cached = even(
      total * cacheShare * (0.35 + 0.6 * warm) * (0.93 + 0.07 * smoothNoise(seed + 2, now, 260)),
    );
    const buffers = even(total * 0.022 * warm * (0.9 + 0.1 * smoothNoise(seed + 3, now, 900)) + 2048);
    const slabReclaimable = even(total * 0.025 * (0.6 + 0.4 * warm) + 512 * quick);
    const slabUnreclaimable = even(total * 0.012 + 400 * slow + 4000);
    const kernelStack = even(2600 + 90 * slow);
    const pageTables = even(anonymous / 90 + 800);
    const other = slabUnreclaimable + kernelStack + pageTables + even(total * 0.01);
    const free = Math.max(2048, even(total - anonymous - cached - buffers - slabReclaimable - other));
    const shared = even(Math.min(total * 0.006, 9000) + 120 * slow);
    const available = even(free + (cached - shared) * 0.86 + buffers * 0.8 + slabReclaimable * 0.6);
    return {
      total,
      free,
      available: Math.min(available, total - even(total * 0.05)),
      buffers,
      cached,
      shared,
      slabReclaimable,
      slabUnreclaimable,
      active: even(anonymous * 0.18 + cached * 0.55),
      inactive: even(anonymous * 0.8 + cached * 0.42),
      anonymous,
      mapped: even(cached * 0.21),
      dirty: even(40 + 900 * quick),
      kernelStack,
      pageTables,
      committed: even(anonymous * 2.1 + 180_000),
      swapTotal,
      swapFree: swapTotal - swapped,
      swapCached: even(swapped * 0.2),
    };
  };
}

function loadOf(persona: MachinePersona, seed: number): Hardware["loadAverage"] {
  const base = roleLoad[persona.role].cpu * persona.hardware.cpus * 1.6 + 0.02;
  const at = (now: number, scale: number, salt: number): number => {
    const bump = smoothNoise(seed + salt, now, scale) ** 2;
    const calm = smoothNoise(seed + 9, now, 3600);
    return (
      Math.round(Math.max(0.01, base * (0.35 + 0.9 * calm + 1.6 * bump * (60 / (60 + scale * 0.2)))) * 100) /
      100
    );
  };
  return (now) => [at(now, 47, 1), at(now, 190, 2), at(now, 610, 3)];
}

function cpuTimesOf(persona: MachinePersona, seed: number): Hardware["cpuTimes"] {
  const { cpus } = persona.hardware;
  const rate = roleLoad[persona.role].cpu;
  const one = (now: number, cpu: number): CpuTimes => {
    const up = Math.max(0, now - persona.bootedAt);
    // The noise term rises at most half as fast as the trend, so no counter ever goes back.
    const grown = (share: number, salt: number): number =>
      Math.floor(100 * share * (up + 18 * smoothNoise(seed + cpu * 16 + salt, now, 60)));
    const user = grown(rate * 0.62, 1);
    const system = grown(rate * 0.3, 2);
    const iowait = grown(rate * 0.05, 3);
    const softirq = grown(rate * 0.02, 4);
    const nice = grown(rate * 0.01, 5);
    const idle = Math.max(0, Math.floor(up * 99.6) - user - system - iowait - softirq - nice);
    return { user, nice, system, idle, iowait, irq: 0, softirq };
  };
  return (now, cpu) => {
    if (cpu !== undefined) return one(now, cpu);
    const sum: Record<keyof CpuTimes, number> = {
      user: 0,
      nice: 0,
      system: 0,
      idle: 0,
      iowait: 0,
      irq: 0,
      softirq: 0,
    };
    for (let index = 0; index < cpus; index += 1) {
      const times = one(now, index);
      for (const key of Object.keys(sum) as (keyof CpuTimes)[]) sum[key] += times[key];
    }
    return sum;
  };
}

export function createHardware(persona: MachinePersona): Hardware {
  const random = deckySeeded(persona.secret, "load");
  const seed = random.integer(1, 2 ** 30);
  const disks = disksOf(persona);
  const memory = memoryOf(persona);
  const used = 0.18 + random.next() * 0.3;
  return {
    vendor: persona.hardware.vendor,
    product: persona.hardware.product,
    serial: persona.hardware.serial,
    cpus: cpusOf(persona),
    disks,
    memory,
    cpuTimes: cpuTimesOf(persona, seed),
    loadAverage: loadOf(persona, seed + 500),
    mounts: (now): readonly Mount[] =>
      debianMounts({
        disks,
        memoryKiB: memory(now).total,
        used: used + ((now - persona.bootedAt) / 86_400) * 0.0004 + 0.0006 * smoothNoise(seed, now, 800),
      }),
  };
}
