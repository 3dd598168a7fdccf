import { FsError } from "../errors.ts";
import { MadeFile, MadeFolder, MadeLink } from "../files/base-layer.ts";
import type { BaseNode, ReadContext } from "../files/base-node.ts";
import type { ProcessFacts } from "../model.ts";
import { hashUnit } from "../seeded.ts";
import { netFiles } from "./proc-net.ts";
import { mountinfo, mounts } from "./proc-system.ts";

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0");
const CLOCK = 100;

function status(one: ProcessFacts, { view }: ReadContext): string {
  const names: Readonly<Record<string, string>> = {
    R: "R (running)",
    S: "S (sleeping)",
    D: "D (disk sleep)",
    Z: "Z (zombie)",
    T: "T (stopped)",
    I: "I (idle)",
  };
  const four = (value: number): string => Array(4).fill(String(value)).join("\t");
  const user = view.users.byUid(one.uid)?.name ?? "";
  const groups = user === "" ? "" : view.users.gidsOf(user).join(" ");
  const kib = (name: string, value: number): string => `${name}:\t${String(value).padStart(8)} kB\n`;
  const memory = one.kernel
    ? ""
    : kib("VmPeak", one.vsz) +
      kib("VmSize", one.vsz) +
      kib("VmLck", 0) +
      kib("VmPin", 0) +
      kib("VmHWM", one.rss) +
      kib("VmRSS", one.rss) +
      kib("RssAnon", Math.floor(one.rss * 0.3)) +
      kib("RssFile", one.rss - Math.floor(one.rss * 0.3)) +
      kib("RssShmem", 0) +
      kib("VmData", Math.floor(one.vsz * 0.12)) +
      kib("VmStk", 132) +
      kib("VmExe", 780) +
      kib("VmLib", 1664) +
      kib("VmPTE", 56) +
      kib("VmSwap", 0) +
      "HugetlbPages:\t       0 kB\n";
  const caps = one.uid === 0 ? "000001ffffffffff" : "0000000000000000";
  const mask = view.model.hardware.cpus.length;
  const allowed = mask >= 31 ? "ffffffff" : ((1 << mask) - 1).toString(16);
  return [
    `Name:\t${one.comm}\n`,
    one.kernel ? "" : "Umask:\t0022\n",
    `State:\t${names[one.state] ?? "S (sleeping)"}\nTgid:\t${String(one.pid)}\nNgid:\t0\nPid:\t${String(one.pid)}\nPPid:\t${String(one.ppid)}\nTracerPid:\t0\n`,
    `Uid:\t${four(one.uid)}\nGid:\t${four(one.gid)}\nFDSize:\t${one.kernel ? "64" : "256"}\nGroups:\t${groups} \n`,
    `NStgid:\t${String(one.pid)}\nNSpid:\t${String(one.pid)}\nNSpgid:\t${String(one.pgid)}\nNSsid:\t${String(one.sid)}\n`,
    memory,
    one.kernel ? "" : "CoreDumping:\t0\nTHP_enabled:\t1\n",
    `Threads:\t${String(one.threads)}\nSigQ:\t0/${String(Math.floor(view.model.persona.hardware.memoryMiB * 3.9))}\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n`,
    `CapInh:\t0000000000000000\nCapPrm:\t${caps}\nCapEff:\t${caps}\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tvulnerable\nSpeculationIndirectBranch:\tconditional enabled\n`,
    `Cpus_allowed:\t${allowed}\nCpus_allowed_list:\t${mask === 1 ? "0" : `0-${String(mask - 1)}`}\nMems_allowed:\t00000000,00000001\nMems_allowed_list:\t0\n`,
    `voluntary_ctxt_switches:\t${String(Math.floor((view.now() - one.start) * 0.4) + 12)}\nnonvoluntary_ctxt_switches:\t${String(Math.floor((view.now() - one.start) * 0.02) + 3)}\n`,
  ].join("");
}

const ttyNumber = (tty: string | undefined): number => {
  if (tty === undefined) return 0;
  const number = Number(tty.replace(/\D/g, ""));
  return tty.startsWith("pts/") ? 136 * 256 + number : 4 * 256 + number;
};

function stat(one: ProcessFacts, { view }: ReadContext): string {
  const ticks = Math.floor(view.processes.cpu(one.pid).seconds * CLOCK);
  const start = Math.max(0, Math.floor((one.start - (view.now() - view.uptime())) * CLOCK));
  const head = [
    one.pid,
    `(${one.comm})`,
    one.state,
    one.ppid,
    one.pgid,
    one.sid,
    ttyNumber(one.tty),
    one.tty === undefined ? -1 : one.pgid,
  ];
  const body = [
    one.kernel ? 2_129_984 : 4_194_560,
    1200,
    0,
    0,
    0,
    Math.floor(ticks * 0.65),
    ticks - Math.floor(ticks * 0.65),
    0,
    0,
  ];
  const rest = [
    20 + one.nice,
    one.nice,
    one.threads,
    0,
    start,
    one.vsz * 1024,
    Math.floor(one.rss / 4),
    "18446744073709551615",
  ];
  const seed = one.pid * 4096;
  const addresses = one.kernel
    ? [0, 0, 0]
    : [0x5581_0000_0000 + seed, 0x5581_0010_0000 + seed, 0x7ffd_0000_0000 + seed];
  return `${[...head, ...body, ...rest, ...addresses, 0, 0, 0, 0, 0, 0, 0, 0, 17, one.pid % view.model.hardware.cpus.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].join(" ")}\n`;
}

function maps(one: ProcessFacts): string {
  if (one.kernel || one.exe === undefined) return "";
  const base = 0x5581_0000_0000 + Math.floor(hashUnit(one.pid, 3) * 0xffff) * 0x1000;
  const lib = 0x7f20_0000_0000 + Math.floor(hashUnit(one.pid, 4) * 0xffff) * 0x1000;
  const row = (from: number, size: number, mode: string, what: string): string =>
    `${hex(from, 12)}-${hex(from + size, 12)} ${mode} ${what === "" ? "00000000 00:00 0" : what.startsWith("/") ? `00000000 08:01 ${String(260_000 + (one.pid % 999))}` : "00000000 00:00 0"}`.padEnd(
      73,
    ) + `${what}\n`;
  return [
    row(base, 0x2f000, "r--p", one.exe),
    row(base + 0x2f000, 0xc3000, "r-xp", one.exe),
    row(base + 0xf2000, 0x39000, "r--p", one.exe),
    row(base + 0x12b000, 0x4000, "r--p", one.exe),
    row(base + 0x12f000, 0x9000, "rw-p", one.exe),
    row(base + 0x2a00000, 0x1a3000, "rw-p", "[heap]"),
    row(lib, 0x26000, "r--p", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    row(lib + 0x26000, 0x155000, "r-xp", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    row(lib + 0x17b000, 0x53000, "r--p", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    row(lib + 0x1f0000, 0x1000, "r--p", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    row(0x7ffd_3a80_0000, 0x21000, "rw-p", "[stack]"),
    row(0x7ffd_3a9f_a000, 0x4000, "r--p", "[vvar]"),
    row(0x7ffd_3a9f_e000, 0x2000, "r-xp", "[vdso]"),
  ].join("");
}

const limits = (memoryMiB: number): string => {
  const signals = String(Math.floor(memoryMiB * 3.9));
  const rows: readonly (readonly [string, string, string, string])[] = [
    ["Max cpu time", "unlimited", "unlimited", "seconds"],
    ["Max file size", "unlimited", "unlimited", "bytes"],
    ["Max data size", "unlimited", "unlimited", "bytes"],
    ["Max stack size", "8388608", "unlimited", "bytes"],
    ["Max core file size", "0", "unlimited", "bytes"],
    ["Max resident set", "unlimited", "unlimited", "bytes"],
    ["Max processes", signals, signals, "processes"],
    ["Max open files", "1024", "1048576", "files"],
    ["Max locked memory", "67108864", "67108864", "bytes"],
    ["Max address space", "unlimited", "unlimited", "bytes"],
    ["Max file locks", "unlimited", "unlimited", "locks"],
    ["Max pending signals", signals, signals, "signals"],
    ["Max msgqueue size", "819200", "819200", "bytes"],
    ["Max nice priority", "0", "0", ""],
    ["Max realtime priority", "0", "0", ""],
    ["Max realtime timeout", "unlimited", "unlimited", "us"],
  ];
  return `Limit                     Soft Limit           Hard Limit           Units     \n${rows
    .map(
      ([name, soft, hard, unit]) =>
        `${name.padEnd(26)}${soft.padEnd(21)}${hard.padEnd(21)}${unit.padEnd(10)}\n`,
    )
    .join("")}`;
};

const cgroup = (one: ProcessFacts): string => {
  if (one.kernel || one.unit === "") return "0::/\n";
  if (one.unit === "init.scope") return "0::/init.scope\n";
  if (one.unit.startsWith("session-")) return `0::/user.slice/user-${String(one.uid)}.slice/${one.unit}\n`;
  if (one.unit.startsWith("user@"))
    return `0::/user.slice/user-${String(one.uid)}.slice/${one.unit}/init.scope\n`;
  return `0::/system.slice/${one.unit}\n`;
};

const namespaces = [
  "cgroup",
  "ipc",
  "mnt",
  "net",
  "pid",
  "pid_for_children",
  "time",
  "time_for_children",
  "user",
  "uts",
];
/** Numbers of the first namespaces of a kernel, the same on every machine. */
const namespaceNumbers: Readonly<Record<string, number>> = {
  cgroup: 4_026_531_835,
  ipc: 4_026_531_839,
  mnt: 4_026_531_841,
  net: 4_026_531_840,
  pid: 4_026_531_836,
  pid_for_children: 4_026_531_836,
  time: 4_026_531_834,
  time_for_children: 4_026_531_834,
  user: 4_026_531_837,
  uts: 4_026_531_838,
};

const inodeBase = (pid: number): number => 40_000 + pid * 64;

class ProcessFolder {
  readonly #one: ProcessFacts;
  #ino: number;
  constructor(one: ProcessFacts) {
    this.#one = one;
    this.#ino = inodeBase(one.pid);
  }

  #next(): number {
    this.#ino += 1;
    return this.#ino;
  }

  #attributes(mode: number) {
    return { mode, uid: this.#one.uid, gid: this.#one.gid, mtime: this.#one.start };
  }

  /** What ptrace rules hide from others. */
  #private<T>(make: (context: ReadContext) => T): (context: ReadContext) => T {
    return (context) => {
      if (context.caller.uid !== 0 && context.caller.uid !== this.#one.uid) throw new FsError("EACCES", "");
      return make(context);
    };
  }

  #file(
    folder: MadeFolder,
    name: string,
    content: string | ((context: ReadContext) => string),
    mode = 0o444,
  ): void {
    folder.set(name, new MadeFile(this.#next(), this.#attributes(mode), content, true));
  }

  #link(folder: MadeFolder, name: string, target: (context: ReadContext) => string): void {
    folder.set(name, new MadeLink(this.#next(), this.#attributes(0o777), this.#private(target)));
  }

  build(full: boolean): MadeFolder {
    const one = this.#one;
    const folder = new MadeFolder(inodeBase(one.pid), this.#attributes(0o555));
    this.#file(folder, "cgroup", cgroup(one));
    this.#file(folder, "cmdline", one.argv.length === 0 ? "" : `${one.argv.join("\0")}\0`);
    this.#file(folder, "comm", `${one.comm}\n`, 0o644);
    this.#file(
      folder,
      "environ",
      this.#private(() =>
        Object.entries(one.environ)
          .map(([k, v]) => `${k}=${v}\0`)
          .join(""),
      ),
      0o400,
    );
    this.#file(folder, "limits", (context) => limits(context.view.model.persona.hardware.memoryMiB));
    this.#file(folder, "loginuid", one.unit.startsWith("session-") ? String(one.uid) : "4294967295", 0o644);
    this.#file(
      folder,
      "maps",
      this.#private(() => maps(one)),
    );
    this.#file(folder, "mountinfo", mountinfo);
    this.#file(folder, "mounts", mounts);
    this.#file(folder, "oom_score", "0\n");
    this.#file(
      folder,
      "oom_score_adj",
      one.comm.startsWith("sshd") || one.comm === "systemd-udevd" ? "-1000\n" : "0\n",
      0o644,
    );
    this.#file(
      folder,
      "sessionid",
      one.unit.startsWith("session-") ? one.unit.replace(/\D/g, "") : "4294967295",
    );
    this.#file(folder, "stat", (context) => stat(one, context));
    this.#file(
      folder,
      "statm",
      `${[one.vsz / 4, one.rss / 4, one.rss / 8, 195, 0, one.vsz / 40, 0].map((n) => Math.floor(n)).join(" ")}\n`,
    );
    this.#file(folder, "status", (context) => status(one, context));
    for (const name of ["uid_map", "gid_map"])
      this.#file(folder, name, "         0          0 4294967295\n", 0o644);
    this.#file(folder, "wchan", one.state === "R" ? "0" : "do_sys_poll");
    this.#file(
      folder,
      "io",
      this.#private(
        () =>
          "rchar: 48211\nwchar: 1093\nsyscr: 97\nsyscw: 21\nread_bytes: 0\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n",
      ),
      0o400,
    );
    this.#link(folder, "cwd", () => one.cwd);
    this.#link(folder, "root", () => "/");
    this.#link(folder, "exe", () => {
      if (one.exe === undefined) throw new FsError("ENOENT", "");
      return one.exe;
    });
    this.#fds(folder);
    const ns = new MadeFolder(this.#next(), this.#attributes(0o511));
    for (const name of namespaces)
      this.#link(ns, name, () => `${name.replace("_for_children", "")}:[${String(namespaceNumbers[name])}]`);
    folder.set("ns", ns);
    folder.set("net", netFolder(this.#next()));
    if (full) {
      const task = new MadeFolder(this.#next(), this.#attributes(0o555));
      task.set(String(one.pid), new ProcessFolder(one).build(false));
      folder.set("task", task);
    }
    return folder;
  }

  #fds(folder: MadeFolder): void {
    const one = this.#one;
    const fd = new MadeFolder(this.#next(), this.#attributes(0o500));
    if (!one.kernel)
      for (const number of [0, 1, 2]) {
        const terminal = one.tty === undefined ? undefined : `/dev/${one.tty}`;
        const target =
          terminal ??
          (one.spawned
            ? `pipe:[${String(inodeBase(one.pid) + 900 + number)}]`
            : number === 0
              ? "/dev/null"
              : `socket:[${String(12_400 + one.pid)}]`);
        fd.set(
          String(number),
          new MadeLink(
            this.#next(),
            this.#attributes(0o700),
            this.#private(() => target),
          ),
        );
      }
    folder.set(
      "fd",
      new MadeFolder(fd.ino, this.#attributes(0o500), fd, {
        lookup: (name, { view }) => {
          const socket = view.network
            .sockets()
            .find((held) => held.pid === one.pid && String(held.fd) === name);
          return socket === undefined
            ? undefined
            : new MadeLink(
                inodeBase(one.pid) + 500 + socket.fd,
                this.#attributes(0o700),
                `socket:[${String(socket.inode)}]`,
              );
        },
        names: ({ view }) =>
          view.network
            .sockets()
            .filter((held) => held.pid === one.pid)
            .map((held) => String(held.fd)),
      }),
    );
  }
}

function netFolder(ino: number): MadeFolder {
  const folder = new MadeFolder(ino, { mode: 0o555, mtime: ({ view }) => view.now() });
  let next = ino * 64;
  for (const [name, content] of Object.entries(netFiles)) {
    next += 1;
    folder.set(name, new MadeFile(next, { mode: 0o444, mtime: ({ view }) => view.now() }, content, true));
  }
  return folder;
}

/** The process of that number as this caller sees it; the caller's own program is what it says it is. */
function processOf(pid: number, { view, caller }: ReadContext): ProcessFacts | undefined {
  const known = view.processes.get(pid);
  if (caller.as?.pid !== pid) return known;
  const { exe } = caller.as;
  const name = exe.slice(exe.lastIndexOf("/") + 1);
  // Who reads is running.
  if (known !== undefined)
    return { ...known, state: "R", exe, comm: known.exe === exe ? known.comm : name.slice(0, 15) };
  return {
    pid,
    ppid: 1,
    pgid: pid,
    sid: pid,
    tty: undefined,
    uid: caller.uid,
    gid: caller.gid,
    comm: name.slice(0, 15),
    argv: [name],
    exe,
    cwd: "/",
    start: view.now(),
    state: "R",
    nice: 0,
    threads: 1,
    rss: 1664,
    vsz: 5488,
    environ: {},
    unit: "",
    kernel: false,
    spawned: true,
  };
}

export function processFolder(pid: number, context: ReadContext): BaseNode | undefined {
  const one = processOf(pid, context);
  return one === undefined ? undefined : new ProcessFolder(one).build(true);
}
