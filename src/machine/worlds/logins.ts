import type { LoginFacts } from "../contract.ts";
import { FsError } from "../errors.ts";
import { baseHistory, lastLoginOf } from "../facts/history.ts";
import type { LoginRecord, LoginSession, LoginTable, MachineModel, UserDatabase } from "../model.ts";
import type { WorldNetwork } from "./network.ts";
import type { WorldProcesses } from "./process-table.ts";
import type { KeptState } from "./state.ts";

const MAX_SESSIONS = 16;
const KEPT_RECORDS = 120;

const isLoginRecord = (value: unknown): value is LoginRecord =>
  typeof value === "object" && value !== null && "user" in value && "login" in value && "tty" in value;

interface Parts {
  readonly model: MachineModel;
  readonly now: () => number;
  readonly state: KeptState;
  readonly processes: WorldProcesses;
  readonly network: WorldNetwork;
  readonly users: UserDatabase;
  readonly syslog: (facility: string, ident: string, message: string) => void;
}

/** How a service's processes look above the shell. */
interface Chain {
  readonly daemonPid: number;
  readonly shellPid: number;
}

export class WorldLogins implements LoginTable {
  readonly #parts: Parts;
  readonly #open = new Set<LoginRecord>();
  readonly #ttys = new Set<number>();
  #sessions = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get openSessions(): number {
    return this.#sessions;
  }

  current(): readonly LoginRecord[] {
    return [...this.#open].toSorted((a, b) => a.login - b.login);
  }

  #recorded(): readonly LoginRecord[] {
    return this.#parts.state.list("logins", isLoginRecord);
  }

  history(): readonly LoginRecord[] {
    const { model } = this.#parts;
    const base = baseHistory(model.persona, this.#parts.now(), model.release.uname.release);
    return [...base, ...this.#recorded(), ...this.#open].toSorted((a, b) => b.login - a.login);
  }

  failures(): readonly LoginRecord[] {
    return this.#parts.state.list("failures", isLoginRecord).toReversed();
  }

  last(user: string): LoginRecord | undefined {
    const own = [...this.#recorded(), ...this.#open].filter(
      (one) => one.user === user && one.kind === "user",
    );
    const base = lastLoginOf(this.#parts.model.persona, user, this.#parts.now());
    return [...(base === undefined ? [] : [base]), ...own].toSorted((a, b) => b.login - a.login)[0];
  }

  #takeTty(): number {
    let number = 0;
    while (this.#ttys.has(number)) number += 1;
    this.#ttys.add(number);
    return number;
  }

  open(
    login: LoginFacts,
    options: { readonly tty: boolean; readonly argv: readonly string[] },
  ): LoginSession {
    if (this.#sessions >= MAX_SESSIONS) throw new FsError("EAGAIN", "");
    const { model, state, network, users } = this.#parts;
    const account = users.byName(login.user) ?? {
      uid: 0,
      gid: 0,
      shell: "/bin/bash",
      home: "/root",
      name: login.user,
    };
    const previous = this.last(login.user);
    const ttyNumber = options.tty ? this.#takeTty() : undefined;
    const tty = ttyNumber === undefined ? undefined : `pts/${String(ttyNumber)}`;
    this.#sessions += 1;
    const counted = state.get("session");
    const session = (typeof counted === "number" ? counted : model.random("session").integer(20, 900)) + 1;
    state.set("session", session);
    const chain = this.#processes(login, { ...account, argv: options.argv, tty, session });
    const held = network.hold({
      proto: login.peer.ip.includes(":") ? "tcp6" : "tcp",
      state: "ESTABLISHED",
      local: { address: login.local.ip, port: login.local.port },
      remote: { address: login.peer.ip, port: login.peer.port },
      pid: chain.daemonPid,
    });
    const record: LoginRecord = {
      user: login.user,
      uid: account.uid,
      tty: tty ?? "",
      from: login.peer.ip,
      login: this.#parts.now(),
      logout: undefined,
      pid: chain.daemonPid,
      kind: "user",
    };
    if (tty !== undefined) this.#open.add(record);
    this.#announce(login, account.uid, chain.daemonPid, session);
    let closed = false;
    return {
      tty,
      shellPid: chain.shellPid,
      daemonPid: chain.daemonPid,
      previous,
      session,
      [Symbol.dispose]: () => {
        if (closed) return;
        closed = true;
        this.#sessions -= 1;
        held[Symbol.dispose]();
        if (ttyNumber !== undefined) this.#ttys.delete(ttyNumber);
        this.#open.delete(record);
        if (tty !== undefined) state.push("logins", { ...record, logout: this.#parts.now() }, KEPT_RECORDS);
        this.#end(chain);
        this.#parts.syslog(
          "authpriv",
          `${daemonName(login.service)}[${String(chain.daemonPid)}]`,
          `pam_unix(${daemonName(login.service)}:session): session closed for user ${login.user}`,
        );
        this.#parts.syslog(
          "auth",
          "systemd-logind[LOGIND]",
          `Session ${String(session)} logged out. Waiting for processes to exit.`,
        );
        this.#parts.syslog("auth", "systemd-logind[LOGIND]", `Removed session ${String(session)}.`);
      },
    };
  }

  #announce(login: LoginFacts, uid: number, pid: number, session: number): void {
    const name = daemonName(login.service);
    const { syslog } = this.#parts;
    if (name === "sshd")
      syslog(
        "auth",
        `sshd[${String(pid)}]`,
        `Accepted password for ${login.user} from ${login.peer.ip} port ${String(login.peer.port)} ssh2`,
      );
    syslog(
      "authpriv",
      `${name}[${String(pid)}]`,
      `pam_unix(${name}:session): session opened for user ${login.user}(uid=${String(uid)}) by (uid=0)`,
    );
    syslog("auth", "systemd-logind[LOGIND]", `New session ${String(session)} of user ${login.user}.`);
  }

  #processes(
    login: LoginFacts,
    account: {
      readonly uid: number;
      readonly gid: number;
      readonly home: string;
      readonly shell: string;
      readonly argv: readonly string[];
      readonly tty: string | undefined;
      readonly session: number;
    },
  ): Chain {
    const { processes } = this.#parts;
    const unit = `session-${String(account.session)}.scope`;
    const root = { uid: 0, gid: 0, cwd: "/", unit };
    const listener = processes.list().find((one) => one.comm === daemonName(login.service) && !one.spawned);
    this.#userManager(account);
    if (daemonName(login.service) === "sshd") {
      const end = account.tty ?? "notty";
      const top = processes.spawn({
        ...root,
        ppid: listener?.pid ?? 1,
        exe: "/usr/sbin/sshd",
        argv: [account.uid === 0 ? `sshd: ${login.user}@${end}` : `sshd: ${login.user} [priv]`],
      });
      const child =
        account.uid === 0
          ? top
          : processes.spawn({
              ...root,
              uid: account.uid,
              gid: account.gid,
              ppid: top.pid,
              pgid: top.pid,
              sid: top.pid,
              exe: "/usr/sbin/sshd",
              argv: [`sshd: ${login.user}@${end}`],
            });
      return { daemonPid: top.pid, shellPid: this.#shell(login, account, child.pid, unit) };
    }
    const top = processes.spawn({
      ...root,
      ppid: listener?.pid ?? 1,
      exe: "/usr/sbin/telnetd",
      argv: [`telnetd: ${login.peer.ip}`],
    });
    const loginProcess = processes.spawn({
      ...root,
      ppid: top.pid,
      exe: "/usr/bin/login",
      argv: ["/bin/login", "-h", login.peer.ip, "-p"],
      ...(account.tty === undefined ? {} : { tty: account.tty }),
    });
    return { daemonPid: top.pid, shellPid: this.#shell(login, account, loginProcess.pid, unit) };
  }

  #shell(
    login: LoginFacts,
    account: {
      readonly uid: number;
      readonly gid: number;
      readonly home: string;
      readonly shell: string;
      readonly argv: readonly string[];
      readonly tty: string | undefined;
    },
    ppid: number,
    unit: string,
  ): number {
    const name = account.shell.slice(account.shell.lastIndexOf("/") + 1);
    return this.#parts.processes.spawn({
      ppid,
      uid: account.uid,
      gid: account.gid,
      cwd: account.home,
      unit,
      exe: this.#shellFile(name),
      argv: account.argv,
      ...(account.tty === undefined ? {} : { tty: account.tty }),
      environ: {
        USER: login.user,
        LOGNAME: login.user,
        HOME: account.home,
        PATH: this.#parts.model.release.path.exec,
        SHELL: account.shell,
        ...login.env,
      },
    }).pid;
  }

  #shellFile(name: string): string {
    if (this.#parts.model.release.family === "busybox") return "/bin/busybox";
    return name === "sh" ? "/usr/bin/dash" : `/usr/bin/${name}`;
  }

  /** systemd starts one manager for each user who is logged in. */
  #userManager(account: { readonly uid: number; readonly gid: number }): void {
    const { processes, model } = this.#parts;
    if (model.release.family !== "debian") return;
    const unit = `user@${String(account.uid)}.service`;
    if (processes.list().some((one) => one.unit === unit)) return;
    const manager = processes.spawn({
      ppid: 1,
      ...account,
      cwd: "/",
      unit,
      exe: "/usr/lib/systemd/systemd",
      argv: ["/lib/systemd/systemd", "--user"],
    });
    processes.spawn({
      ppid: manager.pid,
      ...account,
      cwd: "/",
      unit,
      exe: "/usr/lib/systemd/systemd",
      argv: ["(sd-pam)"],
    });
  }

  #end(chain: Chain): void {
    const { processes } = this.#parts;
    const shell = processes.get(chain.shellPid);
    for (const one of processes.list())
      if (
        one.spawned &&
        (one.pid === chain.shellPid || one.pid === chain.daemonPid || one.pid === shell?.ppid)
      )
        processes.exit(one.pid);
  }
}

const daemonName = (service: string): string =>
  service === "ssh" || service === "sftp" ? "sshd" : service === "telnet" ? "login" : service;
