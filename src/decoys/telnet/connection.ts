import type { Connection, DecoyContext } from "../contract.ts";
import { guessProtocol } from "../runtime/foreign-protocol.ts";
import { ByteQueue } from "../terminal/byte-queue.ts";
import { type OpenSessions, TerminalSession, type TerminalSize } from "../terminal/session.ts";
import { AYT, EC, EL, IP, TelnetDecoder, TelnetEncoder, type TelnetItem } from "./codec.ts";
import type { TelnetEvents } from "./events.ts";
import { LoginDialogue } from "./login.ts";
import { Negotiation } from "./negotiation.ts";
import type { TelnetOptions } from "./options.ts";
import type { Personality } from "./personality.ts";

/** A client that negotiates nothing (netcat) is taken as it is after this time, or when it types. */
const NEGOTIATION_MS = 1_500;
/** Unread input of a busy shell beyond which the client is not read any more. */
const MAX_UNREAD = 65_536;

export interface TelnetServer {
  readonly context: DecoyContext<Readonly<TelnetOptions>, TelnetEvents>;
  readonly personality: Personality;
  readonly sessions: OpenSessions;
  /** Text before the first prompt. */
  readonly banner: string;
}

/** One client from its first byte to its last. */
export class TelnetConnection {
  readonly #server: TelnetServer;
  readonly #connection: Connection<TelnetEvents>;
  readonly #decoder = new TelnetDecoder();
  readonly #encoder: TelnetEncoder;
  readonly #negotiation: Negotiation;
  readonly #login: LoginDialogue;
  #phase: "negotiating" | "login" | "shell" = "negotiating";
  #early: Buffer[] = [];
  #input: ByteQueue | undefined;
  #session: TerminalSession | undefined;
  readonly #resize: ((size: TerminalSize) => void)[] = [];
  #told = false;
  #sawData = false;
  #clientEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: TelnetServer, connection: Connection<TelnetEvents>) {
    this.#server = server;
    this.#connection = connection;
    const { personality, context } = server;
    this.#encoder = new TelnetEncoder(personality.bareCr);
    this.#negotiation = new Negotiation(personality, (bytes) => void connection.socket.write(bytes));
    const group = context.machine.groupOf(connection.remote.ip);
    this.#login = new LoginDialogue({
      log: connection.log,
      texts: personality.login,
      hostname: context.persona.hostname,
      write: (text) => void this.#write(text),
      authenticate: (user, bytes) =>
        context.machine.authenticate({
          service: "telnet",
          user,
          group,
          peer: connection.remote,
          secret: { kind: "password", bytes },
        }),
      pause: (ms) => this.#pause(ms),
      onSuccess: (user, ahead) => this.#openShell(user, ahead),
      onEnd: () => connection.end("server"),
    });
  }

  start(): void {
    const { socket, signal } = this.#connection;
    const { personality } = this.#server;
    this.#connection.stage("login", personality.login.timeoutS * 1_000);
    this.#connection.onLimit((limit) => {
      if (limit === "login") void this.#write(Buffer.from(personality.login.timedOut));
    });
    signal.addEventListener("abort", () => this.#release(), { once: true });
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#onEnd());
    this.#negotiation.ask(personality.opening);
    if (personality.waits) this.#timer = setTimeout(() => this.#beginLogin(), NEGOTIATION_MS);
    else this.#beginLogin();
  }

  #receive(chunk: Buffer): void {
    this.#guessFirst(chunk);
    for (const item of this.#decoder.take(chunk)) this.#onItem(item);
    if (this.#phase === "negotiating" && (this.#negotiation.isSettled || this.#early.length > 0))
      this.#beginLogin();
  }

  /** Other protocols come here too; what they get is still a login prompt. */
  #guessFirst(chunk: Buffer): void {
    if (this.#sawData) return;
    this.#sawData = true;
    const guess = guessProtocol(chunk);
    if (guess === "unknown") return;
    const first = chunk.subarray(0, 512).toString("base64");
    this.#connection.log.emit("foreign_protocol", { guess, first_bytes_b64: first });
  }

  #onItem(item: TelnetItem): void {
    switch (item.kind) {
      case "data":
        this.#onData(item.bytes);
        return;
      case "option":
        this.#negotiation.onOption(item);
        return;
      case "sub": {
        const before = this.#negotiation.size;
        this.#negotiation.onSub(item.option, item.bytes);
        const { size } = this.#negotiation;
        if (size !== undefined && size !== before) this.#onResize(size);
        return;
      }
      case "command":
        this.#onCommand(item.command);
        return;
    }
  }

  #onCommand(command: number): void {
    const { areYouThere } = this.#server.personality;
    if (command === AYT && areYouThere !== undefined) void this.#write(Buffer.from(areYouThere));
    // The terminal's own characters: interrupt, erase, kill.
    const key = command === IP ? 0x03 : command === EC ? 0x7f : command === EL ? 0x15 : undefined;
    if (key !== undefined) this.#onData(Buffer.from([key]));
  }

  #onData(bytes: Buffer): void {
    if (this.#phase === "negotiating") this.#early.push(bytes);
    else if (this.#phase === "login") {
      this.#tellOptions();
      this.#login.take(bytes);
    } else this.#toShell(bytes);
  }

  #toShell(bytes: Buffer): void {
    const { socket } = this.#connection;
    this.#session?.input(bytes);
    this.#input?.push(bytes);
    if ((this.#input?.waiting ?? 0) > MAX_UNREAD) socket.pause();
  }

  #beginLogin(): void {
    if (this.#phase !== "negotiating") return;
    clearTimeout(this.#timer);
    this.#phase = "login";
    this.#negotiation.ask(this.#server.personality.second);
    void this.#write(Buffer.from(this.#server.banner));
    this.#login.start();
    for (const bytes of this.#early.splice(0)) this.#onData(bytes);
  }

  #tellOptions(): void {
    const { sequence, terminalType, size } = this.#negotiation;
    if (this.#told || sequence === "") return;
    this.#told = true;
    this.#connection.log.emit("telnet_options", {
      sequence,
      term: terminalType,
      width: size?.columns,
      height: size?.rows,
    });
  }

  #write(text: Uint8Array): Promise<void> | void {
    const { socket } = this.#connection;
    if (!socket.writable || socket.write(this.#encoder.encode(text))) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }

  #openShell(user: string, ahead: Buffer): void {
    const { context, sessions } = this.#server;
    const size = this.#negotiation.size ?? { columns: 80, rows: 24 };
    const term = this.#negotiation.terminalType ?? "network";
    const session = TerminalSession.open(
      context,
      { slug: "telnet", connection: this.#connection, declaredPort: context.options.port },
      { kind: "shell", user, env: { TERM: term }, terminal: { ...size, term } },
    );
    if (session === undefined) {
      void this.#write(Buffer.from(`\r\nThere were too many logins for '${user}'.\r\n`));
      this.#connection.end("server");
      return;
    }
    sessions.add(session);
    this.#connection.stage("shell", undefined);
    const { socket } = this.#connection;
    const input = new ByteQueue(() => {
      if (input.waiting <= MAX_UNREAD / 2 && socket.isPaused()) socket.resume();
    });
    this.#input = input;
    this.#session = session;
    this.#phase = "shell";
    if (ahead.length > 0) this.#toShell(ahead);
    if (this.#clientEnded) input.end();
    void this.#run(session, input);
  }

  async #run(session: TerminalSession, input: ByteQueue): Promise<void> {
    const size = (): TerminalSize => this.#negotiation.size ?? { columns: 80, rows: 24 };
    await session.onTerminal({
      input,
      write: (bytes) => this.#write(bytes),
      get size() {
        return size();
      },
      onResize: (listener) => void this.#resize.push(listener),
    });
    this.#connection.end("server");
  }

  #onResize(size: TerminalSize): void {
    this.#session?.resize(size);
    for (const listener of this.#resize) listener(size);
  }

  /** The client sends no more: what it sent already is still answered, by login and by a shell. */
  #onEnd(): void {
    this.#clientEnded = true;
    this.#beginLogin();
    if (this.#input === undefined) this.#login.endInput();
    else this.#input.end();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#connection.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#tellOptions();
    this.#input?.end();
  }
}
