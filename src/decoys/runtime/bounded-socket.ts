import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export interface SocketHooks {
  /** Runs everything that a peer's bytes set off, so that what throws can be told to this connection. */
  run(work: () => void): void;
  /** After each chunk in either direction. */
  moved(): void;
  /** The peer sent its FIN. */
  peerEnded(): void;
}

const UNREAD_BYTES = 65_536;
const UNSENT_BYTES = 262_144;

/**
 * The peer's bytes with bounds: at most 64 KiB wait unread, and while more than 256 KiB wait unsent
 * nothing more is read, so a peer that does not take answers cannot ask for more.
 */
export class BoundedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #hooks: SocketHooks;
  #wanted = false;
  #discarding = false;
  bytesIn = 0;
  bytesOut = 0;

  constructor(socket: Socket, hooks: SocketHooks) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: UNREAD_BYTES,
      writableHighWaterMark: UNREAD_BYTES,
      emitClose: true,
    });
    this.#socket = socket;
    this.#hooks = hooks;
    socket.on("data", (chunk: Buffer) => {
      this.bytesIn += chunk.length;
      hooks.moved();
      if (this.destroyed || this.#discarding) return;
      hooks.run(() => {
        if (!this.push(chunk) || this.#isClogged()) this.#hold();
      });
    });
    socket.once("end", () => {
      hooks.peerEnded();
      hooks.run(() => void this.push(null));
    });
    socket.once("close", () => this.destroy());
    socket.pause();
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  #isClogged(): boolean {
    return this.writableLength > UNSENT_BYTES;
  }

  #hold(): void {
    this.#wanted = false;
    this.#socket.pause();
  }

  override _read(): void {
    this.#wanted = true;
    if (!this.#isClogged()) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.bytesOut += bytes.length;
    this.#hooks.moved();
    if (this.#socket.destroyed || !this.#socket.writable) {
      done();
      return;
    }
    this.#socket.write(bytes, () => {
      done();
      if (this.#wanted && !this.#isClogged()) this.#socket.resume();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done();
    else this.#socket.end(() => done());
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(null);
  }

  /** Takes and forgets what still comes: closing with unread bytes would turn the last answer into a reset. */
  discard(): void {
    this.#discarding = true;
    this.#socket.resume();
  }

  /** Ends the connection with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.destroy();
  }
}
