import { uuidOf } from "../facts/hardware.ts";
import { type LayerBuilder, MadeFile } from "../files/base-layer.ts";
import type { ReadContext } from "../files/base-node.ts";
import type { Disk, MachineModel } from "../model.ts";

type AddFile = (path: string, content: string | ((context: ReadContext) => string), mode?: number) => void;

/** `/sys` as far as people look: board, interfaces, disks, processors. */
export function addSys(builder: LayerBuilder, model: MachineModel): void {
  const at = model.bootTime;
  const file: AddFile = (path, content, mode = 0o444) => {
    builder.put(`/sys/${path}`, (ino) => new MadeFile(ino, { mode, mtime: at }, content));
  };
  builder.folder("/sys", { mode: 0o555, mtime: at });
  addBoard(file, model);
  for (const name of ["lo", model.persona.network.interface]) addInterface(file, name);
  for (const disk of model.hardware.disks) addDisk(file, disk);
  addProcessors(file, model);
  file("kernel/uevent_seqnum", "3012\n");
  file("kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n", 0o644);
  file("power/state", "freeze mem disk\n", 0o644);
  file("fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n");
  for (const folder of emptyFolders) {
    const closed = /(debug|bpf|tracing)$/.test(folder);
    builder.folder(`/sys/${folder}`, { mode: closed ? 0o700 : 0o755, mtime: at });
  }
}

function addBoard(file: AddFile, { persona }: MachineModel): void {
  const dmi = {
    sys_vendor: persona.hardware.vendor,
    product_name: persona.hardware.product,
    board_vendor: persona.hardware.vendor,
    board_name: persona.hardware.product,
    chassis_vendor: persona.hardware.vendor,
    bios_vendor: /QEMU/i.test(persona.hardware.vendor) ? "SeaBIOS" : persona.hardware.vendor,
    bios_version: /QEMU/i.test(persona.hardware.vendor) ? "1.16.2-debian-1.16.2-1" : "2.19.0",
    bios_date: /QEMU/i.test(persona.hardware.vendor) ? "04/01/2014" : "12/12/2023",
    product_version: "1.0",
    product_family: "",
    chassis_type: "1",
  };
  for (const [name, value] of Object.entries(dmi)) file(`class/dmi/id/${name}`, `${value}\n`);
  for (const [name, value] of [
    ["product_serial", persona.hardware.serial],
    ["board_serial", `.${persona.hardware.serial}.`],
    ["product_uuid", uuidOf(persona.secret, "board")],
  ] as const)
    file(`class/dmi/id/${name}`, `${value}\n`, 0o400);
}

function addInterface(file: AddFile, one: string): void {
  const facts = ({ view }: ReadContext) => view.network.interfaces().find((other) => other.name === one);
  const base = `class/net/${one}`;
  file(`${base}/address`, (context) => `${facts(context)?.mac ?? ""}\n`);
  file(`${base}/mtu`, (context) => `${String(facts(context)?.mtu ?? 1500)}\n`, 0o644);
  file(`${base}/operstate`, one === "lo" ? "unknown\n" : "up\n");
  file(`${base}/carrier`, "1\n", 0o644);
  file(`${base}/ifindex`, (context) => `${String(facts(context)?.index ?? 0)}\n`);
  file(`${base}/type`, one === "lo" ? "772\n" : "1\n");
  file(`${base}/flags`, one === "lo" ? "0x9\n" : "0x1003\n", 0o644);
  file(`${base}/tx_queue_len`, "1000\n", 0o644);
  if (one !== "lo") {
    file(`${base}/speed`, "1000\n");
    file(`${base}/duplex`, "full\n");
  }
  for (const [name, key] of [
    ["rx_bytes", "rxBytes"],
    ["tx_bytes", "txBytes"],
    ["rx_packets", "rxPackets"],
    ["tx_packets", "txPackets"],
  ] as const)
    file(`${base}/statistics/${name}`, (context) => `${String(facts(context)?.counters[key] ?? 0)}\n`);
}

function addDisk(file: AddFile, disk: Disk): void {
  const base = disk.parent === undefined ? `block/${disk.name}` : `block/${disk.parent}/${disk.name}`;
  file(`${base}/size`, `${String(disk.sectors)}\n`);
  file(`${base}/dev`, `${String(disk.major)}:${String(disk.minor)}\n`);
  file(`${base}/ro`, disk.kind === "rom" ? "1\n" : "0\n");
  if (disk.parent === undefined) {
    file(`${base}/removable`, disk.kind === "rom" ? "1\n" : "0\n");
    file(`${base}/queue/rotational`, disk.kind === "rom" ? "1\n" : "0\n", 0o644);
    file(`${base}/device/model`, `${disk.model}\n`);
  } else {
    file(`${base}/start`, `${String(disk.start)}\n`);
    file(`${base}/partition`, `${String(disk.minor)}\n`);
  }
}

function addProcessors(file: AddFile, { hardware }: MachineModel): void {
  const last = hardware.cpus.length - 1;
  const range = last === 0 ? "0\n" : `0-${String(last)}\n`;
  for (const name of ["online", "possible", "present"]) file(`devices/system/cpu/${name}`, range);
  for (const cpu of hardware.cpus.slice(0, 64)) {
    const base = `devices/system/cpu/cpu${String(cpu.index)}`;
    file(`${base}/topology/core_id`, `${String(cpu.coreId)}\n`);
    file(`${base}/topology/physical_package_id`, `${String(cpu.physicalId)}\n`);
    for (const [index, size, type] of [
      [0, "32K", "Data"],
      [1, "32K", "Instruction"],
      [2, "256K", "Unified"],
      [3, `${String(cpu.cacheKiB)}K`, "Unified"],
    ] as const) {
      file(`${base}/cache/index${String(index)}/size`, `${size}\n`);
      file(`${base}/cache/index${String(index)}/type`, `${type}\n`);
    }
  }
}

const emptyFolders = [
  "bus/pci/devices",
  "firmware/acpi",
  "fs/bpf",
  "fs/pstore",
  "fs/ext4",
  "fs/fuse/connections",
  "hypervisor",
  "kernel/debug",
  "kernel/security",
  "kernel/tracing",
  "kernel/config",
  "module/ext4",
  "dev/block",
  "dev/char",
  "fs/cgroup/system.slice",
  "fs/cgroup/user.slice",
  "fs/cgroup/init.scope",
];
