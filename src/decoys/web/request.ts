import type { ByteReader } from "./byte-reader.ts";

export interface RequestHead {
  readonly method: string;
  /** As sent: path and query, absolute form, or `host:port`. */
  readonly target: string;
  readonly version: "0.9" | "1.0" | "1.1" | "2.0";
  /** Names as sent, wire order. */
  readonly headers: readonly (readonly [string, string])[];
  /** LF alone ended a line somewhere. */
  readonly bareLf: boolean;
}

/** Why a head was no request; each server has its own answer to each. */
export type HeadProblem =
  | "not_http"
  | "bad_method"
  | "bad_version"
  | "unsupported_version"
  | "uri_too_long"
  | "line_too_long"
  | "too_many_headers"
  | "bad_header"
  | "header_without_colon"
  | "bare_lf";

export type HeadResult =
  | { readonly kind: "request"; readonly head: RequestHead }
  | {
      readonly kind: "problem";
      readonly problem: HeadProblem;
      readonly first: string;
      readonly head?: RequestHead;
    }
  | { readonly kind: "end"; readonly partial: Buffer };

export interface HeadLimits {
  /** Bytes of the request line. */
  readonly requestLine: number;
  /** Bytes of one header line. */
  readonly headerLine: number;
  readonly headers: number;
  /** Bytes of all header lines. */
  readonly total: number;
  /** What this server looks over. */
  readonly forgives: readonly HeadProblem[];
}

const REQUEST_LINE = /^([!-~]+) ([^ ]+)(?: (.*))?$/;
const VERSION = /^HTTP\/(\d)\.(\d)$/;
const METHOD = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

export const headerOf = (head: Pick<RequestHead, "headers">, name: string): string | undefined =>
  head.headers.find(([key]) => key.toLowerCase() === name)?.[1];

export const headersOf = (head: Pick<RequestHead, "headers">, name: string): readonly string[] =>
  head.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

/** HTTP is latin1 on the wire; what is UTF-8 is decoded where it is shown. */
const text = (bytes: Buffer): string => bytes.toString("latin1");

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: RequestHead["version"] | undefined;
  readonly problem: HeadProblem | undefined;
}

function parseRequestLine(line: string): RequestLine | undefined {
  const match = REQUEST_LINE.exec(line.trimEnd());
  if (match === null) return undefined;
  const [, method = "", target = "", protocol] = match;
  if (!METHOD.test(method)) return undefined;
  // HTTP/0.9 has one method and one form.
  if (protocol === undefined)
    return method === "GET" && target.startsWith("/")
      ? { method, target, version: "0.9", problem: undefined }
      : undefined;
  const version = VERSION.exec(protocol);
  if (version === null) return { method, target, version: undefined, problem: "bad_version" };
  const [, major, minor] = version;
  if (major === "0") return { method, target, version: undefined, problem: "bad_version" };
  if (major !== "1") return { method, target, version: "2.0", problem: "unsupported_version" };
  return { method, target, version: minor === "0" ? "1.0" : "1.1", problem: undefined };
}

/** The request line; empty lines in front of it are forgiven by every server. */
async function firstLine(reader: ByteReader, limits: HeadLimits): Promise<Buffer | HeadResult> {
  for (let blank = 0; ; blank += 1) {
    const before = reader.peek();
    const line = await reader.line(limits.requestLine);
    if (line === "end") return { kind: "end", partial: reader.peek() };
    if (line === "too_long") return problem("uri_too_long", text(before.subarray(0, 64)));
    if (line.length > 0 || blank > 2) return line;
  }
}

/** Reads one request line and its headers; never more than `limits` allow. */
export async function readHead(reader: ByteReader, limits: HeadLimits): Promise<HeadResult> {
  const line = await firstLine(reader, limits);
  if (!Buffer.isBuffer(line)) return line;
  const first = text(line);
  const parsed = parseRequestLine(first);
  if (parsed === undefined) return problem("not_http", first);
  const { method, target, version } = parsed;
  const base = { method, target, version: version ?? "1.0" } as const;
  const bare: RequestHead = { ...base, headers: [], bareLf: reader.bareLf };
  if (parsed.problem !== undefined && !limits.forgives.includes(parsed.problem))
    return problem(parsed.problem, first, bare);
  return version === "0.9" ? { kind: "request", head: bare } : readHeaders(reader, limits, { bare, first });
}

/** Takes header lines one by one and remembers the first thing that is wrong with them. */
class Headers {
  readonly list: [string, string][] = [];
  broken: HeadProblem | undefined;
  #bytes = 0;
  readonly #limits: HeadLimits;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  complain(what: HeadProblem): void {
    if (!this.#limits.forgives.includes(what)) this.broken ??= what;
  }

  /** @returns false when there are too many */
  add(line: Buffer): boolean {
    this.#bytes += line.length;
    if (this.list.length >= this.#limits.headers || this.#bytes > this.#limits.total) return false;
    const header = text(line);
    const colon = header.indexOf(":");
    if (colon < 0) this.complain("header_without_colon");
    else if (!NAME.test(header.slice(0, colon))) this.complain("bad_header");
    else this.list.push([header.slice(0, colon), header.slice(colon + 1).trim()]);
    return true;
  }
}

async function readHeaders(
  reader: ByteReader,
  limits: HeadLimits,
  { bare, first }: { readonly bare: RequestHead; readonly first: string },
): Promise<HeadResult> {
  const headers = new Headers(limits);
  let { bareLf } = bare;
  for (;;) {
    const raw = reader.peek();
    const next = await reader.line(limits.headerLine);
    bareLf ||= reader.bareLf;
    if (bareLf) headers.complain("bare_lf");
    if (next === "end") return { kind: "end", partial: Buffer.from(`${first}\r\n`, "latin1") };
    const head: RequestHead = { ...bare, headers: headers.list, bareLf };
    if (next === "too_long") return problem("line_too_long", text(raw.subarray(0, 64)), head);
    if (next.length === 0)
      return headers.broken === undefined ? { kind: "request", head } : problem(headers.broken, first, head);
    if (!headers.add(next)) return problem("too_many_headers", first, head);
  }
}

const problem = (name: HeadProblem, first: string, head?: RequestHead): HeadResult => ({
  kind: "problem",
  problem: name,
  first,
  ...(head === undefined ? {} : { head }),
});
