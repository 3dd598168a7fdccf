import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import type { Machine } from "../contract.ts";
import { createMachine } from "../machine.ts";
import { createShellFactory } from "../shell/session.ts";
import { runExec } from "../testing/clients.ts";
import { RecordingObserver } from "../testing/fake-world.ts";
import { personaNamed } from "../testing/persona.ts";
import { machinePrograms } from "./programs.ts";

interface Case {
  readonly line: string;
  readonly exit: number;
  /** One character a byte. */
  readonly stdout: string;
  readonly stderr: string;
  readonly volatile?: readonly string[];
  /** Why this one is known to differ. */
  readonly gap?: string;
}

const fixtures = new URL("./fixtures/", import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL("debian-12.json", fixtures), "utf8")) as {
  cases: readonly Case[];
};
const corpus = readFileSync(new URL("attacker-commands.txt", fixtures), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("# "));

/** Times and rates differ from run to run. */
function steady(text: string): string {
  return text
    .replace(/--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--/g, "--TIME--")
    .replace(/copied, .*/g, "copied")
    .replace(/^\r.*$/gm, "")
    .replace(/after \d+ ms/g, "after N ms");
}

const bytes = (text: string) => Buffer.from(text, "latin1").toString("utf8");

let machine: Machine;
let stateDir: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "recorded-"));
  const persona = personaNamed("files01");
  machine = await createMachine({
    // The recording had no route at all.
    persona: {
      ...persona,
      timezone: "Etc/UTC",
      network: { ...persona.network, policy: "offline" },
      people: [],
    },
    stateDir,
    clock: systemClock,
    openShell: createShellFactory({ programs: machinePrograms() }),
  });
});

afterAll(async () => {
  await machine[Symbol.asyncDispose]();
  rmSync(stateDir, { recursive: true });
});

let attackers = 0;

async function answer(line: string) {
  attackers += 1;
  const ip = `198.51.${attackers >> 8}.${attackers & 255}`;
  await using shell = machine.world(ip).openShell({
    user: "root",
    service: "ssh",
    peer: { ip, port: 40_000 },
    local: { ip: "10.0.0.5", port: 22 },
    env: {},
    sid: `session-${attackers}`,
    observer: new RecordingObserver(),
  });
  return await runExec(shell, line);
}

function shown(each: Case, got: { readonly code: number; readonly stdout: string; readonly stderr: string }) {
  const stdout = each.volatile?.includes("stdout") === true ? "volatile" : steady(got.stdout);
  return { exit: got.code, stdout, stderr: steady(got.stderr) };
}

function wanted(each: Case) {
  const stdout = each.volatile?.includes("stdout") === true ? "volatile" : steady(bytes(each.stdout));
  return { exit: each.exit, stdout, stderr: steady(bytes(each.stderr)) };
}

test("every line of the corpus has a recording", () => {
  expect(corpus.length).toBeGreaterThan(30);
  const recorded = new Set(cases.map((each) => each.line));
  expect(corpus.filter((line) => !recorded.has(line))).toEqual([]);
});

const held = cases.filter((each) => each.gap === undefined);

test("more than 300 recordings are held", () => {
  expect(held.length).toBeGreaterThan(300);
});

describe("a machine answers as the recorded Debian 12", () => {
  test.each(held.map((each) => [each.line, each] as const))(
    "%s",
    async (line, each) => {
      expect(shown(each, await answer(line))).toEqual(wanted(each));
    },
    30_000,
  );
});

test("a known gap that has closed is no longer listed as one", async () => {
  const gaps = cases.filter((each) => each.gap !== undefined);
  const closed: string[] = [];
  for (const each of gaps) {
    const got = shown(each, await answer(each.line));
    if (JSON.stringify(got) === JSON.stringify(wanted(each))) closed.push(each.line);
  }
  expect(closed).toEqual([]);
});
