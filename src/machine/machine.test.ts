import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FsError } from "./errors.ts";
import type { MachineFs, WorldView } from "./model.ts";
import type { MachinePersona } from "./persona.ts";
import { openTestMachine, type TestMachine, textOf, walk } from "./testing/machine.ts";
import { NOON, noShell, personaNamed } from "./testing/persona.ts";

const web = personaNamed("ber-web-03", {
  role: "web",
  listens: [
    { port: 22, proto: "tcp", program: "sshd" },
    { port: 80, proto: "tcp", program: "nginx" },
    { port: 3306, proto: "tcp", program: "mysqld" },
  ],
});

let test: TestMachine;
let view: WorldView;
let files: MachineFs;
let all: string[];

beforeAll(async () => {
  test = await openTestMachine(web);
  view = test.view();
  files = test.files({ as: { pid: view.processes.nextPid(), exe: "/usr/bin/bash" } });
  all = walk(files);
}, 60_000);
afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

const text = (path: string): string => textOf(files.read(path));

describe("the tree", () => {
  it("has at least 25 000 entries", () => {
    expect(all.length).toBeGreaterThan(25_000);
    expect(new Set(all).size).toBe(all.length);
  });

  it("shows the size that is read, for every kind of file", { timeout: 60_000 }, () => {
    const ordinary = all.filter(
      (path) => !/^\/(proc|sys|dev)\//.test(path) && files.lstat(path).kind === "file",
    );
    expect(ordinary.length).toBeGreaterThan(20_000);
    const step = 41;
    for (let i = 0; i < ordinary.length; i += step) {
      const path = ordinary[i] ?? "";
      const { size } = files.lstat(path);
      expect([path, files.readAt(path, 0, 64 * 1_048_576).length]).toEqual([path, size]);
    }
  });

  it("reads the same bytes in pieces and twice", { timeout: 60_000 }, () => {
    const wholes = new Map<string, Buffer>();
    const some = [
      "/bin/busybox",
      "/usr/bin/python3.11",
      "/etc/passwd",
      "/usr/share/doc/bash/changelog.Debian.gz",
      "/usr/bin/ldd",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...some), fc.nat(40_000), fc.nat(9000), (path, offset, length) => {
        const whole = wholes.get(path) ?? Buffer.from(files.read(path));
        wholes.set(path, whole);
        expect(
          Buffer.from(files.readAt(path, offset, length)).equals(whole.subarray(offset, offset + length)),
        ).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("has links that lead somewhere, but for those that dangle on a real system too", () => {
    const links = all.filter((path) => !path.startsWith("/proc/") && files.lstat(path).kind === "symlink");
    expect(links.length).toBeGreaterThan(2000);
    const dangling = links.filter((path) => !files.access(path, "exists"));
    const known =
      /^\/(dev\/(cdrom|core|log|initctl|std|fd)|etc\/systemd\/|usr\/lib\/modules\/[^/]+\/(build|source)|usr\/share\/doc\/|usr\/share\/zoneinfo\/localtime|run\/|initrd|vmlinuz|etc\/alternatives\/|usr\/share\/man\/|usr\/bin\/|etc\/rc)/;
    expect(dangling.filter((path) => !known.test(path))).toEqual([]);
  });

  it("names of packages' gzip files unpack", () => {
    const archives = all.filter((path) => path.endsWith(".gz") && files.lstat(path).kind === "file");
    expect(archives.length).toBeGreaterThan(1000);
    for (const path of archives.filter((_, i) => i % 211 === 0))
      expect(() => gunzipSync(files.read(path))).not.toThrow();
  });

  it("knows every folder's links and never a time after now", () => {
    const now = view.now();
    for (const path of all.filter((_, i) => i % 37 === 0)) {
      const facts = files.lstat(path);
      expect([path, facts.mtime <= now + 1]).toEqual([path, true]);
      expect(facts.ctime).toBeGreaterThanOrEqual(Math.min(facts.mtime, now));
    }
  });

  it("runs what PATH lists", () => {
    const folders = ["/usr/bin", "/usr/sbin"];
    let count = 0;
    for (const folder of folders)
      for (const name of files.readdir(folder)) {
        const path = `${folder}/${name}`;
        if (!files.access(path, "exists") || files.stat(path).kind !== "file") continue;
        if (!files.access(path, "execute")) continue;
        count += 1;
        expect([path, ["program", "script", "text"].includes(files.executable(path).kind)]).toEqual([
          path,
          true,
        ]);
      }
    expect(count).toBeGreaterThan(500);
  });

  it("lists one folder without touching the rest", () => {
    const before = performance.now();
    for (let i = 0; i < 50; i += 1) files.readdir("/usr/lib");
    expect((performance.now() - before) / 50).toBeLessThan(20);
  });

  it("hides programs that the shell does not answer, but not those that run", async () => {
    const openShell = Object.assign(noShell.bind(undefined), { programs: new Set(["ls", "cat", "bash"]) });
    await using small = await openTestMachine(personaNamed("small"), { openShell });
    const world = small.machine.world("192.0.2.1").filesOf({ uid: 0, gid: 0, groups: [0] });
    expect(world.readdir("/usr/bin")).toEqual(expect.arrayContaining(["bash", "cat", "ls"]));
    expect(world.readdir("/usr/bin")).not.toContain("gpg");
    expect(world.access("/usr/bin/gpg", "exists")).toBe(false);
    expect(world.access("/usr/sbin/sshd", "exists")).toBe(true);
    expect(world.access("/usr/sbin/nologin", "exists")).toBe(false);
  });

  it("has a role's packages, users and files only where the role is", async () => {
    expect(files.access("/usr/sbin/nginx", "exists")).toBe(true);
    expect(files.access("/etc/mysql/my.cnf", "exists")).toBe(true);
    expect(view.users.byName("mysql")?.home).toBe("/nonexistent");
    expect(files.access("/usr/bin/redis-cli", "exists")).toBe(false);
    expect(view.users.byName("redis")).toBeUndefined();
    await using plain = await openTestMachine(personaNamed("plain"));
    for (const path of ["/usr/sbin/nginx", "/etc/nginx", "/etc/mysql", "/var/lib/mysql"])
      expect([path, plain.files().access(path, "exists")]).toEqual([path, false]);
    expect(plain.view().users.byName("mysql")).toBeUndefined();
  });
});

describe("one fact, one answer", () => {
  it("packages, files and owners agree", () => {
    const { packages } = view.model;
    expect(packages.list().length).toBeGreaterThan(250);
    expect(packages.ownerOf("/bin/bash")).toBe("bash");
    expect(packages.ownerOf("/usr/sbin/sshd")).toBe("openssh-server");
    for (const name of ["bash", "coreutils", "nginx-light", "openssh-server"]) {
      const owned = packages.filesOf(name).filter((path) => path !== "/.");
      expect(owned.length).toBeGreaterThan(3);
      for (const path of owned) expect([path, files.access(path, "exists")]).toEqual([path, true]);
    }
    const status = text("/var/lib/dpkg/status");
    for (const pkg of packages.list()) expect(status).toContain(`Package: ${pkg.name}\n`);
  });

  it("meminfo, memory and the processes agree", () => {
    const memory = view.memory();
    const info = new Map(
      text("/proc/meminfo")
        .split("\n")
        .map((line) => [line.split(":")[0], Number(/(\d+) kB/.exec(line)?.[1])]),
    );
    expect(info.get("MemTotal")).toBe(memory.total);
    expect(info.get("MemFree")).toBe(memory.free);
    expect(memory.free + memory.buffers + memory.cached + memory.slabReclaimable).toBeLessThan(memory.total);
    expect(memory.available).toBeLessThan(memory.total);
    expect(memory.available).toBeGreaterThan(memory.free * 0.5);
  });

  it("the process table is the one in /proc", () => {
    const listed = files
      .readdir("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    const pids = view.processes.list().map((one) => one.pid);
    expect(pids.length).toBeGreaterThan(60);
    for (const pid of pids) expect(listed).toContain(pid);
    for (const one of view.processes.list()) {
      expect(text(`/proc/${String(one.pid)}/comm`)).toBe(`${one.comm}\n`);
      expect(text(`/proc/${String(one.pid)}/stat`)).toMatch(new RegExp(`^${String(one.pid)} \\(`));
      expect(pids.includes(one.ppid) || one.ppid === 0).toBe(true);
    }
    expect(text("/proc/1/cmdline")).toBe("/sbin/init\0");
    expect(files.readlink("/proc/1/exe")).toBe("/usr/lib/systemd/systemd");
  });

  it("every listening socket belongs to a process, in /proc/net/tcp too", () => {
    const listening = view.network.sockets().filter((one) => one.state === "LISTEN");
    expect(new Set(listening.map((one) => one.local.port))).toEqual(new Set([22, 80, 3306]));
    const table = text("/proc/net/tcp");
    for (const one of listening.filter((socket) => socket.proto === "tcp")) {
      expect(view.processes.get(one.pid)?.comm).toBe(one.program);
      expect(table).toContain(` 00000000:${one.local.port.toString(16).toUpperCase().padStart(4, "0")} `);
      expect(files.readlink(`/proc/${String(one.pid)}/fd/${String(one.fd)}`)).toBe(
        `socket:[${String(one.inode)}]`,
      );
    }
  });

  it("mounts, fstab and the disks agree", () => {
    const root = view.mounts().find((mount) => mount.target === "/");
    const disk = view.model.hardware.disks.find((one) => one.mountpoint === "/");
    expect(root?.source).toBe(`/dev/${disk?.name ?? ""}`);
    expect(text("/etc/fstab")).toContain(`UUID=${disk?.uuid ?? ""}`);
    expect(files.realpath(`/dev/disk/by-uuid/${disk?.uuid ?? ""}`)).toBe(root?.source);
    expect(text("/proc/mounts")).toContain(`${root?.source ?? ""} / ext4 rw`);
    expect(files.statfs("/home").blocks).toBe(root?.blocks);
    expect(text("/proc/partitions")).toContain(disk?.name);
  });

  it("host name, hosts, release and kernel are the same wherever they are asked", () => {
    const kernel = view.model.release.uname.release;
    expect(text("/etc/hostname").trim()).toBe(view.hostname());
    expect(text("/proc/sys/kernel/hostname").trim()).toBe(view.hostname());
    expect(text("/etc/hosts")).toContain(view.hostname());
    expect(text("/proc/version")).toContain(`Linux version ${kernel} `);
    expect(files.readdir("/lib/modules")).toEqual([kernel]);
    expect(files.access(`/boot/vmlinuz-${kernel}`, "exists")).toBe(true);
    expect(files.access("/vmlinuz", "exists")).toBe(true);
    expect(view.model.packages.get(`linux-image-${kernel}`)?.name).toBe(`linux-image-${kernel}`);
    expect(text("/etc/os-release")).toContain("VERSION_CODENAME=bookworm");
    expect(text("/etc/debian_version")).toMatch(/^12\./);
    expect(view.model.release.sshBanner).toMatch(/^SSH-2\.0-OpenSSH_9\.2p1 Debian-2\+deb12u\d+$/);
  });

  it("systemctl's main process runs, and each running unit has its file", () => {
    const running = view.services.list().filter((unit) => unit.sub === "running" && unit.type === "service");
    expect(running.length).toBeGreaterThan(10);
    for (const unit of running) {
      expect([unit.name, view.processes.get(unit.mainPid ?? 0) !== undefined]).toEqual([unit.name, true]);
      expect([unit.path, files.access(unit.path, "exists")]).toEqual([unit.path, true]);
    }
    expect(view.services.get("sshd")?.name).toBe("ssh.service");
  });

  it("two looks two seconds apart differ, and nothing runs backwards", () => {
    const look = () => ({
      free: view.memory().free,
      load: view.loadAverage(),
      uptime: text("/proc/uptime"),
      cpu: view.cpuTimes(),
      bytes: view.network.interfaces()[1]?.counters.rxBytes ?? 0,
      stat: text("/proc/stat"),
    });
    let before = look();
    let moved = 0;
    for (let i = 0; i < 40; i += 1) {
      test.clock.move(2);
      const after = look();
      expect(after.uptime).not.toBe(before.uptime);
      expect(after.cpu.user).toBeGreaterThanOrEqual(before.cpu.user);
      expect(after.cpu.idle).toBeGreaterThanOrEqual(before.cpu.idle);
      expect(after.bytes).toBeGreaterThan(before.bytes);
      expect(after.load).not.toEqual([0, 0, 0]);
      expect(Math.abs(after.free - before.free)).toBeLessThan(view.memory().total * 0.05);
      if (after.free !== before.free) moved += 1;
      before = after;
    }
    expect(moved).toBeGreaterThan(20);
  });

  it("the logs end shortly before now and only grow", () => {
    const first = text("/var/log/syslog");
    test.clock.move(3700);
    const later = text("/var/log/syslog");
    expect(later.startsWith(first)).toBe(true);
    expect(later.length).toBeGreaterThan(first.length);
    const last = Date.parse(later.trimEnd().split("\n").at(-1)?.slice(0, 32) ?? "") / 1000;
    expect(view.now() - last).toBeLessThan(3700);
    for (const path of [
      "/var/log/auth.log",
      "/var/log/kern.log",
      "/var/log/wtmp",
      "/var/log/lastlog",
      "/var/log/dpkg.log",
    ])
      expect([path, files.read(path).length > 100]).toEqual([path, true]);
  });
});

describe("several machines", () => {
  const personas: MachinePersona[] = Array.from({ length: 6 }, (_, i) =>
    personaNamed(`site-app-${String(i + 10)}`, {
      role: (["server", "web", "database"] as const)[i % 3] ?? "server",
      listens: [
        { port: 22, proto: "tcp", program: "sshd" },
        ...[
          { port: 80, proto: "tcp" as const, program: "nginx" },
          { port: 6379, proto: "tcp" as const, program: "redis-server" },
          { port: 21, proto: "tcp" as const, program: "vsftpd" },
          { port: 5432, proto: "tcp" as const, program: "postgres" },
        ].slice(i % 4, (i % 4) + 1),
      ],
    }),
  );
  it("share no machine-id, host key, hash, history, boot time or disk name", async () => {
    const facts: Record<string, string[]> = {};
    for (const persona of personas) {
      await using one = await openTestMachine(persona);
      const seen = one.files();
      const put = (name: string, value: string): void => {
        (facts[name] ??= []).push(value);
      };
      for (const path of [
        "/etc/machine-id",
        "/etc/ssh/ssh_host_ed25519_key.pub",
        "/etc/ssh/ssh_host_rsa_key.pub",
        "/root/.bash_history",
        "/etc/hostname",
        "/proc/sys/kernel/random/boot_id",
        "/etc/fstab",
      ])
        put(path, textOf(seen.read(path)));
      put("shadow", textOf(seen.read("/etc/shadow")).split("\n")[0] ?? "");
      put("boot", String(one.machine.bootTime));
      put("neighbours", JSON.stringify(one.view().network.neighbours()));
      put(
        "processes",
        one
          .view()
          .processes.list()
          .map((process) => process.pid)
          .join(","),
      );
    }
    expect(Object.keys(facts).length).toBeGreaterThan(8);
    for (const [name, values] of Object.entries(facts))
      expect([name, new Set(values).size]).toEqual([name, personas.length]);
  }, 60_000);

  it("no trace of a container", () => {
    expect(files.access("/.dockerenv", "exists")).toBe(false);
    expect(text("/proc/1/cgroup")).toBe("0::/init.scope\n");
    expect(text("/proc/self/mountinfo")).not.toMatch(/overlay|docker/);
    expect(text("/proc/self/uid_map").trim().split(/\s+/)).toEqual(["0", "0", "4294967295"]);
    expect(files.access("/boot", "exists")).toBe(true);
  });
});

it("a base that is read by many machines is held once, within its bound", async () => {
  const { debian12Release } = await import("./release/release.ts");
  const release = debian12Release();
  expect(release.footprint).toBeLessThan(12 * 1_048_576);
  expect(debian12Release()).toBe(release);
});

it("a clock before the recording still gives a machine", async () => {
  const early = personaNamed("early", { installedAt: NOON - 900 * 86_400, bootedAt: NOON - 500 * 86_400 });
  await using one = await openTestMachine(early);
  expect(one.view().model.release.uname.release).toMatch(/^6\.1\.0-\d+-amd64$/);
  expect(() => one.files().stat("/nonexistent")).toThrow(FsError);
});
