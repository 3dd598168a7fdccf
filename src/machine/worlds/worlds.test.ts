import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { FsError } from "../errors.ts";
import { loginAs, notingObserver, openTestMachine, textOf } from "../testing/machine.ts";
import { personaNamed } from "../testing/persona.ts";

const A = "192.0.2.7";
const B = "198.51.100.9";
const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

/** Longer than the batch of a world, and all timers that are due have run. */
async function written(): Promise<void> {
  const until = performance.now() + 90;
  await expect.poll(() => performance.now() > until, { interval: 30 }).toBe(true);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

it("what one group changes, another does not see", async () => {
  await using test = await openTestMachine();
  test.files({}, A).write("/tmp/.canary", bytes("mine"));
  test.files({}, A).unlink("/etc/motd");
  expect(test.files({}, B).access("/tmp/.canary", "exists")).toBe(false);
  expect(test.files({}, B).access("/etc/motd", "exists")).toBe(true);
  expect(textOf(test.files({}, A).read("/tmp/.canary"))).toBe("mine");
});

it("a world is there again after a restart: files, holes, links, owners, removals, facts", async () => {
  await using test = await openTestMachine();
  const files = test.files({}, A);
  const large = Buffer.alloc(300_000, "large ");
  files.mkdir("/opt/deep");
  files.write("/opt/deep/large", large);
  files.write("/opt/small", bytes("small"), { mode: 0o600 });
  files.chown("/opt/small", 1000, 1000);
  files.utimes("/opt/small", 1_700_000_000, 1_600_000_000);
  files.link("/opt/small", "/opt/again");
  files.symlink("small", "/opt/link");
  files.truncate("/opt/deep/large", 500_000);
  files.unlink("/etc/motd");
  files.rename("/usr/share/perl5", "/opt/perl5");
  files.append("/etc/passwd", bytes("x:x:0:0::/:/bin/sh\n"));
  files.setAttributes("/opt/again", { immutable: true, append: false });
  test.view(A).state.set("firewall", { rules: [1] });
  test.view(A).setHostname("changed");
  const seen = ["/opt/deep", "/opt/deep/large", "/opt/small", "/opt/again", "/opt/link", "/etc/passwd"].map(
    (path) => files.lstat(path),
  );
  const perl = files.readdir("/opt/perl5");
  await test.machine[Symbol.asyncDispose]();
  await using again = await test.again();
  const back = again.files({}, A);
  expect(
    ["/opt/deep", "/opt/deep/large", "/opt/small", "/opt/again", "/opt/link", "/etc/passwd"].map((path) =>
      back.lstat(path),
    ),
  ).toEqual(seen);
  expect(Buffer.from(back.read("/opt/deep/large")).subarray(0, 300_000).equals(large)).toBe(true);
  expect(back.readdir("/opt/perl5")).toEqual(perl);
  expect(back.access("/etc/motd", "exists")).toBe(false);
  expect(back.access("/usr/share/perl5", "exists")).toBe(false);
  expect(textOf(back.read("/opt/link"))).toBe("small");
  expect(back.attributes("/opt/again").immutable).toBe(true);
  expect(again.view(A).state.get("firewall")).toEqual({ rules: [1] });
  expect(again.view(A).hostname()).toBe("changed");
  expect(again.view(A).users.byName("x")?.uid).toBe(0);
});

it("what was written 100 ms before a crash is there", async () => {
  await using test = await openTestMachine();
  test.files({}, A).write("/root/loot", bytes("kept"));
  await expect.poll(() => existsSync(join(test.stateDir, "worlds.sqlite"))).toBe(true);
  await written();
  // Nothing was disposed: a second process opens the same file.
  await using other = await test.again();
  expect(textOf(other.files({}, A).read("/root/loot"))).toBe("kept");
});

it("two processes of one decky see each other's changes", async () => {
  await using ssh = await openTestMachine();
  await using telnet = await ssh.again();
  telnet.files({}, A).readdir("/tmp");
  ssh.files({}, A).write("/tmp/by-ssh", bytes("1"));
  await expect.poll(() => telnet.files({}, A).access("/tmp/by-ssh", "exists"), { timeout: 3000 }).toBe(true);
  telnet.files({}, A).write("/tmp/by-telnet", bytes("2"));
  telnet.files({}, A).unlink("/tmp/by-ssh");
  await expect.poll(() => ssh.files({}, A).access("/tmp/by-telnet", "exists"), { timeout: 3000 }).toBe(true);
  expect(ssh.files({}, A).access("/tmp/by-ssh", "exists")).toBe(false);
  expect(new Set([ssh.files({}, A).stat("/tmp/by-telnet").inode]).size).toBe(1);
});

it("a world that nobody used for thirty days is retired, and so is the oldest of too many", async () => {
  await using test = await openTestMachine(undefined, { settings: { maxWorlds: 3 } });
  for (const last of [1, 2, 3]) {
    test.files({}, `203.0.113.${String(last)}`).write("/tmp/x", bytes(String(last)));
    test.clock.move(60);
  }
  await test.machine[Symbol.asyncDispose]();
  await using again = await openTestMachine(test.machine.persona, {
    stateDir: test.stateDir,
    settings: { maxWorlds: 3 },
  });
  again.clock.move(200);
  again.files({}, "203.0.113.4").write("/tmp/x", bytes("4"));
  expect(again.files({}, "203.0.113.3").access("/tmp/x", "exists")).toBe(true);
  expect(again.files({}, "203.0.113.1").access("/tmp/x", "exists")).toBe(false);
});

it("the same large content is kept once for all worlds", async () => {
  await using test = await openTestMachine();
  const content = Buffer.alloc(2_000_000, "payload");
  for (const last of [1, 2, 3, 4]) test.files({}, `203.0.113.${String(last)}`).write("/tmp/x", content);
  await test.machine[Symbol.asyncDispose]();
  const { statSync } = await import("node:fs");
  expect(statSync(join(test.stateDir, "worlds.sqlite")).size).toBeLessThan(3_000_000);
});

it("a file is captured once, when its writer is done, with its final content", async () => {
  await using test = await openTestMachine();
  const observer = notingObserver();
  const audit = { observer, method: "shell", writer: "bash", n: 3 };
  const files = test.files({ audit }, A);
  for (const part of ["\x7fELF", "part", "end"]) files.append("/tmp/.s", bytes(part));
  expect(observer.captured).toEqual([]);
  files.closed("/tmp/.s");
  files.write("/tmp/copy", bytes("\x7fELFpartend"));
  files.closed("/tmp/copy");
  files.write("/tmp/.b", files.read("/bin/busybox"));
  files.closed("/tmp/.b");
  files.write("/tmp/empty", bytes(""));
  files.closed("/tmp/empty");
  expect(
    observer.captured.map(({ path, bytes: content, writer, n }) => [path, textOf(content), writer, n]),
  ).toEqual([["/tmp/.s", "\x7fELFpartend", "bash", 3]]);
  files.write("/tmp/next", bytes("left open"));
  await expect.poll(() => observer.captured.length, { timeout: 4000 }).toBe(2);
});

it("each state that is executed is captured", async () => {
  await using test = await openTestMachine();
  const observer = notingObserver();
  const files = test.files({ audit: { observer, method: "shell", writer: "sh" } }, A);
  files.write("/tmp/run", bytes("#!/bin/sh\n"), { mode: 0o777 });
  files.chmod("/tmp/run", 0o755);
  files.executable("/tmp/run");
  files.append("/tmp/run", bytes("id\n"));
  files.executable("/tmp/run");
  expect(observer.captured.map(({ bytes: content }) => textOf(content))).toEqual([
    "#!/bin/sh\n",
    "#!/bin/sh\nid\n",
  ]);
});

it("changes that matter are named, with the lines that were added", async () => {
  await using test = await openTestMachine();
  const observer = notingObserver();
  const files = test.files({ audit: { observer, method: "shell", writer: "bash" } }, A);
  files.append("/root/.ssh/authorized_keys", bytes("ssh-rsa AAAA x\n"));
  files.append("/etc/passwd", bytes("eve:x:0:0::/root:/bin/bash\n"));
  files.write("/var/spool/cron/crontabs/root", bytes("* * * * * /tmp/x\n"));
  files.write("/var/log/wtmp", bytes(""));
  for (const path of [
    "/root/.ssh/authorized_keys",
    "/etc/passwd",
    "/var/spool/cron/crontabs/root",
    "/var/log/wtmp",
  ])
    files.closed(path);
  expect(observer.changes).toEqual([
    { kind: "authorized_keys", path: "/root/.ssh/authorized_keys", detail: "ssh-rsa AAAA x" },
    { kind: "user", path: "/etc/passwd", detail: "eve:x:0:0::/root:/bin/bash" },
    { kind: "crontab", path: "/var/spool/cron/crontabs/root", detail: "* * * * * /tmp/x" },
    { kind: "log_wipe", path: "/var/log/wtmp", detail: "emptied" },
  ]);
});

it("a login appears in every table, and leaves them", async () => {
  await using test = await openTestMachine();
  const view = test.view(A);
  const session = view.logins.open(loginAs("root"), { tty: true, argv: ["-bash"] });
  expect(session.tty).toBe("pts/0");
  expect(view.processes.get(session.shellPid)).toMatchObject({ comm: "bash", tty: "pts/0", uid: 0 });
  expect(view.processes.get(session.daemonPid)?.argv).toEqual(["sshd: root@pts/0"]);
  expect(view.network.sockets().find((one) => one.remote.address === A)).toMatchObject({
    state: "ESTABLISHED",
    pid: session.daemonPid,
    remote: { port: 40_122 },
  });
  expect(view.logins.current()).toHaveLength(1);
  const files = test.files({}, A);
  expect(textOf(files.read("/proc/net/tcp"))).toContain("070200C0:9CBA 01");
  expect(textOf(files.read("/var/log/auth.log"))).toContain(
    `Accepted password for root from ${A} port 40122 ssh2`,
  );
  expect(files.read("/run/utmp").length).toBe(768);
  expect(files.readdir("/dev/pts")).toContain("0");
  session[Symbol.dispose]();
  expect(view.logins.current()).toHaveLength(0);
  expect(view.processes.get(session.shellPid)).toBeUndefined();
  expect(view.logins.last("root")?.from).toBe(A);
});

it("sixteen sessions of one world are enough", async () => {
  await using test = await openTestMachine();
  const view = test.view(A);
  const sessions = Array.from({ length: 16 }, () =>
    view.logins.open(loginAs("root"), { tty: true, argv: ["-bash"] }),
  );
  expect(() => view.logins.open(loginAs("root"), { tty: true, argv: ["-bash"] })).toThrow(FsError);
  sessions[0]?.[Symbol.dispose]();
  using last = view.logins.open(loginAs("root"), { tty: true, argv: ["-bash"] });
  expect(last.tty).toBe("pts/0");
});

it("processes obey owners, limits and signals", async () => {
  await using test = await openTestMachine();
  const view = test.view(A);
  const cron = view.processes.list().find((one) => one.comm === "cron");
  expect(view.processes.kill(cron?.pid ?? 0, 15, 1000)).toBe("EPERM");
  expect(view.processes.kill(999_999, 15, 0)).toBe("ESRCH");
  expect(view.services.get("cron")).toMatchObject({ active: "active", mainPid: cron?.pid });
  expect(view.processes.kill(cron?.pid ?? 0, 9, 0)).toBeUndefined();
  expect(view.processes.get(cron?.pid ?? 0)).toBeUndefined();
  expect(view.services.get("cron")?.active).toBe("failed");
  expect(view.services.act("cron", "start")).toBe("ok");
  expect(view.services.get("cron.service")?.active).toBe("active");
  expect(view.services.act("nothing", "start")).toBe("not-found");
  expect(test.view(B).processes.get(cron?.pid ?? 0)?.comm).toBe("cron");
  const spawn = () =>
    view.processes.spawn({ ppid: 1, uid: 0, gid: 0, argv: ["./x"], exe: "/tmp/x", cwd: "/" });
  const pids = Array.from({ length: 200 }, () => spawn().pid);
  expect(new Set(pids).size).toBe(200);
  expect(spawn).toThrow(FsError);
});

it("a started miner shows in load, top and /proc, and survives a restart when it lasts", async () => {
  await using test = await openTestMachine();
  const view = test.view(A);
  const before = view.loadAverage()[0];
  const miner = view.processes.spawn({
    ppid: 1,
    uid: 0,
    gid: 0,
    argv: ["./xmrig"],
    exe: "/tmp/xmrig",
    cwd: "/tmp",
    load: "miner",
    lasting: true,
  });
  test.clock.move(120);
  expect(view.loadAverage()[0]).toBeGreaterThan(before + 1.5);
  expect(view.processes.cpu(miner.pid).percent).toBeGreaterThan(150);
  await test.machine[Symbol.asyncDispose]();
  await using again = await test.again();
  expect(again.view(A).processes.get(miner.pid)?.argv).toEqual(["./xmrig"]);
});

it("random file operations leave a world that reloads to the same tree", async () => {
  const names = ["/srv/a", "/srv/b", "/srv/c", "/srv/d/e", "/srv/d/f", "/etc/motd", "/etc/apt/sources.list"];
  const path = fc.constantFrom(...names);
  const operation = fc.oneof(
    fc.record({ op: fc.constant("write" as const), path, text: fc.string({ maxLength: 40 }) }),
    fc.record({ op: fc.constant("append" as const), path, text: fc.string({ maxLength: 40 }) }),
    fc.record({ op: fc.constant("unlink" as const), path }),
    fc.record({ op: fc.constant("rename" as const), path, to: path }),
    fc.record({ op: fc.constant("link" as const), path, to: path }),
    fc.record({ op: fc.constant("chmod" as const), path, mode: fc.integer({ min: 0, max: 0o7777 }) }),
  );
  await using test = await openTestMachine(personaNamed("model"));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
      run += 1;
      const group = `10.0.0.${String(run)}`;
      const files = test.files({}, group);
      files.mkdir("/srv/d");
      for (const one of operations) {
        try {
          if (one.op === "write") files.write(one.path, bytes(one.text));
          else if (one.op === "append") files.append(one.path, bytes(one.text));
          else if (one.op === "unlink") files.unlink(one.path);
          else if (one.op === "rename") files.rename(one.path, one.to);
          else if (one.op === "link") files.link(one.path, one.to);
          else files.chmod(one.path, one.mode);
        } catch (error) {
          if (!(error instanceof FsError)) throw error;
        }
      }
      const look = (of: typeof files) =>
        names.map((name) =>
          of.access(name, "exists") ? [of.lstat(name), textOf(of.read(name))] : undefined,
        );
      const expected = look(files);
      // A fresh set of objects over the same rows.
      await written();
      const other = await test.again();
      expect(look(other.files({}, group))).toEqual(expected);
      await other.machine[Symbol.asyncDispose]();
    }),
    { numRuns: 20 },
  );
}, 60_000);
