import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Log, silentLog } from "#kernel/log.ts";
import type { LoginFacts, Machine, ShellObserver } from "../contract.ts";
import { createMachine } from "../machine.ts";
import type { Caller, MachineFs, MachineOptions, WorldView } from "../model.ts";
import type { MachinePersona } from "../persona.ts";
import { noShell, personaNamed, standingClock } from "./persona.ts";

export interface TestMachine extends AsyncDisposable {
  readonly machine: Machine;
  readonly clock: ReturnType<typeof standingClock>;
  readonly stateDir: string;
  view(group?: string): WorldView;
  files(caller?: Partial<Caller>, group?: string): MachineFs;
  /** Same state, another process's worth of objects. */
  again(): Promise<TestMachine>;
}

/** What the machine reports as wrong fails the test that caused it. */
const throwingLog: Log = {
  ...silentLog,
  error: (fields, message) => {
    throw new Error(`${message} ${JSON.stringify(fields)}`);
  },
};

const root: Caller = { uid: 0, gid: 0, groups: [0] };

/** The world as its shell gets it. */
export async function openTestMachine(
  persona: MachinePersona = personaNamed("ber-app-07"),
  over: Partial<MachineOptions> = {},
): Promise<TestMachine> {
  const stateDir = over.stateDir ?? mkdtempSync(join(tmpdir(), "machine-"));
  const clock = standingClock();
  const views = new Map<string, WorldView>();
  const openShell: MachineOptions["openShell"] = (request) => {
    views.set(request.world.group, request.world);
    return noShell(request);
  };
  const machine = await createMachine({ persona, clock, openShell, log: throwingLog, ...over, stateDir });
  const view = (group = "192.0.2.7"): WorldView => {
    const world = machine.world(group);
    try {
      world.openShell(loginAs("root"));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    const found = views.get(group);
    if (found === undefined) throw new TypeError("The world gave no view.");
    return found;
  };
  return {
    machine,
    clock,
    stateDir,
    view,
    files: (caller = {}, group) => view(group).filesOf({ ...root, ...caller }),
    again: () => openTestMachine(persona, { ...over, stateDir }),
    async [Symbol.asyncDispose]() {
      await machine[Symbol.asyncDispose]();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

type Noted = {
  readonly captured: Parameters<ShellObserver["fileCaptured"]>[0][];
  readonly changes: Parameters<ShellObserver["machineChange"]>[0][];
};

/** An observer that remembers files and changes. */
export function notingObserver(): ShellObserver & Noted {
  const captured: Noted["captured"] = [];
  const changes: Noted["changes"] = [];
  return {
    captured,
    changes,
    command: () => {},
    commandEnded: () => {},
    shellInput: () => {},
    downloadAttempt: () => {},
    urlSeen: () => {},
    lateralAttempt: () => {},
    machineChange: (event) => {
      changes.push(event);
    },
    fileCaptured: (event) => {
      captured.push(event);
    },
  };
}

export const loginAs = (user: string, over: Partial<LoginFacts> = {}): LoginFacts => ({
  user,
  service: "ssh",
  peer: { ip: "192.0.2.7", port: 40_122 },
  local: { ip: "10.20.30.40", port: 22 },
  env: { TERM: "xterm" },
  sid: "00000000-0000-4000-8000-000000000001",
  observer: notingObserver(),
  ...over,
});

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** Every path below `/`, folders before what is in them. */
export function walk(of: MachineFs, skip: (path: string) => boolean = () => false): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const name of of.readdir(folder)) {
      const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
      found.push(path);
      if (!skip(path) && of.lstat(path).kind === "directory") visit(path);
    }
  };
  visit("/");
  return found;
}
