import type { MachineModel } from "../model.ts";

const arm = (model: MachineModel): string => {
  const { hardware } = model.persona;
  const cores = model.hardware.cpus.map(
    (cpu) =>
      `processor\t: ${String(cpu.index)}\nmodel name\t: ${hardware.cpuModel}\nBogoMIPS\t: ${(cpu.bogomips / 10).toFixed(2)}\nFeatures\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae\nCPU implementer\t: 0x41\nCPU architecture: 7\nCPU variant\t: 0x0\nCPU part\t: 0xc07\nCPU revision\t: 5\n`,
  );
  return `${cores.join("\n")}\nHardware\t: ${hardware.product}\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n`;
};

const arm64 = (model: MachineModel): string =>
  model.hardware.cpus
    .map(
      (cpu) =>
        `processor\t: ${String(cpu.index)}\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n`,
    )
    .join("");

const mips = (model: MachineModel): string => {
  const { hardware } = model.persona;
  const cores = model.hardware.cpus.map(
    (cpu) =>
      `processor\t\t: ${String(cpu.index)}\ncpu model\t\t: ${hardware.cpuModel}\nBogoMIPS\t\t: ${(cpu.mhz * 0.6636).toFixed(2)}\nwait instruction\t: yes\nmicrosecond timers\t: yes\ntlb_entries\t\t: 32\nextra interrupt vector\t: yes\nhardware watchpoint\t: yes, count: 4, address/irw mask: [0x0000, 0x0ff8, 0x0ff8, 0x0ff8]\nisa\t\t\t: mips1 mips2 mips32r1 mips32r2\nASEs implemented\t: mips16 dsp\nshadow register sets\t: 1\nkscratch registers\t: 0\ncore\t\t\t: 0\nVCED exceptions\t\t: not available\nVCEI exceptions\t\t: not available\n`,
  );
  return `system type\t\t: ${hardware.product}\nmachine\t\t\t: ${hardware.vendor} ${hardware.product}\n${cores.join("\n")}\n`;
};

/** `/proc/cpuinfo` where it is not a PC's. */
export function embeddedCpuinfo(model: MachineModel): string {
  const { arch } = model.persona.hardware;
  if (arch === "aarch64") return arm64(model);
  return arch === "armv7l" ? arm(model) : mips(model);
}
