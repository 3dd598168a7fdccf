export interface MemoryState {
  /** All KiB; the same relations as in a real `/proc/meminfo`. */
  readonly total: number;
  readonly free: number;
  readonly available: number;
  readonly buffers: number;
  readonly cached: number;
  readonly shared: number;
  readonly slabReclaimable: number;
  readonly slabUnreclaimable: number;
  readonly active: number;
  readonly inactive: number;
  readonly anonymous: number;
  readonly mapped: number;
  readonly dirty: number;
  readonly kernelStack: number;
  readonly pageTables: number;
  readonly committed: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  readonly swapCached: number;
}

export interface CpuFacts {
  readonly index: number;
  readonly modelName: string;
  readonly vendorId: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly microcode: string;
  readonly mhz: number;
  readonly cacheKiB: number;
  readonly physicalId: number;
  readonly coreId: number;
  readonly bogomips: number;
  readonly flags: readonly string[];
  readonly bugs: readonly string[];
}

/** Jiffies (1/100 s) since boot, as in `/proc/stat`. */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
}

export interface Disk {
  /** `sda`, `sda1` … */
  readonly name: string;
  readonly parent?: string;
  readonly kind: "disk" | "part" | "rom" | "mtd";
  readonly major: number;
  readonly minor: number;
  /** 512-byte sectors. */
  readonly sectors: number;
  readonly start: number;
  readonly model: string;
  readonly uuid?: string;
  readonly partUuid?: string;
  readonly fstype?: string;
  readonly mountpoint?: string;
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  /** As `/proc/mounts` prints them: `rw,nosuid,nodev,…`. */
  readonly options: string;
  readonly id: number;
  readonly parent: number;
  readonly device: string;
  readonly readOnly: boolean;
  readonly noexec: boolean;
  /** Bytes and entries; zero for kernel file systems. */
  readonly blockSize: number;
  readonly blocks: number;
  readonly free: number;
  readonly available: number;
  readonly files: number;
  readonly filesFree: number;
}

export interface Hardware {
  readonly vendor: string;
  readonly product: string;
  readonly serial: string;
  readonly cpus: readonly CpuFacts[];
  readonly disks: readonly Disk[];
  /** `now` in the machine's seconds: two calls at different times differ plausibly. */
  memory(now: number): MemoryState;
  cpuTimes(now: number, cpu?: number): CpuTimes;
  /** 1, 5 and 15 minutes. */
  loadAverage(now: number): readonly [number, number, number];
  /** Mounts before this world's own writes are counted; `WorldView.mounts` is what `df` prints. */
  mounts(now: number): readonly Mount[];
}
