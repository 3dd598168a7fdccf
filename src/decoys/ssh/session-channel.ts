import type { ExitStatus } from "#machine/contract.ts";
import type { Connection, ConnectionLog } from "../contract.ts";
import {
  type OpenSessions,
  type SessionContext,
  type SessionRequest,
  TerminalSession,
  type TerminalSize,
} from "../terminal/session.ts";
import type { SshChannel } from "./channel.ts";
import type { SshEvents } from "./events.ts";
import { parseScp, type ScpCommand } from "./scp/arguments.ts";
import { runScp } from "./scp/scp.ts";
import { runSftp } from "./sftp/server.ts";
import { MSG, message, type WireReader, WireWriter } from "./transport/wire.ts";

/** Variables kept of one session; `AcceptEnv LANG LC_*` of the stock configuration. */
const MAX_ENV = 64;
const ACCEPTED_ENV = /^(LANG|LC_[A-Z0-9_]{1,64})$/;
/** Names told per session; a client may send thousands. */
const MAX_ENV_EVENTS = 128;
const MAX_COLUMNS = 1_000;
const SFTP_PROGRAM = /^(?:\/usr\/lib\/openssh\/sftp-server|\/usr\/lib\/sftp-server|internal-sftp)$/;

export interface SessionDeps {
  readonly context: SessionContext;
  readonly connection: Connection<SshEvents>;
  readonly log: ConnectionLog<SshEvents>;
  readonly slug: string;
  readonly declaredPort: number;
  readonly user: string;
  readonly sessions: OpenSessions;
  readonly send: (payload: Buffer) => void;
}

type Job = (session: TerminalSession) => Promise<ExitStatus>;

/** A session channel: what the client prepares, then one shell, command or subsystem. */
export class SessionChannel {
  readonly channel: SshChannel;
  readonly #deps: SessionDeps;
  readonly #env = new Map<string, string>();
  #envTold = 0;
  #terminal: (TerminalSize & { readonly term: string }) | undefined;
  readonly #resizeListeners: ((size: TerminalSize) => void)[] = [];
  #session: TerminalSession | undefined;
  #started = false;
  #signal: string | undefined;

  constructor(channel: SshChannel, deps: SessionDeps) {
    this.channel = channel;
    this.#deps = deps;
  }

  onData(bytes: Buffer): void {
    const taken = this.channel.receive(bytes);
    this.#session?.input(taken);
  }

  /** The client closed the channel, or is gone: the shell is hung up. */
  onClose(): void {
    this.channel.release();
    void this.#session?.hangUp("disconnect");
  }

  onRequest(reader: WireReader): void {
    const type = reader.text();
    const wantsReply = reader.boolean();
    const granted = this.#request(type, reader);
    if (!wantsReply) return;
    this.#deps.send(
      message(granted ? MSG.CHANNEL_SUCCESS : MSG.CHANNEL_FAILURE)
        .uint32(this.channel.peerId)
        .done(),
    );
  }

  #request(type: string, reader: WireReader): boolean {
    switch (type) {
      case "pty-req":
        return this.#onPty(reader);
      case "env":
        return this.#onEnv(reader.text(), reader.text());
      case "window-change":
        return this.#onResize(reader.uint32(), reader.uint32());
      case "signal":
        return this.#onSignal(reader.text());
      case "auth-agent-req@openssh.com":
        return true;
      default:
        return this.#start(type, reader);
    }
  }

  #start(type: string, reader: WireReader): boolean {
    if (this.#started) return false;
    switch (type) {
      case "shell":
        return this.#run("shell", (session) => this.#shell(session));
      case "exec": {
        const command = reader.text();
        return this.#exec(command);
      }
      case "subsystem": {
        const name = reader.text();
        this.#deps.log.emit("subsystem", { name });
        return name === "sftp" && this.#run("sftp", (session) => this.#sftp(session));
      }
      default:
        return false;
    }
  }

  #exec(command: string): boolean {
    if (SFTP_PROGRAM.test(command)) return this.#run("sftp", (session) => this.#sftp(session));
    const scp = parseScp(command);
    if (scp !== undefined) return this.#run("exec", (session) => this.#scp(session, scp, command));
    return this.#run("exec", (session) => this.#command(session, command));
  }

  #sessionLog(session: TerminalSession): ConnectionLog<SshEvents> {
    return this.#deps.log.inSession(session.sid);
  }

  #sftp(session: TerminalSession): Promise<ExitStatus> {
    const log = this.#sessionLog(session);
    return session.during(() => runSftp({ session, channel: this.channel, log }));
  }

  #scp(session: TerminalSession, scp: ScpCommand, line: string): Promise<ExitStatus> {
    const log = this.#sessionLog(session);
    return session.during(() => runScp(scp, { session, channel: this.channel, log, line }));
  }

  /** Without a pty the login shell reads its commands from a pipe: no prompt, no echo. */
  #shell(session: TerminalSession): Promise<ExitStatus> {
    return this.#terminal === undefined
      ? this.#command(session, "bash")
      : session.onTerminal(this.#asTerminal());
  }

  #command(session: TerminalSession, command: string): Promise<ExitStatus> {
    if (this.#terminal !== undefined) return session.onTerminal(this.#asTerminal(), command);
    return session.exec(command, {
      stdin: this.channel.input,
      stdout: (bytes) => this.channel.write(bytes),
      stderr: (bytes) => this.channel.write(bytes, true),
    });
  }

  #asTerminal(): Parameters<TerminalSession["onTerminal"]>[0] {
    const size = (): TerminalSize => this.#terminal ?? { columns: 80, rows: 24 };
    return {
      input: this.channel.input,
      write: (bytes) => this.channel.write(bytes),
      get size() {
        return size();
      },
      onResize: (listener) => void this.#resizeListeners.push(listener),
    };
  }

  #run(kind: SessionRequest["kind"], job: Job): boolean {
    const { context, connection, slug, declaredPort, user, sessions } = this.#deps;
    const env = {
      ...Object.fromEntries(this.#env),
      ...(this.#terminal ? { TERM: this.#terminal.term } : {}),
    };
    const request: SessionRequest = {
      kind,
      user,
      env,
      ...(this.#terminal === undefined ? {} : { terminal: this.#terminal }),
    };
    const session = TerminalSession.open(context, { slug, connection, declaredPort }, request);
    if (session === undefined) return false;
    this.#started = true;
    this.#session = session;
    sessions.add(session);
    this.channel.open();
    // The answer to the request goes out before anything the job writes.
    queueMicrotask(() => void this.#finish(job(session)));
    return true;
  }

  async #finish(job: Promise<ExitStatus>): Promise<void> {
    const status = await job;
    await this.channel.finish(() => {
      const signal = this.#signal ?? status.signal;
      if (signal === undefined) {
        this.channel.request("exit-status", new WireWriter().uint32(status.code & 0xff).done());
        return;
      }
      const body = new WireWriter()
        .string(signal.replace(/^SIG/, ""))
        .boolean(false)
        .string("")
        .string("")
        .done();
      this.channel.request("exit-signal", body);
    });
  }

  #onPty(reader: WireReader): boolean {
    if (this.#started || this.#terminal !== undefined) return false;
    const term = reader.text().slice(0, 64);
    const [columns, rows] = [reader.uint32(), reader.uint32()];
    this.#terminal = { term, columns: clamp(columns, 80), rows: clamp(rows, 24) };
    return true;
  }

  #onEnv(name: string, value: string): boolean {
    this.#envTold += 1;
    if (this.#envTold <= MAX_ENV_EVENTS) this.#deps.log.emit("env", { name, value });
    if (!ACCEPTED_ENV.test(name) || this.#env.size >= MAX_ENV) return false;
    this.#env.set(name, value.slice(0, 1_024));
    return true;
  }

  #onResize(columns: number, rows: number): boolean {
    if (this.#terminal === undefined) return false;
    const size = { columns: clamp(columns, 80), rows: clamp(rows, 24) };
    this.#terminal = { ...this.#terminal, ...size };
    this.#session?.resize(size);
    for (const listener of this.#resizeListeners) listener(size);
    return true;
  }

  #onSignal(name: string): boolean {
    const session = this.#session;
    if (session === undefined) return false;
    const key = name === "INT" ? 0x03 : name === "QUIT" ? 0x1c : undefined;
    if (this.#terminal !== undefined && key !== undefined) {
      this.channel.input.push(Buffer.from([key]));
      return true;
    }
    if (!["INT", "TERM", "KILL", "HUP", "QUIT", "ABRT", "USR1", "USR2"].includes(name)) return false;
    this.#signal = name;
    void session.hangUp("killed");
    return true;
  }
}

const clamp = (value: number, byDefault: number): number =>
  value === 0 ? byDefault : Math.min(value, MAX_COLUMNS);
