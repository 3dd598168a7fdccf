import type { Log } from "#kernel/log.ts";
import { silentLog } from "#kernel/log.ts";
import { type Program, type ProgramTable, tableOf } from "../commands/command.ts";
import type { ExitStatus, Pipes, Shell, Terminal } from "../contract.ts";
import type { LoginSession, ShellFactory, ShellRequest, WorldView } from "../model.ts";
import { Pty } from "../terminal/pty.ts";
import { type Limits, machineLimits } from "./budget.ts";
import { ExitJump } from "./control.ts";
import { errnoOf, LimitReached, ProcessEnded } from "./errors.ts";
import { evaluator } from "./evaluator.ts";
import { greeting } from "./greeting.ts";
import { type LoginContext } from "./host.ts";
import { type InteractiveShell, interactiveShell } from "./interactive.ts";
import { LineLog } from "./line-log.ts";
import { loginEnvironment } from "./login-environment.ts";
import { readLoginFiles } from "./login-files.ts";
import { Descriptor, type Descriptors, type OpenFile } from "./open-file.ts";
import { pipeInput, pipeOutput } from "./pipe-files.ts";
import { type Credentials, LiveProcesses, live, Process } from "./processes.ts";
import { freshState, runFresh, setShellVariables } from "./scripts.ts";
import { ShellProcess } from "./shell-process.ts";
import { shellProgram } from "./shell-program.ts";
import { SIGNAL, signalName } from "./signals.ts";
import type { Dialect } from "./state.ts";

export interface ShellOptions {
  readonly programs: readonly Program[];
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

/** What `createMachine` takes as `openShell`. */
export function createShellFactory(options: ShellOptions): ShellFactory {
  const worlds = new WeakMap<WorldView, LiveProcesses>();
  const limits = { ...machineLimits, ...options.limits };
  const log = options.log ?? silentLog;
  const names = new Set([...tableOf(options.programs).names, ...shellNames]);
  const open = (request: ShellRequest): Shell => {
    let processes = worlds.get(request.world);
    if (processes === undefined) {
      processes = new LiveProcesses(request.world, log);
      worlds.set(request.world, processes);
    }
    return new LoginShell(request, { processes, limits, programs: options.programs, names });
  };
  return Object.assign(open, { programs: names });
}

const shellNames = ["bash", "sh", "dash", "ash", "rbash"];

function dialectOf(request: ShellRequest): (name: string) => Dialect {
  const { sh } = request.model.release;
  return (name) => {
    if (name === "bash" || name === "rbash" || name === "-bash") return "bash";
    if (name === "ash") return "ash";
    return name === "dash" ? "dash" : sh;
  };
}

interface Shared {
  readonly processes: LiveProcesses;
  readonly limits: Limits;
  readonly programs: readonly Program[];
  readonly names: ReadonlySet<string>;
}

/** One login: an interactive shell, or any number of commands side by side. */
class LoginShell implements Shell {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly #request: ShellRequest;
  readonly #shared: Shared;
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #count = 0;

  constructor(request: ShellRequest, shared: Shared) {
    this.#request = request;
    this.#shared = shared;
    this.uid = request.account.uid;
    this.gid = request.account.gid;
    this.home = request.account.home;
  }

  interact(terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
    return this.#track(this.#onTerminal(terminal, signal, undefined));
  }

  execOnTerminal(command: string, terminal: Terminal, signal: AbortSignal): Promise<ExitStatus> {
    return this.#track(this.#onTerminal(terminal, signal, command));
  }

  exec(command: string, pipes: Pipes, signal: AbortSignal): Promise<ExitStatus> {
    return this.#track(this.#onPipes(command, pipes, signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#running);
  }

  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  get #shellPath(): string {
    return this.#request.account.shell === "" ? "/bin/sh" : this.#request.account.shell;
  }

  get #shellName(): string {
    return this.#shellPath.slice(this.#shellPath.lastIndexOf("/") + 1);
  }

  async #onTerminal(
    terminal: Terminal,
    outer: AbortSignal,
    command: string | undefined,
  ): Promise<ExitStatus> {
    const signal = AbortSignal.any([outer, this.#ending.signal]);
    const argv = command === undefined ? [`-${this.#shellName}`] : [this.#shellName, "-c", command];
    using session = this.#request.world.logins.open(this.#request.login, { tty: true, argv });
    let lines: LineLog | undefined;
    const { processes } = this.#shared;
    const pty = new Pty({
      name: session.tty ?? "pts/0",
      terminal,
      onSignal: (group, number) => {
        processes.killGroup(group, number);
      },
      meter: (bytes) => lines?.meter(bytes),
    });
    const context = this.#context(session, pty);
    lines = new LineLog(context, this.#shared.limits);
    const pump = pty.pump().catch(() => {});
    const interactive = interactiveShell({
      pty,
      line: (sh, text, body) => lines.line(sh, text, body),
      idleMs: 0,
    });
    const status = await this.#life(
      { session, context, lines, signal, file: () => pty.file, argv },
      (process, programs) =>
        command === undefined
          ? this.#login(process, { context, lines, programs, interactive, session, pty })
          : this.#command(process, { context, lines, programs, command }),
    );
    pty.hangUp();
    void pump;
    return status;
  }

  async #onPipes(command: string, pipes: Pipes, outer: AbortSignal): Promise<ExitStatus> {
    const signal = AbortSignal.any([outer, this.#ending.signal]);
    const argv = [this.#shellName, "-c", command];
    using session = this.#request.world.logins.open(this.#request.login, { tty: false, argv });
    const context = this.#context(session, undefined);
    const lines = new LineLog(context, this.#shared.limits);
    const meter = (bytes: number) => lines.meter(bytes);
    const input = pipeInput(pipes.stdin, signal);
    const files: Readonly<Record<number, OpenFile>> = {
      0: input,
      1: pipeOutput((bytes) => pipes.stdout(bytes), meter),
      2: pipeOutput((bytes) => pipes.stderr(bytes), meter),
    };
    return this.#life(
      { session, context, lines, signal, file: (fd) => files[fd] ?? input, argv },
      (process, programs) => this.#command(process, { context, lines, programs, command }),
    );
  }

  #context(session: LoginSession, tty: Pty | undefined): LoginContext {
    const { model, world, login } = this.#request;
    return {
      model,
      world,
      processes: this.#shared.processes,
      observer: login.observer,
      peer: login.peer,
      local: login.local,
      service: login.service,
      tty,
      session: session.shellPid,
      nextN: () => this.#count++,
      knows: (name) => this.#shared.names.has(name),
    };
  }

  #owner(): Credentials {
    const { account, gids } = this.#request;
    return { uid: account.uid, gid: account.gid, groups: gids, user: account.name };
  }

  async #life(
    life: Life,
    body: (process: Process, programs: ProgramTable) => Promise<number>,
  ): Promise<ExitStatus> {
    const { session, context, signal, argv } = life;
    const fds: Descriptors = new Map([0, 1, 2].map((fd) => [fd, new Descriptor(life.file(fd))] as const));
    const process = new Process(
      context.processes,
      {
        pid: session.shellPid,
        ppid: session.daemonPid,
        sid: session.shellPid,
        pgid: session.shellPid,
        argv,
        exe: this.#realShell(),
        cwd: this.#startFolder(),
        env: loginEnvironment(this.#request, session),
        owner: this.#owner(),
        tty: session.tty,
      },
      fds,
    );
    const hangUp = () => {
      endSession(context, session.shellPid);
    };
    if (signal.aborted) hangUp();
    signal.addEventListener("abort", hangUp, { once: true });
    const interactive: { shell: InteractiveShell } = { shell: () => Promise.resolve(0) };
    const programs = this.#programs(life, interactive);
    try {
      const exit = await live(process, () => limited(() => body(process, programs)));
      const aborted = signal.aborted;
      return exit.signal === undefined
        ? { code: exit.code, end: aborted ? "disconnect" : "logout" }
        : {
            code: 128 + exit.signal,
            signal: signalName(exit.signal),
            end: aborted ? "disconnect" : life.lines.limited ? "limit" : "killed",
          };
    } finally {
      signal.removeEventListener("abort", hangUp);
      endSession(context, session.shellPid);
    }
  }

  #programs(life: Life, _interactive: { shell: InteractiveShell }): ProgramTable {
    const tty = life.context.tty;
    const inner: InteractiveShell =
      tty instanceof Pty
        ? interactiveShell({
            pty: tty,
            line: (sh, text, body) => life.lines.nested(sh, text, body),
            idleMs: 0,
          })
        : (sh) => evaluator.text(sh, "");
    return tableOf([...this.#shared.programs, shellProgram(shellNames, dialectOf(this.#request), inner)]);
  }

  #realShell(): string {
    return this.#files("realpath", this.#shellPath);
  }

  #startFolder(): string {
    const path = this.#files("realpath", this.home);
    return path === "" ? "/" : path;
  }

  #files(_what: "realpath", path: string): string {
    const { account, gids, world } = this.#request;
    try {
      return world.filesOf({ uid: account.uid, gid: account.gid, groups: gids }).realpath(path);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return path === this.home ? "/" : path;
    }
  }

  async #login(process: Process, login: Login): Promise<number> {
    const { context, lines, programs, pty, session } = login;
    const text = greeting(this.#request, session);
    await pty.show(text.replace(/\r?\n/g, "\r\n"));
    const dialect = dialectOf(this.#request)(this.#shellName);
    const state = freshState(process, {
      dialect,
      arg0: `-${this.#shellName}`,
      args: [],
      umask: 0o022,
      options: [],
    });
    state.login = true;
    const sh = new ShellProcess({ context, state, process, evaluator, programs, run: lines.background() });
    setShellVariables(sh);
    state.variables.set("PS1", {
      value: dialect === "bash" ? "\\s-\\v\\$ " : process.owner.uid === 0 ? "# " : "$ ",
    });
    await readLoginFiles(sh, this.home);
    return login.interactive(sh);
  }

  async #command(process: Process, run: Command): Promise<number> {
    const { context, lines, programs, command } = run;
    const dialect = dialectOf(this.#request)(this.#shellName);
    const line = lines.begin();
    const report = lines.report(line, {
      cmd: command,
      process,
      tty: context.tty !== undefined,
      cwd: process.cwd,
    });
    try {
      const status = await runFresh({ context, evaluator, programs, run: line }, process, {
        dialect,
        arg0: this.#shellName,
        args: [],
        umask: 0o022,
        options: [],
        text: command,
        commandString: true,
        report: false,
      });
      report(status);
      return status;
    } catch (error) {
      report(error instanceof ProcessEnded ? 128 + error.signal : 137);
      throw error;
    }
  }
}

interface Life {
  readonly session: LoginSession;
  readonly context: LoginContext;
  readonly lines: LineLog;
  readonly signal: AbortSignal;
  readonly file: (fd: number) => OpenFile;
  readonly argv: readonly string[];
}

interface Login {
  readonly context: LoginContext;
  readonly lines: LineLog;
  readonly programs: ProgramTable;
  readonly interactive: InteractiveShell;
  readonly session: LoginSession;
  readonly pty: Pty;
}

interface Command {
  readonly context: LoginContext;
  readonly lines: LineLog;
  readonly programs: ProgramTable;
  readonly command: string;
}

/** A limit that reaches the login's own shell ends it as the kernel would. */
async function limited(body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof LimitReached) throw new ProcessEnded(SIGNAL.KILL);
    if (error instanceof ExitJump) return error.status;
    throw error;
  }
}

/** The terminal or connection is gone: what ignores SIGHUP goes on in the table, nothing runs on. */
function endSession(context: LoginContext, sid: number): void {
  const { processes, world } = context;
  for (const process of processes.all()) {
    if (process.sid !== sid) continue;
    if (process.dispositions.get(SIGNAL.HUP) === "ignore" && process.pid !== sid) {
      world.processes.spawn({
        ppid: 1,
        uid: process.owner.uid,
        gid: process.owner.gid,
        argv: process.argv,
        exe: process.exe,
        cwd: process.cwd,
        lasting: true,
      });
    }
    process.deliver(SIGNAL.KILL);
  }
}
