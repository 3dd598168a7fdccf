import { seedAccounts } from "./facts/accounts.ts";
import { type BaseProcess, debianProcesses } from "./facts/base-processes.ts";
import { createHardware } from "./facts/hardware.ts";
import { daemonsOf } from "./facts/roles.ts";
import { createRouterHardware } from "./facts/router-hardware.ts";
import { type UnitPlan, unitPlans } from "./facts/units.ts";
import { zoneAt } from "./facts/zone.ts";
import { LayerBuilder, PackedLayer } from "./files/base-layer.ts";
import type { BaseNode, ReadContext } from "./files/base-node.ts";
import { Programs, recordedPrograms } from "./files/programs.ts";
import { addDev } from "./kernelfs/dev.ts";
import { addProc } from "./kernelfs/proc.ts";
import { addSys } from "./kernelfs/sys.ts";
import type { Account, MachineModel, MachineOptions, ReleaseFacts, WorldView } from "./model.ts";
import {
  addRouterFiles,
  routerAccounts,
  routerFacts,
  routerProcesses,
  routerPrograms,
} from "./release/busybox-router.ts";
import { debian12Facts } from "./release/debian-12.ts";
import { addDebianFiles } from "./release/debian-files.ts";
import { kernelAt, RECORDED_KERNEL } from "./release/kernels.ts";
import { InstalledPackages, installedPackages } from "./release/package-table.ts";
import { debian12Release } from "./release/release.ts";
import { deckySeeded } from "./seeded.ts";

/** One machine as installed: what all its worlds stand on. */
export interface MachineSystem {
  readonly model: MachineModel;
  readonly root: BaseNode;
  readonly processes: readonly BaseProcess[];
  readonly units: readonly UnitPlan[];
  readonly programs: Programs;
  baseAccount(user: string): Account | undefined;
  /** The shadow field of a user in a world that accepted these passwords and changed nothing. */
  shadowField(accepted: Readonly<Record<string, string>>, user: string): string | undefined;
}

function createModel(
  options: MachineOptions,
  release: ReleaseFacts,
  packages: MachineModel["packages"],
): MachineModel {
  const { persona, clock } = options;
  return {
    persona,
    release,
    packages,
    hardware: persona.release === "busybox-router" ? createRouterHardware(persona) : createHardware(persona),
    bootTime: persona.bootedAt + deckySeeded(persona.secret, "boot fraction").next(),
    now: () => clock.now() / 1000,
    zone: (at) => zoneAt(persona.timezone, at),
    random: (purpose) => deckySeeded(persona.secret, purpose),
  };
}

const PROGRAM_FOLDERS = /^\/usr\/(bin|sbin|games)\//;

/** Files that running processes need although nobody types their names. */
function isNeeded(path: string, processes: readonly BaseProcess[], daemons: ReadonlySet<string>): boolean {
  return processes.some((one) => one.exe === path) || daemons.has(path);
}

const accountsOf = (passwd: string): Account[] =>
  passwd
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", , uid, gid, gecos = "", home = "", shell = ""] = line.split(":");
      return { name, uid: Number(uid), gid: Number(gid), gecos, home, shell };
    });

/** While a machine is being put together nobody looks at it: a view that must not be asked. */
const nobodysContext = (): ReadContext => {
  const view = new Proxy({} as WorldView, {
    get(_target, name) {
      throw new ReferenceError(`The base was asked for ${String(name)} while it was being built.`);
    },
  });
  return { view, caller: { uid: 0, gid: 0, groups: [0] } };
};

function debianSystem(options: MachineOptions): MachineSystem {
  const { persona } = options;
  const release = debian12Release();
  const packages = new InstalledPackages(persona, release);
  const model = createModel(options, debian12Facts(persona), packages);
  const accounts = seedAccounts(persona, release.accounts);
  const people = accountsOf(accounts.passwd);
  const ids = (name: string) => {
    const found = people.find((one) => one.name === name);
    return { uid: found?.uid ?? 0, gid: found?.gid ?? 0 };
  };
  const disk = model.hardware.disks[0]?.name ?? "sda";
  const processes = debianProcesses(persona, disk, ids);
  const installed = installedPackages(persona, release);
  const hidden = new Set(release.packages.keys().filter((index) => !installed.has(index)));
  const daemons = new Set(daemonsOf(persona).map((daemon) => daemon.exe));
  const known = options.openShell.programs;
  const layer = new PackedLayer({
    release,
    arch: persona.hardware.arch,
    installedAt: persona.installedAt,
    kernel: { recorded: RECORDED_KERNEL, running: kernelAt(persona.bootedAt).abi },
    hiddenPackages: hidden,
    isHidden: (path) =>
      known !== undefined &&
      PROGRAM_FOLDERS.test(path) &&
      !known.has(path.slice(path.lastIndexOf("/") + 1)) &&
      !isNeeded(path, processes, daemons),
    secondChoices: new Map([["gawk", "mawk"]]),
    inodeStart: 131_073,
  });
  const builder = new LayerBuilder(layer, nobodysContext(), {
    ino: 131_073 + release.tree.count + 400,
    time: persona.installedAt + 900,
  });
  addProc(builder, model);
  addSys(builder, model);
  addDev(builder, model);
  addDebianFiles(builder, { model, accounts, packages, hostKeys: options.hostKeys ?? [] });
  return {
    model,
    root: builder.root,
    processes,
    units: unitPlans(persona),
    programs: new Programs(() => recordedPrograms(release, persona.hardware.arch), persona.hardware.arch),
    baseAccount: (user) => people.find((one) => one.name === user),
    shadowField: (accepted, user) => lineOf(accounts.shadow(accepted), user)?.split(":")[1],
  };
}

/** A small embedded system has no packages to ask about. */
const noPackages: MachineModel["packages"] = {
  list: () => [],
  get: () => undefined,
  ownerOf: () => undefined,
  filesOf: () => [],
};

const lineOf = (text: string, user: string): string | undefined =>
  text.split("\n").find((line) => line.startsWith(`${user}:`));

function routerSystem(options: MachineOptions): MachineSystem {
  const { persona } = options;
  const model = createModel(options, routerFacts(persona), noPackages);
  const accounts = seedAccounts(persona, routerAccounts, { shell: "/bin/sh", method: "1" });
  const people = accountsOf(accounts.passwd);
  const builder = new LayerBuilder(undefined, nobodysContext(), { ino: 20, time: persona.installedAt });
  addProc(builder, model);
  addSys(builder, model);
  addDev(builder, model);
  addRouterFiles(builder, model, accounts);
  return {
    model,
    root: builder.root,
    processes: routerProcesses(persona),
    units: [],
    programs: new Programs(() => routerPrograms(persona), persona.hardware.arch),
    baseAccount: (user) => people.find((one) => one.name === user),
    shadowField: (accepted, user) => lineOf(accounts.shadow(accepted), user)?.split(":")[1],
  };
}

/** Decodes what the release needs and puts this machine's own things over it. */
export async function createSystem(options: MachineOptions): Promise<MachineSystem> {
  // Several deckies of one process start together: each gives the others a turn.
  await Promise.resolve();
  return options.persona.release === "busybox-router" ? routerSystem(options) : debianSystem(options);
}
