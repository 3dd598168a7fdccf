import type { Program } from "../command.ts";
import { dfPrograms } from "./df.ts";
import { dmesgPrograms } from "./dmesg.ts";
import { lsblkPrograms } from "./lsblk.ts";
import { lscpuPrograms } from "./lscpu.ts";
import { memoryPrograms } from "./memory.ts";
import { mountPrograms } from "./mounts.ts";

/** Programs that look at processors, memory and disks. */
export const hardwarePrograms: readonly Program[] = [
  ...dfPrograms,
  ...dmesgPrograms,
  ...lsblkPrograms,
  ...lscpuPrograms,
  ...memoryPrograms,
  ...mountPrograms,
];
