import type { KexInit } from "#fingerprints/hassh.ts";
import { hassh, hasshAlgorithms } from "#fingerprints/hassh.ts";
import type { Connection, DecoyContext } from "../contract.ts";
import { guessProtocol } from "../runtime/foreign-protocol.ts";
import type { OpenSessions } from "../terminal/session.ts";
import { SshAuth } from "./auth.ts";
import { ConnectionLayer } from "./connection-layer.ts";
import { SshProtocolError } from "./errors.ts";
import type { SshEvents } from "./events.ts";
import type { HostKey } from "./host-keys.ts";
import { type ClientVersion, Identification, type Identified } from "./identification.ts";
import type { SshOptions } from "./options.ts";
import type { SeenFingerprints } from "./seen-fingerprints.ts";
import { SshTransport } from "./transport/transport.ts";
import type { SshVersion } from "./versions.ts";

/** `LoginGraceTime` of the stock configuration. */
const LOGIN_GRACE_MS = 120_000;

export interface SshServer {
  readonly context: DecoyContext<Readonly<SshOptions>, SshEvents>;
  readonly version: SshVersion;
  readonly hostKeys: readonly HostKey[];
  readonly sessions: OpenSessions;
  readonly seen: SeenFingerprints;
}

/** One client from its first byte to its last. */
export class SshConnection {
  readonly #server: SshServer;
  readonly #connection: Connection<SshEvents>;
  readonly #identification = new Identification();
  #client: ClientVersion | undefined;
  #transport: SshTransport | undefined;
  #auth: SshAuth | undefined;
  #layer: ConnectionLayer | undefined;
  #refused = false;

  constructor(server: SshServer, connection: Connection<SshEvents>) {
    this.#server = server;
    this.#connection = connection;
  }

  start(): void {
    const { socket, signal } = this.#connection;
    this.#connection.stage("login", LOGIN_GRACE_MS);
    signal.addEventListener("abort", () => this.#release(), { once: true });
    socket.write(`SSH-2.0-${this.#server.version.software}\r\n`);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#connection.end("client"));
  }

  #receive(chunk: Buffer): void {
    if (this.#refused) return;
    if (this.#transport === undefined) this.#onIdentified(this.#identification.take(chunk));
    else this.#transport.receive(chunk);
  }

  #onIdentified(result: Identified): void {
    if (result.state === "more") return;
    if (result.state === "refused") {
      this.#refuse(result);
      return;
    }
    const { version, rest } = result;
    this.#client = version;
    this.#tellBanner(version);
    this.#transport = this.#createTransport(version);
    this.#transport.start();
    if (rest.length > 0) this.#transport.receive(rest);
  }

  #refuse({ answer, error, seen }: Extract<Identified, { state: "refused" }>): void {
    this.#refused = true;
    const { log, socket } = this.#connection;
    const guess = guessProtocol(seen);
    const data = seen.toString("base64");
    if (guess === "ssh" || guess === "unknown")
      log.emit("protocol_error", { stage: "identification", error, data_b64: data }, "warning");
    else log.emit("foreign_protocol", { guess, first_bytes_b64: data });
    if (answer !== undefined) socket.write(answer);
    this.#connection.end("server");
  }

  #tellBanner({ protocol, software, comments }: ClientVersion): void {
    const { log, remote } = this.#connection;
    const repeats = this.#server.seen.note(remote.ip, "banner", `${protocol} ${software} ${comments}`);
    if (repeats === undefined) return;
    log.emit("ssh_client_banner", {
      vantage: "decoy",
      ssh_version: protocol,
      software,
      comments,
      ...(repeats === 0 ? {} : { repeats }),
    });
  }

  #tellKex(init: KexInit): void {
    const { log, remote } = this.#connection;
    const value = hassh(init);
    const repeats = this.#server.seen.note(remote.ip, "kex", value);
    if (repeats === undefined) return;
    log.emit("ssh_client_kex", {
      vantage: "decoy",
      hassh: value,
      hassh_algorithms: hasshAlgorithms(init),
      kex_algorithms: init.kex,
      encryption_c2s: init.encryptionC2s,
      mac_c2s: init.macC2s,
      compression_c2s: init.compressionC2s,
      languages: init.languagesC2s,
      ...(repeats === 0 ? {} : { repeats }),
    });
  }

  #createTransport(version: ClientVersion): SshTransport {
    const { log, socket } = this.#connection;
    let told = false;
    return new SshTransport({
      socket,
      version: this.#server.version,
      clientVersion: version.raw,
      hostKeys: this.#server.hostKeys,
      onMessage: (payload, sequence) => this.#onMessage(payload, sequence),
      onKexInit: (init) => {
        // Once a connection; a re-exchange brings the same lists.
        if (!told) this.#tellKex(init);
        told = true;
      },
      onDisconnect: () => this.#connection.end("client"),
      onFailure: (error) => {
        const stage =
          this.#layer === undefined
            ? this.#auth === undefined
              ? "key exchange"
              : "authentication"
            : "connection";
        log.emit("protocol_error", { stage, error: error.message }, "warning");
        this.#connection.end("server");
      },
    });
  }

  #onMessage(payload: Buffer, sequence: number): void {
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#auth ??= this.#createAuth(transport);
    if (this.#auth.take(payload)) return;
    if (this.#layer?.take(payload) !== true) transport.unimplemented(sequence);
  }

  #createAuth(transport: SshTransport): SshAuth {
    const { context } = this.#server;
    const { machine, options } = context;
    const { remote, log } = this.#connection;
    return new SshAuth({
      log,
      client: this.#client?.software ?? "",
      methods: options.auth.split(","),
      banner: options.banner_file,
      sessionId: () => transport.sessionId,
      authenticate: ({ user, secret }) =>
        machine.authenticate({
          service: "ssh",
          user,
          secret,
          group: machine.groupOf(remote.ip),
          peer: remote,
        }),
      send: (payload) => transport.send(payload),
      disconnect: (text) => this.#disconnect(transport, text),
      pause: (ms) => this.#pause(ms),
      onSuccess: (user) => this.#onLogin(transport, user),
      onFailure: (error) => this.#onAuthFailure(transport, error),
    });
  }

  #disconnect(transport: SshTransport, text: string): void {
    transport.disconnect(text);
    this.#connection.end("server");
  }

  #onAuthFailure(transport: SshTransport, error: unknown): void {
    const { log } = this.#connection;
    const message = error instanceof SshProtocolError ? error.message : "internal";
    if (!(error instanceof SshProtocolError))
      this.#server.context.log.error({ error: String(error) }, "Authentication failed in itself.");
    log.emit("protocol_error", { stage: "authentication", error: message }, "warning");
    transport.close();
    this.#connection.end("server");
  }

  /** A timer of this connection only; a client that is gone leaves it unresolved and forgotten. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#connection.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  }

  #onLogin(transport: SshTransport, user: string): void {
    const { context, hostKeys, sessions } = this.#server;
    this.#connection.stage("session", undefined);
    transport.authenticated();
    const send = (payload: Buffer): void => transport.send(payload);
    const algorithm = transport.negotiated?.hostKeyAlgorithm;
    this.#layer = new ConnectionLayer({
      log: this.#connection.log,
      hostKeys,
      rsaAlgorithm: algorithm === "rsa-sha2-256" ? "rsa-sha2-256" : "rsa-sha2-512",
      sessionId: () => transport.sessionId,
      socket: this.#connection.socket,
      send,
      disconnect: (text) => this.#disconnect(transport, text),
      session: {
        context,
        connection: this.#connection,
        log: this.#connection.log,
        slug: "ssh",
        declaredPort: context.options.port,
        user,
        sessions,
        send,
      },
    });
    this.#layer.start();
  }

  #release(): void {
    this.#transport?.close();
    this.#layer?.release();
  }
}
