import type { ReleaseFacts } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { kernelAt } from "./kernels.ts";
import { debian12Release, type RecordedPackage } from "./release.ts";

/** Debian's kernel flavour by architecture. */
const flavours: Readonly<Record<MachinePersona["hardware"]["arch"], string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
  armv7l: "armmp",
  mips: "4kc-malta",
  mipsel: "4kc-malta",
};

const COMPILER = "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40";

export const debianArchitecture = (arch: MachinePersona["hardware"]["arch"]): string =>
  ({ x86_64: "amd64", aarch64: "arm64", armv7l: "armhf", mips: "mips", mipsel: "mipsel" })[arch];

/** What programs call their own version, from the package that brings them. */
const upstream = (version: string): string =>
  version
    .replace(/^\d+:/, "")
    .replace(/[-+~](?:\d+|deb|dfsg|really|ds).*$/, "")
    .replace(/\+b\d+$/, "");

const tools: Readonly<Record<string, string>> = {
  bash: "bash",
  dash: "dash",
  curl: "curl",
  wget: "wget",
  nano: "nano",
  python3: "python3",
  perl: "perl",
  openssl: "openssl",
  sudo: "sudo",
  busybox: "busybox",
  ls: "coreutils",
  grep: "grep",
  sed: "sed",
  tar: "tar",
  gzip: "gzip",
  ps: "procps",
  ip: "iproute2",
  ifconfig: "net-tools",
  systemctl: "systemd",
  less: "less",
  htop: "htop",
  tmux: "tmux",
  screen: "screen",
  rsync: "rsync",
  mount: "util-linux",
  find: "findutils",
  file: "file",
  rsyslogd: "rsyslog",
  xz: "xz-utils",
  dpkg: "dpkg",
  apt: "apt",
  iptables: "iptables",
  jq: "jq",
  nginx: "nginx",
  mariadb: "mariadb-server",
  "redis-server": "redis-server",
};

export function debian12Facts(persona: MachinePersona): ReleaseFacts {
  const release = debian12Release();
  const byName = new Map<string, RecordedPackage>(release.packages.map((pkg) => [pkg.name, pkg]));
  const version = (name: string): string => byName.get(name)?.version ?? "";
  const kernel = kernelAt(persona.bootedAt);
  const kernelRelease = `${kernel.abi}-${flavours[persona.hardware.arch]}`;
  const kernelVersion = `#1 SMP PREEMPT_DYNAMIC Debian ${kernel.version} (${kernel.date})`;
  const ssh = version("openssh-server");
  const osRelease = Object.fromEntries(
    (release.text("/usr/lib/os-release")?.toString("latin1") ?? "")
      .split("\n")
      .map((line) => /^([A-Z_]+)="?([^"]*)"?$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
  return {
    id: "debian-12",
    family: "debian",
    prettyName: osRelease["PRETTY_NAME"] ?? "Debian GNU/Linux 12 (bookworm)",
    osRelease,
    uname: {
      sysname: "Linux",
      release: kernelRelease,
      version: kernelVersion,
      machine: persona.hardware.arch,
      operatingSystem: "GNU/Linux",
      processor: "unknown",
    },
    procVersion: `Linux version ${kernelRelease} (debian-kernel@lists.debian.org) (${COMPILER}) ${kernelVersion}`,
    libc: "2.36",
    toolVersions: {
      ...Object.fromEntries(
        Object.entries(tools)
          .filter(([, name]) => byName.has(name))
          .map(([tool, name]) => [tool, upstream(version(name))]),
      ),
      bash: "5.2.15(1)-release",
      vi: "9.0.1378",
      ssh: `OpenSSH_9.2p1 Debian-${ssh.slice(ssh.lastIndexOf("-") + 1)}`,
      systemctl: `252 (${version("systemd")})`,
      busybox: `v1.35.0 (Debian ${version("busybox")})`,
    },
    sshBanner: `SSH-2.0-OpenSSH_9.2p1 Debian-${ssh.slice(ssh.lastIndexOf("-") + 1)}`,
    issue: release.text("/etc/issue")?.toString("latin1") ?? "",
    motd: release.text("/etc/motd")?.toString("latin1") ?? "",
    sh: "dash",
    loginShell: "/bin/bash",
    path: {
      root: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      user: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
      exec: "/usr/local/bin:/usr/bin:/bin:/usr/games",
    },
  };
}
