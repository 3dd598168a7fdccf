import { createHash } from "node:crypto";

/** What a ClientHello (RFC 8446 §4.1.2) offers, as sent. */
export interface ClientHello {
  readonly version: number;
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly supportedVersions: readonly number[];
  readonly alpn: readonly string[];
  readonly serverName: string | undefined;
}

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
/** One TLS record. */
export const MAX_HELLO = 16_384 + 5;

/** Reads big-endian fields; throws RangeError behind the end, as Buffer does. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  number(size: 1 | 2 | 3): number {
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }
  take(length: number): Buffer {
    if (length > this.left) throw new RangeError("behind the end");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  block(size: 1 | 2 | 3): Cursor {
    return new Cursor(this.take(this.number(size)));
  }
  numbers(size: 1 | 2): number[] {
    const list: number[] = [];
    while (this.left >= size) list.push(this.number(size));
    return list;
  }
}

/** Bytes the first record has in all; undefined while that cannot be told, 0 when it is no handshake. */
export function helloLength(bytes: Buffer): number | undefined {
  if (bytes.length >= 1 && bytes[0] !== HANDSHAKE_RECORD) return 0;
  return bytes.length < 5 ? undefined : 5 + bytes.readUInt16BE(3);
}

/** Reads a whole first record; undefined when it holds no well-formed ClientHello. */
export function parseClientHello(record: Buffer): ClientHello | undefined {
  try {
    const outer = new Cursor(record);
    if (outer.number(1) !== HANDSHAKE_RECORD) return undefined;
    outer.take(2);
    const handshake = outer.block(2);
    if (handshake.number(1) !== CLIENT_HELLO) return undefined;
    const hello = handshake.block(3);
    const version = hello.number(2);
    hello.take(32);
    hello.block(1);
    const ciphers = hello.block(2).numbers(2);
    hello.block(1);
    return {
      version,
      ciphers,
      ...readExtensions(hello.left > 0 ? hello.block(2) : new Cursor(Buffer.alloc(0))),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readExtensions(list: Cursor): Omit<ClientHello, "version" | "ciphers"> {
  const extensions: number[] = [];
  const found = new Map<number, Buffer>();
  while (list.left > 0) {
    const type = list.number(2);
    const data = list.take(list.number(2));
    extensions.push(type);
    if (!found.has(type)) found.set(type, data);
  }
  const numbers = (type: number, outer: 1 | 2, inner: 1 | 2): number[] => {
    const data = found.get(type);
    return data === undefined ? [] : new Cursor(data).block(outer).numbers(inner);
  };
  return {
    extensions,
    groups: numbers(10, 2, 2),
    pointFormats: numbers(11, 1, 1),
    signatureAlgorithms: numbers(13, 2, 2),
    supportedVersions: numbers(43, 1, 2),
    alpn: protocols(found.get(16)),
    serverName: hostName(found.get(0)),
  };
}

function protocols(data: Buffer | undefined): string[] {
  if (data === undefined) return [];
  const list = new Cursor(data).block(2);
  const names: string[] = [];
  while (list.left > 0) names.push(list.take(list.number(1)).toString("latin1"));
  return names;
}

function hostName(data: Buffer | undefined): string | undefined {
  if (data === undefined || data.length === 0) return undefined;
  const list = new Cursor(data).block(2);
  list.number(1);
  return list.block(2).take(0).length === 0 ? data.subarray(5).toString("utf8") : undefined;
}

/** Values of RFC 8701 that clients throw in to keep servers honest; no fingerprint counts them. */
const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);

const real = (values: readonly number[]): number[] => values.filter((value) => !isGrease(value));
const hex4 = (value: number): string => value.toString(16).padStart(4, "0");
const sha12 = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** JA3: MD5 over the decimal lists as sent. */
export function ja3(hello: ClientHello): { readonly raw: string; readonly hash: string } {
  const raw = [
    [hello.version],
    real(hello.ciphers),
    real(hello.extensions),
    real(hello.groups),
    hello.pointFormats,
  ]
    .map((list) => list.join("-"))
    .join(",");
  return { raw, hash: createHash("md5").update(raw).digest("hex") };
}

const VERSIONS: Readonly<Record<number, string>> = { 772: "13", 771: "12", 770: "11", 769: "10", 768: "s3" };

const highest = (hello: ClientHello): number =>
  Math.max(
    hello.version > 772 ? 0 : hello.version,
    ...real(hello.supportedVersions).filter((v) => v in VERSIONS),
  );

/** The version a hello asks for, in words. */
export function tlsVersion(hello: ClientHello): string {
  const found = { 772: "TLSv1.3", 771: "TLSv1.2", 770: "TLSv1.1", 769: "TLSv1", 768: "SSLv3" }[
    hello.supportedVersions.length === 0 ? hello.version : highest(hello)
  ];
  return found ?? `0x${hex4(hello.version)}`;
}

/** First and last character of the first protocol; hexadecimal when they are no letters or digits. */
function alpnMark(first: string | undefined): string {
  if (first === undefined || first === "") return "00";
  const [head = "", tail = ""] = [first[0], first.at(-1)];
  if (/^[0-9A-Za-z]$/.test(head) && /^[0-9A-Za-z]$/.test(tail)) return head + tail;
  const code = Buffer.from(first, "latin1").toString("hex");
  return `${code[0]}${code.at(-1)}`;
}

/** JA4 over TCP (BSD-licensed part of the family): readable prefix, hashes of sorted lists. */
export function ja4(hello: ClientHello): { readonly raw: string; readonly hash: string } {
  const ciphers = real(hello.ciphers).map(hex4).sort();
  const extensions = real(hello.extensions);
  const hashed = extensions
    .filter((type) => type !== 0 && type !== 16)
    .map(hex4)
    .sort();
  const algorithms = real(hello.signatureAlgorithms).map(hex4);
  const count = (list: readonly unknown[]): string => String(Math.min(99, list.length)).padStart(2, "0");
  const version = VERSIONS[hello.supportedVersions.length === 0 ? hello.version : highest(hello)] ?? "00";
  const prefix = `t${version}${hello.serverName === undefined ? "i" : "d"}${count(ciphers)}${count(extensions)}${alpnMark(hello.alpn[0])}`;
  const tail = algorithms.length === 0 ? hashed.join(",") : `${hashed.join(",")}_${algorithms.join(",")}`;
  return {
    raw: `${prefix}_${ciphers.join(",")}_${tail}`,
    hash: `${prefix}_${ciphers.length === 0 ? "000000000000" : sha12(ciphers.join(","))}_${hashed.length === 0 ? "000000000000" : sha12(tail)}`,
  };
}
