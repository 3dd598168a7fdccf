import { acceptedPasswords } from "../auth/policy.ts";
import { elfFile } from "../content/elf.ts";
import type { SeededAccounts } from "../facts/accounts.ts";
import type { BaseProcess } from "../facts/base-processes.ts";
import { mtdTable } from "../facts/router-hardware.ts";
import { type LayerBuilder, MadeFilled } from "../files/base-layer.ts";
import { type ProgramFile } from "../files/programs.ts";
import type { MachineModel, ReleaseFacts } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { deckySeeded } from "../seeded.ts";
import type { RecordedAccounts } from "./release.ts";

const BUSYBOX = "v1.24.2";

/** Applets by the folder in which their links lie. */
const applets: Readonly<Record<string, string>> = {
  "/bin":
    "ash cat chgrp chmod chown cp date dd df dmesg echo egrep false fgrep grep gunzip gzip hostname iostat kill ln login ls mkdir mknod mktemp mount mv netstat nice pidof ping ping6 ps pwd rm rmdir sed sh sleep sync tar touch true umount uname usleep vi zcat",
  "/sbin":
    "arp getty halt hwclock ifconfig init insmod klogd losetup lsmod mdev modprobe pivot_root poweroff reboot rmmod route sulogin switch_root sysctl syslogd udhcpc vconfig watchdog",
  "/usr/bin":
    "[ [[ awk basename bunzip2 bzcat clear cmp crontab cut diff dirname du env expr find free ftpget ftpput head hexdump id install killall less logger logread md5sum nc nohup nslookup od passwd printf readlink renice reset seq sha256sum sort strings tail taskset tee telnet test tftp time timeout top tr traceroute tty uniq unzip uptime uuencode wc wget which who whoami xargs yes",
  "/usr/sbin": "brctl chpasswd chroot crond dnsd httpd inetd ntpd rdate telnetd tftpd udhcpd",
};

const daemons: readonly (readonly [path: string, size: number])[] = [
  ["/usr/sbin/dropbear", 214_528],
  ["/usr/sbin/dnsmasq", 187_264],
  ["/usr/sbin/hostapd", 402_880],
  ["/usr/sbin/upnpd", 121_344],
  ["/usr/bin/iptables", 98_304],
  ["/usr/sbin/pppd", 243_712],
];

const libraries: readonly (readonly [name: string, size: number])[] = [
  ["ld-uClibc-0.9.33.2.so", 33_116],
  ["libuClibc-0.9.33.2.so", 401_220],
  ["libcrypt-0.9.33.2.so", 12_036],
  ["libdl-0.9.33.2.so", 9_284],
  ["libm-0.9.33.2.so", 58_712],
  ["libpthread-0.9.33.2.so", 77_320],
  ["libgcc_s.so.1", 78_904],
];

const identity = (persona: MachinePersona, path: string): string =>
  `busybox-router\0${persona.hardware.arch}\0${path}`;

export const routerPrograms = (persona: MachinePersona): readonly ProgramFile[] =>
  ["/bin/busybox", ...daemons.map(([path]) => path)].map((path) => ({
    path,
    identity: identity(persona, path),
  }));

export const routerAccounts: RecordedAccounts = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/var:/bin/false\n",
  group: "root:x:0:\nnobody:x:65534:\n",
  shadow: "",
};

export function routerFacts(persona: MachinePersona): ReleaseFacts {
  const release = "3.10.14";
  const version = `#${String(1 + (persona.installedAt % 9))} ${new Date((persona.installedAt - 90 * 86_400) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, "$1 $3 $2 $5 CST $4")}`;
  return {
    id: "busybox-router",
    family: "busybox",
    prettyName: `${persona.hardware.vendor} ${persona.hardware.product}`,
    osRelease: {},
    uname: {
      sysname: "Linux",
      release,
      version,
      machine: persona.hardware.arch === "mipsel" ? "mips" : persona.hardware.arch,
      operatingSystem: "GNU/Linux",
      processor: "unknown",
    },
    procVersion: `Linux version ${release} (root@build) (gcc version 4.6.3 (Buildroot 2012.11.1) ) ${version}`,
    libc: "0.9.33.2",
    toolVersions: { busybox: BUSYBOX, dropbear: "2014.63" },
    sshBanner: "SSH-2.0-dropbear_2014.63",
    issue: "",
    motd: "",
    sh: "ash",
    loginShell: "/bin/sh",
    path: {
      root: "/usr/bin:/usr/sbin:/bin:/sbin",
      user: "/usr/bin:/usr/sbin:/bin:/sbin",
      exec: "/usr/bin:/usr/sbin:/bin:/sbin",
    },
  };
}

const kernelThreads =
  "kthreadd ksoftirqd/0 kworker/0:0 kworker/0:0H kworker/u2:0 watchdog/0 khelper kdevtmpfs netns writeback bioset crypto kblockd spi0 kswapd0 fsnotify_mark kworker/u2:1 mtdblock0 mtdblock1 mtdblock2 mtdblock3 mtdblock4 deferwq kworker/0:1 RtmpCmdQTask RtmpWscTask RtmpMlmeTask".split(
    " ",
  );

const services: readonly (readonly [argv: string, rss: number, vsz: number])[] = [
  ["/sbin/syslogd -s 64 -n", 396, 1216],
  ["/sbin/klogd -n", 364, 1208],
  ["/sbin/watchdog -t 5 /dev/watchdog", 332, 1208],
  ["/usr/sbin/dnsmasq -C /var/dnsmasq.conf", 620, 1340],
  ["udhcpc -i eth1 -s /usr/share/udhcpc/default.script -p /var/run/udhcpc.pid", 428, 1224],
  ["/usr/sbin/hostapd -B /var/hostapd.conf", 1180, 2312],
  ["/usr/sbin/upnpd eth1 br0", 520, 1468],
  ["/usr/sbin/crond -c /var/spool/cron/crontabs", 388, 1216],
  ["/usr/sbin/ntpd -n -p pool.ntp.org", 400, 1216],
  ["/usr/sbin/httpd -h /www -p 80", 412, 1220],
];

/** What `listens` calls for beyond those that always run. */
const listeners: Readonly<Record<string, readonly [string, number, number]>> = {
  telnetd: ["/usr/sbin/telnetd -l /bin/login", 372, 1212],
  inetd: ["/usr/sbin/telnetd -l /bin/login", 372, 1212],
  dropbear: ["/usr/sbin/dropbear -p 22", 560, 1292],
  sshd: ["/usr/sbin/dropbear -p 22", 560, 1292],
};

const own = new Set(daemons.map(([path]) => path));

export function routerProcesses(persona: MachinePersona): BaseProcess[] {
  const random = deckySeeded(persona.secret, "processes");
  const list: BaseProcess[] = [];
  let pid = 1;
  const add = (
    argv: readonly string[],
    facts: { rss: number; vsz: number; after: number; kernel: string | undefined },
  ): void => {
    const file = argv[0] ?? "";
    list.push({
      pid,
      ppid: pid <= 2 ? 0 : facts.kernel === undefined ? 1 : 2,
      pgid: facts.kernel === undefined ? pid : 0,
      sid: facts.kernel === undefined ? pid : 0,
      tty: undefined,
      uid: 0,
      gid: 0,
      comm: (facts.kernel ?? file.slice(file.lastIndexOf("/") + 1)).slice(0, 15),
      argv,
      exe: facts.kernel === undefined ? (own.has(file) ? file : "/bin/busybox") : undefined,
      cwd: "/",
      start: persona.bootedAt + facts.after,
      nice: 0,
      threads: 1,
      rss: facts.rss,
      vsz: facts.vsz,
      environ: {},
      unit: facts.kernel === undefined ? file.slice(file.lastIndexOf("/") + 1) || "init" : "",
      kernel: facts.kernel !== undefined,
    });
    pid += 1;
  };
  add(["init"], { rss: 400, vsz: 1216, after: 0, kernel: undefined });
  for (const name of kernelThreads) add([], { rss: 0, vsz: 0, after: 0, kernel: name });
  pid = 300 + random.integer(0, 120);
  const extra = persona.listens.map(({ program }) => listeners[program]).filter((one) => one !== undefined);
  for (const [line, rss, vsz] of [...services, ...new Set(extra)]) {
    add(line.split(" "), { rss, vsz, after: 6 + list.length * 0.4, kernel: undefined });
    pid += random.integer(1, 25);
  }
  return list;
}

function programs(builder: LayerBuilder, model: MachineModel): void {
  const { persona } = model;
  const { arch } = persona.hardware;
  const at = persona.installedAt - 90 * 86_400;
  const elf = (path: string, size: number, kind: "exec" | "shared" | "static"): void => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const file = elfFile({
      arch,
      type: kind,
      size,
      identity: identity(persona, path),
      needed: kind === "shared" ? [] : ["libc.so.0"],
      interpreter: "/lib/ld-uClibc.so.0",
      texts:
        path === "/bin/busybox" ? [`BusyBox ${BUSYBOX}`, "applet not found", "/bin/sh"] : [name, "usage"],
      ...(kind === "shared" ? { soname: name } : {}),
    });
    builder.put(path, (ino) => new MadeFilled(ino, { mode: 0o755, mtime: at }, file));
  };
  elf("/bin/busybox", 612_404 + (persona.installedAt % 97) * 16, "exec");
  for (const [path, size] of daemons) elf(path, size, "exec");
  for (const [name, size] of libraries) elf(`/lib/${name}`, size, "shared");
  for (const [name, target] of [
    ["ld-uClibc.so.0", "ld-uClibc-0.9.33.2.so"],
    ["libc.so.0", "libuClibc-0.9.33.2.so"],
    ["libcrypt.so.0", "libcrypt-0.9.33.2.so"],
    ["libdl.so.0", "libdl-0.9.33.2.so"],
    ["libm.so.0", "libm-0.9.33.2.so"],
    ["libpthread.so.0", "libpthread-0.9.33.2.so"],
  ] as const)
    builder.link(`/lib/${name}`, target, { mtime: at });
  for (const [folder, names] of Object.entries(applets)) {
    const up = folder === "/bin" ? "busybox" : folder === "/sbin" ? "../bin/busybox" : "../../bin/busybox";
    for (const name of names.split(" ")) builder.link(`${folder}/${name}`, up, { mtime: at });
  }
  for (const name of ["nf_conntrack", "nf_nat", "iptable_nat", "ip_tables", "x_tables", "mt7628", "usbcore"])
    builder.put(
      `/lib/modules/${model.release.uname.release}/${name}.ko`,
      (ino) =>
        new MadeFilled(
          ino,
          { mode: 0o644, mtime: at },
          elfFile({
            arch,
            type: "object",
            size: 18_000 + name.length * 911,
            identity: identity(persona, name),
            needed: [],
            texts: [name],
          }),
        ),
    );
}

/** Everything on such a router. */
export function addRouterFiles(builder: LayerBuilder, model: MachineModel, accounts: SeededAccounts): void {
  const { persona, bootTime } = model;
  const at = { mtime: persona.installedAt - 90 * 86_400 };
  programs(builder, model);
  for (const folder of [
    "/home",
    "/mnt",
    "/media",
    "/root",
    "/www",
    "/opt",
    "/usr/lib",
    "/usr/share/udhcpc",
    "/etc/init.d",
    "/etc/config",
  ])
    builder.folder(folder, { mode: folder === "/root" ? 0o700 : 0o755, ...at });
  for (const [folder, mode] of [
    ["/tmp", 0o1777],
    ["/var", 0o755],
    ["/var/run", 0o755],
    ["/var/log", 0o755],
    ["/var/lock", 0o755],
    ["/var/tmp", 0o1777],
    ["/var/spool/cron/crontabs", 0o755],
  ] as const)
    builder.folder(folder, { mode, mtime: bootTime + 3 });
  builder.file("/etc/passwd", accounts.passwd, at);
  builder.file("/etc/group", accounts.group, at);
  builder.file("/etc/shadow", ({ view }) => accounts.shadow(acceptedPasswords(view)), { ...at, mode: 0o600 });
  for (const { user, uid, gid, home } of accounts.homes)
    if (user !== "") builder.folder(home, { mode: 0o755, uid, gid, ...at });
  builder.file("/etc/hosts", `127.0.0.1\tlocalhost\n${persona.network.address}\t${persona.hostname}\n`, at);
  builder.file("/etc/hostname", `${persona.hostname}\n`, at);
  builder.file("/etc/resolv.conf", `nameserver ${persona.network.resolver}\n`, { mtime: bootTime + 9 });
  builder.file("/etc/TZ", "UTC0\n", at);
  builder.file(
    "/etc/fstab",
    "proc\t/proc\tproc\tdefaults\t0 0\nnone\t/var\tramfs\tdefaults\t0 0\nnone\t/tmp\tramfs\tdefaults\t0 0\nnone\t/sys\tsysfs\tdefaults\t0 0\n",
    at,
  );
  builder.file(
    "/etc/inittab",
    "::sysinit:/etc/init.d/rcS\n::respawn:/sbin/getty -L ttyS0 57600 vt100\n::ctrlaltdel:/bin/umount -a -r\n",
    at,
  );
  builder.file(
    "/etc/init.d/rcS",
    "#!/bin/sh\nmount -a\nmkdir -p /var/run /var/log /var/lock /var/tmp /var/spool/cron/crontabs\nmdev -s\nhostname -F /etc/hostname\nsyslogd -s 64\nklogd\ntelnetd -l /bin/login\n",
    { ...at, mode: 0o755 },
  );
  builder.file(
    "/etc/profile",
    "export PATH=/usr/bin:/usr/sbin:/bin:/sbin\nexport PS1='\\u@\\h:\\w\\$ '\n",
    at,
  );
  builder.file("/etc/shells", "/bin/sh\n/bin/ash\n", at);
  builder.file(
    "/etc/services",
    "ssh\t22/tcp\ntelnet\t23/tcp\ndomain\t53/tcp\ndomain\t53/udp\nhttp\t80/tcp\n",
    at,
  );
  builder.file("/etc/protocols", "ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\n", at);
  builder.file("/etc/version", `${persona.hardware.product} V1.0.${String(persona.installedAt % 40)}\n`, at);
  builder.file("/proc/mtd", mtdTable());
  builder.file(
    "/www/index.html",
    `<html><head><title>${persona.hardware.product}</title></head><body><script>location.href="/login.htm";</script></body></html>\n`,
    at,
  );
  builder.file("/var/run/utmp", "", { mtime: bootTime + 4 });
  builder.file("/var/log/messages", ({ view }) => messages(model, view.uptime()), {
    mtime: ({ view }) => view.now() - 40,
  });
}

/** The start of a ring of 64 KiB, as klogd and syslogd leave it. */
function messages(model: MachineModel, uptime: number): string {
  const stamp = (after: number): string => {
    const text = new Date((model.bootTime + after) * 1000).toUTCString();
    const [, day = "01", month = "Jan", , time = "00:00:00"] = text.split(" ");
    return `${month} ${String(Number(day)).padStart(2)} ${time}`;
  };
  const rows: [number, string][] = [
    [4, `user.notice kernel: ${model.release.procVersion}`],
    [
      4,
      `user.info kernel: Memory: ${String(model.hardware.memory(model.bootTime).total)}k/${String(model.persona.hardware.memoryMiB * 1024)}k available`,
    ],
    [5, "daemon.info init: starting pid 301, tty '': '/etc/init.d/rcS'"],
    [9, "daemon.info dnsmasq[412]: started, version 2.66 cachesize 150"],
    [12, "daemon.info udhcpc: Lease obtained, lease time 86400"],
  ];
  for (let at = 43_212; at < uptime && rows.length < 400; at += 43_200)
    rows.push([at, "daemon.info udhcpc: Lease renewed, lease time 86400"]);
  return rows.map(([after, text]) => `${stamp(after)} ${model.persona.hostname} ${text}\n`).join("");
}
