import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSpool } from "../testing/lines.ts";
import { freshHost, runClient } from "../testing/run-client.ts";
import { testPersona } from "../testing/test-persona.ts";

const program = new URL("../testing/decky-process.ts", import.meta.url).pathname;

let dir = "";
let child: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "decky-run-"));
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
  rmSync(dir, { recursive: true, force: true });
});

type Ports = Readonly<Record<string, number>>;

/** Starts the decky's process and waits until it tells its ports. */
async function start(): Promise<Ports> {
  const bind = { address: "127.0.0.1", port: 0 };
  const config = {
    decky: "probe-01",
    persona: testPersona,
    site: { organisation: "Example", domain: "example.org" },
    services: { ssh: {}, telnet: {}, http: {} },
    bind: { ssh: { 22: bind }, telnet: { 23: bind }, http: { 80: bind } },
    spoolDir: join(dir, "spool"),
    dropDir: join(dir, "drop"),
    stateDir: join(dir, "state"),
  };
  writeFileSync(join(dir, "config.json"), JSON.stringify(config));
  const started = spawn(process.execPath, [program, join(dir, "config.json")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child = started;
  const [line] = (await once(started.stdout, "data")) as [Buffer];
  return JSON.parse(line.toString()) as Ports;
}

const pss = (pid: number): number => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("an idle decky with ssh, telnet and http stays within its memory", async () => {
  await start();
  await wait(3_000);
  const idle = pss(child?.pid ?? 0);
  process.stderr.write(`idle PSS ${idle.toFixed(1)} MiB\n`);
  expect(idle).toBeLessThan(110);
});

test("the end of the parent ends the decky, with its end events", async () => {
  const ports = await start();
  const client = connect(ports["ssh"] ?? 0, "127.0.0.1").on("error", () => {});
  await once(client, "data");
  const before = performance.now();
  child?.stdin?.end();
  await once(child as ChildProcess, "close");
  expect(performance.now() - before).toBeLessThan(5_000);
  const types = readSpool(join(dir, "spool", "ssh")).map(({ type }) => type);
  expect(types).toEqual(["startup", "connect", "disconnect", "shutdown"]);
});

test("kill -9 loses no line that was written and leaves valid shards", async () => {
  const ports = await start();
  const run = runClient("sshpass", [
    "-p",
    "hunter2!",
    "ssh",
    ...freshHost,
    "-p",
    String(ports["ssh"]),
    "root@127.0.0.1",
    "echo one; sleep 30",
  ]);
  while (!readSpool(join(dir, "spool", "ssh")).some(({ type }) => type === "session_started")) await wait(50);
  await wait(300);
  child?.kill("SIGKILL");
  await run;
  const events = readSpool(join(dir, "spool", "ssh"));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["auth_attempt", "session_started"]));
});

test("sixty half-open connections and a flood are bounded, and an honest client still gets in", async () => {
  const ports = await start();
  const port = ports["ssh"] ?? 0;
  const before = pss(child?.pid ?? 0);
  const sockets = Array.from({ length: 500 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await wait(2_500);
  for (const socket of sockets) socket.destroy();
  await wait(3_500);
  const { stdout } = await runClient("sshpass", [
    "-p",
    "hunter2!",
    "ssh",
    ...freshHost,
    "-p",
    String(port),
    "root@127.0.0.1",
    "echo in",
  ]);
  expect(stdout.toString()).toBe("in\n");
  expect(pss(child?.pid ?? 0) - before).toBeLessThan(60);
  child?.kill("SIGTERM");
  await once(child as ChildProcess, "close");
  const events = readSpool(join(dir, "spool", "ssh"));
  const accepted = events.filter(({ type }) => type === "connect").length;
  const refused = events
    .filter(({ type }) => type === "overload")
    .reduce((sum, { fields }) => sum + Number(fields["refused"]), 0);
  expect(accepted + refused).toBe(501);
  expect(accepted).toBeLessThanOrEqual(61 + 20 * 3);
});
