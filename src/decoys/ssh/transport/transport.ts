import { createHash, randomBytes } from "node:crypto";
import type { Writable } from "node:stream";
import { type KexInit, parseKexInit } from "#fingerprints/hassh.ts";
import { SshProtocolError } from "../errors.ts";
import type { HostKey } from "../host-keys.ts";
import type { SshVersion } from "../versions.ts";
import {
  createOpener,
  createSealer,
  type DirectionNames,
  type KeyMaterial,
  keySizes,
  type Opener,
  plainOpener,
  plainSealer,
  type Sealer,
} from "./ciphers.ts";
import { type Compressor, createDeflater, createInflater } from "./compression.ts";
import { type Agreed, createKeyExchange, type KeyExchange } from "./key-exchange.ts";
import { hostKeyAlgorithms, type Negotiated, negotiate } from "./negotiate.ts";
import { MSG, message, WireReader, WireWriter } from "./wire.ts";

const PROTOCOL_ERROR = 2;
/** Payloads that wait while keys are exchanged; clients stop sending meanwhile, so few do. */
const MAX_HELD = 4_096;
/** Key exchanges of one connection: each costs us milliseconds and the client a few bytes. */
const MAX_EXCHANGES = 256;

export interface TransportOptions {
  readonly socket: Writable;
  readonly version: SshVersion;
  /** The client's identification line. */
  readonly clientVersion: string;
  readonly hostKeys: readonly HostKey[];
  /** A message for the layers above (50 and up, and service requests). */
  readonly onMessage: (payload: Buffer, sequence: number) => void;
  readonly onKexInit: (init: KexInit) => void;
  readonly onDisconnect: (reason: number, text: string) => void;
  /** The client broke the protocol; the transport has said what sshd says. The connection must end. */
  readonly onFailure: (error: SshProtocolError) => void;
}

interface Outgoing {
  readonly payload: Buffer;
  /** Runs when the packet is on its way: keys change between one packet and the next. */
  readonly after: (() => void) | undefined;
}

interface KexState {
  readonly exchange: KeyExchange;
  readonly negotiated: Negotiated;
  readonly clientInit: Buffer;
  skipNext: boolean;
  /** Keys for what the client sends after its NEWKEYS. */
  next: Opener | undefined;
}

/** The server's side of RFC 4253 as OpenSSH speaks it: packets, key exchange, re-exchange, compression. */
export class SshTransport {
  readonly #options: TransportOptions;
  #received: Buffer = Buffer.alloc(0);
  #opener: Opener = plainOpener;
  #sealer: Sealer = plainSealer;
  #inbound = 0;
  #outbound = 0;
  #inflater: Compressor | undefined;
  #deflater: Compressor | undefined;
  #inflating = false;
  readonly #deflateQueue: Outgoing[] = [];
  #serverInit: Buffer | undefined;
  #kex: KexState | undefined;
  #held: Buffer[] = [];
  #first = true;
  #exchanges = 0;
  #strict = false;
  #closed = false;
  #negotiated: Negotiated | undefined;
  #authenticated = false;
  /** The first exchange hash; empty before. */
  sessionId: Buffer = Buffer.alloc(0);

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  /** Sends our KEXINIT. */
  start(): void {
    this.#sendKexInit();
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (!this.#inflating) this.#pump();
  }

  /** Queued while keys are exchanged, else sent at once. */
  send(payload: Buffer): void {
    if (this.#closed) return;
    if (this.#serverInit === undefined) this.#transmit(payload);
    else if (this.#held.length < MAX_HELD) this.#held.push(payload);
    else this.#fail(new SshProtocolError("too much waits for new keys"));
  }

  /** sshd's last words; the caller ends the connection. */
  disconnect(text: string, reason = PROTOCOL_ERROR): void {
    if (this.#closed) return;
    this.#transmit(message(MSG.DISCONNECT).uint32(reason).string(text).string("").done());
    this.close();
  }

  /** `zlib@openssh.com` begins after authentication. */
  authenticated(): void {
    this.#authenticated = true;
    this.#startDeflate();
    this.#startInflate();
  }

  /** Forgets everything; nothing is sent or read any more. */
  close(): void {
    this.#closed = true;
    this.#received = Buffer.alloc(0);
    this.#held = [];
    this.#inflater?.close();
    this.#deflater?.close();
  }

  /** New keys mean new streams, in each direction at its NEWKEYS. */
  #startDeflate(): void {
    this.#deflater?.close();
    const compressed = this.#negotiated?.serverToClient.compression === "zlib@openssh.com";
    this.#deflater = compressed ? createDeflater() : undefined;
  }

  #startInflate(): void {
    this.#inflater?.close();
    const compressed = this.#negotiated?.clientToServer.compression === "zlib@openssh.com";
    this.#inflater = compressed ? createInflater() : undefined;
  }

  #pump(): void {
    try {
      for (;;) {
        if (this.#closed || this.#inflating) return;
        const opened = this.#opener.open(this.#inbound, this.#received);
        if (opened === undefined) return;
        const payload = Buffer.from(unpad(opened.packet));
        this.#received = this.#received.subarray(opened.used);
        const sequence = this.#inbound;
        this.#inbound = (this.#inbound + 1) >>> 0;
        if (this.#inflater === undefined) this.#handle(payload, sequence);
        else this.#inflate(this.#inflater, payload, sequence);
      }
    } catch (error) {
      this.#caught(error);
    }
  }

  #inflate(inflater: Compressor, payload: Buffer, sequence: number): void {
    this.#inflating = true;
    inflater.run(payload, (error, whole) => {
      this.#inflating = false;
      if (this.#closed) return;
      try {
        if (error !== undefined) throw error;
        this.#handle(whole, sequence);
      } catch (caught) {
        this.#caught(caught);
        return;
      }
      this.#pump();
    });
  }

  #caught(error: unknown): void {
    if (!(error instanceof SshProtocolError)) throw error;
    this.#fail(error);
  }

  #fail(error: SshProtocolError): void {
    if (this.#closed) return;
    if (error.disconnect === undefined) this.close();
    else this.disconnect(error.disconnect);
    this.#options.onFailure(error);
  }

  #handle(payload: Buffer, sequence: number): void {
    const type = payload[0];
    if (type === undefined) throw new SshProtocolError("empty packet");
    if (this.#kex?.skipNext && type >= 30 && type < 50) {
      this.#kex.skipNext = false;
      return;
    }
    switch (type) {
      case MSG.KEXINIT:
        this.#onKexInit(payload);
        return;
      case MSG.NEWKEYS:
        this.#onNewKeys();
        return;
      case MSG.DISCONNECT: {
        const reader = new WireReader(payload, 1);
        this.close();
        this.#options.onDisconnect(reader.uint32(), reader.text());
        return;
      }
      default:
    }
    if (type >= 30 && type < 50) this.#onKexMessage(payload, sequence);
    else if (this.#first && (type >= 5 || this.#strict)) this.#outOfPlace(type, sequence);
    else if (type >= 5) this.#options.onMessage(payload, sequence);
  }

  /** sshd's `kex_protocol_error`: fatal in the first strict exchange (CVE-2023-48795), else not understood. */
  #outOfPlace(type: number, sequence: number): void {
    if (this.#strict) {
      const text = `strict KEX violation: unexpected packet type ${type} (seqnr ${sequence})`;
      throw new SshProtocolError("strict KEX violation", text);
    }
    this.#transmit(message(MSG.UNIMPLEMENTED).uint32(sequence).done());
  }

  /** For messages that the present state does not know (RFC 4253 §11.4). */
  unimplemented(sequence: number): void {
    this.send(message(MSG.UNIMPLEMENTED).uint32(sequence).done());
  }

  #sendKexInit(): void {
    const { version } = this.#options;
    const payload = message(MSG.KEXINIT)
      .raw(randomBytes(16))
      .names(this.#first ? version.kex : version.kex.filter((name) => !name.startsWith("kex-strict-")))
      .names(hostKeyAlgorithms.map(([name]) => name))
      .names(version.ciphers)
      .names(version.ciphers)
      .names(version.macs)
      .names(version.macs)
      .names(version.compression)
      .names(version.compression)
      .names([])
      .names([])
      .boolean(false)
      .uint32(0)
      .done();
    this.#transmit(payload);
    this.#serverInit = payload;
  }

  #onKexInit(payload: Buffer): void {
    if (this.#kex !== undefined) throw new SshProtocolError("KEXINIT during key exchange");
    this.#exchanges += 1;
    if (this.#exchanges > MAX_EXCHANGES) throw new SshProtocolError("too many key exchanges");
    const init = parseKexInit(payload);
    if (init === undefined) throw new SshProtocolError("malformed KEXINIT");
    this.#options.onKexInit(init);
    const negotiated = negotiate(init, this.#options.version);
    if (this.#first) {
      this.#strict = negotiated.strict;
      const text = "strict KEX violation: KEXINIT was not the first packet";
      if (this.#strict && this.#inbound !== 1) throw new SshProtocolError(text, text);
    }
    if (this.#serverInit === undefined) this.#sendKexInit();
    this.#kex = {
      exchange: createKeyExchange(negotiated.kex),
      negotiated,
      clientInit: payload,
      skipNext: negotiated.skipGuess,
      next: undefined,
    };
  }

  #onKexMessage(payload: Buffer, sequence: number): void {
    const kex = this.#kex;
    if (kex === undefined || kex.next !== undefined) {
      this.#transmit(message(MSG.UNIMPLEMENTED).uint32(sequence).done());
      return;
    }
    const step = kex.exchange.take(payload);
    if ("send" in step) this.#transmit(step.send);
    else this.#finishExchange(kex, step.agreed);
  }

  #finishExchange(kex: KexState, agreed: Agreed): void {
    const { negotiated } = kex;
    const key = this.#options.hostKeys.find(({ type }) => type === negotiated.hostKeyType);
    if (key === undefined) throw new SshProtocolError("no host key of that type");
    const hash = createHash(agreed.hash)
      .update(
        new WireWriter()
          .string(this.#options.clientVersion)
          .string(`SSH-2.0-${this.#options.version.software}`)
          .string(kex.clientInit)
          .string(this.#serverInit ?? Buffer.alloc(0))
          .string(key.blob)
          .raw(agreed.exchange)
          .raw(agreed.secret)
          .done(),
      )
      .digest();
    if (this.sessionId.length === 0) this.sessionId = hash;
    this.#transmit(
      message(agreed.replyType)
        .string(key.blob)
        .raw(agreed.serverPublic)
        .string(key.sign(negotiated.hostKeyAlgorithm, hash))
        .done(),
    );
    const keysOf = (names: DirectionNames, letters: string): KeyMaterial => {
      const sizes = keySizes(names);
      const derive = (letter: string | undefined, length: number): Buffer =>
        deriveKey(
          { hash: agreed.hash, secret: agreed.secret, exchangeHash: hash, sessionId: this.sessionId },
          letter ?? "",
          length,
        );
      return {
        iv: derive(letters[0], sizes.iv),
        key: derive(letters[1], sizes.key),
        macKey: derive(letters[2], sizes.mac),
      };
    };
    const sealer = createSealer(negotiated.serverToClient, keysOf(negotiated.serverToClient, "BDF"));
    this.#negotiated = negotiated;
    this.#transmit(message(MSG.NEWKEYS).done(), () => {
      this.#sealer = sealer;
      if (this.#strict) this.#outbound = 0;
      if (this.#authenticated) this.#startDeflate();
    });
    kex.next = createOpener(negotiated.clientToServer, keysOf(negotiated.clientToServer, "ACE"));
    this.#serverInit = undefined;
    if (this.#first && negotiated.extInfo) this.#transmit(this.#extInfo());
    for (const payload of this.#held.splice(0)) this.#transmit(payload);
  }

  #extInfo(): Buffer {
    return message(MSG.EXT_INFO)
      .uint32(2)
      .string("server-sig-algs")
      .names(this.#options.version.signatures)
      .string("publickey-hostbound@openssh.com")
      .string("0")
      .done();
  }

  #onNewKeys(): void {
    const next = this.#kex?.next;
    if (next === undefined) throw new SshProtocolError("NEWKEYS out of order");
    this.#opener = next;
    if (this.#strict) this.#inbound = 0;
    this.#kex = undefined;
    this.#first = false;
    if (this.#authenticated) this.#startInflate();
  }

  #transmit(payload: Buffer, after?: () => void): void {
    if (this.#deflater === undefined && this.#deflateQueue.length === 0) {
      this.#frame(payload);
      after?.();
      return;
    }
    this.#deflateQueue.push({ payload, after });
    if (this.#deflateQueue.length === 1) this.#deflateNext();
  }

  #deflateNext(): void {
    const next = this.#deflateQueue[0];
    if (next === undefined || this.#closed) return;
    const sent = (_error: Error | undefined, bytes: Buffer): void => {
      if (this.#closed) return;
      this.#frame(bytes);
      next.after?.();
      this.#deflateQueue.shift();
      this.#deflateNext();
    };
    if (this.#deflater === undefined) sent(undefined, next.payload);
    else this.#deflater.run(next.payload, sent);
  }

  #frame(payload: Buffer): void {
    const { block, lengthInBlock, randomPadding } = this.#sealer;
    const counted = payload.length + 1 + (lengthInBlock ? 4 : 0);
    let padding = block - (counted % block);
    if (padding < 4) padding += block;
    const packet = Buffer.alloc(5 + payload.length + padding);
    packet.writeUInt32BE(1 + payload.length + padding, 0);
    packet[4] = padding;
    payload.copy(packet, 5);
    if (randomPadding) randomBytes(padding).copy(packet, 5 + payload.length);
    this.#options.socket.write(this.#sealer.seal(this.#outbound, packet));
    this.#outbound = (this.#outbound + 1) >>> 0;
  }
}

function unpad(packet: Buffer): Buffer {
  const padding = packet[0] ?? 0;
  if (padding < 4 || padding + 1 > packet.length)
    throw new SshProtocolError("corrupted padding length", `Corrupted padlen ${padding} on input.`);
  return packet.subarray(1, packet.length - padding);
}

interface ExchangeSecrets {
  readonly hash: string;
  readonly secret: Buffer;
  readonly exchangeHash: Buffer;
  readonly sessionId: Buffer;
}

/** RFC 4253 §7.2 */
function deriveKey(secrets: ExchangeSecrets, letter: string, length: number): Buffer {
  const { hash, secret, exchangeHash, sessionId } = secrets;
  const start = (): ReturnType<typeof createHash> => createHash(hash).update(secret).update(exchangeHash);
  let key = start().update(letter).update(sessionId).digest();
  while (key.length < length) key = Buffer.concat([key, start().update(key).digest()]);
  return key.subarray(0, length);
}
