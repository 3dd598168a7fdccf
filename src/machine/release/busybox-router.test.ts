import { describe, expect, it } from "vitest";
import { parseElfHead, targets } from "../content/elf-target.ts";
import { FsError } from "../errors.ts";
import type { MachinePersona } from "../persona.ts";
import { loginAs, openTestMachine, textOf, walk } from "../testing/machine.ts";
import { personaNamed } from "../testing/persona.ts";

const router = (arch: MachinePersona["hardware"]["arch"]): MachinePersona =>
  personaNamed(`gw-${arch.replace("_", "")}`, {
    release: "busybox-router",
    role: "router",
    hardware: {
      vendor: "MediaTek",
      product: "MT7628 evaluation board",
      serial: "0011",
      arch,
      cpuModel: "MIPS 24KEc V5.5",
      cpus: 1,
      memoryMiB: 64,
      diskGiB: 1,
      mac: "00:0c:43:12:34:56",
    },
    listens: [{ port: 23, proto: "tcp", program: "telnetd" }],
    people: [],
    auth: {
      policy: "list",
      accounts: [{ user: "root", password: "vizxv" }],
      tries: { min: 3, max: 8 },
      dictionary_only: true,
    },
  });

describe.each(["mips", "mipsel", "armv7l"] as const)("a router of %s", (arch) => {
  it("has busybox with its applets, of its architecture, under any name", async () => {
    await using test = await openTestMachine(router(arch));
    const files = test.files();
    expect(parseElfHead(files.readAt("/bin/busybox", 0, 64))?.machine).toBe(targets[arch].machine);
    for (const path of ["/bin/sh", "/bin/ls", "/usr/bin/wget", "/sbin/ifconfig", "/usr/bin/tftp"])
      expect(files.executable(path)).toEqual({ kind: "program", path: "/bin/busybox", name: "busybox" });
    files.write("/tmp/.x", files.read("/bin/busybox"), { mode: 0o777 });
    files.chmod("/tmp/.x", 0o777);
    expect(files.executable("/tmp/.x")).toMatchObject({ name: "busybox" });
  });

  it("has a read-only root, and memory to write to", async () => {
    await using test = await openTestMachine(router(arch));
    const files = test.files();
    for (const path of ["/x", "/etc/x", "/bin/x"])
      expect(() => files.write(path, Buffer.from("x"))).toThrow(FsError);
    for (const path of ["/tmp/x", "/var/run/x", "/dev/x"]) files.write(path, Buffer.from("x"));
    expect(files.access("/etc/passwd", "write")).toBe(false);
  });

  it("logs its people in and shows them", async () => {
    await using test = await openTestMachine(router(arch));
    const secret = { kind: "password" as const, bytes: Buffer.from("vizxv") };
    const verdict = test.machine.authenticate({
      service: "telnet",
      user: "root",
      group: "192.0.2.7",
      secret,
    });
    expect(verdict).toEqual({ accepted: true, account: { uid: 0, gid: 0, home: "/root", shell: "/bin/sh" } });
    const view = test.view();
    using session = view.logins.open(loginAs("root", { service: "telnet" }), { tty: true, argv: ["-sh"] });
    expect(view.processes.get(session.shellPid)).toMatchObject({ comm: "sh", exe: "/bin/busybox" });
    expect(view.processes.list().length).toBeGreaterThan(35);
    expect(view.network.sockets().find((one) => one.state === "LISTEN")?.program).toBe("telnetd");
    const files = test.files();
    expect(textOf(files.read("/proc/cpuinfo"))).toContain("24KEc");
    expect(textOf(files.read("/proc/mounts"))).toContain("/dev/root / squashfs ro");
    expect(textOf(files.read("/etc/shadow"))).toMatch(/^root:\$1\$/);
    expect(view.memory().total).toBeLessThan(65_536);
    expect(view.memory().free).toBeGreaterThan(1000);
  });

  it("reads as large as it lists", async () => {
    await using test = await openTestMachine(router(arch));
    const files = test.files();
    const paths = walk(files).filter((path) => !/^\/(proc|sys|dev)\//.test(path));
    expect(paths.length).toBeGreaterThan(200);
    const ordinary = paths.filter((path) => files.lstat(path).kind === "file");
    expect(ordinary.map((path) => [path, files.read(path).length])).toEqual(
      ordinary.map((path) => [path, files.lstat(path).size]),
    );
    const links = paths.filter((path) => files.lstat(path).kind === "symlink");
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((path) => !files.access(path, "exists"))).toEqual([]);
  });
});
