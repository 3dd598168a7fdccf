import { randomUUID } from "node:crypto";
import type { ExitStatus, LoginFacts, Machine, Pipes, Shell, Terminal, World } from "#machine/contract.ts";
import type {
  Connection,
  ConnectionLog,
  DecoyContext,
  EventCatalogue,
  SessionRecorder,
} from "../contract.ts";
import { type SessionEvents, SessionObserver } from "./observer.ts";

/** How long a shell may take to wind up after its client is gone. */
const SETTLE_MS = 1_000;
const MAX_PER_WORLD = 16;
const MAX_PER_DECKY = 256;

export type SessionContext = Pick<
  DecoyContext<unknown, EventCatalogue>,
  "machine" | "persona" | "clock" | "log" | "quarantine" | "record"
>;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface SessionRequest {
  readonly kind: "shell" | "exec" | "sftp" | "subsystem";
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  /** Present when a terminal was asked for. */
  readonly terminal?: TerminalSize & { readonly term: string };
}

export interface SessionPeer {
  readonly slug: string;
  readonly connection: Connection<SessionEvents>;
  /** The port the persona has; behind another one the machine believes in port forwarding. */
  readonly declaredPort: number;
}

/** Sessions open per machine and world; PAM and sshd refuse beyond. */
const counts = new WeakMap<Machine, Map<string, number>>();

function countOf(machine: Machine): Map<string, number> {
  const known = counts.get(machine);
  if (known !== undefined) return known;
  const fresh = new Map<string, number>();
  counts.set(machine, fresh);
  return fresh;
}

const total = (count: Map<string, number>): number => count.values().reduce((sum, n) => sum + n, 0);

/** Where the machine thinks it was reached: its own address when the bound port is not the persona's. */
function localView(
  { connection, declaredPort }: SessionPeer,
  context: Pick<SessionContext, "persona">,
): { readonly ip: string; readonly port: number } {
  const { local } = connection;
  if (local.port === declaredPort) return local;
  return { ip: context.persona.network.address, port: declaredPort };
}

/**
 * One login's session: recorded, observed, and closed with exactly one of `session_recorded` and
 * `session_skipped`, whatever ends it.
 */
export class TerminalSession {
  readonly sid: string;
  readonly log: ConnectionLog<SessionEvents>;
  readonly observer: SessionObserver;
  readonly world: World;
  readonly shell: Shell;
  readonly user: string;
  readonly #context: SessionContext;
  readonly #slug: string;
  readonly #recorder: SessionRecorder;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #group: string;
  readonly #whenOver = Promise.withResolvers<void>();
  readonly #forget: () => void;
  #closed = false;

  private constructor(context: SessionContext, peer: SessionPeer, request: SessionRequest) {
    const { connection, slug } = peer;
    const { machine } = context;
    this.sid = randomUUID();
    this.user = request.user;
    this.#context = context;
    this.#slug = slug;
    this.#group = machine.groupOf(connection.remote.ip);
    this.log = connection.log.inSession(this.sid);
    this.observer = new SessionObserver({
      log: this.log,
      quarantine: context.quarantine,
      facts: { sid: this.sid, user: request.user, ip: connection.remote.ip, channel: request.kind },
      now: () => context.clock.now(),
    });
    const login: LoginFacts = {
      user: request.user,
      service: slug,
      peer: connection.remote,
      local: localView(peer, context),
      env: request.env,
      sid: this.sid,
      observer: this.observer,
    };
    this.world = machine.world(this.#group);
    this.shell = this.world.openShell(login);
    const size = request.terminal ?? { columns: 80, rows: 24, term: "" };
    this.#recorder = context.record({
      sid: this.sid,
      columns: size.columns,
      rows: size.rows,
      shell: "/bin/bash",
      term: size.term,
    });
    this.log.emit("session_started", {
      service: slug,
      kind: request.kind,
      user: request.user,
      uid: this.shell.uid,
      tty: request.terminal === undefined ? 0 : 1,
      term: request.terminal?.term,
      width: request.terminal?.columns,
      height: request.terminal?.rows,
      backend: "machine",
      world: this.#group,
    });
    const gone = (): void => void this.hangUp(endOfReason(connection.signal.reason));
    connection.signal.addEventListener("abort", gone, { once: true });
    this.#forget = () => connection.signal.removeEventListener("abort", gone);
    if (connection.signal.aborted) gone();
  }

  /** @returns `undefined` when the world or the decky has as many sessions as its limits allow. */
  static open(
    context: SessionContext,
    peer: SessionPeer,
    request: SessionRequest,
  ): TerminalSession | undefined {
    const group = context.machine.groupOf(peer.connection.remote.ip);
    const count = countOf(context.machine);
    const here = count.get(group) ?? 0;
    if (here >= MAX_PER_WORLD || total(count) >= MAX_PER_DECKY) return undefined;
    const session = new TerminalSession(context, peer, request);
    count.set(group, here + 1);
    return session;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#context.clock.now();
  }

  get timezone(): string {
    return this.#context.persona.timezone;
  }

  /** Aborts when the client is gone or the session was ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves once the session has told its end. */
  get over(): Promise<void> {
    return this.#whenOver.promise;
  }

  /** What the client sent, when it arrives: a busy shell reads it later, or never. */
  input(bytes: Uint8Array): void {
    this.#recorder.input(bytes);
  }

  output(bytes: Uint8Array): void {
    this.#recorder.output(bytes);
  }

  resize(size: TerminalSize): void {
    this.#recorder.resize(size.columns, size.rows);
  }

  /** A login shell, or `command` on a terminal; resolves with how it ended, after telling so. Input is the caller's to record. */
  async onTerminal(terminal: Terminal, command?: string): Promise<ExitStatus> {
    const recorded = this.#recordedTerminal(terminal);
    return this.#run(() =>
      command === undefined
        ? this.shell.interact(recorded, this.signal)
        : this.shell.execOnTerminal(command, recorded, this.signal),
    );
  }

  async exec(command: string, pipes: Pipes): Promise<ExitStatus> {
    const recorded: Pipes = {
      stdin: pipes.stdin,
      stdout: (bytes) => {
        this.output(bytes);
        return pipes.stdout(bytes);
      },
      stderr: (bytes) => {
        this.output(bytes);
        return pipes.stderr(bytes);
      },
    };
    return this.#run(() => this.shell.exec(command, recorded, this.signal));
  }

  /** Runs something that is no shell (a file transfer) as this session. */
  async during(work: () => Promise<ExitStatus>): Promise<ExitStatus> {
    return this.#run(work);
  }

  async #run(work: () => Promise<ExitStatus>): Promise<ExitStatus> {
    let status: ExitStatus;
    try {
      status = await work();
    } catch (error) {
      this.#context.log.error({ error: describe(error), sid: this.sid }, "A shell failed; its session ends.");
      status = { code: 255, end: "killed" };
    }
    await this.close(this.signal.aborted ? this.#endOf(status) : status.end);
    return status;
  }

  #endOf(status: ExitStatus): ExitStatus["end"] {
    const reason: unknown = this.signal.reason;
    return typeof reason === "string" ? (reason as ExitStatus["end"]) : status.end;
  }

  #recordedTerminal(terminal: Terminal): Terminal {
    return {
      input: terminal.input,
      write: (bytes) => {
        this.output(bytes);
        return terminal.write(bytes);
      },
      get size() {
        return terminal.size;
      },
      onResize: (listener) => terminal.onResize(listener),
    };
  }

  /** The client is gone: the shell gets a moment to say what its commands did. */
  async hangUp(end: ExitStatus["end"]): Promise<void> {
    if (this.#closed) return;
    this.#abort.abort(end);
    const settled = Promise.withResolvers<void>();
    const timer = setTimeout(settled.resolve, SETTLE_MS);
    void this.over.then(settled.resolve);
    await settled.promise;
    clearTimeout(timer);
    await this.close(end);
  }

  /** Tells the end, once. */
  async close(end: ExitStatus["end"]): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    this.#abort.abort(end);
    const count = countOf(this.#context.machine);
    count.set(this.#group, (count.get(this.#group) ?? 1) - 1);
    if (count.get(this.#group) === 0) count.delete(this.#group);
    try {
      await this.shell[Symbol.asyncDispose]();
    } catch (error) {
      this.#context.log.error({ error: describe(error), sid: this.sid }, "A shell could not be ended.");
    }
    this.#tellEnd(end);
    this.observer.silence();
    this.#whenOver.resolve();
  }

  #tellEnd(end: ExitStatus["end"]): void {
    const { bytes, truncated, skipped } = this.#recorder.close();
    if (skipped !== undefined) {
      const reason = skipped as "disk_pressure";
      this.log.emit("session_skipped", { service: this.#slug, reason }, "warning");
      return;
    }
    this.log.emit("session_recorded", {
      service: this.#slug,
      duration_s: ((performance.now() - this.#startedAt) / 1_000).toFixed(3),
      bytes,
      truncated,
      commands: this.observer.commands,
      files: this.observer.files,
      end,
    });
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

function endOfReason(reason: unknown): ExitStatus["end"] {
  switch (reason) {
    case "timeout":
    case "limit":
      return reason;
    case "server":
      return "killed";
    default:
      return "disconnect";
  }
}

/** The sessions a decoy has open, so that its end can wait for theirs. */
export class OpenSessions {
  readonly #open = new Set<TerminalSession>();

  add(session: TerminalSession): void {
    this.#open.add(session);
    void session.over.then(() => this.#open.delete(session));
  }

  async settle(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.over));
  }
}
