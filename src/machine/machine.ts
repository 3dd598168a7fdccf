import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { crypt, saltFrom } from "./auth/crypt.ts";
import { AuthPolicy, acceptedPasswords } from "./auth/policy.ts";
import type { AuthAttempt, AuthVerdict, Machine, World } from "./contract.ts";
import type { LoginRecord, MachineModel, MachineOptions } from "./model.ts";
import { defaultWorldSettings } from "./settings.ts";
import { createSystem, type MachineSystem } from "./system.ts";
import { WorldDatabase } from "./worlds/database.ts";
import { WorldKeeper } from "./worlds/keeper.ts";
import { WorldInstance } from "./worlds/world.ts";

/** Worlds held in memory without an open session. */
const MAX_LOADED = 128;
const MAX_FAILED_GROUPS = 2000;
const MAX_FAILURES = 40;

/** With the port it came from, which the log-in records do not hold but auth.log says. */
interface FailedLogin extends LoginRecord {
  readonly port?: number;
}

/** /32 for IPv4 (also when mapped into IPv6), /64 for IPv6. */
export function groupOf(ip: string): string {
  const plain = ip.replace(/%.*$/, "").toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...middle, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/64`;
}

class PretendMachine implements Machine {
  readonly persona: MachineOptions["persona"];
  readonly bootTime: number;
  readonly #options: MachineOptions;
  readonly #model: MachineModel;
  readonly #system: MachineSystem;
  readonly #database: WorldDatabase;
  readonly #loaded = new Map<string, WorldInstance>();
  readonly #auth: AuthPolicy;
  /** Refused logins of groups that have no world yet. */
  readonly #failures = new Map<string, FailedLogin[]>();

  constructor(options: MachineOptions, system: MachineSystem) {
    const { model } = system;
    this.#options = options;
    this.#model = model;
    this.#system = system;
    this.persona = options.persona;
    this.bootTime = model.bootTime;
    this.#database = new WorldDatabase(options.stateDir, { ...defaultWorldSettings, ...options.settings });
    this.#auth = new AuthPolicy({
      persona: options.persona,
      existing: (group) =>
        this.#loaded.has(group) || this.#database.has(group) ? this.#world(group) : undefined,
      world: (group) => this.#world(group),
      baseAccount: (user) => system.baseAccount(user),
      originalHash: (view, user) =>
        system.shadowField(view === undefined ? {} : acceptedPasswords(view), user),
      countAttempt: (group, user, digest) => this.#database.countAttempt(group, user, digest, model.now()),
    });
  }

  groupOf(ip: string): string {
    return groupOf(ip);
  }

  authenticate(attempt: AuthAttempt): AuthVerdict {
    const verdict = this.#auth.decide(attempt);
    if (!verdict.accepted && attempt.secret.kind === "password") this.#noteFailure(attempt, verdict);
    return verdict;
  }

  #noteFailure(attempt: AuthAttempt, verdict: AuthVerdict): void {
    const now = this.#model.now() + Math.random() / 1000;
    const from = attempt.peer?.ip ?? attempt.group.replace(/\/64$/, "1");
    const record: FailedLogin = {
      ...(attempt.peer === undefined ? {} : { port: attempt.peer.port }),
      user: attempt.user.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 32),
      uid: verdict.account?.uid ?? 65_534,
      tty: attempt.service === "telnet" ? "pts/0" : "ssh:notty",
      from,
      login: now,
      logout: now,
      pid: 900 + Math.floor(now % 30_000),
      kind: "user",
    };
    const world = this.#loaded.get(attempt.group);
    if (world !== undefined) {
      this.#record(world, [record]);
      return;
    }
    const list = this.#failures.get(attempt.group) ?? [];
    this.#failures.delete(attempt.group);
    this.#failures.set(attempt.group, [...list, record].slice(-MAX_FAILURES));
    if (this.#failures.size > MAX_FAILED_GROUPS) {
      const oldest = this.#failures.keys().next().value;
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
  }

  /** What sshd and the kernel's login records would hold of refused logins. */
  #record(world: WorldInstance, records: readonly FailedLogin[]): void {
    for (const one of records) {
      world.state.push("failures", one, 120);
      const known = world.users.byName(one.user) !== undefined;
      const name = one.tty === "ssh:notty" ? "sshd" : "login";
      const process = { at: one.login, ident: `${name}[${String(one.pid)}]` };
      const port = String(one.port ?? 32_768 + (one.pid % 28_000));
      const message =
        name === "sshd"
          ? `Failed password for ${known ? "" : "invalid user "}${one.user} from ${one.from} port ${port} ssh2`
          : `FAILED LOGIN (1) on '/dev/${one.tty}' from '${one.from}' FOR '${known ? one.user : "UNKNOWN"}', Authentication failure`;
      world.state.push("log auth.log", { ...process, message }, 400);
    }
  }

  world(group: string): World {
    return this.#world(group);
  }

  #world(group: string): WorldInstance {
    const known = this.#loaded.get(group);
    if (known !== undefined) {
      // Most recently used last.
      this.#loaded.delete(group);
      this.#loaded.set(group, known);
      return known;
    }
    this.#unload();
    const made = this.#open(group);
    this.#loaded.set(group, made);
    const failures = this.#failures.get(group);
    if (failures !== undefined) {
      this.#failures.delete(group);
      this.#record(made, failures);
    }
    return made;
  }

  #open(group: string): WorldInstance {
    const stored = this.#database.open(group, this.#model.now(), new Set(this.#loaded.keys()));
    const parts = {
      model: this.#model,
      group,
      baseProcesses: this.#system.processes,
      unitPlans: this.#system.units,
      programs: this.#system.programs,
      openShell: this.#options.openShell,
      isNewContent: (hash: string) => this.#database.noteCaptured(hash, this.#model.now()),
      orphanCapture: (event: Parameters<NonNullable<MachineOptions["capture"]>>[1]) => {
        this.#options.capture?.(group, event);
      },
      crypt: (password: string) =>
        crypt(Buffer.from(password, "utf8"), `$6$${saltFrom(randomBytes(16))}`) ?? "!",
    };
    return new WorldInstance(
      parts,
      (world) =>
        new WorldKeeper({
          database: this.#database,
          stored,
          base: this.#system.root,
          settings: { ...defaultWorldSettings, ...this.#options.settings },
          now: () => this.#model.now(),
          context: () => ({ view: world, caller: { uid: 0, gid: 0, groups: [0] } }),
          failed: (error) => {
            this.#options.log?.error({ error: String(error) }, "A world could not be written; trying again.");
          },
        }),
    );
  }

  /** Lets go of worlds that nobody is in. */
  #unload(): void {
    for (const [group, world] of this.#loaded) {
      if (this.#loaded.size < MAX_LOADED) return;
      if (!world.isIdle) continue;
      world[Symbol.dispose]();
      this.#loaded.delete(group);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const world of this.#loaded.values()) world[Symbol.dispose]();
    this.#loaded.clear();
    this.#database[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** The pretend computer of one decky. Its worlds live in `<stateDir>/worlds.sqlite`. */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const system = await createSystem(options);
  return new PretendMachine(options, system);
}
