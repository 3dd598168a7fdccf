import type { Disk, Mount } from "../model.ts";

interface MountPlan {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
  readonly device: string;
  readonly parent: number;
  /** Bytes of a memory file system, and how much of it is in use. */
  readonly size?: number;
  readonly used?: number;
  readonly disk?: Disk;
}

/** ext4 keeps 5 % for root and about 2 % for its own tables. */
const EXT4_TABLES = 0.0195;
const EXT4_RESERVED = 0.05;

const kernelMounts = (
  rows: readonly (readonly [string, string, string, string, string, number])[],
): MountPlan[] =>
  rows.map(([source, target, type, options, device, parent]) => ({
    source,
    target,
    type,
    options,
    device,
    parent,
  }));

const plans = (disk: Disk | undefined, memory: number): MountPlan[] => {
  const tmpfs = (
    target: string,
    options: string,
    size: number,
    rest: { device: string; parent: number; used: number },
  ): MountPlan => ({
    source: "tmpfs",
    target,
    type: "tmpfs",
    options,
    size,
    ...rest,
  });
  const run = Math.floor(memory / 10 / 4) * 4;
  return [
    ...kernelMounts([
      ["sysfs", "/sys", "sysfs", "rw,nosuid,nodev,noexec,relatime", "0:21", 27],
      ["proc", "/proc", "proc", "rw,nosuid,nodev,noexec,relatime", "0:22", 27],
    ]),
    {
      source: "udev",
      target: "/dev",
      type: "devtmpfs",
      options: `rw,nosuid,relatime,size=${String(Math.floor(memory * 0.486))}k,nr_inodes=${String(Math.floor(memory * 0.1215))},mode=755,inode64`,
      device: "0:5",
      parent: 27,
      size: Math.floor(memory * 0.486),
      used: 0,
    },
    ...kernelMounts([
      ["devpts", "/dev/pts", "devpts", "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000", "0:23", 24],
    ]),
    tmpfs("/run", `rw,nosuid,nodev,noexec,relatime,size=${String(run)}k,mode=755,inode64`, run, {
      device: "0:24",
      parent: 27,
      used: 620,
    }),
    {
      source: `/dev/${disk?.name ?? "sda1"}`,
      target: "/",
      type: "ext4",
      options: "rw,relatime,errors=remount-ro",
      device: `${String(disk?.major ?? 8)}:${String(disk?.minor ?? 1)}`,
      parent: 1,
      ...(disk === undefined ? {} : { disk }),
    },
    ...kernelMounts([
      ["securityfs", "/sys/kernel/security", "securityfs", "rw,nosuid,nodev,noexec,relatime", "0:6", 22],
    ]),
    tmpfs("/dev/shm", "rw,nosuid,nodev,inode64", Math.floor(memory / 2), {
      device: "0:25",
      parent: 24,
      used: 0,
    }),
    tmpfs("/run/lock", "rw,nosuid,nodev,noexec,relatime,size=5120k,inode64", 5120, {
      device: "0:26",
      parent: 26,
      used: 0,
    }),
    ...kernelMounts([
      [
        "cgroup2",
        "/sys/fs/cgroup",
        "cgroup2",
        "rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot",
        "0:27",
        22,
      ],
      ["pstore", "/sys/fs/pstore", "pstore", "rw,nosuid,nodev,noexec,relatime", "0:28", 22],
      ["bpf", "/sys/fs/bpf", "bpf", "rw,nosuid,nodev,noexec,relatime,mode=700", "0:29", 22],
      [
        "systemd-1",
        "/proc/sys/fs/binfmt_misc",
        "autofs",
        "rw,relatime,fd=30,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=13361",
        "0:30",
        23,
      ],
      ["hugetlbfs", "/dev/hugepages", "hugetlbfs", "rw,relatime,pagesize=2M", "0:31", 24],
      ["mqueue", "/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec,relatime", "0:20", 24],
      ["debugfs", "/sys/kernel/debug", "debugfs", "rw,nosuid,nodev,noexec,relatime", "0:7", 22],
      ["tracefs", "/sys/kernel/tracing", "tracefs", "rw,nosuid,nodev,noexec,relatime", "0:12", 22],
      ["configfs", "/sys/kernel/config", "configfs", "rw,nosuid,nodev,noexec,relatime", "0:32", 22],
      ["fusectl", "/sys/fs/fuse/connections", "fusectl", "rw,nosuid,nodev,noexec,relatime", "0:33", 22],
    ]),
  ];
};

function sizes(
  plan: MountPlan,
  used: number,
): Pick<Mount, "blockSize" | "blocks" | "free" | "available" | "files" | "filesFree"> {
  if (plan.disk !== undefined) {
    const total = plan.disk.sectors / 8;
    const blocks = Math.floor(total * (1 - EXT4_TABLES));
    const free = Math.floor(blocks * (1 - Math.min(0.93, used)));
    const files = Math.floor(plan.disk.sectors / 32 / 8192) * 8192;
    return {
      blockSize: 4096,
      blocks,
      free,
      available: Math.max(0, free - Math.floor(total * EXT4_RESERVED)),
      files,
      filesFree: files - 41_000 - Math.floor(used * 90_000),
    };
  }
  if (plan.size === undefined)
    return { blockSize: 4096, blocks: 0, free: 0, available: 0, files: 0, filesFree: 0 };
  const blocks = Math.floor(plan.size / 4);
  const free = blocks - Math.floor((plan.used ?? 0) / 4);
  return { blockSize: 4096, blocks, free, available: free, files: blocks, filesFree: blocks - 420 };
}

/** The mount table of a Debian 12 server with one root partition. */
export function debianMounts(facts: {
  readonly disks: readonly Disk[];
  readonly memoryKiB: number;
  readonly used: number;
}): Mount[] {
  const disk = facts.disks.find((one) => one.mountpoint === "/");
  return plans(disk, facts.memoryKiB).map((plan, index) => ({
    source: plan.source,
    target: plan.target,
    type: plan.type,
    options: plan.options,
    id: 22 + index,
    parent: plan.parent,
    device: plan.device,
    readOnly: plan.options.startsWith("ro"),
    noexec: plan.options.includes("noexec"),
    ...sizes(plan, facts.used),
  }));
}
