import type { ConnectionLog } from "../contract.ts";
import { type ChannelDeps, PACKET, SshChannel } from "./channel.ts";
import type { SshEvents } from "./events.ts";
import type { HostKey } from "./host-keys.ts";
import { SessionChannel, type SessionDeps } from "./session-channel.ts";
import { MSG, message, WireReader, WireWriter } from "./transport/wire.ts";

/** `MaxSessions` of the stock configuration. */
const MAX_SESSIONS = 10;
const PROHIBITED = 1;
const CONNECT_FAILED = 2;

export interface ConnectionLayerDeps extends ChannelDeps {
  readonly log: ConnectionLog<SshEvents>;
  readonly hostKeys: readonly HostKey[];
  readonly rsaAlgorithm: "rsa-sha2-256" | "rsa-sha2-512";
  readonly sessionId: () => Buffer;
  readonly session: SessionDeps;
  readonly disconnect: (text: string) => void;
}

/** RFC 4254 as sshd's stock configuration serves it: sessions, refused forwarding, host key updates. */
export class ConnectionLayer {
  readonly #deps: ConnectionLayerDeps;
  readonly #channels = new Map<number, SessionChannel>();
  #noMoreSessions = false;
  #nextId = 0;

  constructor(deps: ConnectionLayerDeps) {
    this.#deps = deps;
  }

  /** sshd tells all its host keys as soon as somebody is in. */
  start(): void {
    const writer = message(MSG.GLOBAL_REQUEST).string("hostkeys-00@openssh.com").boolean(false);
    for (const { blob } of this.#deps.hostKeys) writer.string(blob);
    this.#deps.send(writer.done());
  }

  /** @returns false for a message that is not understood. */
  take(payload: Buffer): boolean {
    const reader = new WireReader(payload, 1);
    const type = payload[0] ?? 0;
    if (type === MSG.GLOBAL_REQUEST) this.#onGlobalRequest(reader);
    else if (type === MSG.CHANNEL_OPEN) this.#onOpen(reader);
    else if (type === MSG.REQUEST_SUCCESS || type === MSG.REQUEST_FAILURE) return true;
    else if (type > MSG.CHANNEL_OPEN_FAILURE && type <= MSG.CHANNEL_FAILURE) this.#onChannel(type, reader);
    else return false;
    return true;
  }

  /** The connection is over: every session ends. */
  release(): void {
    for (const session of this.#channels.values()) session.onClose();
    this.#channels.clear();
  }

  #onGlobalRequest(reader: WireReader): void {
    const name = reader.text();
    const wantsReply = reader.boolean();
    const answer = this.#global(name, reader);
    if (!wantsReply) return;
    this.#deps.send(answer ?? message(MSG.REQUEST_FAILURE).done());
  }

  #global(name: string, reader: WireReader): Buffer | undefined {
    switch (name) {
      case "no-more-sessions@openssh.com":
        this.#noMoreSessions = true;
        return message(MSG.REQUEST_SUCCESS).done();
      case "hostkeys-prove-00@openssh.com":
        return this.#prove(reader);
      case "tcpip-forward":
        this.#deps.log.emit("tcpip_request", {
          dest_host: reader.text(),
          dest_port: reader.uint32(),
          orig_host: "",
          orig_port: 0,
          direction: "listen",
          granted: false,
        });
        return undefined;
      default:
        return undefined;
    }
  }

  /** PROTOCOL §2.5: a signature over each key the client asks about. */
  #prove(reader: WireReader): Buffer | undefined {
    const reply = message(MSG.REQUEST_SUCCESS);
    while (reader.left > 0) {
      const blob = reader.string();
      const key = this.#deps.hostKeys.find((known) => known.blob.equals(blob));
      if (key === undefined) return undefined;
      const data = new WireWriter()
        .string("hostkeys-prove-00@openssh.com")
        .string(this.#deps.sessionId())
        .string(blob)
        .done();
      reply.string(key.sign(key.type === "ssh-rsa" ? this.#deps.rsaAlgorithm : key.type, data));
    }
    return reply.done();
  }

  #onOpen(reader: WireReader): void {
    const type = reader.text();
    const peer = { id: reader.uint32(), window: reader.uint32(), packet: reader.uint32() };
    if (type === "session") this.#openSession(peer);
    else if (type === "direct-tcpip") {
      this.#deps.log.emit("tcpip_request", {
        dest_host: reader.text(),
        dest_port: reader.uint32(),
        orig_host: reader.text(),
        orig_port: reader.uint32(),
        direction: "out",
        granted: false,
      });
      this.#refuse(peer.id, PROHIBITED);
    } else this.#refuse(peer.id, type.startsWith("direct-streamlocal") ? PROHIBITED : CONNECT_FAILED);
  }

  #openSession(peer: { id: number; window: number; packet: number }): void {
    if (this.#noMoreSessions) {
      this.#deps.disconnect("Possible attack: attempt to open a session after additional sessions disabled");
      return;
    }
    if (this.#channels.size >= MAX_SESSIONS) {
      this.#refuse(peer.id, CONNECT_FAILED);
      return;
    }
    const id = this.#freeId();
    const channel = new SshChannel(id, peer, this.#deps);
    this.#channels.set(id, new SessionChannel(channel, this.#deps.session));
    this.#deps.send(
      message(MSG.CHANNEL_OPEN_CONFIRMATION).uint32(peer.id).uint32(id).uint32(0).uint32(PACKET).done(),
    );
  }

  /** Lowest free number, as sshd counts. */
  #freeId(): number {
    for (let id = 0; id < MAX_SESSIONS; id += 1) if (!this.#channels.has(id)) return id;
    this.#nextId += 1;
    return MAX_SESSIONS + this.#nextId;
  }

  #refuse(peerId: number, reason: number): void {
    this.#deps.send(
      message(MSG.CHANNEL_OPEN_FAILURE).uint32(peerId).uint32(reason).string("open failed").string("").done(),
    );
  }

  #onChannel(type: number, reader: WireReader): void {
    const id = reader.uint32();
    const session = this.#channels.get(id);
    if (session === undefined) {
      // A request may cross our CLOSE; data for a number that never was ends it in sshd too.
      if (type === MSG.CHANNEL_DATA && id >= MAX_SESSIONS)
        this.#deps.disconnect(`Received data for nonexistent channel ${id}.`);
      return;
    }
    switch (type) {
      case MSG.CHANNEL_WINDOW_ADJUST:
        session.channel.adjust(reader.uint32());
        return;
      case MSG.CHANNEL_DATA:
        session.onData(reader.string());
        return;
      case MSG.CHANNEL_EOF:
        session.channel.receiveEof();
        return;
      case MSG.CHANNEL_CLOSE:
        this.#channels.delete(id);
        session.channel.close();
        session.onClose();
        return;
      case MSG.CHANNEL_REQUEST:
        session.onRequest(reader);
        return;
      default:
    }
  }
}
