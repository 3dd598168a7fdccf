import type { ProgramContext } from "../command.ts";

/** What the chipset of each maker's machines shows; the network card is put in by the interface's slot. */
const boards: readonly (readonly [vendor: RegExp, card: string, devices: readonly string[]])[] = [
  [
    /QEMU/i,
    "Ethernet controller: Red Hat, Inc. Virtio network device",
    [
      "00:00.0 Host bridge: Intel Corporation 440FX - 82441FX PMC [Natoma] (rev 02)",
      "00:01.0 ISA bridge: Intel Corporation 82371SB PIIX3 ISA [Natoma/Triton II]",
      "00:01.1 IDE interface: Intel Corporation 82371SB PIIX3 IDE [Natoma/Triton II]",
      "00:01.2 USB controller: Intel Corporation 82371SB PIIX3 USB [Natoma/Triton II] (rev 01)",
      "00:01.3 Bridge: Intel Corporation 82371AB/EB/MB PIIX4 ACPI (rev 03)",
      "00:02.0 VGA compatible controller: Device 1234:1111 (rev 02)",
      "00:03.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon",
      "00:05.0 SCSI storage controller: Red Hat, Inc. Virtio SCSI",
    ],
  ],
  [
    /VMware/i,
    "Ethernet controller: VMware VMXNET3 Ethernet Controller (rev 01)",
    [
      "00:00.0 Host bridge: Intel Corporation 440BX/ZX/DX - 82443BX/ZX/DX Host bridge (rev 01)",
      "00:01.0 PCI bridge: Intel Corporation 440BX/ZX/DX - 82443BX/ZX/DX AGP bridge (rev 01)",
      "00:07.0 ISA bridge: Intel Corporation 82371AB/EB/MB PIIX4 ISA (rev 08)",
      "00:07.3 Bridge: Intel Corporation 82371AB/EB/MB PIIX4 ACPI (rev 08)",
      "00:0f.0 VGA compatible controller: VMware SVGA II Adapter",
      "03:00.0 Serial Attached SCSI controller: VMware PVSCSI SCSI Controller (rev 02)",
    ],
  ],
  [
    /./,
    "Ethernet controller: Intel Corporation I350 Gigabit Network Connection (rev 01)",
    [
      "00:00.0 Host bridge: Intel Corporation Xeon E3-1200 v6/7th Gen Core Processor Host Bridge/DRAM Registers (rev 05)",
      "00:14.0 USB controller: Intel Corporation 100 Series/C230 Series Chipset Family USB 3.0 xHCI Controller (rev 31)",
      "00:17.0 SATA controller: Intel Corporation Q170/Q150/B150/H170/H110/Z170/CM236 Chipset SATA Controller [AHCI Mode] (rev 31)",
      "00:1f.0 ISA bridge: Intel Corporation C236 Chipset LPC/eSPI Controller (rev 31)",
      "03:00.0 VGA compatible controller: Matrox Electronics Systems Ltd. Integrated Matrox G200eW3 Graphics Controller (rev 04)",
    ],
  ],
];

/** `ens18` is slot 18, `enp1s0` bus 1 slot 0, `eno1` the board's own. */
function slotOf(name: string): string {
  const [, bus = "0", slot = "0"] = /^en(?:p(\d+))?s(\d+)/.exec(name) ?? [undefined, "4", "0"];
  const hex = (text: string) => Number(text).toString(16).padStart(2, "0");
  return `${hex(bus)}:${hex(slot)}.0`;
}

export async function lspci(context: ProgramContext): Promise<number> {
  if (context.args.some((arg) => /^-\w*[vnmkxtsd]/.test(arg))) context.unknown();
  const { hardware, network } = context.model.persona;
  if (!/^(x86_64)$/.test(hardware.arch)) return 0;
  const [, card, devices] = boards.find(([vendor]) => vendor.test(hardware.vendor)) ?? boards[0] ?? [];
  const all = [...(devices ?? []), `${slotOf(network.interface)} ${card ?? ""}`];
  await context.out(
    all
      .toSorted()
      .map((device) => `${device}\n`)
      .join(""),
  );
  return 0;
}
