import type { Disk, Hardware, Mount } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { smoothNoise } from "../seeded.ts";
import { createHardware } from "./hardware.ts";

/** Flash partitions of such a box, in 512-byte sectors. */
const flash: readonly (readonly [string, number])[] = [
  ["boot", 256],
  ["kernel", 3072],
  ["rootfs", 11_264],
  ["config", 128],
  ["art", 128],
];

const disks: readonly Disk[] = flash.map(([model, sectors], minor) => ({
  name: `mtdblock${String(minor)}`,
  kind: "mtd",
  major: 31,
  minor,
  sectors,
  start: 0,
  model,
  ...(model === "rootfs" ? { fstype: "squashfs", mountpoint: "/" } : {}),
}));

/** `/proc/mtd` */
export const mtdTable = (): string =>
  `dev:    size   erasesize  name\n${flash
    .map(
      ([name, sectors], index) =>
        `mtd${String(index)}: ${(sectors * 512).toString(16).padStart(8, "0")} 00010000 "${name}"\n`,
    )
    .join("")}`;

interface Row {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
  /** KiB of a memory file system. */
  readonly size?: number;
}

const rows = (memoryKiB: number): readonly Row[] => [
  { source: "/dev/root", target: "/", type: "squashfs", options: "ro,relatime", size: 5632 },
  { source: "proc", target: "/proc", type: "proc", options: "rw,relatime" },
  { source: "sysfs", target: "/sys", type: "sysfs", options: "rw,relatime" },
  {
    source: "devtmpfs",
    target: "/dev",
    type: "tmpfs",
    options: "rw,relatime",
    size: Math.floor(memoryKiB / 2),
  },
  { source: "devpts", target: "/dev/pts", type: "devpts", options: "rw,relatime,mode=600,ptmxmode=000" },
  { source: "tmpfs", target: "/tmp", type: "tmpfs", options: "rw,relatime", size: Math.floor(memoryKiB / 2) },
  { source: "tmpfs", target: "/var", type: "tmpfs", options: "rw,relatime", size: Math.floor(memoryKiB / 2) },
];

/** The hardware of a small router: flash instead of disks, a read-only root, everything else in memory. */
export function createRouterHardware(persona: MachinePersona): Hardware {
  const base = createHardware(persona);
  return {
    ...base,
    disks,
    mounts: (now): readonly Mount[] =>
      rows(base.memory(now).total).map((row, index) => {
        const blocks = Math.floor((row.size ?? 0) / 4);
        const full = row.type === "squashfs";
        const used = full ? blocks : Math.floor(20 + 9 * smoothNoise(persona.bootedAt + index, now, 900));
        const left = row.size === undefined ? 0 : Math.max(0, blocks - used);
        return {
          source: row.source,
          target: row.target,
          type: row.type,
          options: row.options,
          id: index + 1,
          parent: index === 0 ? 0 : 1,
          device: full ? "31:2" : `0:${String(index + 2)}`,
          readOnly: row.options.startsWith("ro"),
          noexec: false,
          blockSize: 4096,
          blocks,
          free: left,
          available: left,
          files: blocks,
          filesFree: full ? 0 : Math.max(0, blocks - 80),
        };
      }),
  };
}
