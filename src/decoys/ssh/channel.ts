import type { Duplex } from "node:stream";
import { ByteQueue } from "../terminal/byte-queue.ts";
import { MSG, message } from "./transport/wire.ts";

/** sshd's session window and packet size. */
const WINDOW = 64 * 32_768;
export const PACKET = 32_768;
const STDERR = 1;

export interface ChannelDeps {
  readonly send: (payload: Buffer) => void;
  readonly socket: Duplex;
}

export interface PeerChannel {
  readonly id: number;
  readonly window: number;
  readonly packet: number;
}

interface Pending {
  readonly bytes: Buffer;
  readonly stderr: boolean;
  readonly sent: () => void;
}

/** One channel's data in both directions under the peer's window and ours (RFC 4254 §5). */
export class SshChannel {
  readonly id: number;
  readonly input: ByteQueue;
  readonly #deps: ChannelDeps;
  readonly #peer: PeerChannel;
  readonly #pending: Pending[] = [];
  #offset = 0;
  #peerWindow: number;
  #window = 0;
  #taken = 0;
  #eofSent = false;
  #closeSent = false;
  #closed = false;
  #waitingForDrain = false;
  /** Bytes beyond the window; dropped, as sshd does. */
  ignored = 0;

  constructor(id: number, peer: PeerChannel, deps: ChannelDeps) {
    this.id = id;
    this.#peer = peer;
    this.#deps = deps;
    this.#peerWindow = peer.window;
    this.input = new ByteQueue((bytes) => this.#onTaken(bytes));
  }

  get peerId(): number {
    return this.#peer.id;
  }

  /** Opens the window, as sshd does when a session starts. */
  open(): void {
    this.#grant(WINDOW);
  }

  receive(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#window);
    this.ignored += bytes.length - taken.length;
    this.#window -= taken.length;
    const copy = Buffer.from(taken);
    this.input.push(copy);
    return copy;
  }

  receiveEof(): void {
    this.input.end();
  }

  adjust(bytes: number): void {
    this.#peerWindow = Math.min(this.#peerWindow + bytes, 0xff_ff_ff_ff);
    this.#drain();
  }

  /** @returns a promise while bytes wait for the peer's window or the socket. */
  write(bytes: Uint8Array, stderr = false): Promise<void> | void {
    if (this.#eofSent || this.#closed || bytes.length === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pending.push({ bytes: Buffer.from(bytes), stderr, sent: resolve });
    this.#drain();
    return this.#pending.length === 0 ? undefined : promise;
  }

  request(type: string, body: Buffer): void {
    if (this.#closeSent) return;
    this.#deps.send(
      message(MSG.CHANNEL_REQUEST).uint32(this.#peer.id).string(type).boolean(false).raw(body).done(),
    );
  }

  /** After everything written: EOF, then CLOSE. */
  async finish(before: () => void): Promise<void> {
    while (this.#pending.length > 0 && !this.#closed) await this.#flushed();
    before();
    if (this.#closeSent) return;
    this.#eofSent = true;
    this.#deps.send(message(MSG.CHANNEL_EOF).uint32(this.#peer.id).done());
    this.close();
  }

  close(): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.#deps.send(message(MSG.CHANNEL_CLOSE).uint32(this.#peer.id).done());
  }

  /** The peer closed it, or is gone: writers are let go, nothing is sent any more but our CLOSE. */
  release(): void {
    this.#closed = true;
    this.input.end();
    for (const { sent } of this.#pending.splice(0)) sent();
  }

  #flushed(): Promise<void> {
    const last = this.#pending.at(-1);
    if (last === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const { sent } = last;
      this.#pending[this.#pending.length - 1] = {
        ...last,
        sent: () => {
          sent();
          resolve();
        },
      };
    });
  }

  #drain(): void {
    const { socket } = this.#deps;
    while (!this.#closed) {
      const next = this.#pending[0];
      if (next === undefined) return;
      if (socket.writableNeedDrain) {
        this.#afterDrain();
        return;
      }
      const room = Math.min(this.#peerWindow, this.#peer.packet, PACKET, next.bytes.length - this.#offset);
      if (room <= 0) return;
      this.#sendData(next.bytes.subarray(this.#offset, this.#offset + room), next.stderr);
      this.#peerWindow -= room;
      this.#offset += room;
      if (this.#offset < next.bytes.length) continue;
      this.#pending.shift();
      this.#offset = 0;
      next.sent();
    }
  }

  #afterDrain(): void {
    if (this.#waitingForDrain) return;
    this.#waitingForDrain = true;
    this.#deps.socket.once("drain", () => {
      this.#waitingForDrain = false;
      this.#drain();
    });
  }

  #sendData(bytes: Buffer, stderr: boolean): void {
    const writer = stderr
      ? message(MSG.CHANNEL_EXTENDED_DATA).uint32(this.#peer.id).uint32(STDERR)
      : message(MSG.CHANNEL_DATA).uint32(this.#peer.id);
    this.#deps.send(writer.string(bytes).done());
  }

  /** sshd's `channel_check_window`: opened again in steps of three packets, or when half is gone. */
  #onTaken(bytes: number): void {
    this.#taken += bytes;
    const missing = WINDOW - this.#window;
    if (this.#taken === 0 || (missing <= PACKET * 3 && this.#window >= WINDOW / 2)) return;
    this.#grant(this.#taken);
    this.#taken = 0;
  }

  #grant(bytes: number): void {
    if (this.#closed || this.#closeSent) return;
    this.#window += bytes;
    this.#deps.send(message(MSG.CHANNEL_WINDOW_ADJUST).uint32(this.#peer.id).uint32(bytes).done());
  }
}
