/**
 * Kernels of Debian 12 as they were released: package version, ABI name, build date. From the package
 * index and changelog of 2026-11-22, older ones from the security announcements.
 */
const kernels = [
  ["6.1.0-28", "6.1.119-1", "2024-11-22"],
  ["6.1.0-29", "6.1.123-1", "2025-01-02"],
  ["6.1.0-30", "6.1.124-1", "2025-01-12"],
  ["6.1.0-31", "6.1.128-1", "2025-02-07"],
  ["6.1.0-32", "6.1.129-1", "2025-03-06"],
  ["6.1.0-33", "6.1.133-1", "2025-04-10"],
  ["6.1.0-34", "6.1.135-1", "2025-04-25"],
  ["6.1.0-35", "6.1.137-1", "2025-05-07"],
  ["6.1.0-37", "6.1.140-1", "2025-05-22"],
  ["6.1.0-38", "6.1.147-1", "2025-08-02"],
  ["6.1.0-39", "6.1.148-1", "2025-08-26"],
  ["6.1.0-47", "6.1.170-3", "2026-05-08"],
  ["6.1.0-48", "6.1.172-1", "2026-05-15"],
  ["6.1.0-49", "6.1.174-1", "2026-05-26"],
  ["6.1.0-50", "6.1.176-1", "2026-07-02"],
  ["6.1.0-51", "6.1.177-1", "2026-07-16"],
  ["6.1.0-52", "6.1.180-1", "2026-08-03"],
  ["6.1.0-53", "6.1.187-1", "2026-09-07"],
  ["6.1.0-54", "6.1.190-1", "2026-10-16"],
  ["6.1.0-55", "6.1.192-1", "2026-11-14"],
  ["6.1.0-56", "6.1.192-2", "2026-11-16"],
] as const;

export interface Kernel {
  readonly abi: string;
  readonly version: string;
  readonly date: string;
}

/** Days until an upload has reached a machine that installs security updates. */
const DELAY = 2 * 86_400;

/** The newest kernel that the machine can have booted at that moment. */
export function kernelAt(bootedAt: number): Kernel {
  const known = kernels.map(([abi, version, date]) => ({ abi, version, date }));
  const found = known.findLast((kernel) => Date.parse(`${kernel.date}T12:00:00Z`) / 1000 + DELAY <= bootedAt);
  return found ?? { abi: "6.1.0-28", version: "6.1.119-1", date: "2024-11-22" };
}

/** ABI name of the recorded tree. */
export const RECORDED_KERNEL = "6.1.0-56";
export const RECORDED_KERNEL_VERSION = "6.1.192-2";
