import { randomBytes } from "node:crypto";
import { fillRange, noise } from "../content/filler.ts";
import { type LayerBuilder, MadeSpecial } from "../files/base-layer.ts";
import type { Disk, MachineModel } from "../model.ts";

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

type AddSpecial = (
  name: string,
  mode: number,
  gid: number,
  facts: ConstructorParameters<typeof MadeSpecial>[2],
) => void;

function addDisk(builder: LayerBuilder, disk: Disk, special: AddSpecial): void {
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

export function addDev(builder: LayerBuilder, model: MachineModel): void {
  const at = model.bootTime + 1;
  builder.folder("/dev", { mode: 0o755, mtime: at });
  const special: AddSpecial = (name, mode, gid, facts) => {
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
  for (const disk of model.hardware.disks) addDisk(builder, disk, special);
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
