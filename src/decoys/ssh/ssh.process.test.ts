import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type ClientChannel } from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasshServer, parseKexInit } from "#fingerprints/hassh.ts";
import { type ClientResult, freshHost, runClient } from "../testing/run-client.ts";
import { type StartedDecoy, startDecoy } from "../testing/start-decoy.ts";
import { ssh as decoy } from "./index.ts";
import { openSsh92 } from "./versions.ts";

let running: StartedDecoy;
let work: string;
beforeAll(async () => {
  running = await startDecoy(decoy, { options: { version: "Debian-2+deb12u7" } });
  work = await mkdtemp(join(tmpdir(), "ssh-client-"));
});
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

const port = (): string => String(running.port(22));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const ssh = (
  args: readonly string[],
  input?: Uint8Array | string,
  password = "hunter2!",
): Promise<ClientResult> =>
  runClient(
    "sshpass",
    ["-p", password, "ssh", ...freshHost, "-p", port(), ...args],
    input === undefined ? {} : { input },
  );

const copy = (program: "scp" | "sftp", args: readonly string[], input?: string): Promise<ClientResult> =>
  runClient(
    "sshpass",
    ["-p", "hunter2!", program, ...freshHost, "-P", port(), ...args],
    input === undefined ? {} : { input },
  );

describe("OpenSSH's client", () => {
  test("runs a command and is told apart: output, exit status, events, recording", async () => {
    const { code, stdout } = await ssh(["root@127.0.0.1", "id; false"]);
    expect([code, stdout.toString()]).toEqual([1, "uid=0(root) gid=0\n"]);
    const started = await running.waitFor("session_started");
    expect(started.fields).toMatchObject({ kind: "exec", user: "root", tty: "0", world: "127.0.0.1" });
    const { sid } = started.fields;
    const command = await running.waitFor("command", ({ fields }) => fields["sid"] === sid);
    expect(command.fields).toMatchObject({ n: "0", cmd: "id; false", channel: "exec", exit_code: "1" });
    const end = await running.waitFor("session_recorded", ({ fields }) => fields["sid"] === sid);
    expect(end.fields).toMatchObject({ service: "ssh", truncated: "false", commands: "1", end: "logout" });
    const lines = (await running.transcript()).filter((line) => line["sid"] === sid);
    expect(lines.map(({ ch, d }) => [ch, d]).slice(1)).toEqual([["o", "uid=0(root) gid=0\n"]]);
  });

  const { kex, ciphers, macs } = openSsh92("Debian-2+deb12u7", "stock");
  const block = randomBytes(200_000);
  const choices = [
    ...kex.filter((name) => !name.startsWith("kex-strict")).map((name) => ["-o", `KexAlgorithms=${name}`]),
    ...ciphers.map((name) => ["-c", name]),
    ...macs.map((name) => ["-c", "aes128-ctr", "-m", name]),
    ...["rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"].map((name) => [
      "-o",
      `HostKeyAlgorithms=${name}`,
    ]),
    ["-C"],
    ["-o", "RekeyLimit=32K"],
    ["-C", "-o", "RekeyLimit=32K"],
  ];
  test.each(choices)("speaks %s %s %s %s", async (...args) => {
    const { stdout, stderr } = await ssh(
      [...args.filter((arg) => arg !== undefined), "root@127.0.0.1", "cat"],
      block,
    );
    expect(stderr).toBe("");
    expect(sha256(stdout)).toBe(sha256(block));
  });

  test("gets a terminal of its size", async () => {
    const { stdout } = await ssh(["-tt", "root@127.0.0.1"], "echo hi\rexit\r");
    expect(stdout.toString()).toContain("size 80x24\r\n");
    expect(stdout.toString()).toContain("hi\r\n");
    expect(
      (await running.waitFor("session_started", ({ fields }) => fields["tty"] === "1")).fields,
    ).toMatchObject({
      kind: "shell",
      width: "80",
      height: "24",
    });
  });

  test("streams five megabytes into a file that is captured once with the right hash", async () => {
    const bytes = randomBytes(5_000_000);
    expect((await ssh(["root@127.0.0.1", "cat > /tmp/big"], bytes)).code).toBe(0);
    const event = await running.waitFor("file_captured", ({ fields }) => fields["orig_path"] === "/tmp/big");
    expect(event.fields).toMatchObject({ sha256: sha256(bytes), size: "5000000", attribution: "session" });
    const name = event.fields["stored_as"] ?? "";
    await expect
      .poll(async () => sha256((await running.captured()).get(name) ?? Buffer.alloc(0)))
      .toBe(sha256(bytes));
  });

  test("is refused forwarding, unknown subsystems and foreign variables as by sshd", async () => {
    const forward = await ssh(["-W", "10.9.8.7:80", "root@127.0.0.1"]);
    expect(forward.stderr).toContain("stdio forwarding failed");
    expect((await running.waitFor("tcpip_request")).fields).toMatchObject({
      dest_host: "10.9.8.7",
      dest_port: "80",
      direction: "out",
      granted: "false",
    });
    const subsystem = await ssh(["-s", "root@127.0.0.1", "netconf"]);
    expect(subsystem.stderr).toContain("subsystem request failed");
    expect((await running.waitFor("subsystem")).fields["name"]).toBe("netconf");
    const remote = await ssh([
      "-o",
      "ExitOnForwardFailure=yes",
      "-R",
      "8080:127.0.0.1:1",
      "root@127.0.0.1",
      "id",
    ]);
    expect(remote.stderr).toContain("remote port forwarding failed");
  });

  test("is refused a wrong password after pam_unix's delay, which is recorded exactly", async () => {
    const before = performance.now();
    const { code, stderr } = await ssh(["root@127.0.0.1", "id"], "", 'ὀ pass"]\\');
    expect([code, stderr]).toEqual([255, "root@127.0.0.1: Permission denied (publickey,password).\r\n"]);
    expect(performance.now() - before).toBeGreaterThan(900);
    const { fields } = await running.waitFor(
      "auth_attempt",
      (event) => event.fields["outcome"] === "failure" && event.fields["method"] === "password",
    );
    expect(Buffer.from(fields["secret_b64"] ?? "", "base64").toString()).toBe('ὀ pass"]\\');
  });

  test("offers a key: told with type, fingerprint and that nothing was signed", async () => {
    const key = join(work, "id");
    await runClient("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await ssh(["-i", key, "-o", "PreferredAuthentications=publickey", "root@127.0.0.1", "id"]);
    const listed = await runClient("ssh-keygen", ["-lf", key]);
    const { fields } = await running.waitFor(
      "auth_attempt",
      (event) => event.fields["method"] === "publickey",
    );
    expect(fields).toMatchObject({
      key_type: "ssh-ed25519",
      signed: "false",
      secret_kind: "ssh_publickey",
      outcome: "failure",
    });
    expect(listed.stdout.toString()).toContain(fields["key_fp"]);
  });
});

describe("scp and sftp", () => {
  test.each([[["-O"]], [[]]])(
    "scp %j brings a file that is visible to the shell and captured",
    async (flags) => {
      const name = `drop ${flags.length}.sh`;
      const local = join(work, name);
      await writeFile(local, `#!/bin/sh\necho ${flags.length}\n`);
      expect((await copy("scp", [...flags, local, "root@127.0.0.1:/tmp/"])).code).toBe(0);
      const remote = `/tmp/${name}`;
      const upload = await running.waitFor("upload", ({ fields }) => fields["path"] === remote);
      expect(upload.fields).toMatchObject({ stored: "true", method: flags.length === 1 ? "scp" : "sftp" });
      const captured = await running.waitFor("file_captured", ({ fields }) => fields["orig_path"] === remote);
      expect(captured.fields).toMatchObject({
        mime: "text/x-script",
        ssh_user: "root",
        sha256: upload.fields["sha256"],
      });
      const back = join(work, "back");
      expect(
        (
          await copy("scp", [
            "-T",
            ...flags,
            `root@127.0.0.1:${flags.length === 1 ? `'${remote}'` : remote}`,
            back,
          ])
        ).code,
      ).toBe(0);
      expect(await readFile(back, "utf8")).toBe(await readFile(local, "utf8"));
      expect(
        (await running.waitFor("retr", ({ fields }) => fields["path"] === remote)).fields["direction"],
      ).toBe("out");
    },
  );

  test("scp -r -p goes both ways", async () => {
    await mkdir(join(work, "tree", "sub"), { recursive: true });
    await writeFile(join(work, "tree", "a"), "a");
    await writeFile(join(work, "tree", "sub", "b"), "b");
    expect((await copy("scp", ["-O", "-r", "-p", join(work, "tree"), "root@127.0.0.1:/root/"])).code).toBe(0);
    expect((await copy("scp", ["-O", "-r", "root@127.0.0.1:/root/tree", join(work, "down")])).code).toBe(0);
    expect(await readFile(join(work, "down", "sub", "b"), "utf8")).toBe("b");
  });

  test("sftp lists, puts, resumes, renames, links and refuses like sftp-server", async () => {
    const bytes = randomBytes(100_000);
    await writeFile(join(work, "part"), bytes.subarray(0, 40_000));
    const first = await copy("sftp", ["root@127.0.0.1"], `put ${work}/part /root/r\n`);
    expect(first.code).toBe(0);
    await writeFile(join(work, "part"), bytes);
    const batch = [
      `reput ${work}/part /root/r`,
      "rename /root/r /root/r2",
      "symlink /root/r2 /root/l",
      "chmod 640 /root/r2",
      "mkdir /root/dir",
      "ls -ln /root",
      `get /root/l ${work}/got`,
      "rmdir /root/none",
      "rm /root/l",
      "df /root",
    ];
    const { code, stdout, stderr } = await copy("sftp", ["root@127.0.0.1"], `${batch.join("\n")}\n`);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('remote rmdir "/root/none": No such file or directory'),
    ]);
    expect(stdout.toString()).toMatch(/-rw-r-----.* 100000 .*\/root\/r2/);
    expect(sha256(await readFile(join(work, "got")))).toBe(sha256(bytes));
  });
});

describe("raw clients", () => {
  /** Everything the server says to these bytes until it closes or 300 ms pass. */
  async function say(text: string): Promise<string> {
    const client = connect(running.port(22), "127.0.0.1").on("error", () => {});
    const chunks: Buffer[] = [];
    client.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(client, "data");
    client.write(Buffer.from(text, "latin1"));
    const timer = setTimeout(() => client.destroy(), 300);
    await once(client, "close");
    clearTimeout(timer);
    return Buffer.concat(chunks).toString("latin1");
  }
  const banner = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n";

  test("HTTP gets sshd's line and is told as foreign", async () => {
    expect(await say("GET / HTTP/1.0\r\n\r\n")).toBe(`${banner}Invalid SSH identification string.\r\n`);
    expect((await running.waitFor("foreign_protocol")).fields["guess"]).toBe("http");
  });

  test("an old protocol and silence get what sshd gives", async () => {
    expect(await say("SSH-1.5-x\r\n")).toBe(`${banner}Protocol major versions differ.\r\n`);
    expect(await say("\r\r\r\r\r\r\r\r")).toBe(banner);
  });

  test("a bad packet length gets the disconnect message `Packet corrupt`", async () => {
    const answer = await say("SSH-2.0-x\r\n\xff\xff\xff\xffaaaaaaaa");
    expect(answer.slice(-60)).toContain("\0\0\0\x02\0\0\0\x0ePacket corrupt\0\0\0\0");
  });

  test("the KEXINIT on the wire has the lists of the claimed version", async () => {
    const bytes = Buffer.from((await say("SSH-2.0-x\r\n")).slice(banner.length), "latin1");
    const init = parseKexInit(bytes.subarray(5, 4 + bytes.readUInt32BE() - (bytes[4] ?? 0)));
    const version = openSsh92("Debian-2+deb12u7", "stock");
    expect(init).toMatchObject({
      kex: version.kex.join(","),
      hostKey: "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
      encryptionS2c: version.ciphers.join(","),
      macC2s: version.macs.join(","),
      compressionC2s: "none,zlib@openssh.com",
      languagesC2s: "",
    });
    expect(init === undefined ? "" : hasshServer(init)).toMatch(/^[0-9a-f]{32}$/);
  });

  test("six failures end with sshd's text; bytes that are no UTF-8 are kept", async () => {
    const tries: Buffer[] = [];
    const client = new Client();
    const failure = new Promise<Error>((resolve) => client.on("error", resolve));
    client.connect({
      host: "127.0.0.1",
      port: running.port(22),
      username: "admin",
      authHandler: (_methods, _partial, next) => {
        tries.push(Buffer.from([0x80, 0xff, 0x00, tries.length, 0x22, 0x5d]));
        next({ type: "password", username: "admin", password: tries.at(-1) as unknown as string });
      },
    });
    expect((await failure).message).toContain("Too many authentication failures");
    const events = (await running.events()).filter(
      ({ type, fields }) => type === "auth_attempt" && fields["username"] === "admin",
    );
    expect(events.map(({ fields }) => fields["secret_b64"])).toEqual(
      tries.map((bytes) => bytes.toString("base64")),
    );
    expect(events.map(({ fields }) => fields["attempt"])).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("several channels at once, signals, and a client that vanishes: each session ends once", async () => {
    const client = new Client();
    client.connect({ host: "127.0.0.1", port: running.port(22), username: "root", password: "hunter2!" });
    await once(client, "ready");
    const exec = (command: string) =>
      new Promise<ClientChannel>((resolve, reject) =>
        client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel))),
      );
    const channels = await Promise.all([exec("sleep 60"), exec("sleep 61"), exec("echo quick")]);
    const [first, , quick] = channels;
    quick?.resume();
    await once(quick as ClientChannel, "close");
    first?.resume();
    const exit = once(first as ClientChannel, "exit");
    first?.signal("TERM");
    expect((await exit)[1]).toBe("SIGTERM");
    client.destroy();
    const ends = await Promise.all(
      ["echo quick", "sleep 60", "sleep 61"].map(async (cmd) => {
        const command = await running.waitFor("command", ({ fields }) => fields["cmd"] === cmd);
        const { sid } = command.fields;
        const end = await running.waitFor("session_recorded", ({ fields }) => fields["sid"] === sid);
        return [cmd, end.fields["end"]];
      }),
    );
    expect(ends).toEqual([
      ["echo quick", "logout"],
      ["sleep 60", "killed"],
      ["sleep 61", "disconnect"],
    ]);
    const all = await running.events();
    const of = (type: string) => all.filter((event) => event.type === type).length;
    expect(of("session_recorded")).toBe(of("session_started"));
  });
});

describe("scanners", () => {
  test("nmap names the product and its version", async () => {
    const { stdout } = await runClient("nmap", ["-Pn", "-n", "-sV", "-p", port(), "127.0.0.1"], {
      timeoutMs: 90_000,
    });
    expect(stdout.toString()).toMatch(/open +ssh +OpenSSH 9\.2p1 Debian 2\+deb12u7 \(protocol 2\.0\)/);
  });

  test("hydra finds the pair and every try is recorded", async () => {
    const words = join(work, "words");
    await writeFile(words, "one\ntwo\nhunter2!\n");
    const { stdout } = await runClient(
      "hydra",
      ["-l", "root", "-P", words, "-t", "3", "-s", port(), "127.0.0.1", "ssh"],
      { timeoutMs: 60_000 },
    );
    expect(stdout.toString()).toMatch(/login: root +password: hunter2!/);
    const secrets = (await running.events()).map(({ fields }) => fields["secret_printable"]);
    expect(secrets).toEqual(expect.arrayContaining(["one", "two", "hunter2!"]));
  });
});

test("host keys are those of the state folder after a restart, and others on another decky", async () => {
  const dir = await mkdtemp(join(tmpdir(), "ssh-keys-"));
  const scan = async (started: StartedDecoy): Promise<string> => {
    const { stdout } = await runClient("ssh-keyscan", [
      "-p",
      String(started.port(22)),
      "-t",
      "rsa,ecdsa,ed25519",
      "127.0.0.1",
    ]);
    await started[Symbol.asyncDispose]();
    return stdout
      .toString()
      .replaceAll(/^\[127\.0\.0\.1\]:\d+ /gm, "")
      .split("\n")
      .toSorted((a, b) => a.localeCompare(b))
      .join("\n");
  };
  const first = await scan(await startDecoy(decoy, { dir }));
  const second = await scan(await startDecoy(decoy, { dir }));
  const other = await scan(await startDecoy(decoy));
  await rm(dir, { recursive: true, force: true });
  expect(first.match(/^(ssh|ecdsa)/gm)).toHaveLength(3);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});
