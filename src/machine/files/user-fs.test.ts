import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FsError } from "../errors.ts";
import type { MachineFs } from "../model.ts";
import { openTestMachine, type TestMachine, textOf } from "../testing/machine.ts";

let test: TestMachine;
let root: MachineFs;
let user: MachineFs;

beforeAll(async () => {
  test = await openTestMachine();
  root = test.files();
  user = test.files({ uid: 1000, gid: 1000, groups: [1000] });
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
});

/** The errno an operation fails with, or `ok`. */
function outcome(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof FsError) return error.errno;
    throw error;
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

describe("errors of paths", () => {
  it.each([
    ["a missing file", () => root.stat("/nothing"), "ENOENT"],
    ["a missing folder on the way", () => root.stat("/nothing/here"), "ENOENT"],
    ["a file used as a folder", () => root.stat("/etc/passwd/x"), "ENOTDIR"],
    ["a file with a slash behind it", () => root.stat("/etc/passwd/"), "ENOTDIR"],
    ["an empty path", () => root.stat(""), "ENOENT"],
    ["a name of 256 bytes", () => root.stat(`/tmp/${"n".repeat(256)}`), "ENAMETOOLONG"],
    ["a path of 4096 bytes", () => root.stat(`/${"a/".repeat(2048)}`), "ENAMETOOLONG"],
    ["reading a folder", () => root.read("/etc"), "EISDIR"],
    ["writing a folder", () => root.write("/etc", bytes("")), "EISDIR"],
    ["listing a file", () => root.readdir("/etc/passwd"), "ENOTDIR"],
    ["readlink of a file", () => root.readlink("/etc/passwd"), "EINVAL"],
    ["mkdir over a file", () => root.mkdir("/etc/passwd"), "EEXIST"],
    ["rmdir of a file", () => root.rmdir("/etc/passwd"), "ENOTDIR"],
    ["rmdir of a full folder", () => root.rmdir("/etc"), "ENOTEMPTY"],
    ["rmdir of a mount point", () => root.rmdir("/proc"), "EBUSY"],
    ["unlink of a folder", () => root.unlink("/etc"), "EISDIR"],
    [
      "exclusive creation of what exists",
      () => root.write("/etc/passwd", bytes(""), { exclusive: true }),
      "EEXIST",
    ],
    ["rename of a folder into itself", () => root.rename("/etc", "/etc/x"), "EINVAL"],
    ["rename over another mount", () => root.rename("/etc/motd", "/dev/shm/motd"), "EXDEV"],
    ["a hard link over another mount", () => root.link("/etc/motd", "/dev/shm/motd"), "EXDEV"],
    ["a hard link to a folder", () => root.link("/etc", "/tmp/etc"), "EPERM"],
    ["touch in /proc", () => root.write("/proc/x", bytes("")), "ENOENT"],
    ["touch in /sys", () => root.write("/sys/x", bytes("")), "EACCES"],
    ["mkdir in /proc", () => root.mkdir("/proc/x"), "ENOENT"],
    ["mkdir in /sys", () => root.mkdir("/sys/x"), "EPERM"],
    ["rm of a kernel file", () => root.unlink("/proc/uptime"), "EPERM"],
    ["chmod of a kernel file", () => root.chmod("/proc/uptime", 0o777), "EPERM"],
    ["writing /dev/full", () => root.write("/dev/full", bytes("x")), "ENOSPC"],
    ["reading all of /dev/zero", () => root.read("/dev/zero"), "EFBIG"],
    ["running a folder", () => root.executable("/tmp"), "EACCES"],
    ["running a file without the bit", () => root.executable("/etc/passwd"), "EACCES"],
  ])("%s fails as the kernel says", (_name, work, errno) => {
    expect(outcome(work)).toBe(errno);
  });

  it("a circle of links ends in ELOOP", () => {
    root.symlink("/tmp/circle-b", "/tmp/circle-a");
    root.symlink("/tmp/circle-a", "/tmp/circle-b");
    expect(outcome(() => root.stat("/tmp/circle-a"))).toBe("ELOOP");
  });
});

describe("what an ordinary user may do", () => {
  it.each([
    ["reads passwd", () => user.read("/etc/passwd"), "ok"],
    ["does not read shadow", () => user.read("/etc/shadow"), "EACCES"],
    ["does not enter root's home", () => user.stat("/root/.bashrc"), "EACCES"],
    ["does not list root's home", () => user.readdir("/root"), "EACCES"],
    ["does not write to /etc", () => user.write("/etc/x", bytes("")), "EACCES"],
    ["does not write passwd", () => user.write("/etc/passwd", bytes("")), "EACCES"],
    ["writes to /tmp", () => user.write("/tmp/mine", bytes("x")), "ok"],
    ["writes to its home", () => user.write("/home/mkeller/x", bytes("x")), "ok"],
    ["does not chown", () => user.chown("/tmp/mine", 0, 0), "EPERM"],
    ["does not chmod what is root's", () => user.chmod("/etc/passwd", 0o777), "EPERM"],
    ["does not see where others' programs are", () => user.readlink("/proc/1/exe"), "EACCES"],
    ["does not read others' environment", () => user.read("/proc/1/environ"), "EACCES"],
    ["does not remove others' files from /tmp", () => user.rename("/tmp/.X11-unix", "/tmp/x"), "EPERM"],
  ])("%s", (_name, work, errno) => {
    expect(outcome(work)).toBe(errno);
  });

  it("a write takes the set-user-id bit away", () => {
    user.write("/tmp/suid", bytes("a"));
    user.chmod("/tmp/suid", 0o4755);
    user.append("/tmp/suid", bytes("b"));
    expect(user.stat("/tmp/suid").mode).toBe(0o755);
  });

  it("new files have the caller's owner and the umask's mode", () => {
    const careful = test.files({ uid: 1000, gid: 1000, groups: [1000], umask: 0o077 });
    careful.write("/tmp/secret", bytes("x"));
    expect(root.stat("/tmp/secret")).toMatchObject({ mode: 0o600, uid: 1000, gid: 1000 });
  });
});

describe("changes", () => {
  it("appending, writing in the middle and cutting give what a real file would hold", () => {
    root.write("/tmp/f", bytes("hello"));
    root.append("/tmp/f", bytes(" world"));
    root.writeAt("/tmp/f", 0, bytes("J"));
    expect(textOf(root.read("/tmp/f"))).toBe("Jello world");
    root.truncate("/tmp/f", 5);
    root.writeAt("/tmp/f", 7, bytes("!"));
    expect(textOf(root.read("/tmp/f"))).toBe("Jello\0\0!");
    expect(root.stat("/tmp/f").size).toBe(8);
  });

  it("a recorded folder can be moved, and its untouched files go with it", () => {
    const before = root.readdir("/usr/share/perl5").length;
    expect(before).toBeGreaterThan(3);
    root.rename("/usr/share/perl5", "/srv/perl5");
    expect(root.readdir("/srv/perl5")).toHaveLength(before);
    expect(outcome(() => root.stat("/usr/share/perl5"))).toBe("ENOENT");
    root.rename("/srv/perl5", "/usr/share/perl5");
    expect(root.readdir("/usr/share/perl5")).toHaveLength(before);
  });

  it("rename replaces a file and is nothing for the same name", () => {
    root.write("/tmp/a", bytes("a"));
    root.write("/tmp/b", bytes("b"));
    root.rename("/tmp/a", "/tmp/b");
    root.rename("/tmp/b", "/tmp/b");
    expect(textOf(root.read("/tmp/b"))).toBe("a");
    expect(outcome(() => root.stat("/tmp/a"))).toBe("ENOENT");
  });

  it("hard links share content, counts and attributes", () => {
    root.write("/tmp/one", bytes("1"));
    root.link("/tmp/one", "/tmp/two");
    root.append("/tmp/two", bytes("2"));
    root.chmod("/tmp/one", 0o640);
    expect(textOf(root.read("/tmp/one"))).toBe("12");
    expect(root.stat("/tmp/two")).toMatchObject({
      mode: 0o640,
      nlink: 2,
      inode: root.stat("/tmp/one").inode,
    });
    root.unlink("/tmp/one");
    expect(root.stat("/tmp/two").nlink).toBe(1);
  });

  it("an immutable file refuses everything until the bit is gone", () => {
    root.write("/tmp/locked", bytes("x"));
    root.setAttributes("/tmp/locked", { immutable: true, append: false });
    expect(outcome(() => root.write("/tmp/locked", bytes("y")))).toBe("EPERM");
    expect(outcome(() => root.unlink("/tmp/locked"))).toBe("EPERM");
    expect(outcome(() => root.chmod("/tmp/locked", 0o777))).toBe("EPERM");
    root.setAttributes("/tmp/locked", { immutable: false, append: true });
    expect(outcome(() => root.write("/tmp/locked", bytes("y")))).toBe("EPERM");
    expect(outcome(() => root.append("/tmp/locked", bytes("y")))).toBe("ok");
    root.setAttributes("/tmp/locked", { immutable: false, append: false });
    expect(outcome(() => root.unlink("/tmp/locked"))).toBe("ok");
  });

  it("a removed recorded entry can be made again", () => {
    root.unlink("/etc/motd");
    expect(root.readdir("/etc")).not.toContain("motd");
    root.write("/etc/motd", bytes("new"));
    expect(textOf(root.read("/etc/motd"))).toBe("new");
    expect(root.readdir("/etc")).toContain("motd");
  });

  it("the links of a folder count its folders", () => {
    const { nlink } = root.stat("/srv");
    root.mkdir("/srv/inner");
    expect(root.stat("/srv").nlink).toBe(nlink + 1);
    root.rmdir("/srv/inner");
    expect(root.stat("/srv").nlink).toBe(nlink);
  });

  it("root's tunables read back, and only what may be set can be set", () => {
    root.write("/proc/sys/net/ipv4/ip_forward", bytes("1\n"));
    expect(textOf(root.read("/proc/sys/net/ipv4/ip_forward"))).toBe("1\n");
    expect(outcome(() => root.write("/proc/sys/kernel/osrelease", bytes("9")))).toBe("EACCES");
    expect(outcome(() => user.write("/proc/sys/net/ipv4/ip_forward", bytes("0")))).toBe("EACCES");
  });
});

describe("the quota of a world", () => {
  it("ends in ENOSPC for bytes, and df has shown it coming", async () => {
    await using small = await openTestMachine(undefined, { settings: { maxWorldBytes: 1_048_576 } });
    const files = small.files();
    const before = files.statfs("/").free;
    expect(outcome(() => files.write("/tmp/a", Buffer.alloc(1_000_000)))).toBe("ok");
    expect(outcome(() => files.write("/tmp/b", Buffer.alloc(100_000)))).toBe("ENOSPC");
    small.clock.move(1);
    expect(files.statfs("/").free).toBeLessThan(before / 2);
    files.unlink("/tmp/a");
    expect(outcome(() => files.write("/tmp/b", Buffer.alloc(100_000)))).toBe("ok");
  });

  it("ends in ENOSPC for entries", async () => {
    await using small = await openTestMachine(undefined, { settings: { maxWorldEntries: 20 } });
    const files = small.files();
    const made = Array.from({ length: 30 }, (_, i) =>
      outcome(() => files.write(`/tmp/n${String(i)}`, bytes(""))),
    );
    expect(made.filter((one) => one === "ok").length).toBeLessThan(20);
    expect(made.at(-1)).toBe("ENOSPC");
  });

  it("a hole costs nothing", () => {
    root.write("/tmp/swap", bytes(""));
    root.truncate("/tmp/swap", 1_073_741_824);
    expect(root.stat("/tmp/swap").size).toBe(1_073_741_824);
    expect(root.readAt("/tmp/swap", 1_000_000, 4)).toEqual(Buffer.alloc(4));
  });
});

describe("execve", () => {
  it("knows its own programs under any name", () => {
    root.write("/tmp/.x", root.read("/bin/busybox"));
    root.chmod("/tmp/.x", 0o777);
    expect(root.executable("/tmp/.x")).toEqual({
      kind: "program",
      path: "/usr/bin/busybox",
      name: "busybox",
    });
    expect(root.executable("/bin/sh")).toMatchObject({ kind: "program", name: "dash" });
  });

  it("tells scripts, foreign programs, other architectures, texts and nothing apart", () => {
    const put = (name: string, content: Uint8Array) => {
      root.write(name, content);
      root.chmod(name, 0o755);
      return root.executable(name);
    };
    const elf = (machine: number, bits: number): Buffer => {
      const out = Buffer.alloc(200, 1);
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, bits, 1, 1]).copy(out);
      out.writeUInt16LE(machine, 18);
      return out;
    };
    expect(put("/tmp/s", bytes("#!/bin/sh -e\nid\n"))).toEqual({
      kind: "script",
      interpreter: "/bin/sh",
      argument: "-e",
    });
    expect(put("/tmp/x64", elf(62, 2))).toEqual({ kind: "foreign", machine: "x86_64" });
    expect(put("/tmp/x86", elf(3, 1))).toEqual({ kind: "foreign", machine: "i386" });
    expect(put("/tmp/arm", elf(40, 1))).toEqual({ kind: "format-error" });
    expect(put("/tmp/cut", elf(62, 2).subarray(0, 22))).toEqual({ kind: "format-error" });
    expect(put("/tmp/text", bytes("echo hi\n"))).toEqual({ kind: "text" });
    expect(put("/tmp/none", bytes(""))).toEqual({ kind: "empty" });
  });

  it("refuses programs on a noexec mount", () => {
    root.write("/run/x", root.read("/bin/busybox"));
    root.chmod("/run/x", 0o755);
    expect(outcome(() => root.executable("/run/x"))).toBe("EACCES");
  });
});

describe("/proc/self", () => {
  it("is the program that reads", () => {
    const view = test.view();
    const pid = view.processes.nextPid();
    const cat = test.files({ as: { pid, exe: "/usr/bin/cat" } });
    expect(cat.readlink("/proc/self")).toBe(String(pid));
    expect(cat.readlink("/proc/self/exe")).toBe("/usr/bin/cat");
    expect(cat.readAt("/proc/self/exe", 0, 4)).toEqual(cat.readAt("/usr/bin/cat", 0, 4));
    expect(textOf(cat.read("/proc/self/comm"))).toBe("cat\n");
    const busybox = test.files({ as: { pid, exe: "/usr/bin/busybox" } });
    expect(busybox.realpath("/proc/self/exe")).toBe("/usr/bin/busybox");
  });
});
