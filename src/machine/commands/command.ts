import type { FileFacts } from "../contract.ts";
import type { MachineFs, MachineModel, WorldView } from "../model.ts";
import { openPath } from "../shell/device-files.ts";
import { CallFailed, errnoOf, strerror } from "../shell/errors.ts";
import { absolute, type LineRun, type LoginContext } from "../shell/host.ts";
import { type Descriptors, type OpenFile } from "../shell/open-file.ts";
import type { ExitState, Process } from "../shell/processes.ts";
import { decode, encode } from "../shell/text.ts";

/** A program of the machine: what its file does when it is executed. */
export interface Program {
  /** Names of its files, links and applets. */
  readonly names: readonly string[];
  run(context: ProgramContext): Promise<number> | number;
}

export interface ProgramTable {
  find(name: string): Program | undefined;
  readonly names: ReadonlySet<string>;
}

export interface SpawnOptions {
  readonly env?: ReadonlyMap<string, string>;
  readonly cwd?: string;
  /** Replaces descriptors 0, 1 and 2 where given. */
  readonly files?: { readonly 0?: OpenFile; readonly 1?: OpenFile; readonly 2?: OpenFile };
  readonly arg0?: string;
  /** Its own process group (`setsid`, `timeout`). */
  readonly group?: boolean;
  readonly owner?: Process["owner"];
}

export interface Started {
  readonly process: Process;
  readonly ended: Promise<ExitState>;
}

/** Starts other programs for a program (`env`, `xargs`, `find -exec`, `sudo` …). */
export interface Launcher {
  /** @returns undefined when there is no such file; `error` when it cannot be executed */
  start(
    from: ProgramContext,
    argv: readonly string[],
    options?: SpawnOptions,
  ): Started | { readonly error: "ENOENT" | "EACCES" | "ENOEXEC" };
  readonly programs: ProgramTable;
}

export interface ProgramParts {
  readonly argv: readonly string[];
  readonly name: string;
  readonly process: Process;
  readonly login: LoginContext;
  readonly run: LineRun;
  readonly launcher: Launcher;
  readonly fs: MachineFs;
  readonly umask: number;
}

const FLUSH_BYTES = 8192;
/** Most that a program keeps of its input at once. */
const MAX_INPUT = 32 * 1024 * 1024;

/** What a running program sees. */
export class ProgramContext {
  readonly argv0: string;
  readonly args: readonly string[];
  /** Name of the program's own file, whatever it was called. */
  readonly name: string;
  readonly process: Process;
  readonly login: LoginContext;
  readonly run: LineRun;
  readonly launcher: Launcher;
  readonly fs: MachineFs;
  readonly umask: number;
  readonly stdin: Input;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(parts: ProgramParts) {
    this.argv0 = parts.argv[0] ?? parts.name;
    this.args = parts.argv.slice(1);
    this.name = parts.name;
    this.process = parts.process;
    this.login = parts.login;
    this.run = parts.run;
    this.launcher = parts.launcher;
    this.fs = parts.fs;
    this.umask = parts.umask;
    this.stdin = new Input(this, parts.process.fds.get(0)?.file);
  }

  get world(): WorldView {
    return this.login.world;
  }
  get model(): MachineModel {
    return this.login.model;
  }
  get env(): ReadonlyMap<string, string> {
    return this.process.env;
  }
  get cwd(): string {
    return this.process.cwd;
  }
  get fds(): Descriptors {
    return this.process.fds;
  }
  get uid(): number {
    return this.process.owner.uid;
  }

  path(path: string): string {
    return absolute(path, this.cwd);
  }

  isTerminal(fd: number): boolean {
    return this.fds.get(fd)?.file.kind === "terminal";
  }

  /** Columns of the terminal, or what a program assumes without one. */
  columns(fallback = 80): number {
    return this.isTerminal(1) ? (this.login.tty?.size().columns ?? fallback) : fallback;
  }

  /** To standard output, gathered; a terminal sees it at the latest when the program waits or ends. */
  out(text: string | Uint8Array): Promise<void> | undefined {
    const bytes = typeof text === "string" ? encode(text) : text;
    if (bytes.length === 0) return undefined;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    return this.#pendingBytes >= FLUSH_BYTES ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes =
      this.#pending.length === 1 && this.#pending[0] !== undefined
        ? this.#pending[0]
        : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.writeTo(1, bytes);
  }

  async err(text: string): Promise<void> {
    await this.flush();
    try {
      await this.writeTo(2, encode(text));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** Writes an error and gives the exit status: `return context.fail("cat: …\n")`. */
  async fail(text: string, status = 1): Promise<number> {
    await this.err(text.endsWith("\n") ? text : `${text}\n`);
    return status;
  }

  async writeTo(fd: number, bytes: Uint8Array): Promise<void> {
    const file = this.fds.get(fd)?.file;
    if (file === undefined) throw new CallFailed("EBADF");
    await file.write(bytes, this.process.signal);
    await this.tick();
  }

  async sleep(milliseconds: number): Promise<void> {
    await this.flush();
    await this.process.sleep(milliseconds);
  }

  /** Gives the thread back when its slice is over. Await it in every loop over data. */
  tick(): Promise<void> | undefined {
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

  /** This answer came from no rule. */
  unknown(): void {
    this.run.known = false;
  }

  /** Facts of a file, or undefined when stat fails with ENOENT or the like. */
  stat(path: string): FileFacts | undefined {
    return this.#facts(path, true);
  }
  lstat(path: string): FileFacts | undefined {
    return this.#facts(path, false);
  }
  #facts(path: string, follow: boolean): FileFacts | undefined {
    try {
      return follow ? this.fs.stat(this.path(path)) : this.fs.lstat(this.path(path));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Opens an input file; `-` is standard input. @throws {FsError} */
  open(path: string): Input {
    if (path === "-" || path === "/dev/stdin") return this.stdin;
    if (path === "/dev/tty" && this.login.tty !== undefined) return new Input(this, this.login.tty.file);
    const fd = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1];
    const inherited = fd === undefined ? undefined : this.fds.get(Number(fd))?.file;
    return new Input(this, inherited ?? openPath(this.fs, this.path(path), "read"));
  }

  /** Runs `act`; an errno becomes its text. Anything else is thrown on. */
  attempt<T>(
    act: () => T,
  ):
    | { readonly value: T; readonly error?: undefined }
    | { readonly error: string; readonly value?: undefined } {
    try {
      return { value: act() };
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return { error: strerror(errno) };
    }
  }

  /** Runs another program and waits. 127 and 126 as shells give them, without a message. */
  async spawn(argv: readonly string[], options?: SpawnOptions): Promise<number> {
    await this.flush();
    const started = this.launcher.start(this, argv, options);
    if ("error" in started) return started.error === "ENOENT" ? 127 : 126;
    const state = await started.ended;
    return state.signal === undefined ? state.code : 128 + state.signal;
  }
}

/** Standard input or a file, read in chunks, lines or whole. */
export class Input {
  readonly #context: ProgramContext;
  readonly #file: OpenFile | undefined;
  #rest: Uint8Array | undefined;

  constructor(context: ProgramContext, file: OpenFile | undefined) {
    this.#context = context;
    this.#file = file;
  }

  get file(): OpenFile | undefined {
    return this.#file;
  }

  async read(max = 65_536): Promise<Uint8Array | undefined> {
    if (this.#rest !== undefined) {
      const rest = this.#rest;
      this.#rest = rest.length > max ? rest.subarray(max) : undefined;
      return rest.subarray(0, max);
    }
    if (this.#file === undefined) throw new CallFailed("EBADF");
    await this.#context.tick();
    if (this.#file.kind === "terminal" || this.#file.kind === "pipe") await this.#context.flush();
    const chunk = await this.#file.read(max, this.#context.process.signal);
    if (this.#context.process.stopped) await this.#context.process.gate();
    return chunk;
  }

  /** Everything, at most `limit` bytes. */
  async bytes(limit = MAX_INPUT): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) break;
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) throw new CallFailed("ENOMEM");
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  async text(limit = MAX_INPUT): Promise<string> {
    return decode(await this.bytes(limit));
  }

  /** Lines with their line end; the last may lack it. */
  async *lines(separator = 10): AsyncGenerator<string> {
    let partial: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) break;
      let start = 0;
      for (let end = chunk.indexOf(separator); end >= 0; end = chunk.indexOf(separator, start)) {
        partial.push(chunk.subarray(start, end + 1));
        yield decode(partial.length === 1 && partial[0] !== undefined ? partial[0] : Buffer.concat(partial));
        partial = [];
        size = 0;
        start = end + 1;
      }
      if (start < chunk.length) {
        partial.push(chunk.subarray(start));
        size += chunk.length - start;
        if (size > MAX_INPUT) throw new CallFailed("ENOMEM");
      }
    }
    if (partial.length > 0) yield decode(Buffer.concat(partial));
  }

  /** Gives bytes back to what was read from, for the next reader. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#file?.unread !== undefined) this.#file.unread(bytes);
    else this.#rest = bytes;
  }
}

export function tableOf(programs: readonly Program[]): ProgramTable {
  const byName = new Map<string, Program>();
  for (const program of programs) {
    for (const name of program.names) byName.set(name, program);
  }
  return { find: (name) => byName.get(name), names: new Set(byName.keys()) };
}
