import { afterAll, beforeAll, expect, test } from "vitest";
import { createShellFactory } from "../../shell/session.ts";
import { runExec } from "../../testing/clients.ts";
import { RecordingObserver } from "../../testing/fake-world.ts";
import { openTestMachine, type TestMachine } from "../../testing/machine.ts";
import { personaNamed } from "../../testing/persona.ts";
import { machinePrograms } from "../programs.ts";

let opened: TestMachine;

beforeAll(async () => {
  opened = await openTestMachine(personaNamed("files02"), {
    openShell: createShellFactory({ programs: machinePrograms() }),
  });
}, 60_000);
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
});

async function run(line: string) {
  const ip = "192.0.2.7";
  await using shell = opened.machine.world(ip).openShell({
    user: "root",
    service: "ssh",
    peer: { ip, port: 40_000 },
    local: { ip: "10.0.0.5", port: 22 },
    env: {},
    sid: "session-1",
    observer: new RecordingObserver(),
  });
  const { code, stdout, stderr } = await runExec(shell, line);
  return { code, stdout, stderr };
}

test("gzip reads letters that stand behind one dash", async () => {
  expect(await run("echo hello | gzip -c9 > /tmp/h.gz; gzip -dc /tmp/h.gz")).toEqual({
    code: 0,
    stdout: "hello\n",
    stderr: "",
  });
});

test("file calls an ELF header that is cut short data", async () => {
  expect(await run("printf '\\x7fELF\\x01' > /tmp/short; file /tmp/short")).toEqual({
    code: 0,
    stdout: "/tmp/short: data\n",
    stderr: "",
  });
});

test("words that every JavaScript object knows are not found in tables", async () => {
  expect(await run("od -A constructor -N 2 -t x1 /etc/passwd")).toEqual({
    code: 0,
    stdout: "0000000 72 6f\n0000002\n",
    stderr: "",
  });
  expect((await run("getent constructor")).stderr).toMatch(/^Unknown database: constructor\n/);
  expect((await run("find /etc/apt -name x -constructor")).stderr).toBe(
    "find: unknown predicate `-constructor'\n",
  );
});
