import { FsError } from "../errors.ts";
import type { BaseProcess } from "../facts/base-processes.ts";
import { mainPidOf, type UnitPlan, unitAliases } from "../facts/units.ts";
import type { MachineFs, ServiceTable, UnitFacts } from "../model.ts";
import type { WorldProcesses } from "./process-table.ts";
import type { KeptState } from "./state.ts";

interface Changed {
  readonly active?: UnitFacts["active"];
  readonly since?: number;
  readonly enabled?: UnitFacts["enabled"];
  readonly masked?: boolean;
  readonly pid?: number;
}

const FOLDERS = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"];
const MAX_CHANGED = 200;

const field = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*=\\s*(.*)$`, "m").exec(text)?.[1]?.trim();

function subOf(plan: UnitPlan, active: UnitFacts["active"]): string {
  if (active === "failed") return "failed";
  if (active === "inactive") return "dead";
  return plan.active === "active" ? plan.sub : "running";
}

export class WorldServices implements ServiceTable {
  readonly #plans: ReadonlyMap<string, UnitPlan>;
  readonly #base: readonly BaseProcess[];
  readonly #state: KeptState;
  readonly #processes: WorldProcesses;
  readonly #files: () => MachineFs;
  readonly #now: () => number;
  readonly #bootedAt: () => number;

  constructor(options: {
    readonly plans: readonly UnitPlan[];
    readonly base: readonly BaseProcess[];
    readonly state: KeptState;
    readonly processes: WorldProcesses;
    /** The world's files as root sees them. */
    readonly files: () => MachineFs;
    readonly now: () => number;
    readonly bootedAt: () => number;
  }) {
    this.#plans = new Map(options.plans.map((plan) => [plan.name, plan]));
    this.#base = options.base;
    this.#state = options.state;
    this.#processes = options.processes;
    this.#files = options.files;
    this.#now = options.now;
    this.#bootedAt = options.bootedAt;
  }

  #changed(name: string): Changed {
    const all = this.#state.get("units");
    if (typeof all !== "object" || all === null || !Object.hasOwn(all, name)) return {};
    return (all as Record<string, Changed>)[name] ?? {};
  }

  #change(name: string, change: Changed): void {
    const all = this.#state.get("units");
    const map = new Map(typeof all === "object" && all !== null ? Object.entries(all) : []);
    map.set(name, { ...this.#changed(name), ...change });
    this.#state.set("units", Object.fromEntries([...map].slice(-MAX_CHANGED)));
  }

  #facts(plan: UnitPlan): UnitFacts {
    const changed = this.#changed(plan.name);
    const main = changed.pid ?? mainPidOf(plan.name, this.#base);
    const alive = main !== undefined && this.#processes.get(main) !== undefined;
    const active = this.#activity(plan, changed.active ?? plan.active, main !== undefined && !alive);
    const { after, ...rest } = plan;
    const masked = changed.masked === true;
    return {
      ...rest,
      load: masked ? "masked" : plan.load,
      active,
      sub: subOf(plan, active),
      enabled: masked ? "masked" : (changed.enabled ?? plan.enabled),
      since: changed.since ?? this.#bootedAt() + after,
      mainPid: alive && active === "active" ? main : undefined,
    };
  }

  /** A unit whose main process somebody killed has failed. */
  #activity(plan: UnitPlan, active: UnitFacts["active"], dead: boolean): UnitFacts["active"] {
    return active === "active" && plan.sub === "running" && dead ? "failed" : active;
  }

  list(): readonly UnitFacts[] {
    const sessions: UnitFacts[] = [];
    for (const unit of new Set(
      this.#processes
        .list()
        .filter((one) => one.spawned)
        .map((one) => one.unit),
    )) {
      const first = this.#processes.list().find((one) => one.unit === unit);
      if (first === undefined || unit === "" || this.#plans.has(unit)) continue;
      const scope = unit.endsWith(".scope");
      sessions.push({
        name: unit,
        description: scope
          ? `Session ${unit.replace(/\D/g, "")} of User`
          : `User Manager for UID ${unit.replace(/\D/g, "")}`,
        type: scope ? "scope" : "service",
        load: "loaded",
        active: "active",
        sub: "running",
        enabled: "static",
        preset: "enabled",
        path: scope ? `/run/systemd/transient/${unit}` : "/lib/systemd/system/user@.service",
        since: first.start,
        mainPid: first.pid,
      });
    }
    return [
      ...[...this.#plans.values()].map((plan) => this.#facts(plan)),
      ...sessions,
      ...this.#own(),
    ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Units that somebody wrote into `/etc/systemd/system`. */
  #own(): UnitFacts[] {
    const files = this.#files();
    const list: UnitFacts[] = [];
    for (const name of files.readdir("/etc/systemd/system").slice(0, 500)) {
      if (!name.endsWith(".service") || this.#plans.has(name)) continue;
      if (files.lstat(`/etc/systemd/system/${name}`).kind !== "file") continue;
      const unit = this.#fromFile(name);
      if (unit !== undefined) list.push(unit);
    }
    return list;
  }

  #fromFile(name: string): UnitFacts | undefined {
    const files = this.#files();
    for (const folder of FOLDERS) {
      const path = `${folder}/${name}`;
      try {
        const text = Buffer.from(files.read(path)).toString("utf8");
        return this.#facts({
          name,
          description: field(text, "Description") ?? name,
          type: name.endsWith(".timer") ? "timer" : "service",
          load: "loaded",
          active: "inactive",
          sub: "dead",
          enabled: /^\[Install\]/m.test(text) ? "disabled" : "static",
          preset: "enabled",
          path: path.replace(/^\/usr/, ""),
          after: 0,
        });
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
      }
    }
    return undefined;
  }

  #full(name: string): string {
    const full = /\.(service|socket|timer|target|mount|slice|scope|path|device)$/.test(name)
      ? name
      : `${name}.service`;
    return unitAliases[full] ?? full;
  }

  get(name: string): UnitFacts | undefined {
    const full = this.#full(name);
    const plan = this.#plans.get(full);
    if (plan !== undefined) return this.#facts(plan);
    if (full.includes("/")) return undefined;
    return this.#fromFile(full) ?? this.list().find((unit) => unit.name === full);
  }

  act(
    name: string,
    action: "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "mask" | "unmask",
  ): "ok" | "not-found" | "masked" | "failed" {
    const unit = this.get(name);
    if (unit === undefined) return "not-found";
    if (unit.load === "masked" && action !== "unmask" && action !== "stop" && action !== "mask")
      return "masked";
    if (action === "enable" || action === "disable") this.#link(unit, action === "enable");
    else if (action === "mask" || action === "unmask") this.#change(unit.name, { masked: action === "mask" });
    else if (action === "stop") this.#stop(unit);
    else if (action !== "reload") this.#start(unit, action === "restart");
    return "ok";
  }

  #stop(unit: UnitFacts): void {
    if (unit.active !== "active" && unit.active !== "failed") return;
    this.#processes.setUnit(unit.name, false);
    const { pid } = this.#changed(unit.name);
    if (pid !== undefined) this.#processes.kill(pid, 9, 0);
    this.#change(unit.name, { active: "inactive", since: this.#now() });
  }

  #start(unit: UnitFacts, again: boolean): void {
    if (unit.active === "active" && !again) return;
    if (again) this.#stop(unit);
    const installed = this.#processes.setUnit(unit.name, true);
    if (installed !== undefined) {
      this.#change(unit.name, { active: "active", since: this.#now() });
      return;
    }
    const command = this.#command(unit);
    if (command === undefined) {
      this.#change(unit.name, {
        active: unit.type === "service" ? "inactive" : "active",
        since: this.#now(),
      });
      return;
    }
    const { pid } = this.#processes.spawn({
      ppid: 1,
      uid: 0,
      gid: 0,
      argv: command,
      exe: command[0] ?? "",
      cwd: "/",
      unit: unit.name,
      lasting: true,
    });
    this.#change(unit.name, { active: "active", since: this.#now(), pid });
  }

  #command(unit: UnitFacts): readonly string[] | undefined {
    try {
      const text = Buffer.from(this.#files().read(unit.path)).toString("utf8");
      if (field(text, "Type") === "oneshot") return undefined;
      const line = field(text, "ExecStart")?.replace(/^[-@:+!]+/, "");
      return line === undefined || line === "" ? undefined : line.split(/\s+/).slice(0, 64);
    } catch (error) {
      if (error instanceof FsError) return undefined;
      throw error;
    }
  }

  #link(unit: UnitFacts, enable: boolean): void {
    if (unit.enabled === "static") return;
    const files = this.#files();
    const folder = "/etc/systemd/system/multi-user.target.wants";
    const path = `${folder}/${unit.name}`;
    try {
      if (enable) files.symlink(unit.path, path);
      else files.unlink(path);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
    this.#change(unit.name, { enabled: enable ? "enabled" : "disabled" });
  }
}
