import type { ProgramTable } from "../commands/command.ts";
import type { MachineFs } from "../model.ts";
import { ShellError } from "./control.ts";
import { CallFailed, errnoOf } from "./errors.ts";
import { absolute, filesFor, type LineRun, type LoginContext } from "./host.ts";
import type { Process } from "./processes.ts";
import type { ShellState, Variable } from "./state.ts";
import type { FunctionNode, Script, Statement, Word } from "./syntax.ts";
import { decode, encode } from "./text.ts";
import { Variables } from "./variables.ts";

/** What builtins and expansions ask of the evaluator. */
export interface Evaluator {
  script(sh: ShellProcess, script: Script): Promise<number>;
  statements(sh: ShellProcess, statements: readonly Statement[]): Promise<number>;
  /** Reads and runs text as `eval`, `.` and `-c` do. */
  text(sh: ShellProcess, text: string): Promise<number>;
  callFunction(sh: ShellProcess, node: FunctionNode, args: readonly string[]): Promise<number>;
  /** A simple command from ready words; `skipFunctions` as `command` does. */
  words(
    sh: ShellProcess,
    words: readonly string[],
    options?: { readonly skipFunctions?: boolean },
  ): Promise<number>;
  /** Standard output of a forked shell that runs `script`. */
  substitute(sh: ShellProcess, script: Script): Promise<string>;
  /** `<(…)`: path of the other end. */
  processSubstitution(sh: ShellProcess, script: Script, direction: "input" | "output"): string;
  expand(sh: ShellProcess, word: Word): Promise<string>;
  /** Replaces the shell by a program: `exec`. */
  replace(
    sh: ShellProcess,
    words: readonly string[],
    options: { readonly arg0?: string; readonly clean?: boolean },
  ): Promise<number>;
  /** Path of a program as PATH finds it. */
  lookup(sh: ShellProcess, name: string): string | undefined;
}

/** One shell at work: its state, the process it runs in and the line that it runs for. */
export class ShellProcess {
  readonly context: LoginContext;
  readonly state: ShellState;
  readonly process: Process;
  readonly evaluator: Evaluator;
  readonly programs: ProgramTable;
  readonly vars: Variables;
  run: LineRun;
  /** Traps whose signal has arrived. */
  pendingTraps: number[] = [];
  /** In a condition: `set -e` and the ERR trap do not apply. */
  conditional = 0;
  /** Its statements are lines of a script and are told to the observer one by one. */
  reports = false;
  /** Function depth, for the recursion limit. */
  depth = 0;
  #files: { readonly key: string; readonly fs: MachineFs } | undefined;

  constructor(parts: Pick<ShellProcess, "context" | "state" | "process" | "evaluator" | "programs" | "run">) {
    this.context = parts.context;
    this.state = parts.state;
    this.process = parts.process;
    this.evaluator = parts.evaluator;
    this.programs = parts.programs;
    this.run = parts.run;
    this.vars = new Variables(this.state, this.process, this.context.world);
  }

  get fs(): MachineFs {
    const key = `${this.run.n}:${this.process.owner.uid}:${this.state.umask}:${this.process.exe}`;
    if (this.#files?.key !== key) {
      this.#files = { key, fs: filesFor(this.context, this.process, this.run, this.state.umask) };
    }
    return this.#files.fs;
  }

  get cwd(): string {
    return this.process.cwd;
  }
  set cwd(path: string) {
    this.process.cwd = path;
  }

  path(path: string): string {
    return absolute(path, this.cwd);
  }

  /** Gives the thread back when it is time, and lets signals and traps in. */
  tick(): Promise<void> | undefined {
    const interruption = this.process.takeInterruption();
    if (interruption !== undefined) throw interruption;
    const rest = this.run.budget.tick();
    if (rest === undefined && !this.process.stopped) {
      this.process.signal.throwIfAborted();
      return undefined;
    }
    return this.#pause(rest);
  }

  async #pause(rest: Promise<void> | undefined): Promise<void> {
    await rest;
    await this.process.gate();
  }

  async write(fd: 1 | 2, text: string): Promise<void> {
    if (text === "") return;
    const descriptor = this.process.fds.get(fd);
    if (descriptor === undefined) throw new CallFailed("EBADF");
    await descriptor.file.write(encode(text), this.process.signal);
  }

  async out(text: string): Promise<void> {
    await this.write(1, text);
  }

  /** To standard error; what cannot be shown is lost, as it would be. */
  async err(text: string): Promise<void> {
    try {
      await this.write(2, text);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** `-bash: `, `bash: line 1: `, `sh: 1: `, as this shell begins its messages. */
  get prefix(): string {
    const { dialect, arg0, interactive, line } = this.state;
    if (dialect !== "bash")
      return `${arg0}: ${interactive && dialect === "dash" ? `${line}: ` : dialect === "ash" && interactive ? "" : dialect === "ash" ? `line ${line}: ` : `${line}: `}`;
    return interactive ? `${arg0}: ` : `${arg0}: line ${line}: `;
  }

  async complain(text: string): Promise<void> {
    await this.err(`${this.prefix}${text}\n`);
  }

  /** Reads all of standard input, at most `limit` bytes. */
  async slurp(limit: number): Promise<string> {
    const descriptor = this.process.fds.get(0);
    if (descriptor === undefined) throw new CallFailed("EBADF");
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await descriptor.file.read(65_536, this.process.signal);
      if (chunk === undefined || size > limit) break;
      size += chunk.length;
      chunks.push(chunk);
    }
    return decode(Buffer.concat(chunks));
  }

  variable(name: string): Variable | undefined {
    return this.vars.lookup(name);
  }

  option(name: string): boolean {
    return this.state.options.has(name);
  }

  unbound(name: string): ShellError {
    const text = this.state.dialect === "bash" ? `${name}: unbound variable` : `${name}: parameter not set`;
    return new ShellError(text, this.state.dialect === "bash" ? 127 : 2, true);
  }
}
