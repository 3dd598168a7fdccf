import { randomBytes } from "node:crypto";
import { fillRange, noise } from "../content/filler.ts";
import { uuidOf } from "../facts/hardware.ts";
import { type LayerBuilder, MadeFile, MadeSpecial } from "../files/base-layer.ts";
import type { ReadContext } from "../files/base-node.ts";
import type { MachineModel } from "../model.ts";

const zeros = (_offset: number, length: number): Uint8Array => Buffer.alloc(length);
const nothing = (): Uint8Array => new Uint8Array();
const random = (_offset: number, length: number): Uint8Array => randomBytes(length);

type CharRow = readonly [
  name: string,
  major: number,
  minor: number,
  mode: number,
  gid: number,
  read?: (offset: number, length: number) => Uint8Array,
];

const characters: readonly CharRow[] = [
  ["null", 1, 3, 0o666, 0, nothing],
  ["zero", 1, 5, 0o666, 0, zeros],
  ["full", 1, 7, 0o666, 0, zeros],
  ["random", 1, 8, 0o666, 0, random],
  ["urandom", 1, 9, 0o666, 0, random],
  ["kmsg", 1, 11, 0o644, 0, nothing],
  ["mem", 1, 1, 0o640, 15],
  ["port", 1, 4, 0o640, 15],
  ["tty", 5, 0, 0o666, 5],
  ["console", 5, 1, 0o600, 5],
  ["ptmx", 5, 2, 0o666, 5],
  ["fuse", 10, 229, 0o666, 0],
  ["hpet", 10, 228, 0o600, 0],
  ["hwrng", 10, 183, 0o600, 0],
  ["rtc0", 249, 0, 0o600, 0],
  ["rfkill", 10, 242, 0o664, 0],
  ["snapshot", 10, 231, 0o600, 0],
  ["udmabuf", 10, 125, 0o600, 0],
  ["uhid", 10, 239, 0o600, 0],
  ["uinput", 10, 223, 0o600, 0],
  ["vga_arbiter", 10, 121, 0o600, 0],
  ["vhost-net", 10, 238, 0o600, 0],
  ["autofs", 10, 235, 0o600, 0],
  ["btrfs-control", 10, 234, 0o600, 0],
  ["cuse", 10, 203, 0o600, 0],
  ["loop-control", 10, 237, 0o660, 6],
  ["ppp", 108, 0, 0o600, 0],
  ["cpu_dma_latency", 10, 126, 0o600, 0],
  ["mcelog", 10, 227, 0o600, 0],
  ["nvram", 10, 144, 0o600, 0],
  ["userfaultfd", 10, 124, 0o600, 0],
  ["sg0", 21, 0, 0o660, 6],
];

/** First sector of a disk: a boot loader's code, the signature, one partition. */
function bootSector(sectors: number): Buffer {
  const out = Buffer.alloc(512);
  Buffer.from([0xeb, 0x63, 0x90]).copy(out);
  out.write("GRUB ", 0x180, "latin1");
  out[0x1be] = 0x80;
  out[0x1c2] = 0x83;
  out.writeUInt32LE(2048, 0x1c6);
  out.writeUInt32LE(Math.min(sectors, 0xffffffff), 0x1ca);
  out.writeUInt16LE(0xaa55, 510);
  return out;
}

export function addDev(builder: LayerBuilder, model: MachineModel): void {
  const at = model.bootTime + 1;
  builder.folder("/dev", { mode: 0o755, mtime: at });
  const special = (
    name: string,
    mode: number,
    gid: number,
    facts: ConstructorParameters<typeof MadeSpecial>[2],
  ): void => {
    builder.put(`/dev/${name}`, (ino) => new MadeSpecial(ino, { mode, gid, mtime: at }, facts));
  };
  for (const [name, major, minor, mode, gid, read] of characters)
    special(name, mode, gid, {
      kind: "character",
      rdev: [major, minor],
      ...(read === undefined ? {} : { read }),
    });
  for (let tty = 0; tty < 64; tty += 1)
    special(`tty${String(tty)}`, tty === 1 ? 0o600 : 0o620, 5, { kind: "character", rdev: [4, tty] });
  for (let serial = 0; serial < 4; serial += 1)
    special(`ttyS${String(serial)}`, 0o660, 20, { kind: "character", rdev: [4, 64 + serial] });
  for (const [index, prefix] of ["vcs", "vcsa", "vcsu"].entries())
    for (let n = 0; n < 7; n += 1)
      special(`${prefix}${n === 0 ? "" : String(n)}`, 0o660, 5, {
        kind: "character",
        rdev: [7, n + ([0, 128, 64][index] ?? 0)],
      });
  for (let loop = 0; loop < 8; loop += 1)
    special(`loop${String(loop)}`, 0o660, 6, { kind: "block", rdev: [7, loop] });
  for (const disk of model.hardware.disks) {
    const fill = noise(`disk ${disk.name}`);
    const boot = disk.kind === "disk" ? bootSector(disk.sectors) : Buffer.alloc(512);
    special(disk.name, 0o660, disk.kind === "rom" ? 24 : 6, {
      kind: "block",
      rdev: [disk.major, disk.minor],
      read: (offset, length) => {
        const out = Buffer.alloc(Math.max(0, Math.min(length, disk.sectors * 512 - offset)));
        fillRange({ out, offset }, [0, 512], (from, to) => boot.subarray(from, to));
        fillRange({ out, offset }, [1_048_576, disk.sectors * 512], fill);
        return out;
      },
    });
    if (disk.uuid !== undefined) builder.link(`/dev/disk/by-uuid/${disk.uuid}`, `../../${disk.name}`);
    if (disk.partUuid !== undefined)
      builder.link(`/dev/disk/by-partuuid/${disk.partUuid}`, `../../${disk.name}`);
  }
  for (const [name, target] of [
    ["fd", "/proc/self/fd"],
    ["stdin", "/proc/self/fd/0"],
    ["stdout", "/proc/self/fd/1"],
    ["stderr", "/proc/self/fd/2"],
    ["core", "/proc/kcore"],
    ["log", "/run/systemd/journal/dev-log"],
    ["initctl", "/run/initctl"],
    ["rtc", "rtc0"],
    ["cdrom", "sr0"],
  ] as const)
    builder.link(`/dev/${name}`, target, { mtime: at });
  builder.folder("/dev/shm", { mode: 0o1777, mtime: at });
  for (const name of [
    "mqueue",
    "hugepages",
    "input",
    "net",
    "bus/usb",
    "mapper",
    "block",
    "char",
    "cpu",
    "dri",
    "snd",
    "vfio",
  ])
    builder.folder(`/dev/${name}`, { mode: name === "mqueue" ? 0o1777 : 0o755, mtime: at });
  special("net/tun", 0o666, 0, { kind: "character", rdev: [10, 200] });
  special("mapper/control", 0o600, 0, { kind: "character", rdev: [10, 236] });
  builder.folder(
    "/dev/pts",
    { mode: 0o755, mtime: at },
    {
      lookup: (name, { view }) => {
        const login = view.logins.current().find((one) => one.tty === `pts/${name}`);
        if (login === undefined) return undefined;
        return new MadeSpecial(
          3 + Number(name),
          { mode: 0o620, uid: login.uid, gid: 5, mtime: ({ view: seen }) => Math.floor(seen.now()) },
          { kind: "character", rdev: [136, Number(name)] },
        );
      },
      names: ({ view }) => view.logins.current().map((one) => one.tty.replace("pts/", "")),
    },
  );
  special("pts/ptmx", 0o000, 0, { kind: "character", rdev: [5, 2] });
}

/** `/sys` as far as people look: board, interfaces, disks, processors. */
export function addSys(builder: LayerBuilder, model: MachineModel): void {
  const { persona, hardware } = model;
  const at = model.bootTime;
  const file = (path: string, content: string | ((context: ReadContext) => string), mode = 0o444): void => {
    builder.put(`/sys/${path}`, (ino) => new MadeFile(ino, { mode, mtime: at }, content));
  };
  builder.folder("/sys", { mode: 0o555, mtime: at });
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
  for (const one of ["lo", persona.network.interface]) {
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
  for (const disk of hardware.disks) {
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
  file("kernel/uevent_seqnum", "3012\n");
  file("kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n", 0o644);
  file("power/state", "freeze mem disk\n", 0o644);
  file("fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n");
  for (const folder of [
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
  ])
    builder.folder(`/sys/${folder}`, {
      mode: folder.endsWith("debug") || folder.endsWith("bpf") || folder.endsWith("tracing") ? 0o700 : 0o755,
      mtime: at,
    });
}
